/** @file run.h @brief A whole reduction: the stages in their order. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdio.h>

#include "config.h"
#include "messages.h"

/** What a run needs besides its configuration. Borrowed. */
typedef struct run_options {
    const char *output;  /**< Directory; NULL = as configured. */
    bool overwrite;      /**< Besides output.overwrite. */
    bool strict;         /**< Warnings are errors. */
    FILE *progress;      /**< Where progress is shown; NULL = nowhere. */
    const char *command; /**< As typed, for the report. */
} run_options;

/**
 * Reduce one observation and write its products.
 *
 * The error of a run that fails is said to `said`, and its log is left in the output directory
 * unless that is refused or holds a complete run; without a manifest, the directory is not
 * complete.
 *
 * @retval every status.
 */
SQN_NODISCARD sqn_status run_imaging(const config *settings, const run_options *options,
                                     messages *said, sqn_error *err);

#endif
