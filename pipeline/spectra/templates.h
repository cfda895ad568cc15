/** @file templates.h @brief Templates that were built before: components.load of task spectra. */
#ifndef TEMPLATES_H
#define TEMPLATES_H

#include "basis.h"
#include "config.h"
#include "sequin/spectra.h"

/**
 * Read COMPONENTS with WAVELENGTH of components.load, or the first image with a WCS, such as
 * BASIS_VECTORS of redrock.
 *
 * @param[out] out  One template a row. Free with sqn_spectra_clear().
 * @retval SQN_ERR_DATA    E_FITS_TYPE: a template is negative somewhere; and those of the reader.
 * @retval SQN_ERR_CONFIG  E_COUNT: components.count or model.counts ask for others.
 */
SQN_NODISCARD sqn_status templates_read(sqn_spectra *out, const config *settings,
                                        sqn_error *err);

/** A basis of them, of the largest of model.counts or of all. Owned by the caller. */
SQN_NODISCARD sqn_status templates_basis(basis *out, const sqn_spectra *templates,
                                         const config *settings, sqn_error *err);

#endif
