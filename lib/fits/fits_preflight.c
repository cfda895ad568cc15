/**
 * @file fits_preflight.c
 * @brief One HDU walked by our own code: cards, mandatory keywords, sizes.
 *
 * CFITSIO aborts, divides by zero or reads other pixels in silence on headers that are
 * refused here.
 */
#include "fits_preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"

enum { NAXIS_MAX = 999 };

/* A walk over one header. */
typedef struct walk {
    const char *cards; /* first card */
    int64_t n_card;    /* END not counted */
    sqn_error *err;
} walk;

static const char *card_at(const walk *w, int64_t index)
{
    return w->cards + index * SQN__CARD;
}

static bool is_odd(const char *card)
{
    for (int i = 0; i < SQN__CARD; i++) {
        if (card[i] < ' ' || card[i] > '~') {
            return true;
        }
    }
    return false;
}

bool sqn__fits_preflight_ends(const char *card)
{
    return memcmp(card, "END     ", 8) == 0 && card[8] != '=';
}

/* Find END; counts cards on the way. */
static sqn_status find_end(sqn__fits_hdu *hdu, walk *w, size_t room)
{
    const int64_t n = (int64_t)(room / SQN__CARD);

    for (int64_t i = 0; i < n && i < SQN__FITS_CARDS_MAX; i++) {
        const char *card = card_at(w, i);

        if (sqn__fits_preflight_ends(card)) {
            w->n_card = hdu->n_card = i;
            return SQN_OK;
        }
        hdu->n_odd_card += is_odd(card) ? 1 : 0;
    }
    if (n >= SQN__FITS_CARDS_MAX) {
        return SQN_RAISE(w->err, E_FITS_HEADER, "no END card among the first %d cards",
                         (int)SQN__FITS_CARDS_MAX);
    }
    return SQN_RAISE(w->err, E_FITS_TRUNC,
                     "the file ends inside the header, after %" PRId64 " cards without END",
                     n);
}

/* Raise with the keyword as the place; the file joins the path to it. */
static sqn_status refuse(const walk *w, const char *keyword, const char *what)
{
    const sqn_status status = SQN_RAISE(w->err, E_FITS_HEADER, "%s", what);

    sqn__error_at(w->err, keyword, -1, NULL);
    return status;
}

/* Card `index` must be `keyword` with an integer within [low, high]. */
static sqn_status require(int64_t *out, const walk *w, int64_t index, const char *keyword,
                          const int64_t bounds[2])
{
    char text[SQN__CARD + 1];
    char what[160];
    bool is_text = false;

    if (index >= w->n_card || !sqn__header_card_is(card_at(w, index), keyword)) {
        (void)snprintf(what, sizeof what, "card %" PRId64 " must be %s", index + 1,
                       keyword);
        return refuse(w, keyword, what);
    }
    if (!sqn__header_card_value(text, sizeof text, card_at(w, index), &is_text) ||
        is_text || !sqn__header_card_integer(out, text) || *out < bounds[0] ||
        *out > bounds[1]) {
        (void)snprintf(what, sizeof what, "'%.72s' is not an integer of at least %" PRId64,
                       text, bounds[0]);
        return refuse(w, keyword, what);
    }
    return SQN_OK;
}

static sqn_status require_bitpix(sqn__fits_hdu *hdu, const walk *w)
{
    const int64_t bounds[2] = {-64, 64};
    int64_t bitpix = 0;
    const sqn_status status = require(&bitpix, w, 1, "BITPIX", bounds);

    hdu->bitpix = (int)bitpix;
    if (status == SQN_OK && bitpix != 8 && bitpix != 16 && bitpix != 32 && bitpix != 64 &&
        bitpix != -32 && bitpix != -64) {
        return refuse(w, "BITPIX", "must be 8, 16, 32, 64, -32 or -64");
    }
    return status;
}

/* NAXIS and all axes; the product of those from `first` on is the number of elements. */
static sqn_status require_axes(sqn__fits_hdu *hdu, int64_t *n_element, const walk *w)
{
    const int64_t naxis_bounds[2] = {0, NAXIS_MAX}, axis_bounds[2] = {0, INT64_MAX};
    int64_t naxis = 0, product = 1, axis = 0;
    bool wraps = false, empty = false;
    sqn_status status = require(&naxis, w, 2, "NAXIS", naxis_bounds);

    hdu->naxis = (int)naxis;
    for (int a = 0; a < naxis && status == SQN_OK; a++) {
        char keyword[24];

        (void)snprintf(keyword, sizeof keyword, "NAXIS%d", a + 1);
        status = require(&axis, w, 3 + a, keyword, axis_bounds);
        if (a < SQN__FITS_AXES) {
            hdu->axes[a] = axis;
        }
        if (a == 0 && axis == 0 && naxis > 1 && hdu->number == 0) {
            continue; /* random groups: the product of the others */
        }
        empty = empty || axis == 0;
        wraps = wraps || (axis > 0 && product > INT64_MAX / 8 / axis);
        product *= wraps || axis == 0 ? 1 : axis;
    }
    if (status == SQN_OK && wraps && !empty) {
        status = SQN_RAISE(w->err, E_FITS_SIZE, "the product of the %d axes overflows",
                           hdu->naxis);
    }
    *n_element = empty || naxis == 0 ? 0 : product;
    return status;
}

bool sqn__fits_preflight_text(char *out, size_t size, const sqn__fits_hdu *hdu,
                              const unsigned char *bytes, const char *keyword)
{
    const walk w = {(const char *)bytes + hdu->header, hdu->n_card, NULL};

    out[0] = '\0';
    for (int64_t i = 0; i < w.n_card; i++) {
        if (sqn__header_card_is(card_at(&w, i), keyword)) {
            return sqn__header_card_value(out, size, card_at(&w, i), NULL);
        }
    }
    return false;
}

bool sqn__fits_preflight_integer(int64_t *out, const sqn__fits_hdu *hdu,
                                 const unsigned char *bytes, const char *keyword,
                                 int64_t missing)
{
    const walk w = {(const char *)bytes + hdu->header, hdu->n_card, NULL};
    char text[SQN__CARD + 1];
    bool is_text = false;

    *out = missing;
    for (int64_t i = 0; i < w.n_card; i++) {
        if (sqn__header_card_is(card_at(&w, i), keyword)) {
            return sqn__header_card_value(text, sizeof text, card_at(&w, i), &is_text) &&
                   !is_text && sqn__header_card_integer(out, text);
        }
    }
    return true;
}

static bool is_true(const sqn__fits_hdu *hdu, const unsigned char *bytes,
                    const char *keyword)
{
    char text[SQN__CARD + 1];

    return sqn__fits_preflight_text(text, sizeof text, hdu, bytes, keyword) &&
           strcmp(text, "T") == 0;
}

static sqn_status find_kind(sqn__fits_hdu *hdu, const unsigned char *bytes, const walk *w)
{
    char text[SQN__CARD + 1];

    (void)sqn__header_card_value(text, sizeof text, card_at(w, 0), NULL);
    if (hdu->number == 0) {
        if (strcmp(text, "T") != 0) {
            return refuse(w, "SIMPLE", "must be T: the file does not claim to be FITS");
        }
        hdu->kind = hdu->naxis > 1 && hdu->axes[0] == 0 && is_true(hdu, bytes, "GROUPS")
                        ? SQN__FITS_GROUPS
                        : SQN__FITS_IMAGE;
    } else if (strcmp(text, "IMAGE") == 0) {
        hdu->kind = SQN__FITS_IMAGE;
    } else if (strcmp(text, "BINTABLE") == 0) {
        hdu->kind = is_true(hdu, bytes, "ZIMAGE") ? SQN__FITS_TILED : SQN__FITS_TABLE;
    } else {
        hdu->kind = strcmp(text, "TABLE") == 0 ? SQN__FITS_ASCII : SQN__FITS_OTHER;
    }
    return SQN_OK;
}

/* PCOUNT and GCOUNT: refused where they would move the pixels. */
static sqn_status find_counts(int64_t *gcount, sqn__fits_hdu *hdu,
                              const unsigned char *bytes, const walk *w)
{
    const bool image = hdu->kind == SQN__FITS_IMAGE;

    if (!sqn__fits_preflight_integer(&hdu->pcount, hdu, bytes, "PCOUNT", 0) ||
        hdu->pcount < 0 || (image && hdu->pcount != 0)) {
        return refuse(w, "PCOUNT", image ? "must be 0 in an image" : "must be 0 or more");
    }
    if (!sqn__fits_preflight_integer(gcount, hdu, bytes, "GCOUNT", 1) || *gcount < 1 ||
        (hdu->kind != SQN__FITS_GROUPS && hdu->kind != SQN__FITS_OTHER && *gcount != 1)) {
        return refuse(w, "GCOUNT", "must be 1");
    }
    return SQN_OK;
}

/* A mandatory keyword that comes twice leaves two answers. */
static sqn_status refuse_repeated(const sqn__fits_hdu *hdu, const walk *w)
{
    for (int64_t i = 3 + hdu->naxis; i < w->n_card; i++) {
        const char *card = card_at(w, i);
        char keyword[SQN__CARD + 1];
        int64_t axis = 0;

        if (memcmp(card, "BITPIX  ", 8) != 0 && memcmp(card, "NAXIS", 5) != 0) {
            continue;
        }
        sqn__header_card_keyword(keyword, card);
        if (strcmp(keyword, "BITPIX") == 0 || strcmp(keyword, "NAXIS") == 0 ||
            (sqn__header_card_integer(&axis, keyword + 5) && axis <= hdu->naxis)) {
            return refuse(w, keyword, "stands twice in the header");
        }
    }
    return SQN_OK;
}

/* Bytes of data and the end of the HDU, against the file. */
static sqn_status measure(sqn__fits_hdu *hdu, int64_t n_element, int64_t gcount,
                          size_t size, const walk *w)
{
    const int64_t width = (hdu->bitpix < 0 ? -hdu->bitpix : hdu->bitpix) / 8;
    int64_t n = 0;

    if (__builtin_add_overflow(hdu->naxis > 0 ? hdu->pcount : 0, n_element, &n) ||
        __builtin_mul_overflow(n, gcount, &n) || __builtin_mul_overflow(n, width, &n)) {
        return SQN_RAISE(w->err, E_FITS_SIZE, "the size of the data overflows");
    }
    if ((uint64_t)n > size - hdu->data) {
        return SQN_RAISE(w->err, E_FITS_TRUNC,
                         "the file ends %" PRIu64 " bytes early (data of %" PRId64
                         " bytes, BITPIX = %d, begin at byte %zu of %zu)",
                         (uint64_t)n - (size - hdu->data), n, hdu->bitpix, hdu->data, size);
    }
    hdu->n_byte = (size_t)n;
    hdu->end = hdu->data + (hdu->n_byte + SQN__BLOCK - 1) / SQN__BLOCK * SQN__BLOCK;
    return SQN_OK;
}

/* Shape of the image inside a tile-compressed table. */
static sqn_status find_tiled(sqn__fits_hdu *hdu, const unsigned char *bytes, const walk *w)
{
    int64_t value = 0;

    if (!sqn__fits_preflight_integer(&value, hdu, bytes, "ZBITPIX", 0) ||
        (value != 8 && value != 16 && value != 32 && value != 64 && value != -32 &&
         value != -64)) {
        return refuse(w, "ZBITPIX", "must be 8, 16, 32, 64, -32 or -64");
    }
    hdu->bitpix = (int)value;
    if (!sqn__fits_preflight_integer(&value, hdu, bytes, "ZNAXIS", -1) || value < 0 ||
        value > SQN__FITS_AXES) {
        return refuse(w, "ZNAXIS", "must be an integer from 0 to 9");
    }
    hdu->naxis = (int)value;
    for (int a = 0; a < hdu->naxis; a++) {
        char keyword[24];

        (void)snprintf(keyword, sizeof keyword, "ZNAXIS%d", a + 1);
        if (!sqn__fits_preflight_integer(&hdu->axes[a], hdu, bytes, keyword, -1) ||
            hdu->axes[a] < 0) {
            return refuse(w, keyword, "must be an integer of at least 0");
        }
    }
    return SQN_OK;
}

/* Names, rows, and the image within, once the structure is known. */
static sqn_status describe(sqn__fits_hdu *hdu, const unsigned char *bytes, const walk *w)
{
    (void)sqn__fits_preflight_text(hdu->name, sizeof hdu->name, hdu, bytes, "EXTNAME");
    if (!sqn__fits_preflight_integer(&hdu->extver, hdu, bytes, "EXTVER", 1)) {
        hdu->extver = 1;
    }
    if (hdu->kind == SQN__FITS_TABLE || hdu->kind == SQN__FITS_TILED) {
        if (hdu->naxis != 2 || hdu->bitpix != 8) {
            return refuse(w, "NAXIS", "a binary table has BITPIX = 8 and NAXIS = 2");
        }
        hdu->row_bytes = hdu->axes[0];
        hdu->n_row = hdu->axes[1];
    }
    return hdu->kind == SQN__FITS_TILED ? find_tiled(hdu, bytes, w) : SQN_OK;
}

/* Everything after END is found. */
static sqn_status read_structure(sqn__fits_hdu *hdu, const unsigned char *bytes,
                                 size_t size, const walk *w)
{
    sqn_status status = SQN_OK;
    int64_t n_element = 0, gcount = 1;

    SQN_TRY(require_bitpix(hdu, w));
    SQN_TRY(require_axes(hdu, &n_element, w));
    SQN_TRY(find_kind(hdu, bytes, w));
    SQN_TRY(refuse_repeated(hdu, w));
    SQN_TRY(find_counts(&gcount, hdu, bytes, w));
    if (hdu->kind != SQN__FITS_GROUPS && hdu->naxis > 0 && hdu->axes[0] == 0) {
        n_element = 0;
    }
    SQN_TRY(measure(hdu, n_element, gcount, size, w));
    SQN_TRY(describe(hdu, bytes, w));

cleanup:
    return status;
}

sqn_status sqn__fits_preflight_hdu(sqn__fits_hdu *out, const unsigned char *bytes,
                                   size_t size, size_t offset, int number, sqn_error *err)
{
    sqn__fits_hdu hdu = {.number = number, .header = offset};
    walk w = {(const char *)bytes + offset, 0, err};

    if (size - offset < SQN__CARD ||
        !sqn__header_card_is(w.cards, number == 0 ? "SIMPLE" : "XTENSION")) {
        return SQN_RAISE(err, E_FITS_NOTFITS, "no %s card at byte %zu",
                         number == 0 ? "SIMPLE" : "XTENSION", offset);
    }

    sqn_status status = find_end(&hdu, &w, size - offset);

    if (status == SQN_OK) {
        const size_t n_byte = (size_t)(hdu.n_card + 1) * SQN__CARD;

        hdu.data = offset + (n_byte + SQN__BLOCK - 1) / SQN__BLOCK * SQN__BLOCK;
        if (hdu.data > size) {
            hdu.data = size; /* END is there, the blanks after it are not: no data follow */
        }
        status = read_structure(&hdu, bytes, size, &w);
    }
    if (status == SQN_OK) {
        *out = hdu;
    }
    return status;
}
