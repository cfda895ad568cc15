/** @file error_scale.h @brief The factor by which errors are wrong, out of what a model leaves. */
#ifndef ERROR_SCALE_H
#define ERROR_SCALE_H

#include "basis.h"

/**
 * Fit the rows with a model of themselves and measure by how much 1 sigma is too small.
 *
 * @param[out] scale  To multiply 1 sigma by; NaN where nothing can be said.
 * @retval SQN_ERR_CONFIG  E_COUNT; and those of sqn_panels_create(), sqn_nmf_fit().
 */
SQN_NODISCARD sqn_status error_scale_measure(double *scale, const basis_source *source,
                                             const config *settings, sqn_error *err);

/** Whether it is a factor: a number above 0. */
bool error_scale_is_usable(double scale);

#endif
