/**
 * @file amounts.h
 * @brief Stage 3 of task spectra: the amount of each template in every spectrum, and its error.
 *
 * In: sample, basis. Out: coefficients, chi2, variances of model and residual. Library: target.
 */
#ifndef AMOUNTS_H
#define AMOUNTS_H

#include "basis.h"
#include "sample.h"
#include "sequin/target.h"

/** Of the largest count; in the units of the normalised spectra. Owned by the run. */
typedef struct amounts {
    sqn_target *fit;
    sqn_target_basis of;      /**< Borrows from the basis. */
    sqn_matrix_const last;    /**< [k, n_wave] templates; borrowed from the basis. */
    double *sigma;            /**< [n_spectrum] measured; with equal weights the noise. */
    double *chi2;             /**< [n_spectrum] of the fitted pixels, NaN without. */
    int64_t *n_valid;         /**< [n_spectrum] */
    float *model_variance;    /**< [n_spectrum, n_wave] NaN where there is no model. */
    float *residual_variance; /**< [n_spectrum, n_wave] NaN where there is no residual. */
    uint8_t *flags;           /**< [n_spectrum, n_wave] SQN_FLAG_* */
} amounts;

/**
 * Fit every spectrum with all templates of the largest count. The panels of the basis are freed.
 *
 * @param[in,out] b  Must stay where it is.
 */
SQN_NODISCARD sqn_status amounts_fit(amounts *out, const sample *s, basis *b,
                                     const config *settings, sqn_error *err);
void amounts_clear(amounts *a);

/** Model of spectrum `i` (normalised), out [n_wave]; NaN where there is none. */
void amounts_model(float *out, const amounts *a, int64_t i);

#endif
