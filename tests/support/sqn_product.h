/** @file sqn_product.h @brief Products finished into a file and opened again. */
#ifndef SQN_PRODUCT_H
#define SQN_PRODUCT_H

#include <fitsio.h>
#include <stdio.h>

#include "header.h"
#include "sequin/fits.h"
#include "sqn_check.h"

static sqn_error err;

/* Append a card as it is. */
static inline void add(sqn_header *header, const char *card)
{
    char text[81];

    (void)snprintf(text, sizeof text, "%-80.80s", card);
    SQN_ASSERT_OK(sqn__header_append(header, text, &err), err);
}

/* Finish into `path` and open it with CFITSIO. */
static inline fitsfile *finish(sqn_fits_product **product, const char *path)
{
    const void *bytes = NULL;
    size_t size = 0;
    fitsfile *file = NULL;
    int code = 0;

    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, *product, &err), err);
    ck_assert_uint_eq(size % 2880, 0);

    FILE *stream = fopen(path, "wb");

    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    ck_assert_int_eq(fclose(stream), 0);
    sqn_fits_product_destroy(product);
    ck_assert_ptr_null(*product);
    ck_assert_int_eq(fits_open_diskfile(&file, path, READONLY, &code), 0);
    return file;
}

static inline void close_file(fitsfile *file)
{
    int code = 0;

    ck_assert_int_eq(fits_close_file(file, &code), 0);
}

static inline sqn_fits_product *product_of(const sqn_header *primary, const sqn_log *log)
{
    sqn_fits_product *product = NULL;

    SQN_ASSERT_OK(sqn_fits_product_create(&product, primary, log, &err), err);
    return product;
}

#endif
