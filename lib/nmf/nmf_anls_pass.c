/**
 * @file nmf_anls_pass.c
 * @brief One read of the data: U with S fixed, and the sums from which S follows exactly.
 *
 * The residual form keeps float32 accurate: errors of the Gram matrices cost sweeps, not chi2
 * (docs/numerics.md, section 2).
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "flush.h"
#include "nmf_anls.h"
#include "nmf_anls_lane.h"
#include "nmf_support.h"
#include "nnls.h"

enum {
    N_SWEEP = 5,          /* best of 2, 5 and 10 */
    WORTH_THREADS = 65536 /* short indices times k^2: a millisecond of small problems */
};

static const float proximal = 1e-7F; /* of the mean diagonal of a lane */

/* One panel on its way through a pass. */
typedef struct panel {
    const float *x, *v; /* [s, T] */
    float *u;           /* [K, T] of u_next */
    float *gram;        /* [K(K+1)/2, T] */
    int64_t index, width, n_short;
    bool last;                 /* no panel lies behind it */
    bool equal;                /* sqn__nmf_anls_equal_holds() */
    bool kept;                 /* gram is that of an earlier pass */
    bool in_doubt;             /* some lanes may not be determined */
    sqn__kernels_ahead *ahead; /* what is read next */
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

/* Block `b` will be read soon. */
static void ask_for(const panel *p, block b)
{
    *p->ahead = sqn__kernels_look_ahead(p->x + b.first * p->width,
                                        p->v + b.first * p->width, b.n * p->width);
}

/*
 * So will what is read behind `b`: the next block, or the first one if the panel is read
 * `again`, or that of the next panel. A panel of one block stays in the cache until it is done
 * with, and the next one is asked for all the while.
 */
static void ask_behind(const panel *p, block b, bool again)
{
    const int64_t next = b.first + b.n, size = p->n_short * p->width;
    const bool one_block = p->n_short <= SQN__NMF_ANLS_BLOCK;

    if (next < p->n_short) {
        ask_for(p, block_at(p, next));
    } else if (again && !one_block) {
        ask_for(p, block_at(p, 0));
    } else if (!p->last && (again || !one_block)) {
        *p->ahead =
            sqn__kernels_look_ahead(p->x + size, p->v + size, block_at(p, 0).n * p->width);
    }
}

/* r = V o (X - S U^T) of a block; returns its part of chi2. */
static double residual(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                       const panel *p, block b)
{
    const int64_t first = b.first * p->width, n = state->n_aligned;
    const sqn__kernels_fit fit = {
        .x = p->x + first,
        .v = p->v + first,
        .u = p->u,
        .s = look(state->s_turned + b.first, sqn__nmf_anls_n_column(state), b.n, n),
    };

    return state->kernels->residual(slot->r, &fit, p->ahead);
}

/* G of no data yet, or that of equal weights. */
static void begin_gram(const sqn__nmf_anls *state, const panel *p, int64_t n_pair)
{
    if (p->equal) {
        sqn__nmf_anls_equal_gram(state, p->gram, p->index);
    } else if (!p->kept) {
        memset(p->gram, 0, (size_t)(n_pair * p->width) * sizeof *p->gram);
    }
}

/* G = P(S)^T V, unless it is kept, and g = S^T R of all lanes. */
static void form_problems(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                          const panel *p)
{
    const int64_t width = p->width, k = sqn__nmf_anls_n_along(state);
    const int64_t n_pair = k * (k + 1) / 2;

    memset(slot->g, 0, (size_t)(k * width) * sizeof *slot->g);
    begin_gram(state, p, n_pair);
    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);

        ask_behind(p, b, true);
        (void)residual(state, slot, p, b);
        state->kernels->spread(slot->g,
                               look(state->s + j * state->stride, b.n, k, state->stride),
                               slot->r, p->ahead);
        if (!p->equal && !p->kept) {
            state->kernels->spread(
                p->gram, look(state->pairs + j * state->n_pair, b.n, n_pair, state->n_pair),
                p->v + j * width, p->ahead);
        }
    }
}

/* G_aa += the proximal term, of lanes that are not kept with it. */
static void add_proximal(const sqn__nmf_anls_slot *slot, const panel *p, int64_t k)
{
    float *restrict mean = slot->mean;

    for (int64_t t = 0; t < p->width; t++) {
        mean[t] = 0.0F;
    }
    for (int64_t a = 0; a < k; a++) {
        const float *restrict diagonal = p->gram + (a * (a + 3) / 2) * p->width;

        for (int64_t t = 0; t < p->width; t++) {
            mean[t] += diagonal[t] / (float)k;
        }
    }
    for (int64_t a = 0; a < k; a++) {
        float *restrict diagonal = p->gram + (a * (a + 3) / 2) * p->width;

        for (int64_t t = 0; t < p->width; t++) {
            diagonal[t] += proximal * mean[t];
        }
    }
}

/* 1 / G_aa, 0 where no datum says anything. */
static void invert_diagonal(const sqn__nmf_anls_slot *slot, const panel *p, int64_t k)
{
    for (int64_t a = 0; a < k; a++) {
        const float *restrict diagonal = p->gram + (a * (a + 3) / 2) * p->width;
        float *restrict inverse = slot->inverse + a * p->width;

        for (int64_t t = 0; t < p->width; t++) {
            inverse[t] = diagonal[t] > 0.0F ? 1.0F / diagonal[t] : 0.0F;
        }
    }
}

/* support of every component in every lane. */
static void form_support(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                         const panel *p)
{
    const int64_t *valid = state->valid + p->index * p->width;
    const int64_t width = p->width, k = state->k;

    memset(slot->support, 0, (size_t)(k * width) * sizeof *slot->support);
    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);
        const float *v = p->v + j * width;

        for (int64_t e = 0; e < b.n * width; e++) {
            slot->r[e] = v[e] > 0.0F ? 1.0F : 0.0F;
        }
        state->kernels->spread(
            slot->support, look(state->squares + j * state->stride, b.n, k, state->stride),
            slot->r, NULL);
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
            const int64_t e = a * p->width + t;

            slot->inverse[e] *= valid[t] < state->k ? 0.0F : slot->support[e];
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
            .gram = p->gram + t,
            .g = slot->g + t,
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
        .n_lane = p->width,
        .gram = p->gram,
        .inverse = slot->inverse,
        .g = slot->g,
        .u = p->u,
        .work = slot->lanes,
    };

    if (!p->kept) {
        add_proximal(slot, p, lanes.k);
    }
    invert_diagonal(slot, p, lanes.k);
    if (p->in_doubt) {
        form_support(state, slot, p);
        hold(state, slot, p);
    }
    state->kernels->descend(&lanes, N_SWEEP);
    if (p->in_doubt) {
        descend_held(state, slot, p);
    }
}

/* positive += V max(X - S U^T, 0) by rows. */
static void add_positive(double *positive, const float *r, int64_t n, int64_t width)
{
    for (int64_t j = 0; j < n; j++) {
        float sum = 0.0F;

        for (int64_t t = 0; t < width; t++) {
            sum += r[j * width + t] > 0.0F ? r[j * width + t] : 0.0F;
        }
        positive[j] += (double)sum;
    }
}

/* out [a.rows, s] += a rows^T: a [a.rows, T] and rows [b.n, T] of a block. */
typedef struct across {
    float *out;
    sqn_matrix_const a;
    const float *rows;
    sqn__kernels_ahead *ahead;
} across;

/* The rows of the block are turned on the way. */
static void gather(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                   const across *of, block b)
{
    const int64_t n = sqn__kernels_aligned(b.n), stride = sqn__kernels_columns(b.n);
    const int64_t width = of->a.cols;

    state->kernels->turn(view(slot->turned, width, n, stride), of->rows, b.n);
    state->kernels->gather(view(of->out + b.first, of->a.rows, n, state->n_aligned),
                           of->a.data, look(slot->turned, width, n, stride), of->ahead);
}

/* C += R U of a block, and Q += V P(U) unless Q is kept. */
static void gather_block(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                         const panel *p, block b)
{
    const int64_t width = p->width, k = sqn__nmf_anls_n_across(state);
    const int64_t n_pair = k * (k + 1) / 2;
    const across c = {slot->c_panel, look(p->u, k, width, width), slot->r, p->ahead};
    const across q = {slot->q, look(slot->pairs, n_pair, width, width),
                      p->v + b.first * width, p->ahead};

    gather(state, slot, &c, b);
    if (state->renew && !p->equal) {
        gather(state, slot, &q, b);
    }
}

/* chi2, Q += V P(U), C += R U, and what is left over. */
static void form_sums(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot, const panel *p)
{
    const int64_t k = sqn__nmf_anls_n_across(state), n_c = k * state->n_aligned;

    if (state->renew) {
        state->kernels->pairs(slot->pairs, p->u, k, p->width);
    }
    memset(slot->c_panel, 0, (size_t)n_c * sizeof *slot->c_panel);
    for (int64_t j = 0; j < p->n_short; j += SQN__NMF_ANLS_BLOCK) {
        const block b = block_at(p, j);

        ask_behind(p, b, false);
        slot->chi2 += residual(state, slot, p, b);
        if (state->want_leftover) {
            add_positive(slot->positive + j, slot->r, b.n, p->width);
        }
        if (k > 0) {
            gather_block(state, slot, p, b);
        }
    }
    if (state->renew && p->equal) {
        sqn__nmf_anls_equal_sums(state, slot, p->index);
    }
    for (int64_t i = 0; i < n_c; i++) {
        slot->c[i] += (double)slot->c_panel[i];
    }
}

/* Where the Gram matrices of a panel are kept; NULL where they cost nothing, or where lanes may
 * not be determined: what those hold on to is solved exactly. */
static float *keeping(const sqn__nmf_anls *state, const panel *p)
{
    return p->equal || p->in_doubt ? NULL : sqn__nmf_anls_kept_gram(state, p->index);
}

static panel panel_at(const sqn__nmf_anls *state, int64_t index)
{
    const sqn_panels *panels = state->panels;
    const int64_t fewest = state->panel_valid[index];

    return (panel){
        .x = sqn__panels_x(panels, index),
        .v = sqn__panels_v(panels, index),
        .u = state->u_next + index * state->stride * panels->width,
        .index = index,
        .width = panels->width,
        .n_short = panels->n_short,
        .last = index + 1 == panels->n_panel,
        .equal = sqn__nmf_anls_equal_holds(&state->equal, index),
        .in_doubt = fewest < state->k || sqn__nmf_support_asked(panels, fewest),
    };
}

static void visit_panel(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot, int64_t index)
{
    const int64_t width = state->panels->width, n = state->stride * width;
    const int64_t n_used = sqn__nmf_anls_n_column(state) * width;
    sqn__kernels_ahead ahead = {NULL, NULL, 0};
    panel p = panel_at(state, index);
    float *kept = keeping(state, &p);

    p.ahead = &ahead;
    p.gram = kept != NULL ? kept : slot->gram;
    p.kept = kept != NULL && !state->renew;
    memcpy(p.u, state->u + index * n, (size_t)n_used * sizeof *p.u);
    if (state->k > 0) {
        form_problems(state, slot, &p);
        descend(state, slot, &p);
    }
    form_sums(state, slot, &p);
}

static void zero_slot(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot)
{
    const int64_t n = state->n_aligned, k = sqn__nmf_anls_n_across(state);

    if (state->renew) {
        memset(slot->q, 0, (size_t)(n * k * (k + 1) / 2) * sizeof *slot->q);
    }
    memset(slot->c, 0, (size_t)(n * k) * sizeof *slot->c);
    memset(slot->positive, 0, (size_t)state->panels->n_short * sizeof *slot->positive);
    memset(slot->shared, 0, (size_t)state->n_pair * sizeof *slot->shared);
    slot->chi2 = 0.0;
}

static void join_slot(sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot)
{
    const int64_t n = state->panels->n_short, k = sqn__nmf_anls_n_across(state);
    const int64_t n_pair = k * (k + 1) / 2;

    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < n_pair && state->renew; i++) {
            state->q[j * n_pair + i] += (double)slot->q[i * state->n_aligned + j] +
                                        (double)state->equal.across[j] * slot->shared[i];
        }
        for (int64_t a = 0; a < k; a++) {
            state->c[j * k + a] += slot->c[a * state->n_aligned + j];
        }
        state->positive[j] += slot->positive[j];
    }
    state->chi2 += slot->chi2;
}

static void visit_group(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot, int64_t group)
{
    const sqn__panels_range range = sqn__panels_of_group(state->panels, group);

    zero_slot(state, slot);
    for (int64_t p = range.first; p < range.end; p++) {
        visit_panel(state, slot, p);
    }
}

/* Zero the totals; form P(S) and S^T. */
static void begin(sqn__nmf_anls *state)
{
    const int64_t n = state->panels->n_short, k = sqn__nmf_anls_n_across(state);

    if (state->renew) {
        memset(state->q, 0, (size_t)(n * k * (k + 1) / 2) * sizeof *state->q);
    }
    memset(state->c, 0, (size_t)(n * k) * sizeof *state->c);
    memset(state->positive, 0, (size_t)n * sizeof *state->positive);
    state->chi2 = 0.0;
    for (int64_t j = 0; j < n; j++) {
        const float *s = state->s + j * state->stride;

        state->kernels->pairs(state->pairs + j * state->n_pair, s,
                              sqn__nmf_anls_n_along(state), 1);
        for (int64_t a = 0; a < sqn__nmf_anls_n_column(state); a++) {
            state->s_turned[a * state->n_aligned + j] = s[a];
        }
    }
    sqn__nmf_support_squares(state->squares, look(state->s, n, state->k, state->stride));
    sqn__nmf_anls_equal_begin(state);
}

void sqn__nmf_anls_pass_run(sqn__nmf_anls *state)
{
    const int64_t n_group = sqn__panels_n_group(state->panels);

    begin(state);
#pragma omp parallel num_threads(state->n_slot) if (n_group > 1) default(none) \
    shared(state, n_group)
    {
        sqn__nmf_anls_slot *slot = state->slots + omp_get_thread_num();
        const unsigned mode = sqn__flush_on();

#pragma omp for ordered schedule(dynamic, 1)
        for (int64_t g = 0; g < n_group; g++) {
            visit_group(state, slot, g);
#pragma omp ordered
            join_slot(state, slot);
        }
        sqn__flush_restore(mode);
    }
}

/* Q_j in full, from its pairs. */
static void unpack(double *full, const double *pairs, int64_t k)
{
    for (int64_t b = 0; b < k; b++) {
        for (int64_t a = 0; a <= b; a++) {
            full[a * k + b] = full[b * k + a] = pairs[b * (b + 1) / 2 + a];
        }
    }
}

/* One short index: s_solved from s. */
static void solve_one(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot, int64_t j)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    double *gram = slot->small, *s = gram + k * k;
    const sqn__nnls_problem problem = {
        .k = k,
        .gram = gram,
        .rhs = state->c + j * k,
        .free_last = k > state->k,
    };

    unpack(gram, state->q + j * (k * (k + 1) / 2), k);
    for (int64_t a = 0; a < k; a++) {
        s[a] = (double)state->s[j * state->stride + a];
    }
    (void)sqn__nnls_solve(s, state->passive + j * state->stride, &problem, slot->work);
    for (int64_t a = 0; a < k; a++) {
        state->s_solved[j * state->stride + a] = (float)s[a];
    }
}

void sqn__nmf_anls_pass_solve(sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    const bool worth_threads = state->panels->n_short * k * k >= WORTH_THREADS;

    memcpy(state->s_solved, state->s, (size_t)state->n_s * sizeof *state->s);
#pragma omp parallel for num_threads(state->n_slot) if (worth_threads) default(none) \
    shared(state) schedule(dynamic, 4)
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        solve_one(state, state->slots + omp_get_thread_num(), j);
    }
}

double sqn__nmf_anls_pass_size(const sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state), n_pair = k * (k + 1) / 2;
    double total = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const double *q = state->q + j * n_pair;
        double size = 0.0;

        for (int64_t a = 0; a < k; a++) {
            size += fabs((double)state->s[j * state->stride + a]) *
                    sqrt(fmax(q[a * (a + 1) / 2 + a], 0.0));
        }
        total += size * size;
    }
    return total;
}

double sqn__nmf_anls_pass_optimality(const sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    double *gram = state->slots[0].small, worst = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const float *s = state->s + j * state->stride;
        double p2 = 0.0, size2 = 0.0;

        unpack(gram, state->q + j * (k * (k + 1) / 2), k);
        for (int64_t a = 0; a < k; a++) {
            const double c = state->c[j * k + a];
            const bool on_bound = a < state->k && !(s[a] > 0.0F);
            const double p = on_bound ? fmax(c, 0.0) : c;
            double b = c; /* (Q s + C)_a */

            for (int64_t i = 0; i < k; i++) {
                b += gram[a * k + i] * (double)s[i];
            }
            p2 += p * p;
            size2 += b * b;
        }
        worst = size2 > 0.0 ? fmax(worst, sqrt(p2 / size2)) : worst;
    }
    return worst;
}
