/** @file outlier_mark.c @brief From scores to marks: scatter, reasons, and limits. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/outlier.h"
#include "stats.h"

static const double prior_rows = 10.0; /* weight of the median column */

/* Scatter and marks of columns and rows. */
typedef struct judge {
    sqn_matrix score;
    const sqn_outlier_rule *rule;
    double *scatter; /* [cols] */
    double *median;  /* [cols] */
    int64_t *marks;  /* [cols] */
    double *row;     /* [cols] work */
    int n_slot;
    double *column; /* [n_slot, rows] work */
} judge;

/* An entry of a row that may be an outlier. */
typedef struct candidate {
    double size; /* |score| */
    int64_t col;
} candidate;

static sqn_status judge_create(judge *g, sqn_matrix score, const sqn_outlier_rule *rule,
                               sqn_error *err)
{
    *g = (judge){.score = score, .rule = rule, .n_slot = omp_get_max_threads()};
    g->scatter = sqn__mem_alloc(score.cols, sizeof *g->scatter);
    g->median = sqn__mem_alloc(score.cols, sizeof *g->median);
    g->marks = sqn__mem_alloc(score.cols, sizeof *g->marks);
    g->row = sqn__mem_alloc(score.cols, sizeof *g->row);
    g->column = sqn__mem_alloc(sqn__mem_product(g->n_slot, score.rows), sizeof *g->column);
    return g->scatter != NULL && g->median != NULL && g->marks != NULL && g->row != NULL &&
                   g->column != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "outliers of %" PRId64 " x %" PRId64 " data",
                           score.rows, score.cols);
}

static void judge_clear(judge *g)
{
    sqn__mem_free(g->scatter);
    sqn__mem_free(g->median);
    sqn__mem_free(g->marks);
    sqn__mem_free(g->row);
    sqn__mem_free(g->column);
}

static float *score_at(const judge *g, int64_t i, int64_t j)
{
    return g->score.data + i * g->score.stride + j;
}

static void measure_columns(const judge *g)
{
    const int64_t n = g->score.cols, n_row = g->score.rows;

#pragma omp parallel for schedule(static) num_threads(g->n_slot) default(none) \
    shared(g, n, n_row)
    for (int64_t j = 0; j < n; j++) {
        double *column = g->column + omp_get_thread_num() * n_row;

        for (int64_t i = 0; i < n_row; i++) {
            column[i] = (double)*score_at(g, i, j);
        }
        g->median[j] = sqn__stats_median(column, n_row);
        for (int64_t i = 0; i < n_row; i++) {
            column[i] = (double)*score_at(g, i, j);
        }
        g->scatter[j] = sqn__stats_mad_sigma(column, n_row);
    }
}

/* The scatter of few rows scatters itself: where it is small, it is drawn up towards that of the
   median column. */
static void calm_columns(const judge *g)
{
    const double n = (double)g->score.rows;

    memcpy(g->row, g->scatter, (size_t)g->score.cols * sizeof *g->row);
    const double middle = sqn__stats_median(g->row, g->score.cols);

    for (int64_t j = 0; j < g->score.cols; j++) {
        const double s = g->scatter[j];
        const double drawn =
            sqrt((n * s * s + prior_rows * middle * middle) / (n + prior_rows));

        g->scatter[j] = fmax(s, drawn);
    }
}

/* Divide by the scatter; what has none, or shares its column's median, is no outlier. */
static void divide_row(const judge *g, int64_t i)
{
    for (int64_t j = 0; j < g->score.cols; j++) {
        g->row[j] =
            g->scatter[j] > 0.0 ? (double)*score_at(g, i, j) / g->scatter[j] : (double)NAN;
    }
    const double of_row = sqn__stats_mad_sigma(g->row, g->score.cols);

    for (int64_t j = 0; j < g->score.cols; j++) {
        const double z = (double)*score_at(g, i, j), scatter = g->scatter[j] * of_row;
        const double sigma = g->rule->relative ? scatter : fmax(scatter, 1.0);
        const bool shared = z * g->median[j] > 0.0 && fabs(z) <= 2.0 * fabs(g->median[j]);

        if (!isnan(z)) {
            *score_at(g, i, j) = sigma > 0.0 && !shared ? (float)(z / sigma) : 0.0F;
        }
    }
}

static int by_size(const void *left, const void *right)
{
    const candidate *a = left, *b = right;

    return a->size != b->size ? (a->size < b->size ? 1 : -1)
                              : (a->col > b->col) - (a->col < b->col);
}

/* Mark one row; `found` [cols] is work. Returns true where the limit binds. */
static bool mark_row(uint8_t *marks, const judge *g, int64_t i, candidate *found,
                     int64_t *n_valid)
{
    int64_t n = 0, valid = 0;

    memset(marks, 0, (size_t)g->score.cols);
    for (int64_t j = 0; j < g->score.cols; j++) {
        const double size = fabs((double)*score_at(g, i, j));

        valid += isnan(size) ? 0 : 1;
        if (size > g->rule->n_sigma) {
            found[n++] = (candidate){size, j};
        }
    }
    const int64_t limit = (int64_t)(g->rule->max_fraction * (double)valid);
    const bool capped = n > limit;

    if (capped) {
        qsort(found, (size_t)n, sizeof *found, by_size);
        n = limit;
    }
    for (int64_t k = 0; k < n; k++) {
        marks[found[k].col] = 1;
    }
    *n_valid += valid;
    return capped;
}

/* A column that would lose half of its entries varies; they are not outliers. */
static void spare_columns(uint8_t *mask, const judge *g)
{
    for (int64_t j = 0; j < g->score.cols; j++) {
        int64_t valid = 0, marked = 0;

        for (int64_t i = 0; i < g->score.rows; i++) {
            valid += isnan(*score_at(g, i, j)) ? 0 : 1;
            marked += mask[i * g->score.cols + j];
        }
        for (int64_t i = 0; 2 * marked >= valid && i < g->score.rows; i++) {
            mask[i * g->score.cols + j] = 0;
        }
    }
}

/* New marks in place of the old ones; `before` [rows, cols] holds a copy of those. */
static void mark_rows(uint8_t *mask, const uint8_t *before, sqn_outlier_tally *tally,
                      const judge *g, candidate *found)
{
    *tally = (sqn_outlier_tally){.first_capped = -1};
    for (int64_t i = 0; i < g->score.rows; i++) {
        if (mark_row(mask + i * g->score.cols, g, i, found, &tally->n_valid)) {
            tally->first_capped = tally->n_capped++ == 0 ? i : tally->first_capped;
        }
    }
    spare_columns(mask, g);
    for (int64_t at = 0; at < g->score.rows * g->score.cols; at++) {
        tally->n_outlier += mask[at];
        tally->n_changed += mask[at] != before[at] ? 1 : 0;
    }
}

sqn_status sqn_outlier_mark(uint8_t *mask, sqn_outlier_tally *tally, sqn_matrix score,
                            const sqn_outlier_rule *rule, sqn_error *err)
{
    const int64_t size = sqn__mem_product(score.rows, score.cols);
    sqn_outlier_tally own;
    sqn_status status = SQN_OK;
    candidate *found = NULL;
    uint8_t *before = NULL;
    judge g = {0};

    if (!(rule->n_sigma > 0.0) ||
        !(rule->max_fraction > 0.0 && rule->max_fraction <= 1.0)) {
        return SQN_RAISE(err, E_ARG, "n_sigma = %g, max_fraction = %g", rule->n_sigma,
                         rule->max_fraction);
    }
    SQN_TRY(judge_create(&g, score, rule, err));
    found = sqn__mem_alloc(score.cols, sizeof *found);
    before = sqn__mem_alloc(size, sizeof *before);
    if (found == NULL || before == NULL) {
        status = SQN_RAISE(err, E_MEM, "marks of %" PRId64 " data", size);
        goto cleanup;
    }
    memcpy(before, mask, (size_t)size);
    if (rule->reduce != NULL) {
        SQN_TRY(rule->reduce(rule->context, score, err));
    }
    measure_columns(&g);
    calm_columns(&g);
    for (int64_t i = 0; i < score.rows; i++) {
        divide_row(&g, i);
    }
    mark_rows(mask, before, tally != NULL ? tally : &own, &g, found);

cleanup:
    sqn__mem_free(before);
    sqn__mem_free(found);
    judge_clear(&g);
    return status;
}
