/** @file nmf_mu_stage.c @brief The multiplicative rule as a method: start, iterate, stop. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "nmf_mu.h"
#include "raise.h"

static sqn_status create(void **out, const sqn__nmf_task *task, sqn_error *err)
{
    sqn__nmf_mu *state = NULL;
    const sqn_status status = sqn__nmf_mu_create(&state, task, err);

    *out = state;
    return status;
}

static void destroy(void *state)
{
    sqn__nmf_mu_destroy(state);
}

static void column(const void *state, int64_t a, double *along, double *across)
{
    sqn__nmf_mu_column(state, a, along, across);
}

static void start_random(sqn__nmf_mu *state)
{
    const sqn_panels *panels = state->panels;
    const bool wide = panels->info.pixels_are_long;
    const sqn__nmf_start_draw across = {state->options->seed, state->k, wide};
    const sqn__nmf_start_draw along = {state->options->seed, state->k, !wide};
    double sum_v = 0.0;

    for (int64_t j = 0; j < panels->n_short; j++) {
        sum_v += state->weights[j];
    }
    const double rms = sqrt(state->total.chi2 / sum_v);

    for (int64_t j = 0; j < panels->n_short; j++) {
        state->s[j * state->n_comp + state->k] = rms * sqn__nmf_start_uniform(&across, j);
    }
    for (int64_t l = 0; l < panels->n_long; l++) {
        state->u[sqn__nmf_mu_place(state, l, state->k)] = sqn__nmf_start_uniform(&along, l);
    }
}

/* The rule cannot leave 0, so the long factor starts at 1, not at 0. */
static void start_residual(sqn__nmf_mu *state)
{
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        state->s[j * state->n_comp + state->k] =
            state->total.positive[j] / state->weights[j];
    }
    for (int64_t l = 0; l < state->panels->n_long; l++) {
        state->u[sqn__nmf_mu_place(state, l, state->k)] = 1.0;
    }
}

static sqn_status grow(void *context, int64_t *passes, sqn_error *err)
{
    sqn__nmf_mu *state = context;

    (void)err;
    if (!state->surveyed) {
        sqn__nmf_mu_pass_survey(state);
        *passes += 1;
    }
    if (state->options->start == SQN_NMF_START_RANDOM) {
        start_random(state);
    } else {
        start_residual(state);
    }
    state->k++;
    state->ready = state->surveyed = false;
    return SQN_OK;
}

/* Guarantee 7's number, from a survey. */
static double optimality(const sqn__nmf_mu *state)
{
    double worst = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const int64_t row = j * state->n_comp;
        double p2 = 0.0, size2 = 0.0;

        for (int64_t a = row; a < row + state->k; a++) {
            const double c = state->total.num[a] - state->total.den[a];
            const double p = state->s[a] > 0.0 ? c : fmax(c, 0.0);

            p2 += p * p;
            size2 += state->total.num[a] * state->total.num[a];
        }
        worst = size2 > 0.0 ? fmax(worst, sqrt(p2 / size2)) : worst;
    }
    return worst;
}

static sqn_status refine(void *context, sqn_nmf_stage *stage, sqn_error *err)
{
    sqn__nmf_mu *state = context;
    const int64_t n_before = state->n_pass;
    sqn__nmf_stop_verdict verdict = SQN__NMF_STOP_GO_ON;
    sqn_status status = SQN_OK;
    sqn__nmf_stop_state progress = {.chi2 = sqn__nmf_mu_begin(state)};

    while (verdict == SQN__NMF_STOP_GO_ON &&
           stage->iterations < state->rule.max_iterations) {
        const double chi2 = sqn__nmf_mu_iterate(state);

        verdict = sqn__nmf_stop_judge(&progress, &state->rule, chi2);
        if (verdict == SQN__NMF_STOP_BROKEN) {
            return SQN_RAISE(err, E_NUM,
                             "chi2 went from %g to %g with %" PRId64 " components",
                             progress.chi2, chi2, state->k);
        }
        stage->iterations++;
        SQN_TRY(sqn__nmf_stop_report(&state->task, state->k, stage->iterations, chi2, err));
    }
    stage->stop = sqn__nmf_stop_reason(verdict);
    sqn__nmf_mu_pass_survey(state);
    stage->chi2 = state->total.chi2;
    stage->kkt = optimality(state);
    stage->passes = state->n_pass - n_before;

cleanup:
    return status;
}

static void save(void *context)
{
    sqn__nmf_mu *state = context;
    const int64_t n_u = state->panels->n_panel * state->n_comp * state->panels->width;

    memcpy(state->u_saved, state->u, (size_t)n_u * sizeof *state->u);
    memcpy(state->s_saved, state->s,
           (size_t)(state->panels->n_short * state->n_comp) * sizeof *state->s);
}

static void restore(void *context)
{
    sqn__nmf_mu *state = context;
    const int64_t n_u = state->panels->n_panel * state->n_comp * state->panels->width;

    memcpy(state->u, state->u_saved, (size_t)n_u * sizeof *state->u);
    memcpy(state->s, state->s_saved,
           (size_t)(state->panels->n_short * state->n_comp) * sizeof *state->s);
    state->ready = state->surveyed = false;
}

const sqn__nmf_method sqn__nmf_mu_stage_method = {
    .name = "mu",
    .any_sign = false,
    .create = create,
    .grow = grow,
    .refine = refine,
    .save = save,
    .restore = restore,
    .column = column,
    .destroy = destroy,
};
