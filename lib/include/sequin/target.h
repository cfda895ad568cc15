/**
 * @file target.h
 * @brief Model new frames with fixed components: exact non-negative least squares.
 *
 * Each frame t is one convex problem with G = H V_t H^T, b = H V_t x_t (docs/numerics.md, section 5).
 * Pixels of weight 0 (missing, excluded) are not fitted but modelled all the same.
 */
#ifndef SEQUIN_TARGET_H
#define SEQUIN_TARGET_H

#include <stdbool.h>

#include "sequin/error.h"
#include "sequin/matrix.h"
#include "sequin/panels.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One basis per count of components. */
typedef struct sqn_target_basis {
    int64_t n_count;
    const sqn_matrix_const
        *components; /**< [n_count] of [k, n_pix]; NaN = no value. Borrowed. */
    bool background; /**< Add one constant of free sign. */
} sqn_target_basis;

/** Coefficients and covariances of all frames and counts. Opaque. */
typedef struct sqn_target sqn_target;

/**
 * Fit every row with every basis. Pixels where a basis has NaN take no part.
 *
 * @param[out] out    New, owned by the caller; NULL on failure.
 * @param[in]  basis  Kept by reference (the matrices, too) until the target is destroyed.
 * @param[in]  rows   [n_frame, n_pix]; only read during the call.
 *
 * @retval SQN_ERR_ARG      No basis, no frame or no pixel.
 * @retval SQN_ERR_DATA     E_SHAPE: pixels of basis and rows differ.
 * @retval SQN_ERR_NUMERIC  A value of positive weight is not finite, or a weight is not finite
 *                          or negative.
 * @retval SQN_ERR_MEMORY   Needs 8 (k + 2)^2 bytes per frame and basis, and up to 128 MiB or
 *                          16 n_pix bytes per thread of work space.
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_fit(sqn_target **out,
                                                const sqn_target_basis *basis,
                                                const sqn_rows *rows, sqn_error *err);

/** Coefficients [n_frame, k] of basis `i_count`; NaN for a frame without data; borrowed. */
SQN_API sqn_dmatrix_const sqn_target_coefficients(const sqn_target *target,
                                                  int64_t i_count);

/**
 * Their 1 sigma errors [n_frame, k]: 0 outside the active set, NaN for a component that no
 * fitted pixel sees (its coefficient is 0); large where components depend on each other.
 * Borrowed.
 */
SQN_API sqn_dmatrix_const sqn_target_errors(const sqn_target *target, int64_t i_count);

/** Background per frame [n_frame], or NULL without; borrowed. */
SQN_API const double *sqn_target_background(const sqn_target *target, int64_t i_count);

/** What is known of the fit of one frame with one basis. */
typedef struct sqn_target_record {
    int64_t n_data;  /**< Fitted pixels. */
    double chi2;     /**< Over the fitted pixels. */
    double kkt;      /**< KKT residual over |b|. */
    double leverage; /**< Largest h C h^T / sigma^2 of a fitted pixel. */
} sqn_target_record;

SQN_API sqn_target_record sqn_target_about(const sqn_target *target, int64_t i_count,
                                           int64_t frame);

/** m = w H + b of one frame, [n_pix], NaN where the basis has no value. */
SQN_API void sqn_target_model(float *out, const sqn_target *target, int64_t i_count,
                              int64_t frame);

/**
 * Variances of the model (data unit^2), conditional on the active sets; NaN where the basis
 * has no value or the frame no data. With equal weights of 1 they are per unit variance of the
 * data: of the frame (from_fit), of the references (from_components).
 *
 * @param[out] from_fit         [n_frame, n_pix] h C h^T: errors of the coefficients.
 * @param[out] from_components  [n_frame, n_pix] w M w^T: errors of the components; zeroed when
 *                              `references` is NULL.
 * @param[in]  references       The panels the basis was built from, or NULL.
 * @param[in]  coefficients     [n_reference, k] of that build, as given to the panels.
 *
 * @retval SQN_ERR_DATA    E_SHAPE: matrices, references and coefficients do not belong together.
 * @retval SQN_ERR_MEMORY  Work space.
 */
SQN_API SQN_NODISCARD sqn_status
sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                    const sqn_target *target, int64_t i_count, const sqn_panels *references,
                    sqn_dmatrix_const coefficients, sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_target_destroy(sqn_target **target);

#ifdef __cplusplus
}
#endif
#endif
