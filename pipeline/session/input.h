/** @file input.h @brief One block of input files, from the configuration to a stack of frames. */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>

#include "config.h"
#include "sequin/fits.h"

/** A block of the configuration that names frames. Borrowed. */
typedef struct input_block {
    const char *name; /**< "science": for messages. */
    const config_input *keys;
    bool values_only; /**< Flags are not kept. */
} input_block;

/**
 * Expand the names and read every frame, with errors, flags and masks.
 *
 * @param[in] exponent  As for sqn_fits_stack_read(); INT_MIN: chosen from the data.
 * @retval every status of sqn_fits_files_expand() and sqn_fits_stack_read().
 */
SQN_NODISCARD sqn_status input_read(sqn_fits_stack *out, const config *settings,
                                    const input_block *block, int exponent,
                                    const sqn_log *log, sqn_error *err);

#endif
