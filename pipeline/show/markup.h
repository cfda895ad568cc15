/**
 * @file markup.h
 * @brief Text that grows: pieces of HTML and JSON, with every foreign string escaped.
 *
 * Calls after a failed allocation do nothing; markup_finish() tells.
 */
#ifndef MARKUP_H
#define MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "sequin/error.h"

/** Start with `markup m = {0};`. */
typedef struct markup {
    char *text; /**< Owned, free(); NULL until something is written. */
    size_t length, capacity;
    bool failed;
} markup;

/** Our own text, as it is. */
void markup_raw(markup *m, const char *text);

/** Our own format; strings among the arguments must be ours too. */
void markup_format(markup *m, const char *format, ...) SQN_PRINTF(2, 3);

/**
 * A foreign string as HTML text or attribute value: & < > " ' become references, control
 * bytes (line feed and tab aside) are shown as \xNN. NULL is "".
 */
void markup_html(markup *m, const char *text);

/** A foreign string as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void markup_json(markup *m, const char *text);

/** Bytes in base64. */
void markup_base64(markup *m, const void *bytes, size_t size);

/**
 * Hand the text over and reset.
 *
 * @param[out] text  Owned by the caller, free(); NULL on failure.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status markup_finish(char **text, markup *m, sqn_error *err);

#endif
