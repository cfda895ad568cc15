/** @file fits_product_write.c @brief A product finished into a sink, part by part. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_checksum.h"
#include "fits_strips.h"
#include "mem.h"
#include "raise.h"

enum { CARD = 80, VALUE_END = 30, VALUE_WIDTH = 20, PIECE = 1 << 16 };

/** A product on its way into a sink. */
typedef struct writing {
    const sqn_fits_sink *sink;
    sqn_fits_product *product;
    int64_t offset; /* of the next HDU */
} writing;

static const sqn__fits_strips *strips_of(const sqn_fits_product *product, int hdu)
{
    for (int k = 0; k < product->n_strips; k++) {
        if (product->strips[k].hdu == hdu) {
            return &product->strips[k];
        }
    }
    return NULL;
}

/* The number of rows, which the header was made without. */
static sqn_status set_rows(unsigned char *header, int64_t size, int64_t n_row,
                           sqn_error *err)
{
    char number[VALUE_WIDTH + 1];

    (void)snprintf(number, sizeof number, "%*" PRId64, VALUE_WIDTH, n_row);
    for (int64_t at = 0; at + CARD <= size; at += CARD) {
        if (memcmp(header + at, "NAXIS2  =", 9) == 0) {
            memcpy(header + at + VALUE_END - VALUE_WIDTH, number, VALUE_WIDTH);
            return SQN_OK;
        }
    }
    return SQN_RAISE(err, E_OUT_VERIFY, "a header has no NAXIS2");
}

/* An image made now: data first, because the header holds their sum. */
static sqn_status put_made(writing *w, const sqn__fits_strips *strips,
                           const sqn__fits_seal_span *span, int64_t *size, sqn_error *err)
{
    unsigned char *bytes = w->product->bytes;
    const int64_t n_header = span->data - span->header;
    sqn_status status = SQN_OK;
    int64_t n_data = 0;
    uint32_t sum = 0;

    SQN_TRY(
        sqn__fits_strips_put(&sum, &n_data, strips, w->sink, w->offset + n_header, err));
    SQN_TRY(set_rows(bytes + span->header, n_header, strips->n_line, err));
    SQN_TRY(sqn__fits_seal_put_sum(bytes, span, sum, err));
    SQN_TRY(w->sink->put(w->sink->context, w->offset, bytes + span->header,
                         (size_t)n_header, err));
    *size = n_header + n_data;

cleanup:
    return status;
}

static sqn_status put_held(writing *w, const sqn__fits_seal_span *span, int64_t *size,
                           sqn_error *err)
{
    unsigned char *bytes = w->product->bytes;
    const sqn_status status = sqn__fits_seal_put(bytes, span, err);

    *size = span->end - span->header;
    return status == SQN_OK ? w->sink->put(w->sink->context, w->offset,
                                           bytes + span->header, (size_t)*size, err)
                            : status;
}

/* The words of an HDU, read back, sum up to -0: FITS standard, appendix J. */
static sqn_status verify(const writing *w, int hdu, int64_t size, sqn_error *err)
{
    sqn_status status = SQN_OK;
    unsigned char piece[PIECE];
    uint32_t sum = 0;

    for (int64_t at = 0; at < size; at += PIECE) {
        const int64_t n = size - at < PIECE ? size - at : PIECE;

        SQN_TRY(w->sink->get(w->sink->context, w->offset + at, piece, (size_t)n, err));
        sum = sqn__fits_checksum_add(sum, sqn__fits_checksum_bytes(piece, (size_t)n));
    }
    if (sum != UINT32_MAX) {
        status = SQN_RAISE(err, E_OUT_VERIFY, "HDU %d does not read back as written", hdu);
    }

cleanup:
    return status;
}

static sqn_status put_hdu(writing *w, int hdu, const sqn__fits_seal_span *span,
                          sqn_error *err)
{
    const sqn__fits_strips *strips = strips_of(w->product, hdu);
    int64_t size = 0;
    sqn_status status = strips != NULL ? put_made(w, strips, span, &size, err)
                                       : put_held(w, span, &size, err);

    if (status == SQN_OK) {
        status = verify(w, hdu, size, err);
    }
    w->offset += size;
    return status;
}

sqn_status sqn_fits_product_write(sqn_fits_product *product, const sqn_fits_sink *sink,
                                  sqn_error *err)
{
    writing w = {.sink = sink, .product = product};
    sqn__fits_seal_span *span = NULL;
    sqn_status status = SQN_OK;
    int n_hdu = 0;

    SQN_TRY(sqn__fits_product_locate(&span, &n_hdu, product, err));
    for (int i = 0; i < n_hdu; i++) {
        SQN_TRY(put_hdu(&w, i, &span[i], err));
    }

cleanup:
    sqn__mem_free(span);
    return status;
}
