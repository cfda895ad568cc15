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

#include "raise.h"

enum { CARD = 80, VALUE = 11 /* first character within the quotes */, SUM_WIDTH = 10 };

const char *const sqn__fits_seal_cards[2] = {
    "CHECKSUM= '0000000000000000'   / HDU checksum",
    "DATASUM = '0         '         / data unit checksum"};

/* Ones' complement sum of the big-endian 32-bit words; `n` is a multiple of 4. */
static uint32_t add_words(uint32_t start, const unsigned char *bytes, int64_t n)
{
    uint64_t sum = start;

    for (int64_t i = 0; i < n; i += 4) {
        sum += (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 |
               (uint32_t)bytes[i + 2] << 8 | (uint32_t)bytes[i + 3];
    }
    while (sum >> 32 != 0) {
        sum = (sum & UINT32_MAX) + (sum >> 32);
    }
    return (uint32_t)sum;
}

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

uint32_t sqn__fits_seal_add(uint32_t start, const unsigned char *bytes, int64_t n)
{
    return add_words(start, bytes, n);
}

sqn_status sqn__fits_seal_put(unsigned char *file, const sqn__fits_seal_span *span,
                              sqn_error *err)
{
    return sqn__fits_seal_put_sum(
        file, span, add_words(0, file + span->data, span->end - span->data), err);
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
        add_words(data_sum, file + span->header, span->data - span->header);

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
    const uint32_t data_sum = add_words(0, file + span->data, span->end - span->data);
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
            add_words(data_sum, file + span->header, span->data - span->header), 1, text);
        memcpy(total + VALUE, text, 16);
    }
}
