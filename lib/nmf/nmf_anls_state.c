/** @file nmf_anls_state.c @brief Memory of the fast method, and columns that come and go. */
#include <inttypes.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "nmf_anls.h"
#include "nmf_anls_lane.h"
#include "nnls.h"
#include "raise.h"

enum {
    KEPT_BYTES = 160 << 20, /* for Gram matrices of panels, or, if that is more, */
    KEPT_SHARE = 2          /* one of so many parts of the memory of the panels */
};

static bool create_slot(sqn__nmf_anls_slot *slot, const sqn__nmf_anls *state)
{
    const int64_t width = state->panels->width, n_short = state->panels->n_short;
    const int64_t block = n_short < SQN__NMF_ANLS_BLOCK ? n_short : SQN__NMF_ANLS_BLOCK;
    const int64_t k = state->stride, n_aligned = state->n_aligned;

    slot->known = sqn__mem_alloc(block * width, sizeof *slot->known);
    slot->gram = sqn__mem_alloc(state->n_pair * width, sizeof *slot->gram);
    slot->g = sqn__mem_alloc(k * width, sizeof *slot->g);
    slot->packed = sqn__mem_alloc(sqn__kernels_packed_size(k), sizeof *slot->packed);
    slot->support = sqn__mem_alloc(k * width, sizeof *slot->support);
    slot->lanes =
        sqn__mem_alloc(sqn__kernels_descend_work(state->stride), sizeof *slot->lanes);
    slot->pairs = sqn__mem_alloc(state->n_pair * width, sizeof *slot->pairs);
    slot->turned = sqn__mem_alloc(sqn__kernels_gather_work(block), sizeof *slot->turned);
    slot->q = sqn__mem_alloc(sqn__mem_product(n_aligned, state->n_pair), sizeof *slot->q);
    slot->across = sqn__mem_alloc(sqn__kernels_across_work(k), sizeof *slot->across);
    slot->c = sqn__mem_alloc(sqn__mem_product(n_short, k), sizeof *slot->c);
    slot->positive = sqn__mem_alloc(n_short, sizeof *slot->positive);
    slot->shared = sqn__mem_alloc(state->n_pair, sizeof *slot->shared);
    slot->small = sqn__mem_alloc(sqn__nmf_anls_lane_work_size(k), sizeof *slot->small);
    slot->work = sqn__mem_alloc(sqn__nnls_work_size(k), sizeof *slot->work);
    return slot->known != NULL && slot->gram != NULL && slot->g != NULL &&
           slot->packed != NULL && slot->support != NULL && slot->lanes != NULL &&
           slot->pairs != NULL && slot->turned != NULL && slot->q != NULL &&
           slot->across != NULL && slot->c != NULL && slot->positive != NULL &&
           slot->shared != NULL && slot->small != NULL && slot->work != NULL;
}

static void clear_slot(sqn__nmf_anls_slot *slot)
{
    sqn__mem_free(slot->work);
    sqn__mem_free(slot->small);
    sqn__mem_free(slot->shared);
    sqn__mem_free(slot->positive);
    sqn__mem_free(slot->c);
    sqn__mem_free(slot->across);
    sqn__mem_free(slot->q);
    sqn__mem_free(slot->turned);
    sqn__mem_free(slot->pairs);
    sqn__mem_free(slot->lanes);
    sqn__mem_free(slot->support);
    sqn__mem_free(slot->packed);
    sqn__mem_free(slot->g);
    sqn__mem_free(slot->gram);
    sqn__mem_free(slot->known);
}

static bool create_slots(sqn__nmf_anls *state)
{
    bool complete = true;

    state->n_slot = omp_get_max_threads();
    state->slots = sqn__mem_alloc(state->n_slot, sizeof *state->slots);
    for (int i = 0; state->slots != NULL && i < state->n_slot; i++) {
        complete = create_slot(state->slots + i, state) && complete;
    }
    return state->slots != NULL && complete;
}

/* Room to keep Gram matrices: all of them, or as many as fit. Depends on sizes alone. Each is written
   before it serves, by the thread that first needs it. */
static bool create_kept(sqn__nmf_anls *state)
{
    const sqn_panels *panels = state->panels;
    const int64_t n_lane = panels->n_panel * panels->width;
    const int64_t all =
        sqn__mem_product(panels->n_panel, sqn__kernels_packed_size(state->stride));
    const int64_t share = 2 * n_lane * panels->n_short / KEPT_SHARE;
    const int64_t least = KEPT_BYTES / (int64_t)sizeof *state->kept;
    const int64_t most = share > least ? share : least;

    state->n_kept = all < most ? all : most;
    state->kept = sqn__mem_reserve(state->n_kept, sizeof *state->kept);
    return state->kept != NULL;
}

/* By all threads: the first touch of a page takes longer than the rest of its use. */
static void zero_along(const sqn__nmf_anls *state)
{
    const int64_t size = state->stride * state->panels->width;

#pragma omp parallel for default(none) shared(state, size) schedule(static)
    for (int64_t p = 0; p < state->panels->n_panel; p++) {
        memset(state->u + p * size, 0, (size_t)size * sizeof *state->u);
        memset(state->u_next + p * size, 0, (size_t)size * sizeof *state->u_next);
    }
}

static bool create_factors(sqn__nmf_anls *state)
{
    float **along[] = {&state->u, &state->u_next, &state->u_saved};
    float **across[] = {&state->s, &state->s_accepted, &state->s_solved, &state->s_before,
                        &state->s_saved};
    bool complete = true;

    for (size_t i = 0; i < sizeof along / sizeof along[0]; i++) {
        *along[i] = sqn__mem_reserve(state->n_u, sizeof **along[i]);
        complete = complete && *along[i] != NULL;
    }
    for (size_t i = 0; i < sizeof across / sizeof across[0]; i++) {
        *across[i] = sqn__mem_alloc(state->n_s, sizeof **across[i]);
        complete = complete && *across[i] != NULL;
    }
    if (complete) {
        zero_along(state); /* what is saved is written first */
    }
    return complete;
}

static bool create_sums(sqn__nmf_anls *state)
{
    const int64_t n = state->panels->n_short;
    const int64_t n_q = sqn__mem_product(n, state->n_pair);

    state->pairs = sqn__mem_alloc(n_q, sizeof *state->pairs);
    state->squares = sqn__mem_alloc(state->n_s, sizeof *state->squares);
    state->pairs_sum = sqn__mem_alloc(state->n_pair, sizeof *state->pairs_sum);
    state->q = sqn__mem_alloc(n_q, sizeof *state->q);
    state->q_turned = sqn__mem_alloc(sqn__mem_product(state->n_aligned, state->n_pair),
                                     sizeof *state->q_turned);
    state->c = sqn__mem_alloc(state->n_s, sizeof *state->c);
    state->passive = sqn__mem_alloc(state->n_s, sizeof *state->passive);
    state->restarted = sqn__mem_alloc(state->stride, sizeof *state->restarted);
    state->positive = sqn__mem_alloc(n, sizeof *state->positive);
    state->weights = sqn__mem_alloc(n, sizeof *state->weights);
    state->start = sqn__mem_alloc(n, sizeof *state->start);
    state->panel_valid = sqn__mem_alloc(state->panels->n_panel, sizeof *state->panel_valid);
    state->valid =
        sqn__mem_alloc(state->panels->n_panel * state->panels->width, sizeof *state->valid);
    return state->pairs != NULL && state->squares != NULL && state->pairs_sum != NULL &&
           state->q != NULL && state->q_turned != NULL && state->c != NULL &&
           state->passive != NULL && state->restarted != NULL && state->positive != NULL &&
           state->weights != NULL && state->start != NULL && state->panel_valid != NULL &&
           state->valid != NULL;
}

/* How many data each long index has, where that is a pixel. */
static void count_valid(sqn__nmf_anls *state)
{
    const sqn_panels *panels = state->panels;

    for (int64_t l = 0; l < panels->n_panel * panels->width; l++) {
        state->valid[l] = INT64_MAX;
    }
    for (int64_t j = 0; panels->info.pixels_are_long && j < panels->info.n_pix; j++) {
        if (panels->pixel[j] >= 0) {
            state->valid[panels->pixel[j]] = panels->pixel_valid[j];
        }
    }
    for (int64_t p = 0; p < panels->n_panel; p++) {
        state->panel_valid[p] = INT64_MAX;
        for (int64_t t = 0; t < panels->width; t++) {
            const int64_t valid = state->valid[p * panels->width + t];

            state->panel_valid[p] =
                valid < state->panel_valid[p] ? valid : state->panel_valid[p];
        }
    }
}

/* The constant side of the background. */
static void set_ones(sqn__nmf_anls *state)
{
    const sqn_panels *panels = state->panels;

    for (int64_t p = 0; panels->info.pixels_are_long && p < panels->n_panel; p++) {
        float *u = state->u + (p * state->stride + state->k) * panels->width;

        for (int64_t t = 0; t < panels->width; t++) {
            u[t] = 1.0F;
        }
    }
    for (int64_t j = 0; !panels->info.pixels_are_long && j < panels->n_short; j++) {
        state->s[j * state->stride + state->k] = 1.0F;
    }
}

sqn_status sqn__nmf_anls_state_create(sqn__nmf_anls **out, const sqn__nmf_task *task,
                                      sqn_error *err)
{
    const sqn_panels *panels = task->panels;
    const int64_t n_comp = task->options->n_comp;
    sqn__nmf_anls *state = sqn__mem_alloc(1, sizeof *state);

    *out = NULL;
    if (state != NULL) {
        state->task = *task;
        state->panels = panels;
        state->kernels = sqn__kernels_choose();
        state->rule = (sqn__nmf_stop_rule){
            .tolerance = task->options->tolerance,
            .max_iterations = task->options->max_iterations,
            .n_small_needed = 2,
            .total = panels->info.sum_vx2 / panels->chi2_scale,
            .n_data = (double)panels->info.n_data,
        };
        state->renew = true;
        state->n_sweep = SQN__NMF_ANLS_SWEEPS;
        state->extra = task->options->background ? 1 : 0;
        state->stride = n_comp + state->extra;
        state->n_pair = state->stride * (state->stride + 1) / 2;
        state->n_u = sqn__mem_product(panels->n_panel * panels->width, state->stride);
        state->n_aligned = sqn__kernels_aligned(panels->n_short);
        state->n_s = sqn__mem_product(panels->n_short, state->stride);
    }
    if (state == NULL || !create_factors(state) || !create_sums(state) ||
        !create_slots(state) || !create_kept(state) ||
        !sqn__nmf_anls_sample_create(&state->sample, state) ||
        !sqn__nmf_anls_equal_create(&state->equal, panels)) {
        sqn__nmf_anls_state_destroy(state);
        return SQN_RAISE(err, E_MEM, "factors of %" PRId64 " components", n_comp);
    }
    count_valid(state);
    sqn__nmf_start_weights(state->weights, panels);
    if (state->extra > 0) {
        set_ones(state);
    }
    *out = state;
    return SQN_OK;
}

void sqn__nmf_anls_state_destroy(sqn__nmf_anls *state)
{
    if (state == NULL) {
        return;
    }
    for (int i = 0; state->slots != NULL && i < state->n_slot; i++) {
        clear_slot(state->slots + i);
    }
    sqn__mem_free(state->slots);
    sqn__mem_free(state->kept);
    sqn__nmf_anls_sample_clear(&state->sample);
    sqn__nmf_anls_equal_clear(&state->equal);
    sqn__mem_free(state->valid);
    sqn__mem_free(state->panel_valid);
    sqn__mem_free(state->start);
    sqn__mem_free(state->weights);
    sqn__mem_free(state->positive);
    sqn__mem_free(state->restarted);
    sqn__mem_free(state->passive);
    sqn__mem_free(state->c);
    sqn__mem_free(state->q_turned);
    sqn__mem_free(state->q);
    sqn__mem_free(state->pairs_sum);
    sqn__mem_free(state->squares);
    sqn__mem_free(state->pairs);
    sqn__mem_free(state->s_saved);
    sqn__mem_free(state->s_before);
    sqn__mem_free(state->s_solved);
    sqn__mem_free(state->s_accepted);
    sqn__mem_free(state->s);
    sqn__mem_free(state->u_saved);
    sqn__mem_free(state->u_next);
    sqn__mem_free(state->u);
    sqn__mem_free(state);
}

/* Room for one more component: the background, always last, moves on. */
static void shift_background(sqn__nmf_anls *state)
{
    const int64_t width = state->panels->width, k = state->k;

    for (int64_t p = 0; p < state->panels->n_panel; p++) {
        float *u = state->u + (p * state->stride + k) * width;

        memcpy(u + width, u, (size_t)width * sizeof *u);
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        float *s = state->s + j * state->stride + k;
        uint8_t *passive = state->passive + j * state->stride + k;

        s[1] = s[0];
        passive[1] = passive[0];
    }
}

void sqn__nmf_anls_state_grow(sqn__nmf_anls *state, const double *value)
{
    if (state->extra > 0) {
        shift_background(state);
    }
    sqn__nmf_anls_state_reset(state, state->k, value);
    state->k++;
}

void sqn__nmf_anls_state_reset(sqn__nmf_anls *state, int64_t a, const double *value)
{
    const int64_t width = state->panels->width;

    for (int64_t p = 0; p < state->panels->n_panel; p++) {
        memset(state->u + (p * state->stride + a) * width, 0,
               (size_t)width * sizeof *state->u);
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        state->s[j * state->stride + a] = (float)value[j];
        state->passive[j * state->stride + a] = value[j] > 0.0;
    }
    state->fresh = false;
}

bool sqn__nmf_anls_state_vanished(const sqn__nmf_anls *state, int64_t a)
{
    const int64_t width = state->panels->width;
    bool along = false, across = false;

    for (int64_t p = 0; p < state->panels->n_panel && !along; p++) {
        const float *u = state->u + (p * state->stride + a) * width;

        for (int64_t t = 0; t < width; t++) {
            along = along || u[t] > 0.0F;
        }
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        across = across || state->s[j * state->stride + a] > 0.0F;
    }
    return !along || !across;
}
