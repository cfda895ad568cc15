/**
 * @file nmf_anls.h
 * @brief State of the fast method, shared by the files nmf_anls*.c.
 *
 * Legend: A ~ U S^T, U [L, k] on the long axis kept as [n_panel, K, T] (lanes contiguous), S
 * [s, K] on the short one. K counts the background too; P(M): products of column pairs
 * (a <= b) of M, in row b(b+1)/2 + a. With a background one axis has a constant column of ones
 * and the other the free values; both are the last column in use.
 */
#ifndef SQN_NMF_ANLS_H
#define SQN_NMF_ANLS_H

#include <assert.h>

#include "kernels.h"
#include "nmf_internal.h"

static_assert((int)SQN__PANELS_WIDTH == (int)SQN__KERNELS_WIDTH, "panels fit the kernels");

/** Weights that are a_l b_j or 0: the factors, and what each panel misses. */
typedef struct sqn__nmf_anls_equal {
    float *along;     /**< [n_panel, T] a; 0 past L. */
    float *across;    /**< [s] b; 0 where nothing tells it. */
    int64_t *first;   /**< [n_panel] of its list in `missing`, */
    int64_t *n;       /**< [n_panel] how many; -1: the general way. */
    int64_t *missing; /**< Elements j T + t of a panel. */
    bool mostly;      /**< More than half of the panels go this way. */
} sqn__nmf_anls_equal;

/** Some panels, spread evenly, that stand for all while a stage begins. */
typedef struct sqn__nmf_anls_sample {
    int64_t *panel; /**< [n] ascending. */
    int64_t n;
    float *u, *s; /**< [n, K, T], [s, K] where the stage began. */
    bool only;    /**< The next pass reads these panels alone. */
    bool pending; /**< Where they led to, the rest has not seen yet. */
} sqn__nmf_anls_sample;

/** Work and sums of one thread. */
typedef struct sqn__nmf_anls_slot {
    float *known;         /**< [block, T] 1 where there is a datum, else 0. */
    float *gram, *g;      /**< [K(K+1)/2, T], [K, T] the small problems of a panel. */
    float *packed;        /**< The same, packed for the kernels, if they are not kept. */
    float *lanes;         /**< Work of the kernels' descent. */
    float *support;       /**< [K, T] 1, or 0 where a component has none in a lane. */
    float *pairs;         /**< [K(K+1)/2, T] P(U) */
    float *turned;        /**< Work of the kernels' gather(). */
    float *across;        /**< Work of the kernels' across(). */
    float *q;             /**< [K(K+1)/2, s] of a group; s aligned. */
    double *c, *positive; /**< [s, columns], [s] of a group. */
    double *shared;       /**< [K(K+1)/2] sum of P(U) over panels of equal weights. */
    double chi2;
    double *small, *work; /**< One problem in double, and NNLS's. */
} sqn__nmf_anls_slot;

/** One fit. Arrays of S are [s, K]. */
typedef struct sqn__nmf_anls {
    sqn__nmf_task task;
    const sqn_panels *panels;
    const sqn__kernels *kernels;
    sqn__nmf_stop_rule rule;
    int64_t stride, n_pair; /**< K with background, K(K+1)/2 */
    int64_t k;              /**< Components in use. */
    int64_t n_aligned;      /**< s, aligned for the kernels. */
    int64_t extra;          /**< 1 with a background, else 0. */
    int64_t n_u, n_s;       /**< Elements of U and S. */

    float *u, *u_next,
        *u_saved;      /**< Accepted, of the pass in progress, of the best stage. */
    float *s;          /**< Of the next pass. */
    float *s_accepted; /**< Of the last accepted pass. */
    float *s_solved, *s_before; /**< The last exact minimiser, and the one before. */
    float *s_saved;
    float *pairs;         /**< [s, K(K+1)/2] P(S) */
    float *squares;       /**< [s, K] of nmf_support.h */
    float *pairs_sum;     /**< [K(K+1)/2] sum of P(S) over the short axis. */
    uint8_t *passive;     /**< [s, K] last active sets. */
    uint8_t *restarted;   /**< [K] 1: once started again, 2: reported. */
    int64_t *valid;       /**< [n_panel, T] data of a long index; very large past L. */
    int64_t *panel_valid; /**< [n_panel] the fewest in the panel. */

    double *q, *c;    /**< Sums of the last pass; of the last that renewed, q. */
    double *q_turned; /**< [K(K+1)/2, s] q as groups join it; s aligned. */
    double chi2;
    double *positive, *weights; /**< [s] sum of V max(X - S U^T, 0), sum of V */
    double *start;              /**< [s] a new column. */
    bool renew;                 /**< The next pass forms G and Q anew. */
    bool kept_last;             /**< The last accepted pass did not. */
    int64_t n_kept_pass;        /**< Accepted passes since the last that did. */
    int n_sweep;                /**< Of coordinate descent in the next pass. */
    bool want_leftover;         /**< The next pass fills `positive`. */
    bool fresh;                 /**< chi2 and positive belong to u and s. */

    double beta, beta_limit; /**< Of the extrapolation. */
    bool extrapolated;       /**< s is not s_solved. */

    sqn__nmf_anls_sample sample;
    float *kept;    /**< [n_kept] packed problems of panels, */
    int64_t n_kept; /**< as many numbers as memory allows. */
    sqn__nmf_anls_equal equal;
    sqn__nmf_anls_slot *slots;
    int n_slot;
} sqn__nmf_anls;

/** Unknowns of a long index, of a short index, and columns of the model. */
static inline int64_t sqn__nmf_anls_n_along(const sqn__nmf_anls *a)
{
    return a->k + (a->panels->info.pixels_are_long ? 0 : a->extra);
}

static inline int64_t sqn__nmf_anls_n_across(const sqn__nmf_anls *a)
{
    return a->k + (a->panels->info.pixels_are_long ? a->extra : 0);
}

static inline int64_t sqn__nmf_anls_n_column(const sqn__nmf_anls *a)
{
    return a->k + a->extra;
}

/** Rows of a panel between two products: X, V and P(S) of a block stay in the second cache. */
enum { SQN__NMF_ANLS_BLOCK = 128 };

/** Rows of a panel that fits twice into a second cache of 2 MB. */
enum { SQN__NMF_ANLS_LOW = 600 };

/** Sweeps of coordinate descent in a pass: best of 2, 5 and 10. */
enum { SQN__NMF_ANLS_SWEEPS = 5 };

sqn_status sqn__nmf_anls_state_create(sqn__nmf_anls **out, const sqn__nmf_task *task,
                                      sqn_error *err);
void sqn__nmf_anls_state_destroy(sqn__nmf_anls *state);

/** A new last component: zero along the long axis, `value` [s] along the short one. */
void sqn__nmf_anls_state_grow(sqn__nmf_anls *state, const double *value);

/** Component `a` starts again: zero along the long axis, `value` [s] along the short one. */
void sqn__nmf_anls_state_reset(sqn__nmf_anls *state, int64_t a, const double *value);

/** Whether component `a` of u and s contributes nothing. */
bool sqn__nmf_anls_state_vanished(const sqn__nmf_anls *state, int64_t a);

/** Where the packed problems of a panel are kept from pass to pass; NULL: no room. */
static inline float *sqn__nmf_anls_kept_gram(const sqn__nmf_anls *a, int64_t panel)
{
    const int64_t k = sqn__nmf_anls_n_along(a);
    const int64_t size = sqn__kernels_packed_size(k);

    return (panel + 1) * size <= a->n_kept ? a->kept + panel * size : NULL;
}

/** Lists of `panels`; false without memory. Cleared in either case by the second. */
bool sqn__nmf_anls_equal_create(sqn__nmf_anls_equal *equal, const sqn_panels *panels);
void sqn__nmf_anls_equal_clear(sqn__nmf_anls_equal *equal);

/** Whether the weights of a panel are a_l b_j and nearly complete. */
static inline bool sqn__nmf_anls_equal_holds(const sqn__nmf_anls_equal *equal,
                                             int64_t panel)
{
    return equal->n[panel] >= 0;
}

/** pairs_sum of a pass. */
void sqn__nmf_anls_equal_begin(sqn__nmf_anls *state);

/** Gram matrices [k(k+1)/2, T] of all lanes of a panel for which equal_holds(). */
void sqn__nmf_anls_equal_gram(const sqn__nmf_anls *state, float *out, int64_t panel);

/** Whether such a panel must join Q the general way after all: some row misses nearly all of a
 *  component, by P(U) in `slot`, and the difference would be rounding. */
bool sqn__nmf_anls_equal_cancels(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                                 int64_t panel);

/** Such a panel joins Q: the sum over its lanes `shared` (times b), what is missing q. */
void sqn__nmf_anls_equal_sums(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                              int64_t panel);

/** Room for a sample; false without memory. Cleared in either case by the second. */
bool sqn__nmf_anls_sample_create(sqn__nmf_anls_sample *sample, const sqn__nmf_anls *state);
void sqn__nmf_anls_sample_clear(sqn__nmf_anls_sample *sample);

/** Begin on a sample, where that is worth it: the next passes read its panels alone. */
bool sqn__nmf_anls_sample_begin(sqn__nmf_anls *state);

/** What the last pass made of U in the sample is accepted. */
void sqn__nmf_anls_sample_accept(sqn__nmf_anls *state);

/** Both factors are again those of sample_begin(). */
void sqn__nmf_anls_sample_undo(sqn__nmf_anls *state);

/** Whether the Gram matrices of a panel are kept from pass to pass. */
bool sqn__nmf_anls_panel_keeps(const sqn__nmf_anls *state, int64_t index);

/** A panel in a pass, `next` (-1: none) behind it: its u_next, and what it adds to `slot`. */
void sqn__nmf_anls_panel_visit(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                               int64_t index, int64_t next);

/** u_next from u with s fixed; q (with `renew`), c, chi2 and positive of both. One read of the
 *  data. Without `renew`, which needs a pass with it before at the same k, the Gram matrices
 *  are those of that pass: what is solved stays exact, only the steps are not quite. */
void sqn__nmf_anls_pass_run(sqn__nmf_anls *state);

/** s_solved: the exact minimiser over S for q, the c of the last pass and its s. */
void sqn__nmf_anls_pass_solve(sqn__nmf_anls *state);

/** Upper bound of sum V (sum_a |u_a s_a| + |b|)^2, by q: what rounding acts on where the
 *  background cancels components, instead of sum V X^2. */
double sqn__nmf_anls_pass_size(const sqn__nmf_anls *state);

/** Guarantee 7's number for the c of the last pass and its s; q gives the scale. */
double sqn__nmf_anls_pass_optimality(const sqn__nmf_anls *state);

#endif
