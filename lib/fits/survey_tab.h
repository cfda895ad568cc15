/** @file survey_tab.h @brief Wavelengths of a look-up table: CTYPE1 = 'WAVE-TAB'. */
#ifndef SQN_SURVEY_TAB_H
#define SQN_SURVEY_TAB_H

#include "fits_file.h"

/**
 * Intermediate coordinates to those of the table (Greisen et al. 2006, A&A 446, 747, section 6):
 * PS1_0 names its HDU, PS1_1 the column of coordinates, PS1_2 that of indices, PV1_1 its EXTVER.
 *
 * @param[in,out] value  [n] in: psi, from CRVAL1 and the step (without these: the pixel number);
 *                       out: coordinates, interpolated.
 * @retval SQN_ERR_DATA  E_WAVELENGTH: no such table, or a value outside it; SQN_ERR_MEMORY.
 */
SQN_NODISCARD sqn_status sqn__survey_tab_apply(double *value, int64_t n,
                                               const sqn__fits_file *file,
                                               const sqn__fits_hdu *hdu, sqn_error *err);

#endif
