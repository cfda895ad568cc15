/** @file survey_image.h @brief Spectra in image HDUs: flux, noise, flags and wavelengths. */
#ifndef SQN_SURVEY_IMAGE_H
#define SQN_SURVEY_IMAGE_H

#include "survey_file.h"

/** The HDUs of a file, or of one arm in it; NULL = none. Borrowed from the file. */
typedef struct sqn__survey_image {
    const sqn__fits_hdu *flux, *noise, *mask, *wave;
    bool is_error; /* noise is 1 sigma */
    int64_t n_row, n_col;
} sqn__survey_image;

/**
 * Find the HDUs by the names of the source, `arm` in the place of {arm} (NULL = no arms).
 *
 * @retval SQN_ERR_DATA  E_FITS_HDU, E_SHAPE.
 */
SQN_NODISCARD sqn_status sqn__survey_image_find(sqn__survey_image *out,
                                                const sqn__survey_job *job,
                                                const sqn__fits_file *file, const char *arm,
                                                sqn_error *err);

/** True when nothing in the source or the file speaks against images. */
bool sqn__survey_image_has(const sqn_survey_source *source, const sqn__fits_file *file);

/** Read the rows that `into` keeps. `spectra` is ordered. Adds to its datasum. */
SQN_NODISCARD sqn_status sqn__survey_image_read(sqn_spectra *spectra,
                                                sqn__survey_file *into,
                                                const sqn__survey_image *image,
                                                sqn__survey_job *job,
                                                const sqn__fits_file *file, sqn_error *err);

#endif
