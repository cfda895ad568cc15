/** @file header.h @brief What a header is inside, for those who read and edit it. */
#ifndef SQN_FITS_HEADER_H
#define SQN_FITS_HEADER_H

#include "header_card.h"
#include "sequin/header.h"

struct sqn_header {
    int64_t n_card, capacity;
    char (*card)[SQN__CARD + 1]; /* [capacity] NUL-terminated. Owned. */
};

/** Append one card of 80 characters; bytes outside 32..126 become '?'. */
SQN_NODISCARD sqn_status sqn__header_append(sqn_header *header, const char *card,
                                            sqn_error *err);

/** Make room for `n` more cards. */
SQN_NODISCARD sqn_status sqn__header_reserve(sqn_header *header, int64_t n, sqn_error *err);

/** Index of the first card of a keyword, or -1. */
int64_t sqn__header_find(const sqn_header *header, const char *keyword);

/** sqn_header_text() of the card at an index; false for -1. */
bool sqn__header_text_at(char *out, size_t size, const sqn_header *header, int64_t index);

/** Number of cards of the value that begins at `index`: 1 and its CONTINUE cards. */
int64_t sqn__header_span(const sqn_header *header, int64_t index);

#endif
