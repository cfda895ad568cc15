/**
 * @file target_variance.h
 * @brief Variances of models, strip by strip of pixels: what the files behind them share.
 *
 * Legend: C covariance of the coefficients w of a frame; h [k] the components at a pixel; M its
 * covariance of them, the inverse of the weighted Gram matrix of the references' coefficients on
 * the components that are above 0 there (docs/numerics.md, section 5). P(q) holds the products
 * q_a q_b of all pairs b <= a: the Gram matrices of all pixels are one product of matrices, as
 * is a quadratic form of many q with many matrices, with the off-diagonal elements of one side
 * doubled.
 *
 * Gram matrices are summed in float, a part of the references at a time: their error is a few
 * 1e-7 of the diagonal. Where a pivot keeps less than a hundredth of it, they are summed again
 * in double.
 */
#ifndef SQN_TARGET_VARIANCE_H
#define SQN_TARGET_VARIANCE_H

#include <assert.h>

#include "inverse.h"
#include "target_internal.h"

enum {
    SQN__VARIANCE_STRIP = SQN__INVERSE_LANES, /**< Pixels at a time. */
    SQN__VARIANCE_PIECE = SQN_TARGET_PIECE,   /**< Pixels that a thread takes. */
    SQN__VARIANCE_PART = 128 /**< References at a time: float loses little in so many. */
};

static_assert((int)SQN__VARIANCE_PIECE % (int)SQN__VARIANCE_STRIP == 0,
              "pieces are whole strips");

/** What one thread needs for a strip of pixels. */
typedef struct sqn__variance_slot {
    float *weight; /**< [part of the references, strip] */
    double
        *exact; /**< [part of the references, strip] the same where float is not enough. */
    double *gram;   /**< [n_pair of all counts, strip] The Gram matrices of every count. */
    double *h;      /**< [n_unknown, strip], the last 1 with a background. */
    double *pairs;  /**< [n_pair, strip] P(h) */
    double *result; /**< [n_frame, strip] */
    float *narrow;  /**< [n_frame, strip] the same, as it is handed on. */
    double *work;   /**< Of the inversion. */
    double *single; /**< [k, k] twice and work, of one pixel. */
    float *from_fit, *from_components; /**< [n_count, n_frame, piece] */
    uint8_t *flags;                    /**< [strip + k] */
} sqn__variance_slot;

/** What is asked of one count, and what all pixels share of it. */
typedef struct sqn__variance_count {
    const sqn__target_count *count;
    sqn_dmatrix_const coefficients; /**< Of the references. */
    double *covariance; /**< [n_pair, n_pix] M itself, is all that is asked; or NULL. */
    double *c;          /**< [n_frame, n_pair] covariances, doubled off the diagonal. */
    double *size; /**< [k] powers of 2 that the references' coefficients do not exceed. */
    double *w;    /**< [n_frame, k] coefficients over these. */
    int64_t pair; /**< Its first among the pairs of all counts. */
} sqn__variance_count;

/** The call. */
typedef struct sqn__variance_call {
    sqn__variance_count *count; /**< [n_count] */
    int64_t n_count, n_frame, n_pix;
    int64_t i_asked; /**< The number of the first count among those asked for. */
    const sqn_panels *references; /**< Or NULL. */
    double scale;                 /**< Of the stored weights, a power of 2. */
    sqn_target_take *take;
    void *context;
    double *w_ref;  /**< [n_pair, used references] P(w) of the references over the sizes. */
    float *single;  /**< [used references, n_pair] the same in float. */
    int64_t n_pair; /**< Of all counts. */
    int64_t n_row;  /**< From pair to pair. */
} sqn__variance_call;

/** The `n` pixels of a strip, from `first` on. */
typedef struct sqn__variance_strip {
    int64_t first, n;
} sqn__variance_strip;

/** Numbers that all pixels share of one count. */
int64_t sqn__target_shared_size(const sqn__variance_call *call,
                                const sqn__target_count *count);

/** Form them, in as many numbers of 0 for each of the counts, and those in float [used references,
 *  n_pair]. */
void sqn__target_shared_form(sqn__variance_call *call, double *numbers, float *single);

/** The Gram matrices of all counts: the weights are read once. */
void sqn__target_inverse_sum(const sqn__variance_slot *slot, const sqn__variance_call *call,
                             const sqn__variance_strip *strip);

/** slot->narrow = w M w^T of every frame, once the Gram matrices are summed and h is loaded;
 *  these are spoilt. */
void sqn__target_inverse_forms(const sqn__variance_slot *slot,
                               const sqn__variance_call *call,
                               const sqn__variance_count *of,
                               const sqn__variance_strip *strip);

/** M itself, to where it is kept. */
void sqn__target_inverse_keep(const sqn__variance_slot *slot,
                              const sqn__variance_call *call, const sqn__variance_count *of,
                              const sqn__variance_strip *strip);

#endif
