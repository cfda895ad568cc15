/** @file fits_product_image.c @brief An image HDU of a product. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_product.h"
#include "fits_strips.h"
#include "mem.h"
#include "raise.h"

enum { CHUNK = 1 << 16 /* values converted at a time, of an image without tiles */ };

/* One image on its way into the file. */
typedef struct transfer {
    const sqn_fits_image *image;
    bool later;            /* its rows are put when the product is written */
    int64_t n;             /* values in all */
    int64_t n_chunk;       /* values converted at a time */
    double factor[2];      /* their product is 2^exponent */
    sqn_fits_type written; /* FLOAT64 where FLOAT32 cannot hold the values */
    void *chunk;           /* [n_chunk] of the type written */
} transfer;

/* BITPIX codes of CFITSIO, its types in memory, and their sizes. */
static const struct {
    int bitpix, datatype;
    size_t size;
} types[] = {
    [SQN_FITS_FLOAT32] = {FLOAT_IMG, TFLOAT, sizeof(float)},
    [SQN_FITS_FLOAT64] = {DOUBLE_IMG, TDOUBLE, sizeof(double)},
    [SQN_FITS_INT32] = {LONG_IMG, TINT, sizeof(int32_t)},
    [SQN_FITS_UINT32] = {ULONG_IMG, TUINT, sizeof(uint32_t)},
    [SQN_FITS_UINT8] = {BYTE_IMG, TBYTE, sizeof(uint8_t)},
};

static bool is_floating(sqn_fits_type type)
{
    return type == SQN_FITS_FLOAT32 || type == SQN_FITS_FLOAT64;
}

/* Value `i` as it is to be written. */
static double scaled(const transfer *t, int64_t i)
{
    const double value = t->image->type == SQN_FITS_FLOAT32
                             ? (double)((const float *)t->image->data)[i]
                             : ((const double *)t->image->data)[i];

    return isnan(value) ? (double)NAN : value * t->factor[0] * t->factor[1];
}

/* Products hold true values: what float32 cannot hold is written as float64. */
static sqn_fits_type choose_type(const transfer *t)
{
    if (t->image->type != SQN_FITS_FLOAT32 || t->image->exponent == 0) {
        return t->image->type;
    }
    const double largest = sqn__fits_product_largest(t->image->data, t->n);

    return sqn__fits_product_holds(largest * t->factor[0] * t->factor[1])
               ? SQN_FITS_FLOAT32
               : SQN_FITS_FLOAT64;
}

/* Floats in their own unit: all NaN are one. */
static void copy_singles(float *restrict out, const float *restrict in, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = isnan(in[i]) ? NAN : in[i];
    }
}

/* Values first .. first + n - 1 as they are written. */
static void *convert(const transfer *t, int64_t first, int64_t n)
{
    float *single = t->chunk;
    double *twice = t->chunk;

    if (t->image->type == SQN_FITS_FLOAT32 && t->image->exponent == 0) {
        copy_singles(single, (const float *)t->image->data + first, n);
        return t->chunk;
    }
    for (int64_t i = 0; i < n; i++) {
        if (t->written == SQN_FITS_FLOAT32) {
            single[i] = (float)scaled(t, first + i);
        } else {
            twice[i] = scaled(t, first + i);
        }
    }
    return t->chunk;
}

static sqn_status write_floating(sqn_fits_product *product, transfer *t, sqn_error *err)
{
    int code = 0;

    t->chunk = sqn__mem_alloc(t->n_chunk, types[t->written].size);
    if (t->chunk == NULL) {
        return SQN_RAISE(err, E_MEM, "values of %s", t->image->extname);
    }
    for (int64_t i = 0; i < t->n && code == 0; i += t->n_chunk) {
        const int64_t n = t->n - i < t->n_chunk ? t->n - i : t->n_chunk;

        fits_write_img(product->file, types[t->written].datatype, i + 1, n,
                       convert(t, i, n), &code);
    }
    sqn__mem_free(t->chunk);
    return code == 0 ? SQN_OK : sqn__fits_product_fail(err, code, t->image->extname);
}

static sqn_status write_integers(sqn_fits_product *product, const transfer *t,
                                 sqn_error *err)
{
    const int datatype = types[t->written].datatype;
    const size_t size = types[t->written].size;
    int code = 0;

    for (int64_t i = 0; i < t->n && code == 0; i += t->n_chunk) {
        const int64_t n = t->n - i < t->n_chunk ? t->n - i : t->n_chunk;
        union {
            const void *data;
            void *argument; /* CFITSIO's prototype lacks a const */
        } at = {(const char *)t->image->data + (size_t)i * size};

        fits_write_img(product->file, datatype, i + 1, n, at.argument, &code);
    }
    return code == 0 ? SQN_OK : sqn__fits_product_fail(err, code, t->image->extname);
}

/* The HDU, and how its values lie in it: CFITSIO keeps the wish for tiles until told otherwise. */
static int create(sqn_fits_product *product, const transfer *t)
{
    const sqn_fits_image *image = t->image;
    LONGLONG axes[4] = {0};
    long tile[4] = {0};
    int code = 0;

    for (int i = 0; i < image->n_axis; i++) {
        axes[i] = i == 1 && t->later ? 0 : image->axes[i];
        tile[i] = i < 2 ? (long)image->axes[i] : 1;
    }
    if (image->compress) {
        fits_set_compression_type(product->file, GZIP_2, &code);
        fits_set_tile_dim(product->file, image->n_axis, tile, &code);
        fits_set_quantize_level(product->file, 0.0F, &code); /* 0: floats keep all bits */
    }
    fits_create_imgll(product->file, types[t->written].bitpix, image->n_axis, axes, &code);
    fits_set_compression_type(product->file, 0, &code);
    return code;
}

/* The mandatory cards, EXTNAME, BUNIT, the caller's cards, the places of the checksums. */
static sqn_status write_header(sqn_fits_product *product, const transfer *t, sqn_error *err)
{
    const sqn_fits_image *image = t->image;
    sqn_status status = SQN_OK;
    int code = create(product, t);

    fits_update_key_str(product->file, "EXTNAME", image->extname, "name of this HDU",
                        &code); /* CFITSIO names a table of tiles itself */
    if (image->unit != NULL && image->unit[0] != '\0') {
        fits_write_key_str(product->file, "BUNIT", image->unit, "unit of the values",
                           &code);
    }
    if (code != 0) {
        return sqn__fits_product_fail(err, code, image->extname);
    }
    SQN_TRY(sqn__fits_product_header_write(product, image->header, image->n_axis,
                                           image->extname, err));
    SQN_TRY(sqn__fits_product_seal(product, err));

cleanup:
    return status;
}

/* Number of values, or -1 if the axes make no image. CFITSIO tiles no more than three. */
static int64_t count_values(const sqn_fits_image *image)
{
    int64_t n = image->n_axis < 1 || image->n_axis > (image->compress ? 3 : 4) ? -1 : 1;

    for (int i = 0; n > 0 && i < image->n_axis; i++) {
        n = image->axes[i] < 1 ? -1 : sqn__mem_product(n, image->axes[i]);
    }
    return sqn__mem_product(n, 8) > 0 ? n : -1;
}

/* Values of one plane: of one tile. */
static int64_t plane_values(const sqn_fits_image *image)
{
    return image->axes[0] * (image->n_axis > 1 ? image->axes[1] : 1);
}

/* 2^exponent as two factors, neither of which leaves the range of double. */
static void split_power(double factor[2], int exponent)
{
    factor[0] = ldexp(1.0, exponent / 2);
    factor[1] = ldexp(1.0, exponent - exponent / 2);
}

sqn_status sqn_fits_product_image(sqn_fits_product *product, const sqn_fits_image *image,
                                  sqn_error *err)
{
    transfer t = {.image = image};
    sqn_status status = SQN_OK;

    if (product == NULL || product->file == NULL || image->data == NULL ||
        image->extname == NULL || image->extname[0] == '\0') {
        return SQN_RAISE(err, E_ARG, "an image needs an open product, a name and data");
    }
    t.n = count_values(image);
    if (t.n < 0) {
        return SQN_RAISE(err, E_ARG, "%d axes of %s make no image%s", image->n_axis,
                         image->extname, image->compress ? " of tiles" : "");
    }
    /* a tile that is written in parts would be compressed, and stored, several times */
    t.n_chunk = image->compress ? plane_values(image) : CHUNK;
    split_power(t.factor, image->exponent);
    t.written = choose_type(&t);
    SQN_TRY(write_header(product, &t, err));
    if (is_floating(t.written)) {
        SQN_TRY(write_floating(product, &t, err));
    } else {
        SQN_TRY(write_integers(product, &t, err));
    }

cleanup:
    return status;
}

/* May the rows of an image be put one after the other? */
static bool is_of_rows(const sqn_fits_product *product, const sqn_fits_image *image)
{
    return product != NULL && product->file != NULL && image->extname != NULL &&
           image->extname[0] != '\0' && image->n_axis >= 2 && !image->compress &&
           count_values(image) > 0 && product->n_strips < SQN__FITS_STRIPS_MAX;
}

/* The header of an image whose rows are put when the product is written. */
static sqn_status add_strips(sqn_fits_product *product, const sqn_fits_image *image,
                             sqn__fits_strips *s, sqn_error *err)
{
    transfer t = {.image = image, .later = true};
    sqn_status status = SQN_OK;
    int n_hdu = 0, code = 0;

    s->n_col = image->axes[0];
    s->n_line = image->axes[1];
    s->n_row = count_values(image) / s->n_col;
    s->type = image->type;
    split_power(s->factor, image->exponent);
    SQN_TRY(sqn__fits_strips_choose(s, image->exponent, err));
    t.written = s->written;
    SQN_TRY(write_header(product, &t, err)); /* of no rows: none take memory */
    fits_set_hdustruc(product->file, &code);
    if (fits_get_num_hdus(product->file, &n_hdu, &code) != 0) {
        return sqn__fits_product_fail(err, code, image->extname);
    }
    s->hdu = n_hdu - 1;
    product->strips[product->n_strips++] = *s;

cleanup:
    return status;
}

sqn_status sqn_fits_product_made_image(sqn_fits_product *product,
                                       const sqn_fits_image *image,
                                       const sqn_fits_maker *maker, sqn_error *err)
{
    sqn__fits_strips s = {.maker = *maker};

    if (!is_of_rows(product, image) || image->data != NULL || maker->n_row < 1 ||
        (image->type != SQN_FITS_FLOAT32 && image->type != SQN_FITS_UINT8)) {
        return SQN_RAISE(err, E_ARG, "this is no image that can be made row by row");
    }
    return add_strips(product, image, &s, err);
}

sqn_status sqn_fits_product_lent_image(sqn_fits_product *product,
                                       const sqn_fits_image *image, sqn_error *err)
{
    sqn__fits_strips s = {.data = image->data};

    if (!is_of_rows(product, image) || image->data == NULL) {
        return SQN_RAISE(err, E_ARG, "this is no image that can be lent");
    }
    return add_strips(product, image, &s, err);
}
