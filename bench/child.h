/** @file child.h @brief Other processes: watched line by line, their memory measured. */
#ifndef CHILD_H
#define CHILD_H

#include "sequin/error.h"

/** What a process came to. */
typedef struct child_outcome {
    int exit_code;
    double seconds;
    double
        peak_bytes; /**< Largest resident size; at least this process's when it starts. */
} child_outcome;

/** Called for every line of standard error, `at` seconds after the start. */
typedef void child_listener(void *context, const char *line, double at);

/**
 * Run a program to its end. This process must be small: its own size counts.
 *
 * @param[in] arguments  NULL-terminated; the first is the path of the program.
 * @retval SQN_ERR_IO  It could not be started, or was killed.
 */
SQN_NODISCARD sqn_status child_run(child_outcome *out, char *const *arguments,
                                   child_listener *listen, void *context, sqn_error *err);

/** Do `work` in a process of its own, so that its memory is gone afterwards. */
SQN_NODISCARD sqn_status child_isolate(sqn_status (*work)(const void *context,
                                                          sqn_error *err),
                                       const void *context, sqn_error *err);

#endif
