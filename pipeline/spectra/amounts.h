/**
 * @file amounts.h
 * @brief Stage 4 of task spectra: the amount of each template in every spectrum, and its error.
 *
 * In: spectra as rows, basis. Out: coefficients, chi2, and what models, residuals and their
 * variances are made of, a few spectra at a time: no matrix of all spectra is held here.
 * Library: target.
 */
#ifndef AMOUNTS_H
#define AMOUNTS_H

#include "basis.h"
#include "sequin/target.h"

/** Of the largest count; in the units of the normalised spectra. Owned by the run. */
typedef struct amounts {
    sqn_target *fit;
    sqn_target_basis of;   /**< Borrows from the basis. */
    sqn_matrix_const last; /**< [k, n_wave] templates; borrowed from the basis. */
    sqn_rows data;         /**< The spectra; weight 0 = missing. Borrowed. */
    bool has_noise;        /**< Weights are inverse variances, not all 1. */
    double *sigma;         /**< [n_spectrum] measured; with equal weights the noise. */
    double *chi2;          /**< [n_spectrum] of the fitted pixels, NaN without. */
    int64_t *n_valid;      /**< [n_spectrum] */
    double *covariance;    /**< [k (k + 1) / 2, n_wave] of the templates' errors, as
                                sqn_target_pixel_covariance(); NULL of loaded templates. */
    const uint8_t *undetermined; /**< [n_wave] or NULL; borrowed from the basis. */
} amounts;

/**
 * Fit every spectrum with all templates of the largest count.
 *
 * @param[in] data  Outlives the amounts.
 * @param[in] b     Must stay where it is.
 */
SQN_NODISCARD sqn_status amounts_fit(amounts *out, const sqn_rows *data, bool has_noise,
                                     const basis *b, const config *settings,
                                     sqn_error *err);
void amounts_clear(amounts *a);

/** Model of spectrum `i` (normalised), out [n_wave]; NaN where there is none. */
void amounts_model(float *out, const amounts *a, int64_t i);

/** Room for variances of some spectra. Zeroed at first; amounts_room_clear(). */
typedef struct amounts_room {
    int64_t n;              /**< Spectra that there is room for. */
    sqn_matrix fit, comp;   /**< [n, n_wave] */
    double *value, *weight; /**< [n_wave] of one spectrum. */
} amounts_room;

/** @retval SQN_ERR_MEMORY  8 bytes a wavelength and spectrum, 16 a wavelength. */
SQN_NODISCARD sqn_status amounts_room_for(amounts_room *room, const amounts *a, int64_t n,
                                          sqn_error *err);
void amounts_room_clear(amounts_room *room);

/**
 * Variances of model (`room->fit`, NaN where there is no model) and residual (`room->comp`, NaN
 * where there is no residual) of the spectra first .. first + n - 1.
 */
SQN_NODISCARD sqn_status amounts_variances(amounts_room *room, const amounts *a,
                                           int64_t first, int64_t n, sqn_error *err);

/** Flags of spectrum `i`, out [n_wave]: missing data, wavelengths without a template or with an
 *  undetermined one. */
SQN_NODISCARD sqn_status amounts_flags(uint8_t *out, amounts_room *room, const amounts *a,
                                       int64_t i, sqn_error *err);

#endif
