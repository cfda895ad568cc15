/** @file fits_card.h @brief One header card taken apart as strictly as `fitsverify` does. */
#ifndef SQN_FITS_CARD_H
#define SQN_FITS_CARD_H

#include <stdbool.h>

/** What a card's value is. */
typedef enum sqn__fits_card_kind {
    SQN__FITS_REMARK, /* no value: COMMENT, HISTORY, HIERARCH, CONTINUE, or no "= " */
    SQN__FITS_TEXT,
    SQN__FITS_LOGICAL,
    SQN__FITS_INTEGER,
    SQN__FITS_REAL,
    SQN__FITS_COMPLEX
} sqn__fits_card_kind;

/** The parts of a card. */
typedef struct sqn__fits_card {
    char name[9];
    sqn__fits_card_kind kind;
    char value[81];    /* text without quotes and trailing blanks; a number as written */
    const char *fault; /* why the card by itself breaks the rules; NULL: it does not */
} sqn__fits_card;

/** Take a card of 80 characters apart. */
void sqn__fits_card_read(sqn__fits_card *out, const char *card);

/** True for names that may occur again: COMMENT, HISTORY, HIERARCH, CONTINUE, blank. */
bool sqn__fits_card_is_remark(const char *name);

#endif
