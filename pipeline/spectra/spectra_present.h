/** @file spectra_present.h @brief What the pictures, the report and the record of spectra share. */
#ifndef SPECTRA_PRESENT_H
#define SPECTRA_PRESENT_H

#include "spectra_result.h"

/** Name of the sample: `title`, else OBJECT of a single spectrum, else that of the first file. */
void spectra_present_title(char *out, size_t size, const spectra_result *r);

/** Who a spectrum is: its identifiers, else file and row. */
void spectra_present_name(char *out, size_t size, const spectra_result *r, int64_t i);

/** chi2 over the number of fitted pixels; NaN without. */
double spectra_present_chi2(const spectra_result *r, int64_t i);

/** Median of these over the spectra with data; NaN without, SQN_ERR_MEMORY. */
SQN_NODISCARD sqn_status spectra_present_typical(double *out, const spectra_result *r,
                                                 sqn_error *err);

#endif
