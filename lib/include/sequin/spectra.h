/**
 * @file spectra.h
 * @brief Spectra with inverse variances: ordered, joined, brought to one grid, normalised.
 *
 * Arrays only; sequin/survey.h reads them from files. A missing datum is NaN with weight 0.
 */
#ifndef SEQUIN_SPECTRA_H
#define SEQUIN_SPECTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/log.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Spectra that share their wavelengths. */
typedef struct sqn_spectra {
    int64_t n_spectrum, n_wave;
    double *wave; /**< [n_wave] (Angstrom) positive and rising. Owned. */
    float *flux;  /**< [n_spectrum, n_wave] NaN where missing. Owned. */
    float
        *ivar; /**< [n_spectrum, n_wave] (1 / unit of flux^2) 0 where missing; NULL = equal
                       weights. Owned. */
} sqn_spectra;

/**
 * Zeroed storage.
 *
 * @retval SQN_ERR_MEMORY  Needs 8 bytes an entry, 4 without `has_ivar`.
 */
SQN_API SQN_NODISCARD sqn_status sqn_spectra_init(sqn_spectra *out, int64_t n_spectrum,
                                                  int64_t n_wave, bool has_ivar,
                                                  sqn_error *err);

/** Free what it owns and zero it. NULL-safe. */
SQN_API void sqn_spectra_clear(sqn_spectra *spectra);

/**
 * Check the wavelengths, and turn spectra round whose wavelengths fall.
 *
 * @retval SQN_ERR_DATA  E_WAVELENGTH: fewer than 2, not finite, not positive, or neither rising
 *                       nor falling.
 */
SQN_API SQN_NODISCARD sqn_status sqn_spectra_order(sqn_spectra *spectra, sqn_error *err);

/**
 * Join the arms of a spectrograph: the wavelengths of the bluest, then those of the next beyond
 * its end. Where arms overlap, an arm is resampled on the wavelengths that are there, and values
 * are averaged by inverse variance (equally without).
 *
 * @param[in] arms  [n_arm] ordered (sqn_spectra_order()) and of one n_spectrum. Borrowed.
 *
 * @retval SQN_ERR_DATA    E_SHAPE: the arms hold different numbers of spectra.
 * @retval SQN_ERR_MEMORY  As sqn_spectra_init(), and 24 bytes a wavelength.
 */
SQN_API SQN_NODISCARD sqn_status sqn_spectra_join(sqn_spectra *out, const sqn_spectra *arms,
                                                  int64_t n_arm, sqn_error *err);

/** How spectra come to one grid. Zeroed: the observed frame, where two spectra reach. */
typedef struct sqn_spectra_grid_options {
    const double *redshift; /**< [n_spectrum of all blocks] > -1: rest frame, flux is not
                                 multiplied by (1 + z). NULL = observed frame. Borrowed. */
    double
        range[2]; /**< (Angstrom, in that frame) both 0 = every wavelength that at least two
                          spectra (or the only one) reach. */
    int64_t bin;  /**< Wavelengths to average into one; 0 and 1 = none. */
    const double
        *wave;      /**< [n_wave] the grid itself, rising (Angstrom); range and bin are not
                             looked at then. NULL = chosen as below. Borrowed. */
    int64_t n_wave; /**< At least 2. */
} sqn_spectra_grid_options;

/** What was done to reach the grid. */
typedef struct sqn_spectra_grid_about {
    bool is_log;     /**< Even steps of log10 of the wavelength ... */
    double step;     /**< ... of this size (dex). */
    int64_t n_whole; /**< Spectra moved by whole pixels, or not at all. */
    int64_t n_resampled;
} sqn_spectra_grid_about;

/**
 * Bring blocks of spectra to one grid.
 *
 * Where all blocks have one step of log10(wavelength), to 0.05 pixel over their length, the grid
 * has it too, and spectra move by whole pixels: exactly those nearest to log10(1 + z) in the
 * rest frame, and without touching a value. Otherwise the rest frame, and bins, get an even grid
 * of log10(wavelength) with as many pixels as the first block has over its range; in the
 * observed frame the grid is the union of all wavelengths (as in sqn_spectra_join()).
 * Resampling averages by overlap: f = sum w f_i / sum w, 1 / ivar = sum w^2 / ivar_i /
 * (sum w)^2 over the valid pixels, where these cover at least half of the new one. The
 * correlation that it makes between neighbours is not kept.
 *
 * @param[out]    out     One spectrum a row, in the order of the blocks.
 * @param[out]    about   May be NULL.
 * @param[in,out] blocks  [n_block] ordered; each is emptied when its spectra are placed.
 *
 * @retval SQN_ERR_ARG     No block, or a redshift that is not above -1.
 * @retval SQN_ERR_DATA    E_DATA_EMPTY: no wavelength in the range.
 * @retval SQN_ERR_MEMORY  As sqn_spectra_init(): nothing but the grid when one block lies on it.
 */
SQN_API SQN_NODISCARD sqn_status sqn_spectra_grid(sqn_spectra *out,
                                                  sqn_spectra_grid_about *about,
                                                  sqn_spectra *blocks, int64_t n_block,
                                                  const sqn_spectra_grid_options *options,
                                                  sqn_error *err);

/** What a spectrum is divided by. */
typedef enum sqn_spectra_norm {
    SQN_SPECTRA_NORM_NONE, /**< 1. */
    SQN_SPECTRA_NORM_MEAN,
    SQN_SPECTRA_NORM_MEDIAN
} sqn_spectra_norm;

/**
 * Divide every spectrum by the mean or median of its valid flux.
 *
 * @param[out] norm     [n_spectrum] (unit of flux) NaN where it is not positive: such a spectrum
 *                      becomes missing as a whole.
 * @param[in]  window   (Angstrom) where it is taken; both 0 = everywhere.
 *
 * @retval SQN_ERR_MEMORY  8 bytes a wavelength.
 */
SQN_API SQN_NODISCARD sqn_status sqn_spectra_normalise(double *norm, sqn_spectra *spectra,
                                                       sqn_spectra_norm kind,
                                                       const double window[2],
                                                       sqn_error *err);

/** Rows [n_spectrum, n_wave] for the solver; `spectra` is borrowed. */
SQN_API sqn_rows sqn_spectra_rows(const sqn_spectra *spectra);

#ifdef __cplusplus
}
#endif
#endif
