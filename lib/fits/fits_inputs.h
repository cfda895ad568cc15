/** @file fits_inputs.h @brief The files behind a stack. */
#ifndef SQN_FITS_INPUTS_H
#define SQN_FITS_INPUTS_H

#include "fits_layout.h"
#include "fits_values.h"

/**
 * Fill paths and inputs of a stack: the data files first and in order, then every other file
 * that was read, each with the ones' complement sum of the data read of it.
 *
 * @param[in] lists  Angles and wavelengths; n = 0 where no file was read.
 */
SQN_NODISCARD sqn_status sqn__fits_inputs_list(sqn_fits_stack *stack,
                                               const sqn__fits_layout *layout,
                                               const sqn_fits_source *source,
                                               const sqn__fits_values *const lists[2],
                                               sqn_error *err);

#endif
