/** @file fits_inputs.h @brief The files behind a stack. */
#ifndef SQN_FITS_INPUTS_H
#define SQN_FITS_INPUTS_H

#include "fits_layout.h"
#include "fits_values.h"

/**
 * Fill paths and inputs of a stack: the data files first and in order, then every other file
 * that is read; those of lists with the sums of their data.
 *
 * @param[in] lists  Angles and wavelengths; n = 0 where no file was read.
 */
SQN_NODISCARD sqn_status sqn__fits_inputs_list(sqn_fits_stack *stack,
                                               const sqn__fits_layout *layout,
                                               const sqn_fits_source *source,
                                               const sqn__fits_values *const lists[2],
                                               sqn_error *err);

/** Give each file listed the ones' complement sum of the data of its units, verified by now. */
SQN_NODISCARD sqn_status sqn__fits_inputs_sum(sqn_fits_stack *stack,
                                              const sqn__fits_layout *layout,
                                              sqn_error *err);

#endif
