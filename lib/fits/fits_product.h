/** @file fits_product.h @brief What a product is inside. */
#ifndef SQN_FITS_PRODUCT_H
#define SQN_FITS_PRODUCT_H

#include <fitsio.h>

#include "fits_seal.h"
#include "sequin/fits.h"

/** An image whose rows are made, or taken from where they lie, while the product is written. */
typedef struct sqn__fits_strips {
    int hdu;                     /* from 0 */
    int64_t n_row, n_col;        /* of all planes */
    int64_t n_line;              /* rows of one plane: NAXIS2 */
    sqn_fits_type type, written; /* as made; as in the file */
    double factor[2];            /* their product is 2^exponent */
    const void *data;            /* borrowed; NULL: they are made */
    sqn_fits_maker maker;
} sqn__fits_strips;

enum { SQN__FITS_STRIPS_MAX = 8 };

struct sqn_fits_product {
    fitsfile *file;  /* NULL once finished. Owned. */
    void *bytes;     /* CFITSIO's memory, grown with realloc(). Owned. */
    size_t capacity; /* of `bytes` */
    size_t size;     /* of the finished file */
    sqn_log log;     /* where remarks go; its context is borrowed */
    int n_strips;
    sqn__fits_strips
        strips[SQN__FITS_STRIPS_MAX]; /* of images made row by row or lent, in order */
};

/** Where all HDUs lie, `*span` [*n_hdu] owned by the caller; the file is closed, its bytes stay. */
SQN_NODISCARD sqn_status sqn__fits_product_locate(sqn__fits_seal_span **span, int *n_hdu,
                                                  sqn_fits_product *product,
                                                  sqn_error *err);

/** Raise a CFITSIO status: E_MEM or E_IO. */
sqn_status sqn__fits_product_fail(sqn_error *err, int code, const char *what);

/** Write a card as it is. */
SQN_NODISCARD sqn_status sqn__fits_product_card(sqn_fits_product *product, const char *card,
                                                sqn_error *err);

/**
 * Write the cards of a header that belong into an HDU of `n_axis` axes (0: the primary HDU),
 * and the defaults that complete them.
 */
SQN_NODISCARD sqn_status sqn__fits_product_header_write(sqn_fits_product *product,
                                                        const sqn_header *header,
                                                        int n_axis, const char *where,
                                                        sqn_error *err);

/** Write the two cards that sqn_fits_product_finish() fills; the last of a header. */
SQN_NODISCARD sqn_status sqn__fits_product_seal(sqn_fits_product *product, sqn_error *err);

/**
 * Re-open a file in memory and compare: size, number of HDUs, checksums of each.
 *
 * @retval SQN_ERR_IO  E_OUT_VERIFY.
 */
SQN_NODISCARD sqn_status sqn__fits_verify_file(void *bytes, size_t size, int n_hdu,
                                               sqn_error *err);

#endif
