/**
 * @file nmf_mu.c
 * @brief Weighted multiplicative updates in double, one pass over the data per iteration.
 *
 * W <- W o [(V o X) H^T] / [(V o W H) H^T]
 * H <- H o [W^T (V o X)] / [W^T (V o W H)]       o and / act element by element
 *
 * Zhu 2016, arXiv:1612.06037. Legend: nmf_mu.h.
 */
#include "nmf_mu.h"

#include <inttypes.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

static void move_short(sqn__nmf_mu *state)
{
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const int64_t row = j * state->n_comp;

        sqn__nmf_mu_multiply(state->s + row, state->total.num + row, state->total.den + row,
                             state->k);
    }
}

double sqn__nmf_mu_begin(sqn__nmf_mu *state)
{
    if (state->ready) {
        return state->total.chi2;
    }
    if (state->panels->info.pixels_are_long) {
        sqn__nmf_mu_pass_survey(state);
    } else {
        sqn__nmf_mu_pass_move(state);
    }
    return state->total.chi2;
}

double sqn__nmf_mu_iterate(sqn__nmf_mu *state)
{
    double *u = state->u;

    (void)sqn__nmf_mu_begin(state);
    state->u = state->u_next;
    state->u_next = u;
    move_short(state);
    sqn__nmf_mu_pass_move(state);
    return state->total.chi2;
}

static bool create_factors(sqn__nmf_mu *state)
{
    const sqn_panels *panels = state->panels;
    const int64_t n_u = sqn__mem_product(panels->n_panel * panels->width, state->n_comp);
    const int64_t n_s = sqn__mem_product(panels->n_short, state->n_comp);

    state->u = sqn__mem_alloc(n_u, sizeof *state->u);
    state->u_next =
        panels->info.pixels_are_long ? state->u : sqn__mem_alloc(n_u, sizeof *state->u);
    state->s = sqn__mem_alloc(n_s, sizeof *state->s);
    state->s_turned =
        sqn__mem_alloc(sqn__mem_product(state->n_aligned, state->n_comp), sizeof *state->s);
    state->u_saved = sqn__mem_alloc(n_u, sizeof *state->u_saved);
    state->s_saved = sqn__mem_alloc(n_s, sizeof *state->s_saved);
    state->weights = sqn__mem_alloc(panels->n_short, sizeof *state->weights);
    state->total.num = sqn__mem_alloc(n_s, sizeof *state->total.num);
    state->total.den = sqn__mem_alloc(n_s, sizeof *state->total.den);
    state->total.positive = sqn__mem_alloc(panels->n_short, sizeof *state->total.positive);
    return state->u != NULL && state->u_next != NULL && state->s != NULL &&
           state->s_turned != NULL && state->u_saved != NULL && state->s_saved != NULL &&
           state->weights != NULL && state->total.num != NULL && state->total.den != NULL &&
           state->total.positive != NULL;
}

static bool create_slots(sqn__nmf_mu *state)
{
    bool complete = false;

    state->n_slot = omp_get_max_threads();
    state->slots = sqn__mem_alloc(state->n_slot, sizeof *state->slots);
    complete = state->slots != NULL;
    for (int i = 0; complete && i < state->n_slot; i++) {
        complete = sqn__nmf_mu_pass_slot_create(state->slots + i, state);
    }
    return complete;
}

sqn_status sqn__nmf_mu_create(sqn__nmf_mu **out, const sqn__nmf_task *task, sqn_error *err)
{
    const sqn_panels *panels = task->panels;
    const int64_t n_comp = task->options->n_comp;
    sqn__nmf_mu *state = sqn__mem_alloc(1, sizeof *state);

    *out = NULL;
    if (state != NULL) {
        *state = (sqn__nmf_mu){.panels = panels,
                               .options = task->options,
                               .kernels = sqn__kernels_choose(),
                               .products = sqn__kernels_double_choose(),
                               .task = *task,
                               .n_comp = n_comp};
        state->rule = (sqn__nmf_stop_rule){
            .tolerance = task->options->tolerance,
            .max_iterations = task->options->max_iterations,
            .n_small_needed = 1,
            .small_if_equal = true,
            .total = panels->info.sum_vx2 / panels->chi2_scale,
            .n_data = (double)panels->info.n_data,
        };
        state->n_aligned = sqn__kernels_double_aligned(panels->n_short);
    }
    if (state == NULL || !create_factors(state) || !create_slots(state)) {
        sqn__nmf_mu_destroy(state);
        return SQN_RAISE(err, E_MEM, "factors of %" PRId64 " components", n_comp);
    }
    sqn__nmf_start_weights(state->weights, panels);
    *out = state;
    return SQN_OK;
}

void sqn__nmf_mu_destroy(sqn__nmf_mu *state)
{
    if (state == NULL) {
        return;
    }
    for (int i = 0; state->slots != NULL && i < state->n_slot; i++) {
        sqn__nmf_mu_pass_slot_clear(state->slots + i);
    }
    sqn__mem_free(state->slots);
    sqn__mem_free(state->total.positive);
    sqn__mem_free(state->total.den);
    sqn__mem_free(state->total.num);
    sqn__mem_free(state->weights);
    sqn__mem_free(state->s_saved);
    sqn__mem_free(state->u_saved);
    sqn__mem_free(state->s_turned);
    sqn__mem_free(state->s);
    if (state->u_next != state->u) {
        sqn__mem_free(state->u_next);
    }
    sqn__mem_free(state->u);
    sqn__mem_free(state);
}

void sqn__nmf_mu_set(sqn__nmf_mu *state, const double *along, const double *across)
{
    const int64_t n_comp = state->n_comp;

    for (int64_t l = 0; l < state->panels->n_long; l++) {
        for (int64_t a = 0; a < n_comp; a++) {
            state->u[sqn__nmf_mu_place(state, l, a)] = along[l * n_comp + a];
        }
    }
    memcpy(state->s, across, (size_t)(state->panels->n_short * n_comp) * sizeof *across);
    state->k = n_comp;
    state->ready = state->surveyed = false;
}

void sqn__nmf_mu_column(const sqn__nmf_mu *state, int64_t a, double *along, double *across)
{
    for (int64_t l = 0; l < state->panels->n_long; l++) {
        along[l] = state->u[sqn__nmf_mu_place(state, l, a)];
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        across[j] = state->s[j * state->n_comp + a];
    }
}
