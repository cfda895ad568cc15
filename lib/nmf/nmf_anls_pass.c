/** @file nmf_anls_pass.c @brief One read of the data: U with S fixed, and the sums for S. */
#include <omp.h>
#include <string.h>

#include "flush.h"
#include "nmf_anls.h"
#include "nmf_support.h"

enum {
    WORTH_THREADS = 4096
}; /* rows of panels times k + 1: about a tenth of a millisecond */

static void zero_slot(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot)
{
    const int64_t n_short = state->panels->n_short, k = sqn__nmf_anls_n_across(state);

    if (state->renew) {
        memset(slot->q, 0, (size_t)(state->n_aligned * k * (k + 1) / 2) * sizeof *slot->q);
        memset(slot->shared, 0, (size_t)state->n_pair * sizeof *slot->shared);
    }
    memset(slot->c, 0, (size_t)(n_short * sqn__nmf_anls_n_column(state)) * sizeof *slot->c);
    memset(slot->positive, 0, (size_t)n_short * sizeof *slot->positive);
    slot->chi2 = 0.0;
}

/* Q of the group joins that of all: with what panels of equal weights have in common, or not. */
static void join_pairs(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot)
{
    const int64_t n = state->panels->n_short, k = sqn__nmf_anls_n_across(state);

    for (int64_t i = 0; i < k * (k + 1) / 2; i++) {
        const float *q = slot->q + i * state->n_aligned;
        const double shared = slot->shared[i];
        double *restrict sum = state->q_turned + i * state->n_aligned;

        for (int64_t j = 0; j < n; j++) {
            sum[j] += (double)q[j];
        }
        for (int64_t j = 0; j < n && shared > 0.0; j++) {
            sum[j] += (double)state->equal.across[j] * shared;
        }
    }
}

static void join_slot(sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot)
{
    const int64_t k = sqn__nmf_anls_n_across(state), step = sqn__nmf_anls_n_column(state);

    if (state->renew) {
        join_pairs(state, slot);
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        for (int64_t a = 0; a < k; a++) {
            state->c[j * k + a] += slot->c[j * step + a];
        }
        state->positive[j] += slot->positive[j];
    }
    state->chi2 += slot->chi2;
}

/* Panels that a pass reads, and the one that it reads at `i`; -1 behind the last. */
static int64_t n_visit(const sqn__nmf_anls *state)
{
    return state->sample.only ? state->sample.n : state->panels->n_panel;
}

static int64_t visit_at(const sqn__nmf_anls *state, int64_t i)
{
    if (i >= n_visit(state)) {
        return -1;
    }
    return state->sample.only ? state->sample.panel[i] : i;
}

static void visit_group(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot, int64_t group)
{
    const sqn__panels_range range = sqn__panels_of_group(n_visit(state), group);

    zero_slot(state, slot);
    for (int64_t i = range.first; i < range.end; i++) {
        sqn__nmf_anls_panel_visit(state, slot, visit_at(state, i), visit_at(state, i + 1));
    }
}

/* Whether some panel forms Gram matrices in this pass. */
static bool forms_gram(const sqn__nmf_anls *state)
{
    bool forms = state->renew;

    for (int64_t i = 0; i < n_visit(state) && !forms; i++) {
        forms = !sqn__nmf_anls_panel_keeps(state, visit_at(state, i));
    }
    return forms;
}

/* Zero the totals. */
static void begin(sqn__nmf_anls *state)
{
    const int64_t n = state->panels->n_short, k = sqn__nmf_anls_n_across(state);

    if (state->renew) {
        memset(state->q_turned, 0,
               (size_t)(state->n_aligned * k * (k + 1) / 2) * sizeof *state->q_turned);
    }
    memset(state->c, 0, (size_t)(n * k) * sizeof *state->c);
    memset(state->positive, 0, (size_t)n * sizeof *state->positive);
    state->chi2 = 0.0;
    sqn__nmf_support_squares(state->squares,
                             (sqn_matrix_const){state->s, n, state->k, state->stride});
}

/* P(S), and what panels of equal weights have in common. */
static void form_pairs(sqn__nmf_anls *state, int64_t n_thread)
{
#pragma omp parallel for num_threads(n_thread) default(none) shared(state)
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        state->kernels->pairs(state->pairs + j * state->n_pair,
                              state->s + j * state->stride, sqn__nmf_anls_n_along(state),
                              1);
    }
    sqn__nmf_anls_equal_begin(state);
}

/* Q_j, pair after pair. */
static void turn_pairs(const sqn__nmf_anls *state, int64_t j)
{
    const int64_t k = sqn__nmf_anls_n_across(state), n_pair = k * (k + 1) / 2;

    for (int64_t i = 0; i < n_pair; i++) {
        state->q[j * n_pair + i] = state->q_turned[i * state->n_aligned + j];
    }
}

void sqn__nmf_anls_pass_run(sqn__nmf_anls *state)
{
    const int64_t n_group = sqn__panels_n_group(n_visit(state));
    const bool worth_threads =
        n_visit(state) * state->panels->n_short * (state->k + 1) >= WORTH_THREADS;
    const int64_t n_turn = state->renew ? state->panels->n_short : 0;

    begin(state);
    if (forms_gram(state)) {
        form_pairs(state, worth_threads ? state->n_slot : 1);
    }
#pragma omp parallel num_threads(state->n_slot) if (worth_threads) default(none) \
    shared(state, n_group, n_turn)
    {
        sqn__nmf_anls_slot *slot = state->slots + omp_get_thread_num();
        const unsigned mode = sqn__flush_on();

#pragma omp for ordered schedule(dynamic, 1)
        for (int64_t g = 0; g < n_group; g++) {
            visit_group(state, slot, g);
#pragma omp ordered
            join_slot(state, slot);
        }
#pragma omp for schedule(static)
        for (int64_t j = 0; j < n_turn; j++) {
            turn_pairs(state, j);
        }
        sqn__flush_restore(mode);
    }
}
