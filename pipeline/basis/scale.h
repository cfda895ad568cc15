/**
 * @file scale.h
 * @brief Errors that are wrong by a factor: what a model of the data says of them.
 *
 * In: rows, configuration, or the misfit of a build. Out: the factor, warnings. Library: misfit.
 */
#ifndef BASIS_SCALE_H
#define BASIS_SCALE_H

#include "basis.h"

/**
 * By which 1 sigma of all rows must be multiplied, by a loose model of their own.
 *
 * @param[out] scale  NaN or 0 where the data do not tell.
 * @retval SQN_ERR_CONFIG  E_COUNT.
 */
SQN_NODISCARD sqn_status scale_measure(double *scale, const basis_source *source,
                                       const config *settings, sqn_error *err);

/** True where a factor can be applied. */
bool scale_is_usable(double scale);

/** True where a reduced chi2 says that the errors are wrong. */
bool scale_is_off(double chi2);

/** What the build leaves, to the log: reduced chi2 and factor of "the references". */
void scale_note(const sqn_misfit *misfit, const char *noun, const sqn_log *log);

/** W_NOISE_SCALE where that chi2 is off. */
void scale_judge(const sqn_misfit *misfit, const char *noun, const char *where,
                 const sqn_log *log);

#endif
