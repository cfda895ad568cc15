/**
 * @file nmf_mu.c
 * @brief Weighted multiplicative updates in double, written for reading: the reference solver.
 *
 * W <- W o [(V o X) H^T] / [(V o W H) H^T]
 * H <- H o [W^T (V o X)] / [W^T (V o W H)]       o and / act element by element
 *
 * Zhu 2016, arXiv:1612.06037. Legend: A ~ U S^T, U [L, k] kept as [n_panel, K, T] on the long
 * axis, S [s, K] on the short one; W is the one on the axis of frames.
 */
#include "nmf_mu.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "flush.h"
#include "mem.h"
#include "raise.h"

typedef void panel_work(sqn__nmf_mu *state, sqn__nmf_mu_sums *sums, int64_t p);

static bool slot_create(sqn__nmf_mu_sums *sums, int64_t n_short, int64_t n_comp,
                        int64_t width)
{
    const int64_t n = sqn__mem_product(n_short, n_comp);

    sums->num = sqn__mem_alloc(n, sizeof *sums->num);
    sums->den = sqn__mem_alloc(n, sizeof *sums->den);
    sums->positive = sqn__mem_alloc(n_short, sizeof *sums->positive);
    sums->model = sqn__mem_alloc(width, sizeof *sums->model);
    sums->lane_num = sqn__mem_alloc(n_comp * width, sizeof *sums->lane_num);
    sums->lane_den = sqn__mem_alloc(n_comp * width, sizeof *sums->lane_den);
    return sums->num != NULL && sums->den != NULL && sums->positive != NULL &&
           sums->model != NULL && sums->lane_num != NULL && sums->lane_den != NULL;
}

static void slot_clear(sqn__nmf_mu_sums *sums)
{
    sqn__mem_free(sums->lane_den);
    sqn__mem_free(sums->lane_num);
    sqn__mem_free(sums->model);
    sqn__mem_free(sums->positive);
    sqn__mem_free(sums->den);
    sqn__mem_free(sums->num);
}

static void slot_zero(sqn__nmf_mu_sums *sums, int64_t n_short, int64_t n_comp)
{
    memset(sums->num, 0, (size_t)(n_short * n_comp) * sizeof *sums->num);
    memset(sums->den, 0, (size_t)(n_short * n_comp) * sizeof *sums->den);
    memset(sums->positive, 0, (size_t)n_short * sizeof *sums->positive);
    sums->chi2 = 0.0;
}

static void slot_join(sqn__nmf_mu_sums *total, const sqn__nmf_mu_sums *sums,
                      int64_t n_short, int64_t n_comp)
{
    for (int64_t i = 0; i < n_short * n_comp; i++) {
        total->num[i] += sums->num[i];
        total->den[i] += sums->den[i];
    }
    for (int64_t j = 0; j < n_short; j++) {
        total->positive[j] += sums->positive[j];
    }
    total->chi2 += sums->chi2;
}

/* All panels through `work`; the sums of groups join in order, whatever the threads. */
static void visit(sqn__nmf_mu *state, panel_work *work)
{
    const sqn_panels *panels = state->panels;
    const int64_t n_group = sqn__panels_n_group(panels);

    slot_zero(&state->total, panels->n_short, state->n_comp);
#pragma omp parallel num_threads(state->n_slot) if (n_group > 1) default(none) \
    shared(state, work, panels, n_group)
    {
        sqn__nmf_mu_sums *sums = state->slots + omp_get_thread_num();
        const unsigned mode = sqn__flush_on();

#pragma omp for ordered schedule(dynamic, 1)
        for (int64_t g = 0; g < n_group; g++) {
            const sqn__panels_range range = sqn__panels_of_group(panels, g);

            slot_zero(sums, panels->n_short, state->n_comp);
            for (int64_t p = range.first; p < range.end; p++) {
                work(state, sums, p);
            }
#pragma omp ordered
            slot_join(&state->total, sums, panels->n_short, state->n_comp);
        }
        sqn__flush_restore(mode);
    }
}

/* Row j of S U^T in one panel. */
static void model_row(double *restrict model, const sqn__nmf_mu *state, int64_t p,
                      int64_t j)
{
    const int64_t width = state->panels->width;
    const double *u = state->u + p * state->n_comp * width;
    const double *s = state->s + j * state->n_comp;

    for (int64_t t = 0; t < width; t++) {
        model[t] = 0.0;
    }
    for (int64_t a = 0; a < state->k; a++) {
        for (int64_t t = 0; t < width; t++) {
            model[t] += s[a] * u[a * width + t];
        }
    }
}

/* The sums that move S. */
static void sum_short(sqn__nmf_mu *state, sqn__nmf_mu_sums *sums, int64_t p)
{
    const int64_t width = state->panels->width;
    const double *u = state->u + p * state->n_comp * width;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const float *x = sqn__panels_x(state->panels, p) + j * width;
        const float *v = sqn__panels_v(state->panels, p) + j * width;

        model_row(sums->model, state, p, j);
        for (int64_t a = 0; a < state->k; a++) {
            double num = 0.0, den = 0.0;

            for (int64_t t = 0; t < width; t++) {
                num += (double)v[t] * x[t] * u[a * width + t];           /* (v o x) u   */
                den += (double)v[t] * sums->model[t] * u[a * width + t]; /* (v o s u) u */
            }
            sums->num[j * state->n_comp + a] += num;
            sums->den[j * state->n_comp + a] += den;
        }
    }
}

/* An entry whose denominator is 0 keeps its value. */
static void multiply(double *factor, const double *num, const double *den, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (den[i] > 0.0) {
            factor[i] *= num[i] / den[i];
        }
    }
}

void sqn__nmf_mu_sum(sqn__nmf_mu *state)
{
    visit(state, sum_short);
    state->fresh = false;
}

static void move_short(sqn__nmf_mu *state)
{
    sqn__nmf_mu_sum(state);
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const int64_t row = j * state->n_comp;

        multiply(state->s + row, state->total.num + row, state->total.den + row, state->k);
    }
}

/* Sums and new values of U in one panel. */
static void move_panel(sqn__nmf_mu *state, sqn__nmf_mu_sums *sums, int64_t p)
{
    const int64_t width = state->panels->width, n = state->k * width;

    memset(sums->lane_num, 0, (size_t)n * sizeof *sums->lane_num);
    memset(sums->lane_den, 0, (size_t)n * sizeof *sums->lane_den);
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const float *x = sqn__panels_x(state->panels, p) + j * width;
        const float *v = sqn__panels_v(state->panels, p) + j * width;
        const double *s = state->s + j * state->n_comp;

        model_row(sums->model, state, p, j);
        for (int64_t a = 0; a < state->k; a++) {
            for (int64_t t = 0; t < width; t++) {
                sums->lane_num[a * width + t] += s[a] * ((double)v[t] * x[t]);
                sums->lane_den[a * width + t] += s[a] * ((double)v[t] * sums->model[t]);
            }
        }
    }
    multiply(state->u + p * state->n_comp * width, sums->lane_num, sums->lane_den, n);
}

/* chi2, and what is left over per short index. */
static void judge_panel(sqn__nmf_mu *state, sqn__nmf_mu_sums *sums, int64_t p)
{
    const int64_t width = state->panels->width;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const float *x = sqn__panels_x(state->panels, p) + j * width;
        const float *v = sqn__panels_v(state->panels, p) + j * width;

        model_row(sums->model, state, p, j);
        for (int64_t t = 0; t < width; t++) {
            const double resid = x[t] - sums->model[t];

            sums->chi2 += (double)v[t] * resid * resid;
            sums->positive[j] += (double)v[t] * fmax(resid, 0.0);
        }
    }
}

void sqn__nmf_mu_judge(sqn__nmf_mu *state)
{
    visit(state, judge_panel);
    state->fresh = true;
}

double sqn__nmf_mu_iterate(sqn__nmf_mu *state)
{
    if (state->panels->info.pixels_are_long) {
        move_short(state);
        visit(state, move_panel);
    } else {
        visit(state, move_panel);
        move_short(state);
    }
    sqn__nmf_mu_judge(state);
    return state->total.chi2;
}

sqn_status sqn__nmf_mu_create(sqn__nmf_mu **out, const sqn__nmf_task *task, sqn_error *err)
{
    const sqn_panels *panels = task->panels;
    const int64_t n_comp = task->options->n_comp;
    const int64_t n_u = sqn__mem_product(panels->n_panel * panels->width, n_comp);
    const int64_t n_s = sqn__mem_product(panels->n_short, n_comp);
    sqn__nmf_mu *state = sqn__mem_alloc(1, sizeof *state);
    bool complete = state != NULL;

    *out = NULL;
    if (state != NULL) {
        *state = (sqn__nmf_mu){.panels = panels, .options = task->options, .task = *task};
        state->rule = (sqn__nmf_stop_rule){
            .tolerance = task->options->tolerance,
            .max_iterations = task->options->max_iterations,
            .n_small_needed = 1,
            .small_if_equal = true,
            .total = panels->info.sum_vx2 / panels->chi2_scale,
            .n_data = (double)panels->info.n_data,
        };
        state->n_comp = n_comp;
        state->n_slot = omp_get_max_threads();
        state->u = sqn__mem_alloc(n_u, sizeof *state->u);
        state->s = sqn__mem_alloc(n_s, sizeof *state->s);
        state->u_saved = sqn__mem_alloc(n_u, sizeof *state->u_saved);
        state->s_saved = sqn__mem_alloc(n_s, sizeof *state->s_saved);
        state->weights = sqn__mem_alloc(panels->n_short, sizeof *state->weights);
        state->slots = sqn__mem_alloc(state->n_slot, sizeof *state->slots);
        complete = state->u != NULL && state->s != NULL && state->u_saved != NULL &&
                   state->s_saved != NULL && state->weights != NULL && state->slots != NULL;
        complete =
            complete && slot_create(&state->total, panels->n_short, n_comp, panels->width);
    }
    for (int i = 0; complete && i < state->n_slot; i++) {
        complete = slot_create(state->slots + i, panels->n_short, n_comp, panels->width);
    }
    if (!complete) {
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
        slot_clear(state->slots + i);
    }
    slot_clear(&state->total);
    sqn__mem_free(state->slots);
    sqn__mem_free(state->weights);
    sqn__mem_free(state->s_saved);
    sqn__mem_free(state->u_saved);
    sqn__mem_free(state->s);
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
    state->fresh = false;
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
