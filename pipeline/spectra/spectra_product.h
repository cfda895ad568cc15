/** @file spectra_product.h @brief What the FITS products of task spectra share. */
#ifndef SPECTRA_PRODUCT_H
#define SPECTRA_PRODUCT_H

#include "spectra_result.h"

/** A product whose primary HDU carries the first header, versions, inputs, the configuration
 *  and `step` as HISTORY. */
SQN_NODISCARD sqn_status spectra_product_start(sqn_fits_product **out,
                                               const spectra_result *r, const char *step,
                                               sqn_error *err);

/** Cards of an image of spectra: NOISEMOD, and WAVE or WAVE-LOG on the first axis where its steps
 *  are even. */
SQN_NODISCARD sqn_status spectra_product_axis(sqn_header **out, const spectra_result *r,
                                              sqn_error *err);

/** Add WAVELENGTH. */
SQN_NODISCARD sqn_status spectra_product_wavelengths(sqn_fits_product *product,
                                                     const spectra_result *r,
                                                     sqn_error *err);

/** True where the steps of wavelength, or with `log` of its logarithm, are equal to 1e-4 of one. */
bool spectra_product_is_even(const sqn_spectra *s, bool log);

#endif
