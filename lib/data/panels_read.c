/** @file panels_read.c @brief The two readings of the rows that panels are made from. */
#include "panels_read.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "mem.h"
#include "raise.h"

enum {
    CHUNK = 1 << 16, /* data that a thread reads before rows are released, at least */
    LANES = 8        /* partial sums */
};

static const double span_max = 1e24; /* of the weights: 2^80, half the range of float32 */

/* One row as read, checked and with `negatives` applied. */
typedef struct line {
    double *value, *weight; /* [n_pix] */
} line;

/* ---- Threads --------------------------------------------------------------------------- */

sqn_status sqn__panels_readers_create(sqn__panels_readers *out, const sqn_rows *rows,
                                      sqn_error *err)
{
    const int64_t n_thread = rows->parallel ? omp_get_max_threads() : 1;
    const int64_t each = rows->parallel ? 1 + CHUNK / rows->n_col : 1;
    const int64_t n_chunk = n_thread * each;
    const int64_t n = sqn__mem_product(n_thread, rows->n_col);

    *out = (sqn__panels_readers){.n_thread = (int)n_thread, .n_chunk = n_chunk};
    out->line = sqn__mem_alloc(sqn__mem_product(2, n), sizeof *out->line);
    out->valid = sqn__mem_alloc(n, sizeof *out->valid);
    out->found = sqn__mem_alloc(n_chunk, sizeof *out->found);
    out->sum_vx2 = sqn__mem_alloc(n_chunk, sizeof *out->sum_vx2);
    out->status = sqn__mem_alloc(n_chunk, sizeof *out->status);
    if (out->line == NULL || out->valid == NULL || out->found == NULL ||
        out->sum_vx2 == NULL || out->status == NULL) {
        return SQN_RAISE(err, E_MEM, "one row of %" PRId64 " pixels", rows->n_col);
    }
    return SQN_OK;
}

void sqn__panels_readers_clear(sqn__panels_readers *readers)
{
    sqn__mem_free(readers->line);
    sqn__mem_free(readers->valid);
    sqn__mem_free(readers->found);
    sqn__mem_free(readers->sum_vx2);
    sqn__mem_free(readers->status);
    *readers = (sqn__panels_readers){0};
}

/* The line of thread number `thread`. */
static line line_of(const sqn__panels_readers *readers, int64_t n_col, int64_t thread)
{
    double *value = readers->line + 2 * thread * n_col;

    return (line){value, value + n_col};
}

/* One reading of all rows: what is done with each, in any thread, and with those of a chunk. */
typedef struct reading {
    const sqn__panels_readers *readers;
    sqn_panels *panels;
    const sqn_rows *rows;
    sqn__panels_survey *out; /* of the first reading */
    /* Read row `i`, number `k` of its chunk. */
    sqn_status (*take)(const struct reading *r, int64_t i, int64_t k, sqn_error *err);
    /* Join what the `n` rows from `first` on hold, in their order. */
    void (*join)(const struct reading *r, int64_t first, int64_t n);
} reading;

/* The `n` rows from `first` on, side by side. */
static sqn_status read_chunk(const reading *r, int64_t first, int64_t n, sqn_error *err)
{
    sqn_status *status = r->readers->status;

#pragma omp parallel for schedule(static) num_threads(r->readers->n_thread) default(none) \
    shared(r, first, n, status)
    for (int64_t k = 0; k < n; k++) {
        sqn_error unsaid;

        status[k] = r->take(r, first + k, k, &unsaid);
    }
    for (int64_t k = 0; k < n; k++) {
        if (status[k] != SQN_OK) { /* the first one once more, to say why */
            return r->take(r, first + k, k, err);
        }
    }
    r->join(r, first, n);
    return SQN_OK;
}

static sqn_status read_all(const reading *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < r->rows->n_row; i += r->readers->n_chunk) {
        const int64_t left = r->rows->n_row - i, most = r->readers->n_chunk;

        SQN_TRY(read_chunk(r, i, left < most ? left : most, err));
    }

cleanup:
    return status;
}

/* ---- First reading --------------------------------------------------------------------- */

/* Name what is wrong with a row. */
static sqn_status refuse_row(const line *row, int64_t i, int64_t n_pix, sqn_error *err)
{
    for (int64_t j = 0; j < n_pix; j++) {
        const double v = row->weight[j];

        if (!(v >= 0.0) || isinf(v)) {
            return SQN_RAISE(err, E_ERRPLANE,
                             "weight %g in frame %" PRId64 ", pixel %" PRId64
                             " (from 1): weights are finite and not negative",
                             v, i + 1, j + 1);
        }
        if (v > 0.0 && !isfinite(row->value[j])) {
            return SQN_RAISE(err, E_FITS_TYPE,
                             "value %g with weight %g in frame %" PRId64 ", pixel %" PRId64
                             " (from 1)",
                             row->value[j], v, i + 1, j + 1);
        }
    }
    return SQN_OK;
}

static sqn_status check_row(const line *row, int64_t i, int64_t n_pix, sqn_error *err)
{
    int64_t n_bad = 0;

    for (int64_t j = 0; j < n_pix; j++) {
        const double x = row->value[j], v = row->weight[j];

        n_bad += !(v >= 0.0 && v <= DBL_MAX) || (v > 0.0 && !(fabs(x) <= DBL_MAX)) ? 1 : 0;
    }
    return n_bad > 0 ? refuse_row(row, i, n_pix, err) : SQN_OK;
}

/* Apply the rule for negative data; returns how many there were. */
static int64_t treat_negatives(const line *row, int64_t n_pix, sqn_negatives negatives)
{
    int64_t n = 0;

    if (negatives == SQN_NEGATIVES_KEEP) {
        for (int64_t j = 0; j < n_pix; j++) {
            n += row->weight[j] > 0.0 && row->value[j] < 0.0 ? 1 : 0;
        }
        return n;
    }
    for (int64_t j = 0; j < n_pix; j++) {
        n += sqn__panels_treat_negative(row->value + j, row->weight + j, negatives);
    }
    return n;
}

/* Lanes of a row that are summed side by side. */
typedef struct lane_sums {
    double v[LANES], vx2[LANES], v_min[LANES], v_max[LANES];
    int64_t n[LANES];
} lane_sums;

static inline void add_datum(lane_sums *sums, int64_t l, double x, double v)
{
    const bool in = v > 0.0;

    sums->v[l] += v;
    sums->vx2[l] += in ? v * x * x : 0.0;
    sums->v_min[l] = in && v < sums->v_min[l] ? v : sums->v_min[l];
    sums->v_max[l] = v > sums->v_max[l] ? v : sums->v_max[l];
    sums->n[l] += in ? 1 : 0;
}

static void survey_row(sqn__panels_survey *found, int64_t *valid, const line *row,
                       int64_t n_pix)
{
    lane_sums sums = {.n = {0}};

    for (int64_t l = 0; l < LANES; l++) {
        sums.v_min[l] = INFINITY;
    }
    for (int64_t j = 0; j < n_pix; j += LANES) {
        for (int64_t l = 0; l < LANES && j + l < n_pix; l++) {
            add_datum(&sums, l, row->value[j + l], row->weight[j + l]);
        }
    }
    for (int64_t j = 0; j < n_pix; j++) {
        valid[j] += row->weight[j] > 0.0 ? 1 : 0;
    }
    for (int64_t l = 0; l < LANES; l++) {
        found->sum_v += sums.v[l];
        found->sum_vx2 += sums.vx2[l];
        found->v_min = fmin(found->v_min, sums.v_min[l]);
        found->v_max = fmax(found->v_max, sums.v_max[l]);
        found->n_data += sums.n[l];
    }
}

static sqn_status look_at_row(const reading *r, int64_t i, int64_t k, sqn_error *err)
{
    const int64_t thread = omp_get_thread_num(), n_col = r->rows->n_col;
    const line row = line_of(r->readers, n_col, thread);
    sqn__panels_survey *found = &r->readers->found[k];
    sqn_status status = SQN_OK;

    *found = (sqn__panels_survey){.v_min = INFINITY};
    SQN_TRY(r->rows->read(r->rows->context, i, row.value, row.weight, err));
    SQN_TRY(check_row(&row, i, n_col, err));
    found->n_negative = treat_negatives(&row, n_col, r->panels->negatives);
    survey_row(found, r->readers->valid + thread * n_col, &row, n_col);

cleanup:
    return status;
}

static void join_surveys(const reading *r, int64_t first, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        const sqn__panels_survey *row = &r->readers->found[k];

        r->out->sum_v += row->sum_v;
        r->out->sum_vx2 += row->sum_vx2;
        r->out->v_min = fmin(r->out->v_min, row->v_min);
        r->out->v_max = fmax(r->out->v_max, row->v_max);
        r->out->n_data += row->n_data;
        r->out->n_negative += row->n_negative;
        r->panels->frame_valid[first + k] = row->n_data;
    }
}

sqn_status sqn__panels_survey_rows(sqn__panels_survey *out,
                                   const sqn__panels_readers *readers, sqn_panels *panels,
                                   const sqn_rows *rows, sqn_error *err)
{
    const reading r = {readers, panels, rows, out, look_at_row, join_surveys};
    sqn_status status = SQN_OK;

    *out = (sqn__panels_survey){.v_min = INFINITY};
    SQN_TRY(read_all(&r, err));
    for (int64_t e = 0; e < readers->n_thread * rows->n_col; e++) {
        panels->pixel_valid[e % rows->n_col] += readers->valid[e];
    }
    if (out->n_data == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "no datum of %" PRId64 " frames of %" PRId64
                           " pixels has a positive weight",
                           rows->n_row, rows->n_col);
    } else if (out->v_max / out->v_min > span_max) {
        status = SQN_RAISE(err, E_ERRPLANE, "weights span %g to %g, more than a factor %g",
                           out->v_min, out->v_max, span_max);
    }

cleanup:
    return status;
}

/* ---- Second reading -------------------------------------------------------------------- */

/* x 2^exponent in two steps, neither of which leaves the range of double. */
typedef struct power {
    double first, second;
} power;

static power power_of_two(int exponent)
{
    return (power){ldexp(1.0, exponent / 2), ldexp(1.0, exponent - exponent / 2)};
}

static sqn_status narrow_value(float *out, double x, double v, power scale, sqn_error *err)
{
    const double scaled = x * scale.first * scale.second;
    const bool fits = fabs(scaled) <= (double)FLT_MAX; /* false for NaN */

    *out = fits ? (float)scaled : 0.0F;
    if (v > 0.0 && !fits) {
        return SQN_RAISE(err, E_FITS_TYPE,
                         "value %g is out of proportion to the weighted rms", x);
    }
    return SQN_OK;
}

/* Where entry (l, s) is while rows are stored. Where frames are short, row after row: the
 * pages of the panels fill up in the order in which those of the frames can go. */
static int64_t place(const sqn_panels *panels, int64_t l, int64_t s)
{
    const int64_t width = panels->width;

    return panels->info.pixels_are_long
               ? s * panels->n_panel * width + l
               : (l / width * panels->n_short + s) * width + l % width;
}

/* Lanes past L, which no row fills. */
static void zero_rest(const sqn_panels *panels)
{
    const int64_t end = panels->n_panel * panels->width;

    for (int64_t s = 0; s < panels->n_short; s++) {
        for (int64_t l = panels->n_long; l < end; l++) {
            panels->x[place(panels, l, s)] = panels->v[place(panels, l, s)] = 0.0F;
        }
    }
}

/* Row i of the data; the sum of v x^2, as stored, in `sum_vx2`. */
static sqn_status store_row(sqn_panels *panels, double *sum_vx2, const line *row, int64_t i,
                            sqn_error *err)
{
    const power unit_x = power_of_two(-panels->exponent);
    const power unit_v = power_of_two(-panels->weight_exponent);
    const bool wide = panels->info.pixels_are_long;
    const int64_t frame = panels->frame[i];
    double sum = 0.0, sum_v = 0.0;

    for (int64_t j = 0; frame >= 0 && j < panels->info.n_pix; j++) {
        const int64_t pixel = panels->pixel[j];

        if (pixel < 0) {
            continue;
        }
        const int64_t at = wide ? place(panels, pixel, frame) : place(panels, frame, pixel);
        const double v = row->weight[j];
        const sqn_status status =
            narrow_value(panels->x + at, row->value[j], v, unit_x, err);

        if (status != SQN_OK) {
            return status;
        }
        panels->v[at] = (float)(v * unit_v.first * unit_v.second);
        sum += (double)panels->v[at] * panels->x[at] * panels->x[at];
        sum_v += panels->v[at];
    }
    *sum_vx2 = sum;
    panels->frame_weight[i] = sum_v;
    return SQN_OK;
}

static sqn_status take_row(const reading *r, int64_t i, int64_t k, sqn_error *err)
{
    const line row = line_of(r->readers, r->rows->n_col, omp_get_thread_num());
    sqn_status status = SQN_OK;

    SQN_TRY(r->rows->read(r->rows->context, i, row.value, row.weight, err));
    (void)treat_negatives(&row, r->rows->n_col, r->panels->negatives);
    SQN_TRY(store_row(r->panels, &r->readers->sum_vx2[k], &row, i, err));

cleanup:
    return status;
}

static void join_sums(const reading *r, int64_t first, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        r->panels->info.sum_vx2 += r->readers->sum_vx2[k] * r->panels->chi2_scale;
    }
    if (r->rows->release != NULL) {
        r->rows->release(r->rows->owner, first + n - 1);
    }
}

sqn_status sqn__panels_store_rows(sqn_panels *panels, const sqn__panels_readers *readers,
                                  const sqn_rows *rows, sqn_error *err)
{
    const int64_t size = sqn__mem_product(panels->n_panel, panels->n_short * panels->width);
    sqn_status status = SQN_OK;

    panels->x = sqn__mem_reserve(size, sizeof *panels->x);
    panels->v = sqn__mem_reserve(size, sizeof *panels->v);
    if (panels->x == NULL || panels->v == NULL) {
        return SQN_RAISE(err, E_MEM,
                         "data and weights of %" PRId64 " frames, %" PRId64 " pixels",
                         panels->info.n_frame_used, panels->info.n_pix_used);
    }
    const reading r = {readers, panels, rows, NULL, take_row, join_sums};

    SQN_TRY(read_all(&r, err));
    zero_rest(panels);

cleanup:
    return status;
}
