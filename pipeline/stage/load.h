/**
 * @file load.h
 * @brief Stage 2, the other way: components of an earlier run instead of a build.
 *
 * In: components.fits. Out: a basis without stages and curves. Library: fits.
 */
#ifndef LOAD_H
#define LOAD_H

#include "fit.h"

/**
 * Read the components (and, where they were written, those of every stage).
 *
 * @retval SQN_ERR_DATA    E_SHAPE: another shape or centre, or a region of other pixels than the
 *                         components were built on (REGION; without it those that have one).
 * @retval SQN_ERR_CONFIG  E_COUNT: a count that the file does not hold.
 */
SQN_NODISCARD sqn_status load_basis(basis *out, const observation *obs,
                                    const config *settings, const sqn_log *log,
                                    sqn_error *err);

#endif
