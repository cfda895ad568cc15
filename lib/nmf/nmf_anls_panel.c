/**
 * @file nmf_anls_panel.c
 * @brief One panel in a pass: its part of U with S fixed, and what it adds to the sums for S.
 *
 * The residual form keeps float32 accurate: errors of the Gram matrices cost sweeps, not chi2
 * (docs/numerics.md, section 2).
 */
#include <string.h>

#include "nmf_anls.h"
#include "nmf_anls_lane.h"
#include "nmf_support.h"

static const float proximal = 1e-7F; /* of the mean diagonal of a lane */

/* One panel on its way through a pass. */
typedef struct panel {
    const float *x, *v; /* [s, T] */
    const float *from;  /* [K, T] of u, */
    float *u;           /* and of u_next */
    float *packed;      /* the small problems, as the kernels pack them */
    int64_t index, width, n_short;
    const float *next_x, *next_v; /* of the panel behind it; NULL: none */
    bool equal;                   /* sqn__nmf_anls_equal_holds() */
    bool kept;                    /* packed is that of an earlier pass */
    bool in_doubt;                /* some lanes may not be determined */
    sqn__kernels_ahead *ahead;    /* what is read next */
} panel;

static sqn_matrix view(float *data, int64_t rows, int64_t cols, int64_t stride)
{
    return (sqn_matrix){data, rows, cols, stride};
}

static sqn_matrix_const look(const float *data, int64_t rows, int64_t cols, int64_t stride)
{
    return (sqn_matrix_const){data, rows, cols, stride};
}

/* Rows of a panel that are worked on together. */
typedef struct block {
    int64_t first, n;
} block;

static block block_at(const panel *p, int64_t first)
{
    const int64_t left = p->n_short - first;

    return (block){first, left < SQN__NMF_ANLS_BLOCK ? left : SQN__NMF_ANLS_BLOCK};
}

/* Rows of a panel that stays in the second cache, with the next one, until it is done with. */
static bool is_low(const panel *p)
{
    return p->n_short <= SQN__NMF_ANLS_LOW;
}

/* A low panel is read from memory once: the next one is asked for all the while. */
static void ask_for_next(const panel *p)
{
    if (is_low(p) && p->next_x != NULL) {
        *p->ahead = sqn__kernels_look_ahead(p->next_x, p->next_v, p->n_short * p->width);
    }
}

/* Of a tall one, what is read behind `b`: the next block, or the first one if the panel is read
 * `again`, or that of the next panel. */
static void ask_behind(const panel *p, block b, bool again)
{
    const int64_t next = b.first + b.n;
    const bool ends = next >= p->n_short;
    const block then = block_at(p, ends ? 0 : next);
    const float *x = ends && !again ? p->next_x : p->x;
    const float *v = ends && !again ? p->next_v : p->v;

    if (!is_low(p) && x != NULL) {
        *p->ahead = sqn__kernels_look_ahead(x + then.first * p->width,
                                            v + then.first * p->width, then.n * p->width);
    }
}

/* A block of the data beside its model with `u`. */
static sqn__kernels_fit fit_of(const sqn__nmf_anls *state, const panel *p, const float *u,
                               block b)
{
    const int64_t first = b.first * p->width, k = sqn__nmf_anls_n_column(state);

    return (sqn__kernels_fit){
        .x = p->x + first,
        .v = p->v + first,
        .u = u,
        .s = look(state->s + b.first * state->stride, b.n, k, state->stride),
    };
}

/* G = P(S)^T V, unless it is kept, and g = S^T R of all lanes. */
static void form_problems(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                          const panel *p)
{
    const int64_t width = p->width, k = sqn__nmf_anls_n_along(state);
    const int64_t n_pair = k * (k + 1) / 2;

    memset(slot->g, 0, (size_t)(sqn__nmf_anls_n_column(state) * width) * sizeof *slot->g);
    if (p->equal) {
        sqn__nmf_anls_equal_gram(state, slot->gram, p->index);
    }
    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);
        const sqn__kernels_fit fit = fit_of(state, p, p->from, b);

        ask_behind(p, b, true);
        state->kernels->along(slot->g, &fit, p->ahead);
        if (!p->equal && !p->kept) {
            state->kernels->spread(
                slot->gram,
                look(state->pairs + j * state->n_pair, b.n, n_pair, state->n_pair),
                p->v + j * width, j > 0, p->ahead);
        }
    }
}

/* support of every component in every lane. */
static void form_support(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                         const panel *p)
{
    const int64_t *valid = state->valid + p->index * p->width;
    const int64_t width = p->width, k = state->k;

    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);
        const float *v = p->v + j * width;

        for (int64_t e = 0; e < b.n * width; e++) {
            slot->known[e] = v[e] > 0.0F ? 1.0F : 0.0F;
        }
        state->kernels->spread(
            slot->support, look(state->squares + j * state->stride, b.n, k, state->stride),
            slot->known, j > 0, NULL);
    }
    for (int64_t t = 0; t < width; t++) {
        const bool asked = sqn__nmf_support_asked(state->panels, valid[t]);

        for (int64_t a = 0; a < k; a++) {
            float *support = slot->support + a * width + t;
            const bool given = !asked || sqn__nmf_support_given((double)*support, valid[t]);

            *support = given ? 1.0F : 0.0F;
        }
    }
}

/* What has no support stays as it is; lanes that are not determined stay out of the sweeps. */
static void hold(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot, const panel *p)
{
    const int64_t *valid = state->valid + p->index * p->width;
    const int64_t k = sqn__nmf_anls_n_along(state);

    for (int64_t a = 0; a < k; a++) {
        for (int64_t t = 0; t < p->width; t++) {
            p->packed[sqn__kernels_packed_scale(k, a, t)] *=
                valid[t] < state->k ? 0.0F : slot->support[a * p->width + t];
        }
    }
}

static void descend_held(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                         const panel *p)
{
    const int64_t *valid = state->valid + p->index * p->width;
    const float *anchor = state->u_saved + p->index * state->stride * p->width;

    for (int64_t t = 0; t < p->width; t++) {
        const sqn__nmf_anls_lane lane = {
            .k = sqn__nmf_anls_n_along(state),
            .n_bounded = state->k,
            .width = p->width,
            .gram = slot->gram + t,
            .g = slot->g + t,
            .n_anchor = state->k - 1, /* the newest component was not there */
            .anchor = anchor + t,
            .support = slot->support + t,
            .u = p->u + t,
            .work = slot->small,
        };

        if (valid[t] < state->k) {
            sqn__nmf_anls_lane_descend(&lane);
        }
    }
}

static void descend(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                    const panel *p)
{
    const sqn__kernels_lanes lanes = {
        .k = sqn__nmf_anls_n_along(state),
        .n_bounded = state->k,
        .packed = p->packed,
        .g = slot->g,
        .u = p->from,
        .to = p->u,
        .work = slot->lanes,
    };

    if (!p->kept) {
        state->kernels->pack(p->packed, slot->gram, lanes.k, proximal);
    }
    if (p->in_doubt) {
        form_support(state, slot, p);
        hold(state, slot, p);
    }
    state->kernels->descend(&lanes, state->n_sweep);
    if (p->in_doubt) {
        descend_held(state, slot, p);
    }
}

/* chi2, C += R U of a block, and what is left over. */
static void gather_gradient(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                            const panel *p, block b)
{
    const sqn__kernels_fit fit = fit_of(state, p, p->u, b);
    const sqn__kernels_sums to = {
        .c = slot->c + b.first * fit.s.cols,
        .positive = state->want_leftover ? slot->positive + b.first : NULL,
        .work = slot->across,
    };

    slot->chi2 += state->kernels->across(&to, &fit, p->ahead);
}

/* Q += V P(U) of a block. */
static void gather_pairs(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                         const panel *p, block b)
{
    const int64_t k = sqn__nmf_anls_n_across(state);

    state->kernels->gather(view(slot->q + b.first, k * (k + 1) / 2, b.n, state->n_aligned),
                           slot->pairs, p->v + b.first * p->width, slot->turned, p->ahead);
}

/* How a panel joins Q. */
typedef enum joining { NOT, GENERALLY, SHARED } joining;

/* P(U) is formed where it is needed. */
static joining join_pairs(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                          const panel *p)
{
    const int64_t k = sqn__nmf_anls_n_across(state);

    if (!state->renew || k == 0) {
        return NOT;
    }
    state->kernels->pairs(slot->pairs, p->u, k, p->width);
    return p->equal && !sqn__nmf_anls_equal_cancels(state, slot, p->index) ? SHARED
                                                                           : GENERALLY;
}

/* chi2, Q += V P(U) unless Q is kept, C += R U, and what is left over. */
static void form_sums(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot, const panel *p)
{
    const joining way = join_pairs(state, slot, p);

    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);

        ask_behind(p, b, false);
        gather_gradient(state, slot, p, b);
        if (way == GENERALLY) {
            gather_pairs(state, slot, p, b);
        }
    }
    if (way == SHARED) {
        sqn__nmf_anls_equal_sums(state, slot, p->index);
    }
}

/* Where the Gram matrices of a panel are kept; NULL where they cost nothing, or where lanes may
 * not be determined: what those hold on to is solved exactly. */
static float *keeping(const sqn__nmf_anls *state, const panel *p)
{
    return p->equal || p->in_doubt ? NULL : sqn__nmf_anls_kept_gram(state, p->index);
}

static panel panel_at(const sqn__nmf_anls *state, int64_t index, int64_t next)
{
    const sqn_panels *panels = state->panels;
    const int64_t fewest = state->panel_valid[index];

    return (panel){
        .x = sqn__panels_x(panels, index),
        .v = sqn__panels_v(panels, index),
        .from = state->u + index * state->stride * panels->width,
        .u = state->u_next + index * state->stride * panels->width,
        .index = index,
        .width = panels->width,
        .n_short = panels->n_short,
        .next_x = next < 0 ? NULL : sqn__panels_x(panels, next),
        .next_v = next < 0 ? NULL : sqn__panels_v(panels, next),
        .equal = sqn__nmf_anls_equal_holds(&state->equal, index),
        .in_doubt = fewest < state->k || sqn__nmf_support_asked(panels, fewest),
    };
}

bool sqn__nmf_anls_panel_keeps(const sqn__nmf_anls *state, int64_t index)
{
    const panel p = panel_at(state, index, -1);

    return keeping(state, &p) != NULL;
}

void sqn__nmf_anls_panel_visit(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                               int64_t index, int64_t next)
{
    const int64_t n_moved = state->k > 0 ? sqn__nmf_anls_n_along(state) : 0;
    const int64_t n_left = sqn__nmf_anls_n_column(state) - n_moved;
    sqn__kernels_ahead ahead = {NULL, NULL, 0};
    panel p = panel_at(state, index, next);
    float *kept = keeping(state, &p);

    p.ahead = &ahead;
    ask_for_next(&p);
    p.packed = kept != NULL ? kept : slot->packed;
    p.kept = kept != NULL && !state->renew;
    memcpy(p.u + n_moved * p.width, p.from + n_moved * p.width,
           (size_t)(n_left * p.width) * sizeof *p.u);
    if (n_moved > 0) {
        form_problems(state, slot, &p);
        descend(state, slot, &p);
    }
    form_sums(state, slot, &p);
}
