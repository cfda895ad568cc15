/**
 * @file nmf_mu.h
 * @brief The published multiplicative rule (Zhu 2016) in double, for tests and comparisons.
 *
 * Legend: A ~ U S^T, U [L, k] kept as [n_panel, K, T] on the long axis, S [s, K] on the short
 * one; W (of frames) moves first, then H with the new W, whichever of them is the long one.
 */
#ifndef SQN_NMF_MU_H
#define SQN_NMF_MU_H

#include "kernels.h"
#include "kernels_double.h"
#include "nmf_internal.h"

/** Rows of a panel that are worked on together, so that their products stay in cache. */
enum { SQN__NMF_MU_BLOCK = 32 };

/** Sums over panels that move S, and how well the factors fit. */
typedef struct sqn__nmf_mu_sums {
    double *num, *den; /**< [s, K] (V o X) U and (V o S U^T) U */
    double *positive;  /**< [s] sum of V max(X - S U^T, 0) */
    double chi2;       /**< sum V (X - S U^T)^2 */
} sqn__nmf_mu_sums;

/** Sums of one group of panels, and work for one panel; side by side: V o X and V o S U^T. */
typedef struct sqn__nmf_mu_slot {
    double *sums;     /**< [n_block, K, 2 BLOCK] num and den of the rows of each block */
    double *positive; /**< [s] */
    double chi2;
    double *lanes; /**< [K, 2 T] S^T (V o X), S^T (V o S U^T) */
    double
        *block;   /**< [BLOCK, 2 T] or [T, 2 BLOCK], rows apart by an odd number of lines */
    float *x, *v; /**< [T, BLOCK] of the data, turned */
} sqn__nmf_mu_slot;

/** Factors and sums of one fit. */
typedef struct sqn__nmf_mu {
    const sqn_panels *panels;
    const sqn_nmf_options *options;
    const sqn__kernels *kernels;
    const sqn__kernels_double *products;
    sqn__nmf_task task;
    sqn__nmf_stop_rule rule;
    int64_t n_comp, k; /**< K, and the columns in use */
    int64_t n_aligned; /**< s, rounded up to the kernels' alignment */
    double *u, *s;     /**< [n_panel, K, T], [s, K] */
    double *u_next;   /**< U as moved by a pass: U itself where pixels are long, or apart */
    double *s_turned; /**< [K, n_aligned] S^T, 0 past s; made for each pass */
    double *u_saved, *s_saved;
    double *weights; /**< [s] sum of V */
    sqn__nmf_mu_sums total;
    sqn__nmf_mu_slot *slots;
    int n_slot;
    int64_t n_pass;
    bool ready; /**< `total` (and `u_next`, where it is apart) hold the next iteration. */
    bool surveyed; /**< All of `total` belongs to the factors. */
} sqn__nmf_mu;

/** Work space for `task`; without columns. Destroyed by sqn__nmf_mu_destroy(). */
sqn_status sqn__nmf_mu_create(sqn__nmf_mu **out, const sqn__nmf_task *task, sqn_error *err);

/**
 * Replace the factors: every column the options ask for.
 *
 * @param[in] along   [L, n_comp] factor on the long axis, in panel units.
 * @param[in] across  [s, n_comp] factor on the short axis.
 */
void sqn__nmf_mu_set(sqn__nmf_mu *state, const double *along, const double *across);

/** Make the sums that the next iteration begins with; returns chi2 of the factors. */
double sqn__nmf_mu_begin(sqn__nmf_mu *state);

/** Coefficients W, then components H with the new W, in one pass; returns chi2 of both. */
double sqn__nmf_mu_iterate(sqn__nmf_mu *state);

/** Where column `a` of long index `l` is kept in U. */
static inline int64_t sqn__nmf_mu_place(const sqn__nmf_mu *state, int64_t l, int64_t a)
{
    const int64_t width = state->panels->width;

    return (l / width * state->n_comp + a) * width + l % width;
}

/** Column `a` of both factors, along [L] and across [s]. */
void sqn__nmf_mu_column(const sqn__nmf_mu *state, int64_t a, double *along, double *across);

/** NULL-safe. */
void sqn__nmf_mu_destroy(sqn__nmf_mu *state);

/**
 * One pass: `u_next` from U and S, then the sums that move S, of `u_next` and S.
 * chi2: where pixels are long of `u_next` and S, else of U and S.
 */
void sqn__nmf_mu_pass_move(sqn__nmf_mu *state);

/** One pass: all sums of the factors as they are, and what they leave over. */
void sqn__nmf_mu_pass_survey(sqn__nmf_mu *state);

/** Work space of a thread; false where memory is short. Cleared by the other. */
bool sqn__nmf_mu_pass_slot_create(sqn__nmf_mu_slot *slot, const sqn__nmf_mu *state);
void sqn__nmf_mu_pass_slot_clear(sqn__nmf_mu_slot *slot);

/** An entry whose denominator is 0 keeps its value. */
static inline void sqn__nmf_mu_multiply(double *restrict to, const double *restrict num,
                                        const double *restrict den, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] *= den[i] > 0.0 ? num[i] / den[i] : 1.0;
    }
}

#endif
