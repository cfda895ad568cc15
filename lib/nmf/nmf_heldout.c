/**
 * @file nmf_heldout.c
 * @brief Entries that were hidden from a build, predicted by the factors of its stages.
 *
 * Neither the coefficients of a hidden entry's frame nor the components at its pixel have seen
 * it: it has weight 0 in the panels.
 */
#include "nmf_heldout.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"

static const double clearly =
    2.0; /* standard errors that a stage past the minimum is worse */

/* Whether enough entries of the pixel are left to determine the components there: as many as
   the largest model has, or half of the frames where that is fewer. */
static bool is_determined(const sqn_panels *panels, int64_t pixel, int64_t n_comp)
{
    const int64_t half = panels->info.n_frame_used / 2;
    const int64_t need = n_comp < half ? n_comp : half;

    return sqn_panels_has_pixel(panels, pixel) &&
           panels->pixel_valid[pixel] >= (need > 1 ? need : 1);
}

static void take_entries(sqn__nmf_heldout *held, const sqn__nmf_task *task)
{
    const sqn_panels *panels = task->panels;
    const sqn_holdout_entry *entry = sqn_holdout_entries(task->options->heldout);
    const int64_t n = sqn_holdout_count(task->options->heldout);

    for (int64_t e = 0; e < n; e++) {
        const sqn_holdout_entry *it = entry + e;

        if (!sqn_panels_has_frame(panels, it->row) ||
            !is_determined(panels, it->col, task->options->n_comp)) {
            continue;
        }
        const int64_t i = panels->frame[it->row], j = panels->pixel[it->col];
        const int64_t at = held->n_entry++;

        held->along[at] = panels->info.pixels_are_long ? j : i;
        held->across[at] = panels->info.pixels_are_long ? i : j;
        held->frame[at] = it->row;
        held->value[at] = it->value;
        held->weight[at] = it->weight;
        held->total[it->row] += it->weight * it->value * it->value;
    }
}

static bool create_arrays(sqn__nmf_heldout *held, const sqn_panels *panels, int64_t n,
                          int64_t n_stage)
{
    held->n_frame = panels->info.n_frame;
    held->along = sqn__mem_alloc(n, sizeof *held->along);
    held->across = sqn__mem_alloc(n, sizeof *held->across);
    held->frame = sqn__mem_alloc(n, sizeof *held->frame);
    held->value = sqn__mem_alloc(n, sizeof *held->value);
    held->weight = sqn__mem_alloc(n, sizeof *held->weight);
    held->predicted = sqn__mem_alloc(n, sizeof *held->predicted);
    held->column_along = sqn__mem_alloc(panels->n_long, sizeof *held->column_along);
    held->column_across = sqn__mem_alloc(panels->n_short, sizeof *held->column_across);
    held->total = sqn__mem_alloc(held->n_frame, sizeof *held->total);
    held->chi2 =
        sqn__mem_alloc(sqn__mem_product(n_stage, held->n_frame), sizeof *held->chi2);
    return held->along != NULL && held->across != NULL && held->frame != NULL &&
           held->value != NULL && held->weight != NULL && held->predicted != NULL &&
           held->column_along != NULL && held->column_across != NULL &&
           held->total != NULL && held->chi2 != NULL;
}

sqn_status sqn__nmf_heldout_create(sqn__nmf_heldout **out, const sqn__nmf_task *task,
                                   int64_t n_stage, sqn_error *err)
{
    *out = NULL;
    if (task->options->heldout == NULL) {
        return SQN_OK;
    }
    const int64_t n = sqn_holdout_count(task->options->heldout);
    sqn__nmf_heldout *held = sqn__mem_alloc(1, sizeof *held);

    if (held == NULL || !create_arrays(held, task->panels, n, n_stage)) {
        sqn__nmf_heldout_destroy(&held);
        return SQN_RAISE(err, E_MEM, "predictions of %" PRId64 " hidden entries", n);
    }
    take_entries(held, task);
    *out = held;
    return SQN_OK;
}

static void predict(const sqn__nmf_heldout *held, bool first)
{
    const int64_t n = held->n_entry;
    double *restrict predicted = held->predicted;

#pragma omp parallel for schedule(static) default(none) shared(held, n, first, predicted)
    for (int64_t e = 0; e < n; e++) {
        const double term =
            held->column_along[held->along[e]] * held->column_across[held->across[e]];

        predicted[e] = first ? term : predicted[e] + term;
    }
}

void sqn__nmf_heldout_score(const sqn__nmf_heldout *held, const sqn__nmf_task *task,
                            int64_t n_comp, int64_t index, const sqn__nmf_method *method,
                            const void *state)
{
    if (held == NULL) {
        return;
    }
    const int64_t n_column = n_comp + (task->options->background ? 1 : 0);
    double *chi2 = held->chi2 + index * held->n_frame;

    for (int64_t a = 0; a < n_column; a++) {
        method->column(state, a, held->column_along, held->column_across);
        predict(held, a == 0);
    }
    for (int64_t e = 0; e < held->n_entry; e++) {
        const double rest =
            held->value[e] - ldexp(held->predicted[e], task->panels->exponent);

        chi2[held->frame[e]] += held->weight[e] * rest * rest;
    }
}

/* sum a / sum b over frames, a = chi2 - base (base NULL: 0), b = total; frames without b do not
   count. */
static sqn__nmf_heldout_ratio estimate(const double *chi2, const double *base,
                                       const double *total, int64_t n_frame)
{
    double sum_a = 0.0, sum_b = 0.0, mean = 0.0, square = 0.0, n = 0.0;

    for (int64_t i = 0; i < n_frame; i++) {
        sum_a += chi2[i] - (base != NULL ? base[i] : 0.0);
        sum_b += total[i];
        n += total[i] > 0.0 ? 1.0 : 0.0;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n_frame; i++) {
            const double a = chi2[i] - (base != NULL ? base[i] : 0.0);

            if (!(total[i] > 0.0)) {
                continue;
            }
            const double without = (sum_a - a) / (sum_b - total[i]);

            if (pass == 0) {
                mean += without / n;
            } else {
                square += (without - mean) * (without - mean);
            }
        }
    }
    return (sqn__nmf_heldout_ratio){sum_a / sum_b, sqrt((n - 1.0) / n * square)};
}

sqn__nmf_heldout_ratio sqn__nmf_heldout_frv(const sqn__nmf_heldout *held, int64_t index)
{
    return estimate(held->chi2 + index * held->n_frame, NULL, held->total, held->n_frame);
}

sqn__nmf_heldout_ratio sqn__nmf_heldout_excess(const sqn__nmf_heldout *held, int64_t index,
                                               int64_t base)
{
    return estimate(held->chi2 + index * held->n_frame, held->chi2 + base * held->n_frame,
                    held->total, held->n_frame);
}

bool sqn__nmf_heldout_is_past(const sqn__nmf_heldout *held, int64_t n_stage,
                              int64_t patience)
{
    int64_t best = 0;

    if (held == NULL || patience < 1 || n_stage <= patience) {
        return false;
    }
    for (int64_t k = 1; k < n_stage; k++) {
        best = sqn__nmf_heldout_excess(held, k, best).value < 0.0 ? k : best;
    }
    for (int64_t k = n_stage - patience; k < n_stage; k++) {
        const sqn__nmf_heldout_ratio excess = sqn__nmf_heldout_excess(held, k, best);

        if (!(excess.value > clearly * excess.error)) {
            return false;
        }
    }
    return true;
}

void sqn__nmf_heldout_destroy(sqn__nmf_heldout **held)
{
    if (*held != NULL) {
        sqn__mem_free((*held)->chi2);
        sqn__mem_free((*held)->total);
        sqn__mem_free((*held)->column_across);
        sqn__mem_free((*held)->column_along);
        sqn__mem_free((*held)->predicted);
        sqn__mem_free((*held)->weight);
        sqn__mem_free((*held)->value);
        sqn__mem_free((*held)->frame);
        sqn__mem_free((*held)->across);
        sqn__mem_free((*held)->along);
        sqn__mem_free(*held);
        *held = NULL;
    }
}
