/**
 * @file smooth.h
 * @brief Components that vary smoothly along their pixels: spectra.
 *
 * Minimises chi2(W, H) + s v sum_k c_k |D h_k|^2 over W, H >= 0, with D the second differences
 * of neighbouring pixels, c_k = sum_i W_ik^2 and v the mean weight of the data: at s = 1 the
 * second difference of what a component gives to a spectrum costs as much as the misfit of one
 * datum. Scaling a component and its coefficients against each other changes nothing. Structure
 * narrower than about s^(1/4) pixels is smoothed away.
 */
#ifndef SEQUIN_SMOOTH_H
#define SEQUIN_SMOOTH_H

#include <stdbool.h>

#include "sequin/error.h"
#include "sequin/matrix.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Controls of sqn_smooth_fit(). Start from sqn_smooth_options_default(). */
typedef struct sqn_smooth_options {
    double strength;        /**< s, >= 0. Default 1. */
    double tolerance;       /**< Relative fall that ends it, >= 0. Default 1e-5. */
    int64_t max_iterations; /**< >= 1. Default 200. */
} sqn_smooth_options;

/** What was reached. */
typedef struct sqn_smooth_record {
    int64_t iterations;
    double chi2, penalty; /**< Of the components returned; their sum never rises. */
    bool converged;
} sqn_smooth_record;

/** Defaults documented field by field in sqn_smooth_options. */
SQN_API sqn_smooth_options sqn_smooth_options_default(void);

/**
 * Refine components under the penalty: exact non-negative coefficients of every row, then sweeps
 * over the pixels. Neighbours are pixels side by side that both have a component.
 *
 * @param[in,out] components  [k, n_pix] >= 0, NaN where there is none (and stays so); on return of
 *                            unit norm.
 * @param[in]     rows        [n_row, n_pix] read once an iteration; weights 0 take no part.
 * @param[in]     options     NULL = defaults.
 *
 * @retval SQN_ERR_ARG     An option is out of range.
 * @retval SQN_ERR_DATA    E_SHAPE: pixels of components and rows differ; E_DATA_EMPTY: no weight.
 * @retval SQN_ERR_MEMORY  8 k (k + 3) bytes a pixel, and 1 KiB a pixel for rows in work.
 */
SQN_API SQN_NODISCARD sqn_status sqn_smooth_fit(sqn_smooth_record *out,
                                                sqn_matrix components, const sqn_rows *rows,
                                                const sqn_smooth_options *options,
                                                sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
