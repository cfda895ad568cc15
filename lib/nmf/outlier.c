/** @file outlier.c @brief Outliers of rows against a model of the rows: fits and marks in turn. */
#include "sequin/outlier.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"
#include "sequin/panels.h"
#include "stats.h"

/* A search on its way. */
typedef struct search {
    const sqn_rows *rows;
    const sqn_outlier_options *options;
    uint8_t *mask;          /* [n_row, n_col] borrowed */
    float *score;           /* [n_row, n_col] */
    double *value, *weight; /* [n_col] one row, */
    double *sum;            /* [n_col] and its model */
    int64_t *n_fitted;      /* [n_col] entries of a column that were fitted */
} search;

sqn_outlier_options sqn_outlier_options_default(void)
{
    sqn_outlier_options options = {
        .rule = {.n_sigma = 5.0, .max_fraction = 0.05},
        .max_rounds = 6,
        .negatives = SQN_NEGATIVES_KEEP,
        .nmf = sqn_nmf_options_default(),
    };

    options.nmf.tolerance = 1e-3; /* outliers do not ask for more digits */
    return options;
}

static sqn_status read_masked(const void *context, int64_t row, double *value,
                              double *weight, sqn_error *err)
{
    const sqn_outlier_masked *masked = context;
    const int64_t n = masked->rows->n_col;
    const sqn_status status =
        masked->rows->read(masked->rows->context, row, value, weight, err);

    for (int64_t j = 0; status == SQN_OK && j < n; j++) {
        weight[j] = masked->mask[row * n + j] != 0 ? 0.0 : weight[j];
    }
    return status;
}

sqn_rows sqn_outlier_rows(const sqn_outlier_masked *masked)
{
    return (sqn_rows){.n_row = masked->rows->n_row,
                      .n_col = masked->rows->n_col,
                      .read = read_masked,
                      .context = masked,
                      .parallel = masked->rows->parallel};
}

static sqn_status search_create(search *s, sqn_error *err)
{
    const int64_t n = s->rows->n_col;

    s->score = sqn__mem_alloc(sqn__mem_product(s->rows->n_row, n), sizeof *s->score);
    s->value = sqn__mem_alloc(n, sizeof *s->value);
    s->weight = sqn__mem_alloc(n, sizeof *s->weight);
    s->sum = sqn__mem_alloc(n, sizeof *s->sum);
    s->n_fitted = sqn__mem_alloc(n, sizeof *s->n_fitted);
    return s->score != NULL && s->value != NULL && s->weight != NULL && s->sum != NULL &&
                   s->n_fitted != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "residuals of %" PRId64 " x %" PRId64 " data",
                           s->rows->n_row, n);
}

static void search_clear(search *s)
{
    sqn__mem_free(s->n_fitted);
    sqn__mem_free(s->sum);
    sqn__mem_free(s->weight);
    sqn__mem_free(s->value);
    sqn__mem_free(s->score);
}

static sqn_status read_row(const search *s, int64_t i, sqn_error *err)
{
    const sqn_status status = s->rows->read(s->rows->context, i, s->value, s->weight, err);

    for (int64_t j = 0; status == SQN_OK && j < s->rows->n_col; j++) {
        (void)sqn__panels_treat_negative(s->value + j, s->weight + j,
                                         s->options->negatives);
    }
    return status;
}

static sqn_status mark(const search *s, sqn_outlier_tally *tally, sqn_error *err)
{
    const sqn_matrix score = {s->score, s->rows->n_row, s->rows->n_col, s->rows->n_col};

    return sqn_outlier_mark(s->mask, tally, score, &s->options->rule, err);
}

/* ---- Against the median row ---------------------------------------------------------------- */

/* The data themselves, NaN where they have no weight. */
static sqn_status load(const search *s, sqn_error *err)
{
    sqn_status status = SQN_OK;
    const int64_t n = s->rows->n_col;

    for (int64_t i = 0; i < s->rows->n_row; i++) {
        SQN_TRY(read_row(s, i, err));
        for (int64_t j = 0; j < n; j++) {
            s->score[i * n + j] = s->weight[j] > 0.0 ? (float)s->value[j] : NAN;
        }
    }

cleanup:
    return status;
}

static sqn_status find_medians(double *median, const search *s, sqn_error *err)
{
    const int64_t n = s->rows->n_col, n_row = s->rows->n_row;
    double *column = sqn__mem_alloc(n_row, sizeof *column);

    if (column == NULL) {
        return SQN_RAISE(err, E_MEM, "median of %" PRId64 " rows", n_row);
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < n_row; i++) {
            column[i] = (double)s->score[i * n + j];
        }
        median[j] = sqn__stats_median(column, n_row);
    }
    sqn__mem_free(column);
    return SQN_OK;
}

/* How bright row i is against the median row, by its brighter half; 1 where it is not. */
static double find_factor(const search *s, const double *median, double bright, int64_t i)
{
    const int64_t n = s->rows->n_col;

    for (int64_t j = 0; j < n; j++) {
        s->sum[j] = median[j] >= bright && median[j] > 0.0
                        ? (double)s->score[i * n + j] / median[j]
                        : (double)NAN;
    }
    const double factor = sqn__stats_median(s->sum, n);

    return isnan(factor) ? 1.0 : factor;
}

static sqn_status score_median(const search *s, double *median, sqn_error *err)
{
    const int64_t n = s->rows->n_col;
    sqn_status status = SQN_OK;

    SQN_TRY(load(s, err));
    SQN_TRY(find_medians(median, s, err));
    memcpy(s->sum, median, (size_t)n * sizeof *median);
    const double bright = sqn__stats_median(s->sum, n);

    for (int64_t i = 0; i < s->rows->n_row; i++) {
        const double factor = find_factor(s, median, bright, i);

        SQN_TRY(read_row(s, i, err));
        for (int64_t j = 0; j < n; j++) {
            const double rest = s->value[j] - factor * median[j];

            s->score[i * n + j] =
                s->weight[j] > 0.0 ? (float)(rest * sqrt(s->weight[j])) : NAN;
        }
    }

cleanup:
    return status;
}

/* First marks: any model of the data as they are would follow the brightest outliers. */
static sqn_status screen(const search *s, sqn_outlier_tally *tally, sqn_error *err)
{
    sqn_status status = SQN_OK;
    double *median = sqn__mem_alloc(s->rows->n_col, sizeof *median);

    if (median == NULL) {
        return SQN_RAISE(err, E_MEM, "median row of %" PRId64 " data", s->rows->n_col);
    }
    SQN_TRY(score_median(s, median, err));
    SQN_TRY(mark(s, tally, err));

cleanup:
    sqn__mem_free(median);
    return status;
}

/* ---- Against a model ------------------------------------------------------------------------ */

/* W H + b of row i. */
static void predict(const search *s, const sqn_nmf *model, int64_t n_comp, int64_t i)
{
    const sqn_matrix_const h = sqn_nmf_components(model, n_comp);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(model, n_comp);
    const double *b = sqn_nmf_background(model, n_comp);

    for (int64_t j = 0; j < s->rows->n_col; j++) {
        s->sum[j] = b != NULL ? b[i] : 0.0;
    }
    for (int64_t a = 0; a < n_comp; a++) {
        const double amount = w.data[i * w.stride + a];
        const float *comp = h.data + a * h.stride;

        for (int64_t j = 0; j < s->rows->n_col; j++) {
            s->sum[j] += amount * (double)comp[j];
        }
    }
}

/* Fitted entries draw the model towards them: of the variance of their residuals a share of
   k / n is missing, with n entries for the k components of a column. */
static double draw_of(const search *s, int64_t n_comp, int64_t i, int64_t j)
{
    const double share = (double)n_comp / (double)s->n_fitted[j];

    return s->mask[i * s->rows->n_col + j] != 0 ? 1.0 : 1.0 / sqrt(fmax(1.0 - share, 0.25));
}

static sqn_status count_fitted(const search *s, sqn_error *err)
{
    const int64_t n = s->rows->n_col;
    sqn_status status = SQN_OK;

    memset(s->n_fitted, 0, (size_t)n * sizeof *s->n_fitted);
    for (int64_t i = 0; i < s->rows->n_row; i++) {
        SQN_TRY(read_row(s, i, err));
        for (int64_t j = 0; j < n; j++) {
            s->n_fitted[j] += s->weight[j] > 0.0 && s->mask[i * n + j] == 0 ? 1 : 0;
        }
    }

cleanup:
    return status;
}

static sqn_status score_model(const search *s, const sqn_nmf *model, int64_t n_comp,
                              sqn_error *err)
{
    const int64_t n = s->rows->n_col;
    sqn_status status = SQN_OK;

    SQN_TRY(count_fitted(s, err));
    for (int64_t i = 0; i < s->rows->n_row; i++) {
        SQN_TRY(read_row(s, i, err));
        predict(s, model, n_comp, i);
        for (int64_t j = 0; j < n; j++) {
            const double rest = (s->value[j] - s->sum[j]) * sqrt(s->weight[j]);

            s->score[i * n + j] =
                s->weight[j] > 0.0 ? (float)(rest * draw_of(s, n_comp, i, j)) : NAN;
        }
    }

cleanup:
    return status;
}

/* Fit without what is marked, and mark again. */
static sqn_status take_round(const search *s, sqn_outlier_tally *tally, sqn_error *err)
{
    const sqn_outlier_masked masked = {s->rows, s->mask};
    const sqn_rows rows = sqn_outlier_rows(&masked);
    sqn_nmf_options nmf = s->options->nmf;
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;

    SQN_TRY(sqn_panels_create(&panels, &rows, s->options->negatives, err));
    const int64_t half = sqn_panels_about(panels)->n_frame_used / 2;

    nmf.n_comp = nmf.n_comp < half ? nmf.n_comp : half > 1 ? half : 1;
    nmf.keep = &nmf.n_comp;
    nmf.n_keep = 1;
    SQN_TRY(sqn_nmf_fit(&model, panels, &nmf, err));
    SQN_TRY(score_model(s, model, nmf.n_comp, err));
    SQN_TRY(mark(s, tally, err));

cleanup:
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    return status;
}

sqn_status sqn_outlier_search(uint8_t *mask, sqn_outlier_tally *tally, const sqn_rows *rows,
                              const sqn_outlier_options *options, sqn_error *err)
{
    search s = {.rows = rows, .options = options, .mask = mask};
    sqn_outlier_tally now = {0};
    sqn_status status = SQN_OK;

    if (mask == NULL || rows == NULL || options == NULL || options->max_rounds < 1) {
        return SQN_RAISE(err, E_ARG, "sqn_outlier_search() needs a mask, rows and rounds");
    }
    memset(mask, 0, (size_t)(rows->n_row * rows->n_col));
    SQN_TRY(search_create(&s, err));
    SQN_TRY(screen(&s, &now, err));
    for (int64_t round = 1; round <= options->max_rounds; round++) {
        SQN_TRY(take_round(&s, &now, err));
        now.rounds = round;
        if (now.n_changed == 0) {
            break;
        }
    }
    if (tally != NULL) {
        *tally = now;
    }

cleanup:
    search_clear(&s);
    return status;
}
