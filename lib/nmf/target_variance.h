/**
 * @file target_variance.h
 * @brief Variances of models, block by block of pixels: what the files behind them share.
 *
 * Legend: C covariance of the coefficients w of a frame; h [k] the components at a pixel; M its
 * covariance of them, the inverse of the weighted Gram matrix of the references' coefficients on
 * the components that are above 0 there (docs/numerics.md, section 5). P(q) holds the products
 * q_a q_b of all pairs b <= a: a quadratic form of many q with many matrices is one product of
 * matrices, with the off-diagonal elements of one side doubled.
 */
#ifndef SQN_TARGET_VARIANCE_H
#define SQN_TARGET_VARIANCE_H

#include "inverse.h"
#include "target_internal.h"

enum { SQN__VARIANCE_BLOCK = SQN__INVERSE_LANES };

/** What one thread needs for a block of pixels. */
typedef struct sqn__variance_slot {
    float *weight;  /**< [used references, block] of all counts. */
    double *h;      /**< [n_unknown, block], the last 1 with a background. */
    double *pairs;  /**< [n_pair, block] P(h), then the Gram matrices, then M. */
    double *active; /**< [k, block] */
    double *work;   /**< Of the inversion. */
    double *result; /**< [n_frame, block] */
    double *single; /**< [k, k] twice and work, of one pixel. */
    uint8_t *flags; /**< [block + k] */
} sqn__variance_slot;

/** What is asked of one count, and what all pixels share of it. */
typedef struct sqn__variance_count {
    const sqn__target_count *count;
    sqn_matrix from_fit, from_components;
    sqn_dmatrix_const coefficients; /**< Of the references. */
    double *covariance;             /**< [n_pair, n_pix] M itself, or NULL. */
    double *c;     /**< [n_frame, n_pair] covariances, doubled off the diagonal. */
    double *w;     /**< [n_frame, n_pair] P(w) of the targets, doubled off the diagonal. */
    double *w_ref; /**< [used references, n_pair] P(w) of the references. */
} sqn__variance_count;

/** The call. */
typedef struct sqn__variance_call {
    sqn__variance_count *count; /**< [n_count] */
    int64_t n_count, n_frame, n_pix;
    const sqn_panels *references; /**< Or NULL. */
    double scale;                 /**< Of the stored weights. */
} sqn__variance_call;

/** The `n` pixels of a block, from `first` on. */
typedef struct sqn__variance_block {
    int64_t first, n;
} sqn__variance_block;

/** Weights of the used references at a block; 0 where a pixel takes no part. */
void sqn__target_inverse_load(const sqn__variance_slot *slot,
                              const sqn__variance_call *call,
                              const sqn__variance_block *block);

/** M of all pixels of a block whose weights and h were loaded, into the pairs; where it was asked
 *  for, also to where it is kept. */
void sqn__target_inverse_find(const sqn__variance_slot *slot,
                              const sqn__variance_call *call, const sqn__variance_count *of,
                              const sqn__variance_block *block);

#endif
