/** @file fits_preflight.h @brief The check of a FITS header before anyone else reads it. */
#ifndef SQN_FITS_PREFLIGHT_H
#define SQN_FITS_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "header.h"
#include "sequin/error.h"

enum { SQN__FITS_AXES = 9, SQN__FITS_CARDS_MAX = 100000 /* of a header */ };

typedef enum sqn__fits_kind {
    SQN__FITS_IMAGE,
    SQN__FITS_TILED, /* a tile-compressed image in a binary table */
    SQN__FITS_TABLE, /* binary */
    SQN__FITS_ASCII,
    SQN__FITS_GROUPS,
    SQN__FITS_OTHER
} sqn__fits_kind;

/** Where an HDU lies and what its structure says; all sums checked against the file. */
typedef struct sqn__fits_hdu {
    int number; /* 0 = primary */
    sqn__fits_kind kind;
    size_t header;                /* offset of the first card */
    int64_t n_card;               /* END not counted */
    size_t data;                  /* offset */
    size_t n_byte;                /* of data, without padding */
    size_t end;                   /* offset of the next HDU */
    int bitpix;                   /* of the image, also when tiled */
    int naxis;                    /* likewise */
    int64_t axes[SQN__FITS_AXES]; /* likewise, NAXIS1 first; those beyond 9 are not kept */
    int64_t row_bytes, n_row;     /* of a table, NAXIS1 and NAXIS2 */
    int64_t pcount;
    char name[72]; /* EXTNAME, "" = none */
    int64_t extver;
    int64_t n_odd_card; /* cards with bytes outside 32..126 */
} sqn__fits_hdu;

/**
 * Walk one HDU. Allocates nothing; reads its header only, never outside bytes[0, size).
 *
 * @param[in] offset  Of its first card; a multiple of 2880.
 * @param[in] number  0 = primary: must begin with SIMPLE.
 *
 * @retval SQN_ERR_DATA  E_FITS_NOTFITS, E_FITS_HEADER (`where` is the keyword alone),
 *                       E_FITS_SIZE, E_FITS_TRUNC.
 */
SQN_NODISCARD sqn_status sqn__fits_preflight_hdu(sqn__fits_hdu *out,
                                                 const unsigned char *bytes, size_t size,
                                                 size_t offset, int number, sqn_error *err);

/** True for the END card. */
bool sqn__fits_preflight_ends(const char *card);

/** Text of a keyword in the raw cards of an HDU; as sqn_header_text() without CONTINUE. */
bool sqn__fits_preflight_text(char *out, size_t size, const sqn__fits_hdu *hdu,
                              const unsigned char *bytes, const char *keyword);

/** Integer of a keyword in the raw cards; `missing` where it is absent; false: no integer. */
bool sqn__fits_preflight_integer(int64_t *out, const sqn__fits_hdu *hdu,
                                 const unsigned char *bytes, const char *keyword,
                                 int64_t missing);

#endif
