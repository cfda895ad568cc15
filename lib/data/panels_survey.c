/** @file panels_survey.c @brief The first reading of rows: sums, extremes, and who takes part. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "panels_read.h"
#include "raise.h"

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

/* The range of the weights so far, of which something lies beyond: soon nothing does. */
static void bound_data(sqn__panels_bounds *seen, const double *v, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        if (v[j] > 0.0) {
            seen->low = v[j] < seen->low ? v[j] : seen->low;
            seen->high = v[j] > seen->high ? v[j] : seen->high;
        }
    }
}

/* Sum up a strip. */
static void add_strip(const sqn__panels_reading *r, sqn__panels_found *sums,
                      const sqn__panels_line *strip, int64_t first)
{
    const sqn__panels_lanes *lanes = r->readers->lanes;
    const sqn__panels_data data = {strip->value, strip->weight,
                                   sqn__panels_strip(r->rows, first)};
    const int64_t thread = omp_get_thread_num();
    sqn__panels_bounds *seen = &r->readers->bounds[thread];

    lanes->add(sums, r->readers->valid + thread * r->rows->n_col + first, &data);
    if (lanes->is_beyond(&data, seen->low, seen->high)) {
        bound_data(seen, data.v, data.n);
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
    const int64_t n_col = r->rows->n_col;
    const sqn__panels_line row =
        sqn__panels_line_of(r->readers, n_col, omp_get_thread_num());
    sqn__panels_survey *found = &r->readers->found[k];
    sqn__panels_found sums = {.n = {0}};
    sqn_status status = SQN_OK;
    int64_t n_treated = 0;

    for (int64_t j = 0; j < n_col; j += SQN__PANELS_STRIP) {
        const int64_t n = sqn__panels_strip(r->rows, j);
        sqn__panels_line strip;

        SQN_TRY(sqn__panels_read_strip(&strip, r->rows, i, j, &row, err));
        if (r->readers->lanes->is_wrong(
                &(sqn__panels_data){strip.value, strip.weight, n})) {
            return refuse(r->rows, &row, i, err);
        }
        n_treated += sqn__panels_treat(&strip, n, r->panels->negatives);
        add_strip(r, &sums, &strip, j);
    }
    *found =
        (sqn__panels_survey){.sum_v = sqn__panels_sum(sums.v),
                             .sum_vx2 = sqn__panels_sum(sums.vx2),
                             .n_data = sqn__panels_count(sums.n),
                             .n_negative = n_treated + sqn__panels_count(sums.n_negative)};

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
    for (int t = 0; t < readers->n_thread; t++) {
        const double *valid = readers->valid + t * rows->n_col;

        for (int64_t j = 0; j < rows->n_col; j++) {
            panels->pixel_valid[j] += (int64_t)valid[j];
        }
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
