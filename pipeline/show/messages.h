/** @file messages.h @brief What a run says: on standard error, in its log, in its report. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sequin/log.h"

/** How much goes to the stream; the log gets everything. */
typedef enum messages_level {
    MESSAGES_QUIET,
    MESSAGES_NORMAL,
    MESSAGES_VERBOSE
} messages_level;

/** Collector of warnings and text. Opaque. */
typedef struct messages messages;

/** `stream` is borrowed. @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status messages_create(messages **out, FILE *stream, messages_level level,
                                         sqn_error *err);

/** Callbacks for the library; valid while `m` lives. */
sqn_log messages_log(messages *m);

/** Callbacks whose `warn` prints an error at once: for checks that find several problems. */
sqn_log messages_problems(messages *m);

/** Number of problems said so. */
int64_t messages_n_problem(const messages *m);

/** Print one error in the form of the program: `sequin: error: CODE: where: what. Fix: ...`. */
void messages_error(messages *m, const sqn_error *error);

/** A remark: to the log, and to the stream when verbose. */
void messages_note(messages *m, const char *format, ...) SQN_PRINTF(2, 3);

/**
 * Distinct warnings so far. One reason in many places is one warning, and so are the notes of
 * many files about their own numbers of bytes or cards, and the stages that did not converge.
 */
int64_t messages_n_warning(const messages *m);

/**
 * Warning `index`, in the order of their first appearance: one line with the first three
 * places and the number of the others, borrowed until the next message; and how often it came.
 */
const char *messages_warning(const messages *m, int64_t index, int64_t *count);

/** Repeat the warnings, counted, on the stream. */
void messages_summary(messages *m);

/** Everything said so far; borrowed until the next message. */
const char *messages_text(messages *m);

/** Free and set to NULL. NULL-safe. */
void messages_destroy(messages **m);

#endif
