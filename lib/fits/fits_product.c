/** @file fits_product.c @brief A FITS file built in memory. */
#include "fits_product.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fits_choice.h"
#include "mem.h"
#include "raise.h"

enum {
    GROWTH = 1 << 22, /* bytes that CFITSIO asks for at a time */
    FIRST = 64 << 20, /* bytes of room to begin with; untouched memory costs nothing */
    CARD = 80
};

/* Before the bytes of a file in memory: how many it has room for. */
typedef union room_ahead {
    size_t n;
    max_align_t alignment;
} room_ahead;

/* Memory of CFITSIO, as it was and 0 behind: CFITSIO looks at the descriptor of a compressed tile
   before it has written it, and follows whatever stands there. Twice the room each time, so that
   little is copied; the system gives zeroes when they are touched. */
static void *grow(void *bytes, size_t n)
{
    room_ahead *old = bytes != NULL ? (room_ahead *)bytes - 1 : NULL;
    const size_t n_old = old != NULL ? old->n : 0;
    const size_t n_ahead = n_old > 0 ? 2 * n_old : FIRST;
    const size_t n_new = n > n_ahead ? n : n_ahead;
    room_ahead *block = NULL;

    if (n <= n_old) {
        return bytes;
    }
    block = calloc(1, sizeof *block + n_new);
    if (block == NULL) {
        return NULL;
    }
    block->n = n_new;
    if (old != NULL) {
        memcpy(block + 1, bytes, n_old);
    }
    free(old);
    return block + 1;
}

static void give_back(void *bytes)
{
    if (bytes != NULL) {
        free((room_ahead *)bytes - 1);
    }
}

sqn_status sqn__fits_product_fail(sqn_error *err, int code, const char *what)
{
    char text[FLEN_STATUS];

    fits_clear_errmsg();
    if (code == MEMORY_ALLOCATION) {
        return SQN_RAISE(err, E_MEM, "a product in memory (%s)", what);
    }
    fits_get_errstatus(code, text);
    return SQN_RAISE(err, E_IO, "CFITSIO: %s (%s)", text, what);
}

sqn_status sqn__fits_product_card(sqn_fits_product *product, const char *card,
                                  sqn_error *err)
{
    int code = 0;

    return fits_write_record(product->file, card, &code) == 0
               ? SQN_OK
               : sqn__fits_product_fail(err, code, card);
}

sqn_status sqn__fits_product_seal(sqn_fits_product *product, sqn_error *err)
{
    const sqn_status status = sqn__fits_product_card(product, sqn__fits_seal_cards[0], err);

    return status != SQN_OK ? status
                            : sqn__fits_product_card(product, sqn__fits_seal_cards[1], err);
}

/* A file with nothing but the cards of an empty primary array. */
static sqn_status start(sqn_fits_product *product, sqn_error *err)
{
    int code = 0;

    fits_create_memfile(&product->file, &product->bytes, &product->capacity, GROWTH, grow,
                        &code);
    fits_create_imgll(product->file, BYTE_IMG, 0, NULL, &code);
    fits_delete_key(product->file, "COMMENT", &code); /* what FITS is, in two cards */
    fits_delete_key(product->file, "COMMENT", &code);
    return code == 0 ? SQN_OK : sqn__fits_product_fail(err, code, "primary header");
}

sqn_status sqn_fits_product_create(sqn_fits_product **out, const sqn_header *primary,
                                   const sqn_log *log, sqn_error *err)
{
    sqn_fits_product *product = sqn__mem_alloc(1, sizeof *product);
    sqn_status status = SQN_OK;

    *out = NULL;
    if (product == NULL) {
        return SQN_RAISE(err, E_MEM, "a product");
    }
    product->log = log != NULL ? *log : (sqn_log){0};
    SQN_TRY(start(product, err));
    SQN_TRY(sqn__fits_product_header_write(product, primary, 0, "primary header", err));
    SQN_TRY(sqn__fits_product_seal(product, err));
    *out = product;
    product = NULL;

cleanup:
    sqn_fits_product_destroy(&product);
    return status;
}

/* Where all HDUs lie; `span` [n_hdu]. */
static sqn_status locate(sqn__fits_seal_span *span, sqn_fits_product *product, int n_hdu,
                         sqn_error *err)
{
    int code = 0;

    for (int i = 0; i < n_hdu; i++) {
        LONGLONG header = 0, data = 0, end = 0;

        fits_movabs_hdu(product->file, i + 1, NULL, &code);
        fits_get_hduaddrll(product->file, &header, &data, &end, &code);
        span[i] = (sqn__fits_seal_span){header, data, end};
    }
    return code == 0 ? SQN_OK : sqn__fits_product_fail(err, code, "finishing");
}

/* Close the file; its bytes stay. */
static sqn_status close_file(sqn_fits_product *product, sqn_error *err)
{
    int code = 0;

    fits_close_file(product->file, &code);
    product->file = NULL;
    return code == 0 ? SQN_OK : sqn__fits_product_fail(err, code, "closing");
}

sqn_status sqn__fits_product_locate(sqn__fits_seal_span **span, int *n_hdu,
                                    sqn_fits_product *product, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int code = 0;

    *span = NULL;
    if (product == NULL || product->file == NULL) {
        return SQN_RAISE(err, E_ARG, "the product is not open");
    }
    fits_set_hdustruc(product->file, &code); /* else a header alone counts as no HDU */
    if (fits_get_num_hdus(product->file, n_hdu, &code) != 0) {
        return sqn__fits_product_fail(err, code, "counting HDUs");
    }
    *span = sqn__mem_alloc(*n_hdu, sizeof **span);
    if (*span == NULL) {
        return SQN_RAISE(err, E_MEM, "%d HDUs", *n_hdu);
    }
    SQN_TRY(locate(*span, product, *n_hdu, err));
    SQN_TRY(close_file(product, err));
    product->size = (size_t)(*span)[*n_hdu - 1].end;
    if (product->size > product->capacity) {
        status = SQN_RAISE(err, E_OUT_VERIFY, "%zu bytes of %zu are there",
                           product->capacity, product->size);
    }

cleanup:
    return status;
}

sqn_status sqn_fits_product_finish(const void **bytes, size_t *size,
                                   sqn_fits_product *product, sqn_error *err)
{
    sqn__fits_seal_span *span = NULL;
    int n_hdu = 0;
    sqn_status status = SQN_OK;

    *bytes = NULL;
    *size = 0;
    if (product == NULL || product->n_strips > 0) {
        return SQN_RAISE(err, E_ARG,
                         product == NULL ? "there is no product"
                                         : "a product with images made or lent is written");
    }
    SQN_TRY(sqn__fits_product_locate(&span, &n_hdu, product, err));
    for (int i = 0; i < n_hdu; i++) {
        SQN_TRY(sqn__fits_seal_put(product->bytes, &span[i], err));
    }
    SQN_TRY(sqn__fits_verify_file(product->bytes, product->size, n_hdu, err));
    *bytes = product->bytes;
    *size = product->size;

cleanup:
    sqn__mem_free(span);
    return status;
}

void sqn_fits_product_destroy(sqn_fits_product **product)
{
    int code = 0;

    if (product != NULL && *product != NULL) {
        if ((*product)->file != NULL) {
            fits_close_file((*product)->file, &code);
            fits_clear_errmsg();
        }
        for (int k = 0; k < (*product)->n_strips; k++) {
            const sqn_fits_maker *maker = &(*product)->strips[k].maker;

            if (maker->end != NULL) {
                maker->end(maker->context);
            }
        }
        give_back((*product)->bytes);
        sqn__mem_free(*product);
        *product = NULL;
    }
}
