/** @file survey_single.h @brief A table of one spectrum: flux, wavelength, noise and flags in columns. */
#ifndef SQN_SURVEY_SINGLE_H
#define SQN_SURVEY_SINGLE_H

#include "survey_file.h"

/** The table and its columns; "" = none. */
typedef struct sqn__survey_single {
    const sqn__fits_hdu *hdu; /* borrowed */
    char flux[72], wave[72], noise[72], mask[72];
    bool is_error;
} sqn__survey_single;

/** Find table and columns. @retval SQN_ERR_DATA E_FITS_HDU. */
SQN_NODISCARD sqn_status sqn__survey_single_find(sqn__survey_single *out,
                                                 const sqn__survey_job *job,
                                                 const sqn__fits_file *file,
                                                 sqn_error *err);

/** Read it; `spectra` is ordered. */
SQN_NODISCARD sqn_status sqn__survey_single_read(
    sqn_spectra *spectra, sqn__survey_file *into, const sqn__survey_single *single,
    sqn__survey_job *job, const sqn__fits_file *file, sqn_error *err);

#endif
