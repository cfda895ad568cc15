/** @file nmf_start.c @brief What new columns start from. */
#include "nmf_internal.h"
#include "rng.h"

double sqn__nmf_start_uniform(const sqn__nmf_start_draw *draw, int64_t index)
{
    const uint64_t stream = 2 * (uint64_t)draw->component + (draw->of_frames ? 0 : 1);

    return (double)sqn__rng_uniform(draw->seed, stream, (uint64_t)index);
}

/* The sum of one row of a panel, in parts that vectors can keep. */
static double sum_row(const float *row, int64_t width)
{
    enum { PARTS = 8 };
    double part[PARTS] = {0}, sum = 0.0;

    for (int64_t t = 0; t < width; t += PARTS) {
        for (int64_t i = 0; i < PARTS; i++) {
            part[i] += (double)row[t + i];
        }
    }
    for (int64_t i = 0; i < PARTS; i++) {
        sum += part[i];
    }
    return sum;
}

/* Of frames, the sums that were formed when they were stored. */
static void take_sums(double *out, const sqn_panels *panels)
{
    for (int64_t i = 0; i < panels->info.n_frame; i++) {
        if (panels->frame[i] >= 0) {
            out[panels->frame[i]] = panels->frame_weight[i];
        }
    }
}

static void add_up(double *out, const sqn_panels *panels)
{
#pragma omp parallel for default(none) shared(out, panels) schedule(static)
    for (int64_t j = 0; j < panels->n_short; j++) {
        out[j] = 0.0;
        for (int64_t p = 0; p < panels->n_panel; p++) {
            out[j] += sum_row(sqn__panels_v(panels, p) + j * panels->width, panels->width);
        }
    }
}

void sqn__nmf_start_weights(double *out, const sqn_panels *panels)
{
    (panels->info.pixels_are_long ? take_sums : add_up)(out, panels);
}
