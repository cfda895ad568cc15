/** @file write.h @brief YAML text, growing line by line. */
#ifndef WRITE_H
#define WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "keys.h"
#include "sequin/error.h"

/** A text being written; the first failure stays and later calls do nothing. */
typedef struct write_text {
    char *text; /**< Owned, for free(); NULL before the first line. */
    size_t length, capacity;
    sqn_status status;
} write_text;

/** Append, as printf(). */
void write_format(write_text *out, const char *format, ...) SQN_PRINTF(2, 3);

/** Append a text that YAML reads back as the same text, in quotes where needed. */
void write_scalar(write_text *out, const char *text);

/** Append two spaces per block above the last part of the path. */
void write_indent(write_text *out, const char *path);

/** Hand the text over to the caller; raises what went wrong on the way. */
SQN_NODISCARD sqn_status write_finish(char **text, write_text *out, sqn_error *err);

#endif
