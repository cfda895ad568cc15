/** @file options.h @brief The command line, taken apart. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "messages.h"
#include "sequin/error.h"

enum { OPTIONS_SETS_MAX = 256 };

/** What was typed after the command. Texts are borrowed from argv. */
typedef struct options {
    const char *config;
    const char *sets[OPTIONS_SETS_MAX]; /**< Values of --set. */
    int n_set;
    const char *output; /**< NULL = as configured. */
    bool overwrite, strict, help;
    int threads; /**< 0 = as the system says. */
    messages_level level;
} options;

/**
 * Take apart argv[2 ...] of a command with one CONFIG.
 *
 * @retval SQN_ERR_USAGE  E_USAGE: unknown option, missing value, not exactly one CONFIG.
 */
SQN_NODISCARD sqn_status options_parse(options *out, int argc, const char *const *argv,
                                       sqn_error *err);

#endif
