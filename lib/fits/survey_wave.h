/** @file survey_wave.h @brief The wavelengths of spectra: of an HDU, a column, or a WCS. */
#ifndef SQN_SURVEY_WAVE_H
#define SQN_SURVEY_WAVE_H

#include "fits_file.h"
#include "sequin/survey.h"

/** Wavelengths as they were found. */
typedef struct sqn__survey_wave {
    int64_t n;
    double *value;    /* [n] (Angstrom). Owned. */
    char origin[96];  /* for people: "HDU 3 (LOGLAM), log10" */
    uint32_t datasum; /* of the HDU, 0 for a WCS */
} sqn__survey_wave;

/** Of an image HDU with one long axis. */
SQN_NODISCARD sqn_status sqn__survey_wave_of_image(sqn__survey_wave *out,
                                                   const sqn__fits_file *file,
                                                   const sqn__fits_hdu *hdu,
                                                   const sqn_survey_source *source,
                                                   sqn_error *err);

/** Of column `column` of a table. */
SQN_NODISCARD sqn_status sqn__survey_wave_of_column(
    sqn__survey_wave *out, const sqn__fits_file *file, const sqn__fits_hdu *hdu,
    const char *column, const sqn_survey_source *source, sqn_error *err);

/**
 * Of the first axis of an image, n pixels long: WAVE-TAB, -LOG, log-linear, COEFF0 and COEFF1,
 * linear.
 *
 * @retval SQN_ERR_DATA  E_WAVELENGTH: the header says nothing of wavelengths.
 */
SQN_NODISCARD sqn_status sqn__survey_wave_of_axis(sqn__survey_wave *out,
                                                  const sqn__fits_file *file,
                                                  const sqn__fits_hdu *hdu, int64_t n,
                                                  const sqn_survey_source *source,
                                                  sqn_error *err);
void sqn__survey_wave_clear(sqn__survey_wave *wave);

#endif
