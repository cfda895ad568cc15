/** @file header_card.h @brief One 80-character card: keyword, value, number. */
#ifndef SQN_HEADER_CARD_H
#define SQN_HEADER_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SQN__CARD = 80,   /* characters of a card; not terminated in a file */
    SQN__BLOCK = 2880 /* bytes of a block: 36 cards */
};

/** True when the card's keyword is `keyword` (case ignored; HIERARCH without the word). */
bool sqn__header_card_is(const char *card, const char *keyword);

/** True for cards whose text is not a value: COMMENT, HISTORY, blank. */
bool sqn__header_card_is_remark(const char *card);

/** Keyword of a card, as sqn_header_text() takes it; out [81]. */
void sqn__header_card_keyword(char *out, const char *card);

/**
 * Text of the value without quotes and trailing blanks, cut to `size`.
 *
 * @param[out] is_text  The value is a quoted string; may be NULL.
 * @retval false  The card has no value, or a string without its closing quote; `out` is "".
 */
bool sqn__header_card_value(char *out, size_t size, const char *card, bool *is_text);

/** A decimal number in full, D exponents allowed, whatever the locale. False: not finite. */
bool sqn__header_card_number(double *out, const char *text);

/** A decimal integer of at most 19 digits. */
bool sqn__header_card_integer(int64_t *out, const char *text);

#endif
