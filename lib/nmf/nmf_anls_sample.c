/**
 * @file nmf_anls_sample.c
 * @brief Part of the data on which a stage begins.
 *
 * Where S is far from its best, a quarter of the long axis tells the way as well as all of it.
 * One panel is drawn from every four, so that no stride meets the rows of an image.
 */
#include <string.h>

#include "mem.h"
#include "nmf_anls.h"
#include "rng.h"

enum {
    SHARE = 4,        /* one panel of so many */
    WORTH_PANELS = 4, /* fewer are not worth a detour */
    WORTH_LANES = 100 /* for each component: S must be determined well */
};

bool sqn__nmf_anls_sample_create(sqn__nmf_anls_sample *sample, const sqn__nmf_anls *state)
{
    sample->n = state->panels->n_panel / SHARE;
    sample->panel = sqn__mem_alloc(sample->n, sizeof *sample->panel);
    sample->u =
        sqn__mem_reserve(sqn__mem_product(sample->n * state->panels->width, state->stride),
                         sizeof *sample->u);
    sample->s = sqn__mem_alloc(state->n_s, sizeof *sample->s);
    return sample->panel != NULL && sample->u != NULL && sample->s != NULL;
}

void sqn__nmf_anls_sample_clear(sqn__nmf_anls_sample *sample)
{
    sqn__mem_free(sample->s);
    sqn__mem_free(sample->u);
    sqn__mem_free(sample->panel);
}

/* Numbers of U in a panel, and where they begin. */
static int64_t panel_size(const sqn__nmf_anls *state)
{
    return state->stride * state->panels->width;
}

static float *panel_u(const sqn__nmf_anls *state, float *u, int64_t i)
{
    return u + state->sample.panel[i] * panel_size(state);
}

/* One panel of every run of SHARE. */
static void draw(sqn__nmf_anls_sample *sample, int64_t k)
{
    for (int64_t i = 0; i < sample->n; i++) {
        const uint64_t bits = sqn__rng_bits(0, (uint64_t)k, (uint64_t)i);

        sample->panel[i] = i * SHARE + (int64_t)(bits % SHARE);
    }
}

bool sqn__nmf_anls_sample_begin(sqn__nmf_anls *state)
{
    sqn__nmf_anls_sample *sample = &state->sample;
    const int64_t n_lane = sample->n * state->panels->width, size = panel_size(state);

    if (state->k < 2 || sample->n < WORTH_PANELS || n_lane < WORTH_LANES * state->k) {
        return false;
    }
    draw(sample, state->k);
    memcpy(sample->s, state->s, (size_t)state->n_s * sizeof *state->s);
    for (int64_t i = 0; i < sample->n; i++) {
        memcpy(sample->u + i * size, panel_u(state, state->u, i),
               (size_t)size * sizeof *sample->u);
    }
    sample->only = true;
    return true;
}

void sqn__nmf_anls_sample_accept(sqn__nmf_anls *state)
{
    const size_t bytes = (size_t)panel_size(state) * sizeof *state->u;

    for (int64_t i = 0; i < state->sample.n; i++) {
        memcpy(panel_u(state, state->u, i), panel_u(state, state->u_next, i), bytes);
    }
}

void sqn__nmf_anls_sample_undo(sqn__nmf_anls *state)
{
    const sqn__nmf_anls_sample *sample = &state->sample;
    const int64_t size = panel_size(state);

    memcpy(state->s, sample->s, (size_t)state->n_s * sizeof *state->s);
    for (int64_t i = 0; i < sample->n; i++) {
        memcpy(panel_u(state, state->u, i), sample->u + i * size,
               (size_t)size * sizeof *sample->u);
    }
    state->sample.pending = false;
}
