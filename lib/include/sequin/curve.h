/** @file curve.h @brief Fractional residual variance, and the PCA curve to compare with. */
#ifndef SEQUIN_CURVE_H
#define SEQUIN_CURVE_H

#include "sequin/error.h"
#include "sequin/panels.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * sum V (X - xbar)^2 over data of positive weight, xbar the weighted mean over frames of each
 * pixel: the denominator of frv_centered and the total variance of the PCA curve.
 *
 * @param[out] out     The sum (weight of the rows times data unit^2, as chi2: a pure number where
 *                     weights are 1 / error^2); 0 on failure.
 * @param[in]  panels  [n_frame, n_pix] of the build. Borrowed.
 *
 * @retval SQN_ERR_MEMORY  Needs 4 bytes an element of one panel per thread.
 * @see docs/numerics.md, section 4
 */
SQN_API SQN_NODISCARD sqn_status sqn_curve_centered(double *out, const sqn_panels *panels,
                                                    sqn_error *err);

/**
 * frv_pca(k) = 1 - (sum of the k largest eigenvalues of Z Z^T) / (their sum), k = 1..n_comp,
 * Z_ij = sqrt(V_ij) (X_ij - xbar_j), 0 where the weight is 0 (docs/numerics.md, section 4).
 *
 * @param[out] out     [n_comp] shares of the variance, 1 to 0 and falling; 0 beyond the rank, and
 *                     where there is no variance at all. Owned by the caller.
 * @param[out] centered  The sum of sqn_curve_centered(), which comes with it; NULL: not wanted.
 * @param[in]  n_comp  Length of the curve, >= 0.
 * @param[in]  panels  [n_frame, n_pix] of the build. Borrowed.
 *
 * @retval SQN_ERR_NUMERIC  LAPACK does not converge.
 * @retval SQN_ERR_MEMORY   Needs 8 n^2 bytes per thread, n the shorter of used frames and pixels.
 * @see docs/numerics.md, section 4
 */
SQN_API SQN_NODISCARD sqn_status sqn_curve_pca(double *out, double *centered,
                                               int64_t n_comp, const sqn_panels *panels,
                                               sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
