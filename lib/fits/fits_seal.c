/**
 * @file fits_seal.c
 * @brief DATASUM and CHECKSUM (FITS standard 4.0, appendix J).
 *
 * CFITSIO's fits_write_chksum() puts the time into its comments, which no product may have.
 */
#include "fits_seal.h"

#include <fitsio.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_checksum.h"
#include "raise.h"

enum { CARD = 80, VALUE = 11 /* first character within the quotes */, SUM_WIDTH = 10 };

const char *const sqn__fits_seal_cards[2] = {
    "CHECKSUM= '0000000000000000'   / HDU checksum",
    "DATASUM = '0         '         / data unit checksum"};

/* The value of a card of the header, or NULL. */
static unsigned char *find(unsigned char *file, const sqn__fits_seal_span *span,
                           const char *card)
{
    for (int64_t at = span->header; at + CARD <= span->data; at += CARD) {
        if (memcmp(file + at, card, VALUE) == 0) {
            return file + at + VALUE;
        }
    }
    return NULL;
}

/* Sum of bytes [from, to) of the file. */
static uint32_t sum_of(const unsigned char *file, int64_t from, int64_t to)
{
    return sqn__fits_checksum_bytes(file + from, (size_t)(to - from));
}

sqn_status sqn__fits_seal_put(unsigned char *file, const sqn__fits_seal_span *span,
                              sqn_error *err)
{
    return sqn__fits_seal_put_sum(file, span, sum_of(file, span->data, span->end), err);
}

sqn_status sqn__fits_seal_put_sum(unsigned char *file, const sqn__fits_seal_span *span,
                                  uint32_t data_sum, sqn_error *err)
{
    unsigned char *total = find(file, span, sqn__fits_seal_cards[0]);
    unsigned char *data = find(file, span, sqn__fits_seal_cards[1]);
    char text[FLEN_VALUE];

    if (total == NULL || data == NULL) {
        return SQN_RAISE(err, E_OUT_VERIFY,
                         "the header at byte %" PRId64 " has no checksum", span->header);
    }

    (void)snprintf(text, sizeof text, "%-*" PRIu32, SUM_WIDTH, data_sum);
    memcpy(data, text, SUM_WIDTH);

    const uint32_t sum =
        sqn__fits_checksum_add(data_sum, sum_of(file, span->header, span->data));

    fits_encode_chksum(sum, 1, text); /* complemented: the whole then sums to -0 */
    memcpy(total, text, 16);
    return SQN_OK;
}

/* The card of a keyword of 8 characters, or NULL. */
static unsigned char *find_card(unsigned char *file, const sqn__fits_seal_span *span,
                                const char *keyword)
{
    for (int64_t at = span->header; at + CARD <= span->data; at += CARD) {
        if (memcmp(file + at, keyword, 8) == 0) {
            return file + at;
        }
    }
    return NULL;
}

/* A card of our form with the comment of the old one. */
static void begin_anew(unsigned char *card, const char *model)
{
    const int end = (int)(strchr(model + VALUE, '\'') - model) + 1;
    char text[CARD];
    int from = VALUE;

    while (from < CARD && card[from] != '\'') {
        from++;
    }
    from = from < CARD ? from + 1 : CARD;
    memset(text, ' ', sizeof text);
    memcpy(text, model, (size_t)end);
    memcpy(text + end, card + from, (size_t)(CARD - (from > end ? from : end)));
    memcpy(card, text, sizeof text);
}

void sqn__fits_seal_renew(unsigned char *file, const sqn__fits_seal_span *span)
{
    const uint32_t data_sum = sum_of(file, span->data, span->end);
    unsigned char *total = find_card(file, span, "CHECKSUM");
    unsigned char *data = find_card(file, span, "DATASUM ");
    char text[FLEN_VALUE];

    if (data != NULL) {
        begin_anew(data, sqn__fits_seal_cards[1]);
        (void)snprintf(text, sizeof text, "%-*" PRIu32, SUM_WIDTH, data_sum);
        memcpy(data + VALUE, text, SUM_WIDTH);
    }
    if (total != NULL) {
        begin_anew(total, sqn__fits_seal_cards[0]);
        fits_encode_chksum(
            sqn__fits_checksum_add(data_sum, sum_of(file, span->header, span->data)), 1,
            text);
        memcpy(total + VALUE, text, 16);
    }
}
