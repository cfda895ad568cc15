/**
 * @file target_internal.h
 * @brief What target.c and target_variance.c share.
 *
 * Legend: w [k] coefficients of a frame, b its background, h [k] the components at a pixel,
 * G the weighted Gram matrix of a frame, C its inverse on the active set. "Unknowns" are the
 * coefficients and, last, the background where there is one.
 */
#ifndef SQN_TARGET_INTERNAL_H
#define SQN_TARGET_INTERNAL_H

#include "sequin/target.h"

/** Results of all frames with one basis; carved from the slabs of the target. */
typedef struct sqn__target_count {
    sqn_matrix_const basis;
    int64_t
        whole; /**< The count whose Gram matrix holds that of this one; its own number. */
    int64_t n_unknown;
    double *coefficients, *errors; /**< [n_frame, k] */
    double *background;            /**< [n_frame] or NULL. */
    double *covariance;            /**< [n_frame, n_unknown, n_unknown] */
    sqn_target_record *record;     /**< [n_frame] */
} sqn__target_count;

enum { SQN__TARGET_BLOCK = 256 }; /**< Pixels summed together. */

/** A share of the pixels of one frame, padded with weight 0. */
typedef struct sqn__target_block {
    double *h;  /**< [n_unknown, block] */
    double *vh; /**< [n_unknown, block] V h */
    double *x;  /**< [block] 0 where the weight is. */
    double *v;  /**< [block] */
    double *r;  /**< [block] x less the model. */
} sqn__target_block;

/** A frame, borrowed: [n_pix] each. */
typedef struct sqn__target_datum {
    const double *value, *weight;
} sqn__target_datum;

/** Work space of one thread. */
typedef struct sqn__target_desk {
    sqn__target_block block;
    double *whole_gram, *whole_rhs; /**< Of the widest of the bases at work. */
    double *gram, *rhs, *work;      /**< Of the small problem. */
    double *solution;               /**< [n_count, n_unknown] of the bases at work. */
    uint8_t *passive;               /**< [n_unknown] */
} sqn__target_desk;

struct sqn_target {
    int64_t n_count, n_frame, n_pix;
    bool background;
    sqn__target_count *count;  /**< [n_count] */
    double *numbers;           /**< Slab behind the counts. */
    sqn_target_record *record; /**< [n_count, n_frame] */
};

/** Fit one frame with every basis whose `whole` is `whole`: everything of `frame` in them. */
void sqn__target_frame_fit(const sqn__target_desk *desk, const sqn_target *target,
                           const sqn__target_datum *datum, int64_t whole, int64_t frame);

/** Largest V h C h^T of the pixels of a frame; work [2 n_unknown + 1, block]. */
double sqn__target_frame_leverage(const sqn__target_count *count, int64_t frame,
                                  const double *weight, int64_t n_pix, double *work);

/** out = op(a) b; by BLAS, or by our own loops where it would split sums among threads. */
void sqn__target_product(sqn_dmatrix out, sqn_dmatrix_const a, bool transpose,
                         sqn_dmatrix_const b);

/** out[c] = q_c^T M q_c for every column of q [n, n_col]; M [n, n], work [n, n_col]. */
void sqn__target_frame_quadratic(double *out, const double *m, const double *q, int64_t n,
                                 int64_t n_col, double *work);

/**
 * Inverse of a Gram matrix on the active set; where it is singular there, that of the
 * matrix with 1e-7 of its diagonal added: what the data do not determine gets a large, finite
 * variance. `gram` is changed in that case.
 */
void sqn__target_frame_covariance(double *out, const uint8_t *active, double *gram,
                                  int64_t n, double *work);

#endif
