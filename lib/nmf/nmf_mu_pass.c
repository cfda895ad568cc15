/**
 * @file nmf_mu_pass.c
 * @brief One reading of the data for the multiplicative rule.
 *
 * A panel's U moves with S as it is, and what it then adds to the sums that move S is formed
 * while the panel is in cache: this ends one iteration and begins the next (pixels long), or
 * is all of one but its chi2, which the next pass finds first (frames long).
 *
 * Legend: nmf_mu.h. Products of a block of rows: V o X and V o S U^T side by side.
 */
#include <omp.h>
#include <string.h>

#include "flush.h"
#include "mem.h"
#include "nmf_mu.h"

enum {
    T = SQN__PANELS_WIDTH,
    B = SQN__NMF_MU_BLOCK,
    LINE = 8, /* numbers of a cache line: rows of blocks do not fall on a few of its sets */
    WIDE_STRIDE = 2 * T + LINE,
    TALL_STRIDE = 2 * B + LINE,
};

typedef void panel_work(const sqn__nmf_mu *state, sqn__nmf_mu_slot *slot, int64_t p);

/* Some rows of panel `p`. */
typedef struct block {
    int64_t p, first, n;
    int64_t m; /* n, aligned */
} block;

static block block_at(const sqn__nmf_mu *state, int64_t p, int64_t first)
{
    const int64_t left = state->panels->n_short - first, n = left < B ? left : B;

    return (block){p, first, n, sqn__kernels_double_aligned(n)};
}

static int64_t n_block(const sqn__nmf_mu *state)
{
    return (state->panels->n_short + B - 1) / B;
}

static double *panel_of(const sqn__nmf_mu *state, double *u, int64_t p)
{
    return u + p * state->n_comp * T;
}

/* lanes += S^T of V o X and V o S U^T; returns the block's part of chi2. */
static double add_lanes(const sqn__nmf_mu *state, const sqn__nmf_mu_slot *slot, block b,
                        const double *u)
{
    const double *s = state->s + b.first * state->n_comp;
    const sqn_dmatrix products = {slot->block, b.n, INT64_C(2) * T, WIDE_STRIDE};
    const sqn__kernels_double_fit fit = {
        .x = sqn__panels_x(state->panels, b.p) + b.first * T,
        .v = sqn__panels_v(state->panels, b.p) + b.first * T,
        .stride = T,
        .a = {s, state->n_comp, 1},
        .b = {u, state->k, T, T},
    };
    const double chi2 = state->products->weigh(products, &fit);

    state->products->add_product(
        (sqn_dmatrix){slot->lanes, state->k, INT64_C(2) * T, WIDE_STRIDE},
        (sqn__kernels_double_factor){s, 1, state->n_comp},
        (sqn_dmatrix_const){products.data, b.n, products.cols, products.stride});
    return chi2;
}

/* u_next of one panel; returns chi2 of U and S. */
static double move_panel(const sqn__nmf_mu *state, const sqn__nmf_mu_slot *slot, int64_t p)
{
    const double *u = panel_of(state, state->u, p);
    double *next = panel_of(state, state->u_next, p);
    double chi2 = 0.0;

    memset(slot->lanes, 0, (size_t)(state->k * WIDE_STRIDE) * sizeof *slot->lanes);
    for (int64_t j = 0; j < state->panels->n_short; j += B) {
        chi2 += add_lanes(state, slot, block_at(state, p, j), u);
    }
    if (next != u) {
        memcpy(next, u, (size_t)(state->k * T) * sizeof *u);
    }
    for (int64_t a = 0; a < state->k; a++) {
        const double *num = slot->lanes + a * WIDE_STRIDE;

        sqn__nmf_mu_multiply(next + a * T, num, num + T, T);
    }
    return chi2;
}

/* sums of a block += (V o X) U and (V o S U^T) U; returns its part of chi2. */
static double add_sums(const sqn__nmf_mu *state, const sqn__nmf_mu_slot *slot, block b,
                       const double *u)
{
    const int64_t at = b.first * T, n_turned = sqn__kernels_aligned(b.n);
    const sqn_dmatrix products = {slot->block, T, 2 * b.m, TALL_STRIDE};
    const sqn__kernels_double_fit fit = {
        .x = slot->x,
        .v = slot->v,
        .stride = B,
        .a = {u, 1, T},
        .b = {state->s_turned + b.first, state->k, b.m, state->n_aligned},
    };

    state->kernels->turn((sqn_matrix){slot->x, T, n_turned, B},
                         sqn__panels_x(state->panels, b.p) + at, b.n);
    state->kernels->turn((sqn_matrix){slot->v, T, n_turned, B},
                         sqn__panels_v(state->panels, b.p) + at, b.n);
    const double chi2 = state->products->weigh(products, &fit);

    state->products->add_product(
        (sqn_dmatrix){slot->sums + b.first / B * state->n_comp * 2 * B, state->k, 2 * b.m,
                      INT64_C(2) * B},
        (sqn__kernels_double_factor){u, T, 1},
        (sqn_dmatrix_const){products.data, T, products.cols, products.stride});
    return chi2;
}

static void work_move(const sqn__nmf_mu *state, sqn__nmf_mu_slot *slot, int64_t p)
{
    const double before = move_panel(state, slot, p);
    const double *u = panel_of(state, state->u_next, p);
    double after = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j += B) {
        after += add_sums(state, slot, block_at(state, p, j), u);
    }
    slot->chi2 += state->panels->info.pixels_are_long ? after : before;
}

/* positive += V max(X - S U^T, 0) of the block that was weighed last. */
static void add_positive(const sqn__nmf_mu_slot *slot, block b)
{
    for (int64_t t = 0; t < T; t++) {
        const double *row = slot->block + t * TALL_STRIDE;

        for (int64_t j = 0; j < b.n; j++) {
            const double off = row[j] - row[b.m + j];

            slot->positive[b.first + j] += off > 0.0 ? off : 0.0;
        }
    }
}

static void work_survey(const sqn__nmf_mu *state, sqn__nmf_mu_slot *slot, int64_t p)
{
    const double *u = panel_of(state, state->u, p);

    for (int64_t j = 0; j < state->panels->n_short; j += B) {
        const block b = block_at(state, p, j);

        slot->chi2 += add_sums(state, slot, b, u);
        add_positive(slot, b);
    }
}

static void zero_slot(const sqn__nmf_mu *state, sqn__nmf_mu_slot *slot)
{
    const int64_t n = n_block(state) * state->n_comp * 2 * B;

    memset(slot->sums, 0, (size_t)n * sizeof *slot->sums);
    memset(slot->positive, 0, (size_t)state->panels->n_short * sizeof *slot->positive);
    slot->chi2 = 0.0;
}

static void join_block(sqn__nmf_mu *state, const sqn__nmf_mu_slot *slot, block b)
{
    const double *sums = slot->sums + b.first / B * state->n_comp * 2 * B;

    for (int64_t j = 0; j < b.n; j++) {
        const int64_t row = (b.first + j) * state->n_comp;

        for (int64_t a = 0; a < state->k; a++) {
            state->total.num[row + a] += sums[a * 2 * B + j];
            state->total.den[row + a] += sums[a * 2 * B + b.m + j];
        }
        state->total.positive[b.first + j] += slot->positive[b.first + j];
    }
}

static void join_slot(sqn__nmf_mu *state, const sqn__nmf_mu_slot *slot)
{
    for (int64_t j = 0; j < state->panels->n_short; j += B) {
        join_block(state, slot, block_at(state, 0, j));
    }
    state->total.chi2 += slot->chi2;
}

/* Zero the totals; form S^T. */
static void begin(sqn__nmf_mu *state)
{
    const int64_t n_short = state->panels->n_short, n = n_short * state->n_comp;

    memset(state->total.num, 0, (size_t)n * sizeof *state->total.num);
    memset(state->total.den, 0, (size_t)n * sizeof *state->total.den);
    memset(state->total.positive, 0, (size_t)n_short * sizeof *state->total.positive);
    state->total.chi2 = 0.0;
    for (int64_t j = 0; j < n_short; j++) {
        for (int64_t a = 0; a < state->k; a++) {
            state->s_turned[a * state->n_aligned + j] = state->s[j * state->n_comp + a];
        }
    }
    state->n_pass++;
}

/* All panels through `work`; the sums of groups join in order, whatever the threads. */
static void visit(sqn__nmf_mu *state, panel_work *work)
{
    const int64_t n_group = sqn__panels_n_group(state->panels->n_panel);

    begin(state);
#pragma omp parallel num_threads(state->n_slot) if (n_group > 1) default(none) \
    shared(state, work, n_group)
    {
        sqn__nmf_mu_slot *slot = state->slots + omp_get_thread_num();
        const unsigned mode = sqn__flush_on();

#pragma omp for ordered schedule(dynamic, 1)
        for (int64_t g = 0; g < n_group; g++) {
            const sqn__panels_range range = sqn__panels_of_group(state->panels->n_panel, g);

            zero_slot(state, slot);
            for (int64_t p = range.first; p < range.end; p++) {
                work(state, slot, p);
            }
#pragma omp ordered
            join_slot(state, slot);
        }
        sqn__flush_restore(mode);
    }
}

void sqn__nmf_mu_pass_move(sqn__nmf_mu *state)
{
    visit(state, work_move);
    state->ready = true;
    state->surveyed = false;
}

void sqn__nmf_mu_pass_survey(sqn__nmf_mu *state)
{
    visit(state, work_survey);
    state->ready = state->panels->info.pixels_are_long;
    state->surveyed = true;
}

bool sqn__nmf_mu_pass_slot_create(sqn__nmf_mu_slot *slot, const sqn__nmf_mu *state)
{
    const int64_t n_sum = sqn__mem_product(n_block(state) * 2 * B, state->n_comp);

    slot->sums = sqn__mem_alloc(n_sum, sizeof *slot->sums);
    slot->positive = sqn__mem_alloc(state->panels->n_short, sizeof *slot->positive);
    slot->lanes = sqn__mem_alloc(state->n_comp * WIDE_STRIDE, sizeof *slot->lanes);
    slot->block =
        sqn__mem_alloc(B * WIDE_STRIDE > T * TALL_STRIDE ? INT64_C(1) * B * WIDE_STRIDE
                                                         : INT64_C(1) * T * TALL_STRIDE,
                       sizeof *slot->block);
    slot->x = sqn__mem_alloc(INT64_C(1) * T * B, sizeof *slot->x);
    slot->v = sqn__mem_alloc(INT64_C(1) * T * B, sizeof *slot->v);
    return slot->sums != NULL && slot->positive != NULL && slot->lanes != NULL &&
           slot->block != NULL && slot->x != NULL && slot->v != NULL;
}

void sqn__nmf_mu_pass_slot_clear(sqn__nmf_mu_slot *slot)
{
    sqn__mem_free(slot->v);
    sqn__mem_free(slot->x);
    sqn__mem_free(slot->block);
    sqn__mem_free(slot->lanes);
    sqn__mem_free(slot->positive);
    sqn__mem_free(slot->sums);
}
