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

/** One basis per count of components; `i_count` below is its number, from 0. */
typedef struct sqn_target_basis {
    int64_t n_count; /**< > 0 */
    const sqn_matrix_const
        *components; /**< [n_count] of [k, n_pix], k its own, n_pix common, >= 0 and in any
                          scale (coefficients then bear the data unit); NaN = no value.
                          Borrowed. */
    bool background; /**< Add one constant (data unit) of free sign to every frame. */
} sqn_target_basis;

/** Coefficients and covariances of all frames and counts. Opaque. */
typedef struct sqn_target sqn_target;

/**
 * Fit every row with every basis. Pixels where a basis has NaN take no part.
 *
 * @param[out] out    New, owned by the caller, who destroys it; NULL on failure.
 * @param[in]  basis  Kept by reference (the matrices, too) until the target is destroyed.
 * @param[in]  rows   [n_frame, n_pix] values (data unit) and weights (1 / data unit^2, or any
 *                    common scale; 0 = not fitted); only read during the call.
 *
 * @retval SQN_ERR_ARG      No basis, no frame or no pixel.
 * @retval SQN_ERR_DATA     E_SHAPE: pixels of basis and rows differ.
 * @retval SQN_ERR_NUMERIC  A value of positive weight is not finite, or a weight is not finite
 *                          or negative.
 * @retval SQN_ERR_MEMORY   Needs 8 (k + 2)^2 bytes per frame and basis, and up to 128 MiB or
 *                          24 n_pix bytes of work space.
 * @see docs/numerics.md, section 5
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_fit(sqn_target **out,
                                                const sqn_target_basis *basis,
                                                const sqn_rows *rows, sqn_error *err);

/**
 * Coefficients [n_frame, k] of basis `i_count` (data unit, for components of unit norm), >= 0;
 * NaN for a frame without data. Borrowed from the target.
 */
SQN_API sqn_dmatrix_const sqn_target_coefficients(const sqn_target *target,
                                                  int64_t i_count);

/**
 * Their 1 sigma errors [n_frame, k] (data unit; with weights of 1 in sigma of the frame): 0
 * outside the active set, NaN for a component that no fitted pixel sees (its coefficient is 0);
 * large where components depend on each other. Borrowed from the target.
 */
SQN_API sqn_dmatrix_const sqn_target_errors(const sqn_target *target, int64_t i_count);

/** Background per frame [n_frame] (data unit), or NULL without; borrowed from the target. */
SQN_API const double *sqn_target_background(const sqn_target *target, int64_t i_count);

/** What is known of the fit of one frame with one basis. */
typedef struct sqn_target_record {
    int64_t n_data; /**< Fitted pixels. */
    double chi2; /**< sum V (x - m)^2 over the fitted pixels (weight times data unit^2). */
    double kkt;  /**< KKT residual over |b|, 2-norms over components; a pure number. */
} sqn_target_record;

/** Of frame number `frame`, from 0. */
SQN_API sqn_target_record sqn_target_about(const sqn_target *target, int64_t i_count,
                                           int64_t frame);

/**
 * Largest leverage V h C h^T of a fitted pixel, 0 to 1: how far one datum decides its own model.
 *
 * @param[in] weight  [n_pix] of the frame, as they were fitted. Borrowed.
 *
 * @retval SQN_ERR_MEMORY  Work space.
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_leverage(double *out, const sqn_target *target,
                                                     int64_t i_count, int64_t frame,
                                                     const double *weight, sqn_error *err);

/**
 * m = w H + b of one frame.
 *
 * @param[out] out  [n_pix] (data unit) NaN where the basis has no value, and everywhere for a
 *                  frame without data. Owned by the caller.
 */
SQN_API void sqn_target_model(float *out, const sqn_target *target, int64_t i_count,
                              int64_t frame);

/**
 * What sqn_target_model() finds, to the bit, for many frames: the components are read once.
 *
 * @param[out] out  [n, n_pix] (data unit) of the frames first .. first + n - 1. Owned by the caller.
 */
SQN_API void sqn_target_model_rows(sqn_matrix out, const sqn_target *target,
                                   int64_t i_count, int64_t first);

/**
 * Variances of the model (data unit^2), conditional on the active sets; NaN where the basis
 * has no value or the frame no data. With equal weights of 1 they are per unit variance of the
 * data: of the frame (from_fit), of the references (from_components).
 *
 * @param[out] from_fit         [n_frame, n_pix] h C h^T: errors of the coefficients. Owned by the
 *                              caller.
 * @param[out] from_components  [n_frame, n_pix] w M w^T: errors of the components; zeroed when
 *                              `references` is NULL. Owned by the caller.
 * @param[in]  references       [n_reference, n_pix] the panels the basis was built from, or NULL.
 *                              Borrowed.
 * @param[in]  coefficients     [n_reference, k] (data unit) of that build. Borrowed.
 *
 * @retval SQN_ERR_DATA    E_SHAPE: matrices, references and coefficients do not belong together.
 * @retval SQN_ERR_MEMORY  Work space.
 */
SQN_API SQN_NODISCARD sqn_status
sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                    const sqn_target *target, int64_t i_count, const sqn_panels *references,
                    sqn_dmatrix_const coefficients, sqn_error *err);

/** A count whose variances are asked for: as in sqn_target_variance(). */
typedef struct sqn_target_variance_of {
    int64_t i_count;
    sqn_dmatrix_const coefficients;
} sqn_target_variance_of;

enum { SQN_TARGET_PIECE = 128 }; /**< Pixels whose variances are handed on together. */

/** Variances of all frames at some pixels, with some of the counts asked for, one after the other:
 *  as in sqn_target_variance(). */
typedef struct sqn_target_variance_part {
    int64_t i_asked, n_asked; /**< The first of the counts, how many. */
    int64_t first, n;         /**< The first of the pixels, how many. */
    /** [n_asked, n_frame, SQN_TARGET_PIECE] of which the first n of a row are filled. Borrowed for
     *  the time of the call. */
    const float *from_fit, *from_components;
} sqn_target_variance_part;

/** Takes what was found; by several threads at once, never twice the same pixel of a count. */
typedef void sqn_target_take(void *context, const sqn_target_variance_part *part);

/**
 * sqn_target_variance() with several counts, a few of which read the references together: as many
 * as share the second cache. Nobody needs to keep what is only a step on his way.
 *
 * @param[in] asked       [n] Each gets all pixels.
 * @param[in] references  As there, of all counts; NULL: coefficients are not looked at.
 * @param[in] take        Called with every part; after a failure, perhaps with some.
 *
 * @retval as sqn_target_variance().
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_variances(const sqn_target_variance_of *asked,
                                                      int64_t n, const sqn_target *target,
                                                      const sqn_panels *references,
                                                      sqn_target_take *take, void *context,
                                                      sqn_error *err);

/**
 * Covariances M of the components' errors at every pixel, for those to whom the variances of all
 * frames at once are too many: sqn_target_variance_rows() makes them of these, frame by frame.
 *
 * @param[out] out           [k (k + 1) / 2, n_pix] (1 / weight / coefficient^2) pairs (a, b <= a) in
 *                           the order of a, then b; the root of pair (a, a) is the error of
 *                           component a. 0 where a component is held at 0, NaN where the basis has no
 *                           value. Owned by the caller.
 * @param[in]  references    As in sqn_target_variance(), not NULL.
 * @param[in]  coefficients  As in sqn_target_variance().
 *
 * @retval SQN_ERR_ARG   No references.
 * @retval as sqn_target_variance().
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_pixel_covariance(
    double *out, const sqn_target *target, int64_t i_count, const sqn_panels *references,
    sqn_dmatrix_const coefficients, sqn_error *err);

/**
 * What sqn_target_variance() finds, for some of the frames.
 *
 * @param[out] from_fit         [n, n_pix] of the frames first .. first + n - 1.
 * @param[out] from_components  [n, n_pix] of the same; zeroed when `covariance` is NULL.
 * @param[in]  covariance       [k (k + 1) / 2, n_pix] of sqn_target_pixel_covariance(), or NULL.
 *                              Borrowed.
 */
SQN_API void sqn_target_variance_rows(sqn_matrix from_fit, sqn_matrix from_components,
                                      const sqn_target *target, int64_t i_count,
                                      int64_t first, const double *covariance);

/**
 * Covariance of the components' errors in the models of two frames, up to one common factor:
 * w_i M w_j^T, M from the mean weights of every reference and without bounds. Its ratios say
 * how far frames err alike, as frames of nearly equal starlight do.
 *
 * @param[out] out           [n_frame, n_frame] symmetric; 0 when `references` is NULL. Owned by the
 *                           caller.
 * @param[in]  references    As in sqn_target_variance().
 * @param[in]  coefficients  As in sqn_target_variance().
 *
 * @retval SQN_ERR_DATA    E_SHAPE: matrices, references and coefficients do not belong together.
 * @retval SQN_ERR_MEMORY  Work space.
 */
SQN_API SQN_NODISCARD sqn_status sqn_target_component_covariance(
    sqn_dmatrix out, const sqn_target *target, int64_t i_count,
    const sqn_panels *references, sqn_dmatrix_const coefficients, sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_target_destroy(sqn_target **target);

#ifdef __cplusplus
}
#endif
#endif
