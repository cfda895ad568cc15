/** @file panels_rows.c @brief The rows of panels, read back. */
#include <math.h>

#include "panels_internal.h"

/* Where entry (l, 0) is, and the way from one short index to the next. */
static int64_t place(const sqn_panels *panels, int64_t l)
{
    return l / panels->width * panels->n_short * panels->width + l % panels->width;
}

static sqn_status read_row(const void *context, int64_t row, double *value, double *weight,
                           sqn_error *err)
{
    const sqn_panels *panels = context;
    const bool wide = panels->info.pixels_are_long;
    const int64_t frame = panels->frame[row], width = panels->width;
    const double unit_x = ldexp(1.0, panels->exponent);
    const double unit_v = ldexp(1.0, panels->weight_exponent);

    (void)err;
    for (int64_t j = 0; j < panels->info.n_pix; j++) {
        const int64_t pixel = panels->pixel[j];

        value[j] = NAN;
        weight[j] = 0.0;
        if (frame >= 0 && pixel >= 0) {
            const int64_t at = wide ? place(panels, pixel) + frame * width
                                    : place(panels, frame) + pixel * width;

            value[j] = (double)panels->x[at] * unit_x;
            weight[j] = (double)panels->v[at] * unit_v;
        }
    }
    return SQN_OK;
}

sqn_rows sqn_panels_rows(const sqn_panels *panels)
{
    return (sqn_rows){.n_row = panels->info.n_frame,
                      .n_col = panels->info.n_pix,
                      .read = read_row,
                      .context = panels};
}
