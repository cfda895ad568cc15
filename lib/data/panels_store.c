/** @file panels_store.c @brief The second reading of rows: X and V in units of their own. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>

#include "mem.h"
#include "panels_read.h"
#include "raise.h"

enum { STRIP = SQN__PANELS_STRIP };

static sqn__panels_power power_of_two(int exponent)
{
    return (sqn__panels_power){ldexp(1.0, exponent / 2),
                               ldexp(1.0, exponent - exponent / 2)};
}

/* Where entry (l, s) is while rows are stored. Where frames are short, row after row: the pages of
 * the panels fill up in the order in which those of the frames can go, or are these. */
static int64_t place(const sqn_panels *panels, const sqn__panels_lines *lines, int64_t l,
                     int64_t s)
{
    const int64_t width = panels->width;

    return panels->info.pixels_are_long
               ? lines->of_frame[s] * lines->stride + l
               : (l / width * panels->n_short + s) * width + l % width;
}

/* Lanes past L, which no row fills. */
static void zero_rest(const sqn_panels *panels, const sqn__panels_lines *lines)
{
    const int64_t end = panels->n_panel * panels->width;

    for (int64_t s = 0; s < panels->n_short; s++) {
        for (int64_t l = panels->n_long; l < end; l++) {
            const int64_t at = place(panels, lines, l, s);

            panels->x[at] = panels->v[at] = 0.0F;
        }
    }
}

/* Are the STRIP pixels from `j` on, which exist, all used and stored side by side? */
static bool is_strip(const sqn_panels *panels, int64_t j)
{
    const int64_t *pixel = panels->pixel + j;

    return panels->info.pixels_are_long && pixel[0] >= 0 &&
           pixel[STRIP - 1] == pixel[0] + STRIP - 1;
}

/* What is stored of a strip, to the places of its pixels; those that nobody has stay out. */
static void scatter(const sqn__panels_reading *r, const float *x, const float *v,
                    int64_t first, int64_t frame)
{
    const sqn_panels *panels = r->panels;
    const int64_t n = sqn__panels_strip(r->rows, first);

    for (int64_t j = 0; j < n; j++) {
        const int64_t pixel = panels->pixel[first + j];

        if (pixel >= 0) {
            const int64_t at = panels->info.pixels_are_long
                                   ? place(panels, r->lines, pixel, frame)
                                   : place(panels, r->lines, frame, pixel);

            panels->x[at] = x[j];
            panels->v[at] = v[j];
        }
    }
}

/* The strip that begins with pixel `first`. */
static void store_strip(const sqn__panels_reading *r, sqn__panels_stored *sums,
                        const sqn__panels_line *strip, int64_t first, int64_t frame)
{
    const sqn__panels_lanes *lanes = r->readers->lanes;
    const sqn_panels *panels = r->panels;
    const sqn__panels_data data = {strip->value, strip->weight,
                                   sqn__panels_strip(r->rows, first)};
    float x[STRIP], v[STRIP];

    if (data.n == STRIP && is_strip(panels, first)) {
        const int64_t at = place(panels, r->lines, panels->pixel[first], frame);

        lanes->store(panels->x + at, panels->v + at, sums, &data);
    } else {
        lanes->store(x, v, sums, &data);
        scatter(r, x, v, first, frame);
    }
}

/* Name a value that float32 does not hold beside the others. */
static sqn_status refuse_value(const sqn__panels_stored *s, const sqn__panels_line *strip,
                               int64_t n, sqn_error *err)
{
    int64_t j = 0;

    while (j + 1 < n &&
           !(strip->weight[j] > 0.0 &&
             !(fabs(strip->value[j] * s->x.first * s->x.second) <= (double)FLT_MAX))) {
        j++;
    }
    return SQN_RAISE(err, E_FITS_TYPE, "value %g is out of proportion to the weighted rms",
                     strip->value[j]);
}

/* Row i of the data, and the sum of its v x^2 as stored. */
static sqn_status take_row(const sqn__panels_reading *r, int64_t i, int64_t k,
                           sqn_error *err)
{
    const sqn_panels *panels = r->panels;
    const int64_t n_col = r->rows->n_col, frame = panels->frame[i];
    const sqn__panels_line row =
        sqn__panels_line_of(r->readers, n_col, omp_get_thread_num());
    sqn__panels_stored s = {.x = power_of_two(-panels->exponent),
                            .v = power_of_two(-panels->weight_exponent)};
    sqn_status status = SQN_OK;

    for (int64_t j = 0; j < n_col; j += STRIP) {
        const int64_t n = sqn__panels_strip(r->rows, j);
        sqn__panels_line strip;

        SQN_TRY(sqn__panels_read_strip(&strip, r->rows, i, j, &row, err));
        (void)sqn__panels_treat(&strip, n, panels->negatives);
        if (frame >= 0) {
            store_strip(r, &s, &strip, j, frame);
        }
        if (sqn__panels_count(s.n_out) > 0) {
            return refuse_value(&s, &strip, n, err);
        }
    }
    r->readers->sum_vx2[k] = sqn__panels_sum(s.vx2);
    panels->frame_weight[i] = sqn__panels_sum(s.sum_v);

cleanup:
    return status;
}

static void join_sums(const sqn__panels_reading *r, int64_t first, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        r->panels->info.sum_vx2 += r->readers->sum_vx2[k] * r->panels->chi2_scale;
    }
    if (r->rows->release != NULL && !r->lines->in_room) {
        r->rows->release(r->rows->owner, first + n - 1);
    }
}

/* Is the room large enough for the rows, in whole panels? */
static bool is_room(const sqn_panels *panels, const sqn_rows *rows)
{
    const sqn_rows_room *room = &rows->room;

    return panels->info.pixels_are_long && room->value != NULL && room->weight != NULL &&
           room->stride % panels->width == 0 &&
           panels->n_panel * panels->width <= room->stride;
}

/* Which line holds which frame: in the room of the rows its own, else one after the other. */
static sqn_status lay_lines(sqn__panels_lines *lines, const sqn_panels *panels,
                            const sqn_rows *rows, sqn_error *err)
{
    const bool in_room = is_room(panels, rows);

    lines->in_room = in_room;
    lines->n_line = in_room ? rows->n_row : panels->n_short;
    lines->stride =
        in_room ? rows->room.stride : sqn__mem_product(panels->n_panel, panels->width);
    if (!panels->info.pixels_are_long) {
        return SQN_OK;
    }
    lines->of_frame = sqn__mem_alloc(panels->n_short, sizeof *lines->of_frame);
    if (lines->of_frame == NULL) {
        return SQN_RAISE(err, E_MEM, "a list of %" PRId64 " frames", panels->n_short);
    }
    for (int64_t i = 0; i < panels->info.n_frame; i++) {
        if (panels->frame[i] >= 0) {
            lines->of_frame[panels->frame[i]] = in_room ? i : panels->frame[i];
        }
    }
    return SQN_OK;
}

/* Memory of X and V. */
static sqn_status find_memory(sqn_panels *panels, const sqn__panels_lines *lines,
                              const sqn_rows *rows, sqn_error *err)
{
    const bool in_room = lines->in_room;
    const int64_t size = sqn__mem_product(lines->n_line, lines->stride);

    panels->x = in_room ? rows->room.value : sqn__mem_reserve(size, sizeof *panels->x);
    panels->v = in_room ? rows->room.weight : sqn__mem_reserve(size, sizeof *panels->v);
    return panels->x != NULL && panels->v != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM,
                           "data and weights of %" PRId64 " frames, %" PRId64 " pixels",
                           panels->info.n_frame_used, panels->info.n_pix_used);
}

/* The room is ours once it is filled. */
static void settle(sqn_panels *panels, const sqn_rows *rows, sqn_status status)
{
    if (status != SQN_OK) {
        panels->x = panels->v = NULL;
    } else if (rows->taken != NULL) {
        rows->taken(rows->owner);
    }
}

/* What rows had, and panels do not need. */
static void forget_rest(sqn_panels *panels, const sqn__panels_lines *lines)
{
    const size_t size = (size_t)(lines->n_line * lines->stride) * sizeof *panels->x;
    const size_t used =
        (size_t)(panels->n_panel * panels->n_short * panels->width) * sizeof *panels->x;

    sqn__mem_forget(panels->x, used, size);
    sqn__mem_forget(panels->v, used, size);
}

sqn_status sqn__panels_store_rows(sqn_panels *panels, const sqn__panels_readers *readers,
                                  const sqn_rows *rows, sqn_error *err)
{
    sqn__panels_lines lines = {0};
    const sqn__panels_reading r = {.readers = readers,
                                   .panels = panels,
                                   .rows = rows,
                                   .lines = &lines,
                                   .take = take_row,
                                   .join = join_sums};
    sqn_status status = SQN_OK;

    SQN_TRY(lay_lines(&lines, panels, rows, err));
    SQN_TRY(find_memory(panels, &lines, rows, err));
    status = sqn__panels_read_all(&r, err);
    if (lines.in_room) {
        settle(panels, rows, status);
    }
    SQN_TRY(status);
    zero_rest(panels, &lines);
    if (panels->info.pixels_are_long) {
        SQN_TRY(sqn__panels_fold(panels, &lines, err));
        forget_rest(panels, &lines);
    }

cleanup:
    sqn__mem_free(lines.of_frame);
    return status;
}
