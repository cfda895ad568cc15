/** @file panels_survey.c @brief The first reading of rows: sums, extremes, and who takes part. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "panels_read.h"
#include "raise.h"

enum {
    LANES = 4 /* partial sums */
};

static const double span_max = 1e24; /* of the weights: 2^80, half the range of float32 */

/* Name what is wrong with a row. */
static sqn_status refuse_row(const sqn__panels_line *row, int64_t i, int64_t n_pix,
                             sqn_error *err)
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

static inline double is_bad(double x, double v)
{
    const bool has_weight = (v >= 0.0) & (v <= DBL_MAX);
    const bool has_value = (v == 0.0) | (fabs(x) <= DBL_MAX);

    return (has_weight & has_value) ? 0.0 : 1.0;
}

/* Is there a datum that refuse_row() would name? */
static bool is_wrong(const sqn__panels_line *strip, int64_t n)
{
    const double *restrict x = strip->value, *restrict v = strip->weight;
    const int64_t whole = n - n % LANES;
    double n_bad[LANES] = {0.0}, all = 0.0;

    for (int64_t j = 0; j < whole; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            n_bad[l] += is_bad(x[j + l], v[j + l]);
        }
    }
    for (int64_t j = whole; j < n; j++) {
        all += is_bad(x[j], v[j]);
    }
    for (int64_t l = 0; l < LANES; l++) {
        all += n_bad[l];
    }
    return all > 0.0;
}

/* Lanes of a row that are summed side by side; counts in doubles, which compare side by side. */
typedef struct lane_sums {
    double v[LANES], vx2[LANES], n[LANES], n_negative[LANES];
} lane_sums;

static inline void add_datum(lane_sums *sums, int64_t l, double x, double v)
{
    const double in = v > 0.0 ? 1.0 : 0.0;

    sums->v[l] += v;
    sums->vx2[l] += v > 0.0 ? v * x * x : 0.0;
    sums->n[l] += in;
    sums->n_negative[l] += x < 0.0 ? in : 0.0;
}

/* n data: whole lanes, then the rest. */
static void add_data(lane_sums *restrict to, const double *restrict x,
                     const double *restrict v, int64_t n)
{
    const int64_t whole = n - n % LANES;
    lane_sums sums = *to;

    for (int64_t j = 0; j < whole; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            add_datum(&sums, l, x[j + l], v[j + l]);
        }
    }
    for (int64_t j = whole; j < n; j++) {
        add_datum(&sums, j - whole, x[j], v[j]);
    }
    *to = sums;
}

static void count_valid(double *restrict valid, const double *restrict v, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        valid[j] += v[j] > 0.0 ? 1.0 : 0.0;
    }
}

static inline double is_beyond(double v, double low, double high)
{
    return (v == 0.0) | ((v >= low) & (v <= high)) ? 0.0 : 1.0;
}

/* Is there a weight that is neither 0 nor within the range? NaN and what is negative are not. */
static bool is_any_beyond(const double *restrict v, int64_t n, double low, double high)
{
    const int64_t whole = n - n % LANES;
    double n_beyond[LANES] = {0.0}, all = 0.0;

    for (int64_t j = 0; j < whole; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            n_beyond[l] += is_beyond(v[j + l], low, high);
        }
    }
    for (int64_t j = whole; j < n; j++) {
        all += is_beyond(v[j], low, high);
    }
    for (int64_t l = 0; l < LANES; l++) {
        all += n_beyond[l];
    }
    return all > 0.0;
}

/* The range of the weights so far. Only what lies beyond it is looked at one by one: soon nothing does. */
static void bound_data(sqn__panels_bounds *seen, const double *v, int64_t n)
{
    if (is_any_beyond(v, n, seen->low, seen->high)) {
        for (int64_t j = 0; j < n; j++) {
            if (v[j] > 0.0) {
                seen->low = v[j] < seen->low ? v[j] : seen->low;
                seen->high = v[j] > seen->high ? v[j] : seen->high;
            }
        }
    }
}

static void join_lanes(sqn__panels_survey *found, const lane_sums *sums)
{
    for (int64_t l = 0; l < LANES; l++) {
        found->sum_v += sums->v[l];
        found->sum_vx2 += sums->vx2[l];
        found->n_data += (int64_t)sums->n[l];
        found->n_negative += (int64_t)sums->n_negative[l];
    }
}

/* Say what is wrong with row `i`. */
static sqn_status refuse(const sqn_rows *rows, const sqn__panels_line *row, int64_t i,
                         sqn_error *err)
{
    const sqn_status status = rows->read(rows->context, i, row->value, row->weight, err);

    return status == SQN_OK ? refuse_row(row, i, rows->n_col, err) : status;
}

/* Check, treat and sum up a row, strip after strip. */
static sqn_status look_at_row(const sqn__panels_reading *r, int64_t i, int64_t k,
                              sqn_error *err)
{
    const int64_t thread = omp_get_thread_num(), n_col = r->rows->n_col;
    const sqn__panels_line row = sqn__panels_line_of(r->readers, n_col, thread);
    double *valid = r->readers->valid + thread * n_col;
    sqn__panels_survey *found = &r->readers->found[k];
    lane_sums sums = {.n = {0.0}};
    sqn_status status = SQN_OK;

    *found = (sqn__panels_survey){0};
    for (int64_t j = 0; j < n_col; j += SQN__PANELS_STRIP) {
        const int64_t n = sqn__panels_strip(r->rows, j);
        sqn__panels_line strip;

        SQN_TRY(sqn__panels_read_strip(&strip, r->rows, i, j, &row, err));
        if (is_wrong(&strip, n)) {
            return refuse(r->rows, &row, i, err);
        }
        found->n_negative += sqn__panels_treat(&strip, n, r->panels->negatives);
        add_data(&sums, strip.value, strip.weight, n);
        count_valid(valid + j, strip.weight, n);
        bound_data(&r->readers->bounds[thread], strip.weight, n);
    }
    join_lanes(found, &sums);

cleanup:
    return status;
}

static void join_surveys(const sqn__panels_reading *r, int64_t first, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        const sqn__panels_survey *row = &r->readers->found[k];

        r->out->sum_v += row->sum_v;
        r->out->sum_vx2 += row->sum_vx2;
        r->out->n_data += row->n_data;
        r->out->n_negative += row->n_negative;
        r->panels->frame_valid[first + k] = row->n_data;
    }
}

sqn_status sqn__panels_survey_rows(sqn__panels_survey *out,
                                   const sqn__panels_readers *readers, sqn_panels *panels,
                                   const sqn_rows *rows, sqn_error *err)
{
    const sqn__panels_reading r = {.readers = readers,
                                   .panels = panels,
                                   .rows = rows,
                                   .out = out,
                                   .take = look_at_row,
                                   .join = join_surveys};
    sqn_status status = SQN_OK;

    *out = (sqn__panels_survey){.v = {INFINITY, 0.0}};
    for (int t = 0; t < readers->n_thread; t++) {
        readers->bounds[t] = out->v;
    }
    SQN_TRY(sqn__panels_read_all(&r, err));
    for (int t = 0; t < readers->n_thread; t++) {
        out->v.low = fmin(out->v.low, readers->bounds[t].low);
        out->v.high = fmax(out->v.high, readers->bounds[t].high);
    }
    for (int64_t e = 0; e < readers->n_thread * rows->n_col; e++) {
        panels->pixel_valid[e % rows->n_col] += (int64_t)readers->valid[e];
    }
    if (out->n_data == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "no datum of %" PRId64 " frames of %" PRId64
                           " pixels has a positive weight",
                           rows->n_row, rows->n_col);
    } else if (out->v.high / out->v.low > span_max) {
        status = SQN_RAISE(err, E_ERRPLANE, "weights span %g to %g, more than a factor %g",
                           out->v.low, out->v.high, span_max);
    }

cleanup:
    return status;
}
