/** @file sqn_raw.h @brief FITS files written card by card: as wrong as a test wants them. */
#ifndef SQN_RAW_H
#define SQN_RAW_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline FILE *sqn_raw_open(const char *path)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    return file;
}

/** One card, filled with blanks. */
static inline void sqn_raw_card(FILE *file, const char *text)
{
    fprintf(file, "%-80.80s", text);
}

/** Cards up to a NULL. */
static inline void sqn_raw_cards(FILE *file, const char *const *cards)
{
    for (; *cards != NULL; cards++) {
        sqn_raw_card(file, *cards);
    }
}

/** Fill the block with `filler`. */
static inline void sqn_raw_pad(FILE *file, char filler)
{
    const long over = ftell(file) % 2880; /* slow: once */

    for (long i = over; over > 0 && i < 2880; i++) {
        fputc(filler, file);
    }
}

static inline void sqn_raw_end(FILE *file)
{
    sqn_raw_card(file, "END");
    sqn_raw_pad(file, ' ');
}

/** The low `width` bytes of `bits`, big-endian. */
static inline void sqn_raw_word(FILE *file, uint64_t bits, int width)
{
    for (int i = width; i-- > 0;) {
        fputc((int)(bits >> (8 * i) & 0xff), file);
    }
}

static inline void sqn_raw_float(FILE *file, float value)
{
    uint32_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    sqn_raw_word(file, bits, 4);
}

static inline void sqn_raw_double(FILE *file, double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    sqn_raw_word(file, bits, 8);
}

/** A float image HDU with extra cards (NULL or up to a NULL); values[n] of the product. */
static inline void sqn_raw_image(FILE *file, const char *name, const int axes[4],
                                 const char *const *cards, const float *values)
{
    const int first = ftell(file) == 0;
    int naxis = 0, n = 1;
    char card[81];

    while (naxis < 4 && axes[naxis] > 0) {
        n *= axes[naxis++];
    }
    sqn_raw_card(file, first ? "SIMPLE  =                    T" : "XTENSION= 'IMAGE   '");
    sqn_raw_card(file, "BITPIX  =                  -32");
    snprintf(card, sizeof card, "NAXIS   = %20d", naxis);
    sqn_raw_card(file, card);
    for (int a = 0; a < naxis; a++) {
        snprintf(card, sizeof card, "NAXIS%d  = %20d", a + 1, axes[a]);
        sqn_raw_card(file, card);
    }
    if (!first) {
        sqn_raw_card(file, "PCOUNT  =                    0");
        sqn_raw_card(file, "GCOUNT  =                    1");
    }
    if (name != NULL) {
        snprintf(card, sizeof card, "EXTNAME = '%-8s'", name);
        sqn_raw_card(file, card);
    }
    if (cards != NULL) {
        sqn_raw_cards(file, cards);
    }
    sqn_raw_end(file);
    for (int i = 0; i < n && naxis > 0; i++) {
        sqn_raw_float(file, values[i]);
    }
    sqn_raw_pad(file, '\0');
}

/** The bytes of a file into `out`; their number. */
static inline size_t sqn_raw_load(unsigned char *out, size_t room, const char *path)
{
    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);

    const size_t n = fread(out, 1, room, file);

    fclose(file);
    return n;
}

static inline void sqn_raw_save(const char *path, const unsigned char *bytes, size_t n)
{
    FILE *file = sqn_raw_open(path);

    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

#endif
