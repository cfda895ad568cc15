/**
 * @file nmf_mu.h
 * @brief The published multiplicative rule (Zhu 2016), step by step, for tests and comparisons.
 */
#ifndef SQN_NMF_MU_H
#define SQN_NMF_MU_H

#include "nmf_internal.h"

/** Sums of one group of panels, and work for one row of a panel. */
typedef struct sqn__nmf_mu_sums {
    double *num, *den;           /**< [s, K] (V o X) U and (V o S U^T) U */
    double *positive;            /**< [s] sum of V max(X - S U^T, 0) */
    double chi2;                 /**< sum V (X - S U^T)^2 */
    double *model;               /**< [T] one row of S U^T */
    double *lane_num, *lane_den; /**< [K, T] */
} sqn__nmf_mu_sums;

/** Factors and sums of one fit. */
typedef struct sqn__nmf_mu {
    const sqn_panels *panels;
    const sqn_nmf_options *options;
    sqn__nmf_task task;
    sqn__nmf_stop_rule rule;
    int64_t n_comp, k; /**< K, and the columns in use */
    double *u, *s;     /**< [n_panel, K, T], [s, K] */
    double *u_saved, *s_saved;
    double *weights; /**< [s] sum of V */
    sqn__nmf_mu_sums total, *slots;
    int n_slot;
    bool fresh; /**< total.chi2 and total.positive belong to the factors */
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

/** Coefficients W, then components H with the new W; returns chi2 of both. */
double sqn__nmf_mu_iterate(sqn__nmf_mu *state);

/** chi2 of the factors and what they leave over, into `total`. */
void sqn__nmf_mu_judge(sqn__nmf_mu *state);

/** Numerators and denominators on the short axis, into `total`. */
void sqn__nmf_mu_sum(sqn__nmf_mu *state);

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

#endif
