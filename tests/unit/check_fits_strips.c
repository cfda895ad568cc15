/** @file check_fits_strips.c @brief Images made row by row are those that were in memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_fitsverify.h"
#include "sqn_product.h"
#include "sqn_wrap.h"

enum { N_ROW = 1003, N_COL = 1747, AT_ONCE = 601 }; /* two strips, the last short */
enum { SINK_BYTES = 1 << 24 };

/** A file in memory, and what is to go wrong with it. */
typedef struct store {
    unsigned char *bytes;
    int64_t size;
    int64_t flip;          /* this byte changes on its way, -1 = none */
    int64_t puts_to_spare; /* before one is refused */
} store;

static sqn_status put(void *context, int64_t offset, const void *bytes, size_t size,
                      sqn_error *error)
{
    store *s = context;
    const int64_t end = offset + (int64_t)size;

    if (s->puts_to_spare-- == 0) {
        error->status = SQN_ERR_IO;
        return SQN_ERR_IO;
    }
    ck_assert(offset >= 0 && end <= SINK_BYTES);
    memcpy(s->bytes + offset, bytes, size);
    if (s->flip >= offset && s->flip < end) {
        s->bytes[s->flip] ^= 4;
    }
    s->size = end > s->size ? end : s->size;
    return SQN_OK;
}

static sqn_status get(void *context, int64_t offset, void *bytes, size_t size,
                      sqn_error *error)
{
    const store *s = context;

    (void)error;
    ck_assert(offset + (int64_t)size <= s->size);
    memcpy(bytes, s->bytes + offset, size);
    return SQN_OK;
}

static store store_of(void)
{
    return (store){calloc(SINK_BYTES, 1), 0, -1, INT64_MAX};
}

/* Any value of an entry, now and then none. */
static float value_of(int64_t row, int64_t col)
{
    return (row + col) % 11 == 0 ? NAN : (float)(row - 500) * 0.37F + (float)col;
}

static sqn_status make_floats(void *context, void *values, int64_t first, int64_t n,
                              sqn_error *error)
{
    (void)error;
    for (int64_t e = 0; e < n * N_COL; e++) {
        ((float *)values)[e] = value_of(first + e / N_COL, e % N_COL);
    }
    *(int64_t *)context += n;
    return SQN_OK;
}

static sqn_status make_flags(void *context, void *values, int64_t first, int64_t n,
                             sqn_error *error)
{
    (void)error;
    for (int64_t e = 0; e < n * N_COL; e++) {
        ((uint8_t *)values)[e] = (uint8_t)((first + e / N_COL) * 3 + e % N_COL);
    }
    *(int64_t *)context += n;
    return SQN_OK;
}

static sqn_status refuse(void *context, void *values, int64_t first, int64_t n,
                         sqn_error *error)
{
    (void)context;
    (void)values;
    (void)first;
    (void)n;
    error->status = SQN_ERR_NUMERIC;
    return SQN_ERR_NUMERIC;
}

static sqn_fits_image image_of(bool flags, int exponent)
{
    return (sqn_fits_image){.extname = flags ? "FLAGS" : "SCI",
                            .type = flags ? SQN_FITS_UINT8 : SQN_FITS_FLOAT32,
                            .n_axis = 2,
                            .axes = {N_COL, N_ROW},
                            .exponent = exponent,
                            .unit = flags ? "" : "Jy"};
}

/* Something behind the images that are made. */
static void add_behind(sqn_fits_product *product)
{
    const double wave[3] = {1.5, 2.5, 3.5};
    const sqn_fits_image behind = {.extname = "WAVELENGTH",
                                   .type = SQN_FITS_FLOAT64,
                                   .n_axis = 1,
                                   .axes = {3},
                                   .data = wave};

    SQN_ASSERT_OK(sqn_fits_product_image(product, &behind, &err), err);
}

/* A product of both images and something behind them. */
static sqn_fits_product *product_made(int64_t n_made[2], int exponent)
{
    const sqn_fits_image images[2] = {image_of(false, exponent), image_of(true, 0)};
    const sqn_fits_maker makers[2] = {{make_floats, &n_made[0], AT_ONCE, NULL},
                                      {make_flags, &n_made[1], AT_ONCE, NULL}};
    sqn_fits_product *product = product_of(NULL, NULL);

    n_made[0] = n_made[1] = 0;
    for (int k = 0; k < 2; k++) {
        SQN_ASSERT_OK(sqn_fits_product_made_image(product, &images[k], &makers[k], &err),
                      err);
    }
    add_behind(product);
    return product;
}

/* The same product with all values in memory. */
static sqn_fits_product *product_held(int exponent)
{
    float *floats = malloc(sizeof *floats * N_ROW * N_COL);
    uint8_t *flags = malloc((size_t)N_ROW * N_COL);
    sqn_fits_product *product = product_of(NULL, NULL);
    int64_t n = 0;

    ck_assert(floats != NULL && flags != NULL);
    SQN_ASSERT_OK(make_floats(&n, floats, 0, N_ROW, &err), err);
    SQN_ASSERT_OK(make_flags(&n, flags, 0, N_ROW, &err), err);
    for (int k = 0; k < 2; k++) {
        sqn_fits_image image = image_of(k == 1, k == 0 ? exponent : 0);

        image.data = k == 0 ? (const void *)floats : flags;
        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    }
    add_behind(product);
    free(floats);
    free(flags);
    return product;
}

/* Write a product with images made or lent, and compare it with one that is in memory. */
static void assert_same_bytes(sqn_fits_product *made, sqn_fits_product *held)
{
    store s = store_of();
    const sqn_fits_sink sink = {put, get, &s};
    const void *bytes = NULL;
    size_t size = 0;

    SQN_ASSERT_OK(sqn_fits_product_write(made, &sink, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, held, &err), err);
    ck_assert_uint_eq((size_t)s.size, size);
    ck_assert_int_eq(memcmp(bytes, s.bytes, size), 0);
    free(s.bytes);
}

START_TEST(the_bytes_are_those_of_an_image_in_memory)
{
    const int exponent = _i == 0 ? 0 : _i == 1 ? 20 : -160; /* the last is float64 */
    sqn_fits_product *made = NULL, *held = product_held(exponent);
    int64_t n_made[2];

    made = product_made(n_made, exponent);
    ck_assert_int_eq(n_made[0],
                     exponent == 0 ? 0 : N_ROW); /* only their size is asked for */
    assert_same_bytes(made, held);
    ck_assert_int_eq(n_made[0], exponent == 0 ? N_ROW : 2 * N_ROW);
    ck_assert_int_eq(n_made[1], N_ROW);
    sqn_fits_product_destroy(&made);
    sqn_fits_product_destroy(&held);
}
END_TEST

/* Numbers of all kinds: NaN of both signs, infinite, subnormal, of any size. */
static const float odd_singles[] = {NAN,    -NAN,    INFINITY, -INFINITY, 0.0F,
                                    -0.0F,  1e-40F,  3e-6F,    -2.385F,   3.4e38F,
                                    1e-45F, 7.5e20F, -1e-38F,  1.0F};
enum { N_ODD = sizeof odd_singles / sizeof odd_singles[0], N_X = 7, N_Y = 43, N_PLANE = 5 };

/* Element `e` of an image of any type. */
static void set_element(void *data, sqn_fits_type type, int64_t e)
{
    switch (type) {
    case SQN_FITS_FLOAT32:
        ((float *)data)[e] = odd_singles[e % N_ODD];
        break;
    case SQN_FITS_FLOAT64:
        ((double *)data)[e] = (double)odd_singles[e % N_ODD] * 1.1;
        break;
    case SQN_FITS_INT32:
    case SQN_FITS_UINT32:
        ((uint32_t *)data)[e] = (uint32_t)e * 2654435761U;
        break;
    case SQN_FITS_UINT8:
        ((uint8_t *)data)[e] = (uint8_t)(e * 3);
        break;
    }
}

START_TEST(a_lent_image_has_the_bytes_of_one_that_was_copied)
{
    static const int exponents[] = {0, 20, -149, 130, -330};
    const sqn_fits_type type = (sqn_fits_type)(_i / 5);
    const bool floating = type == SQN_FITS_FLOAT32 || type == SQN_FITS_FLOAT64;
    double data[N_X * N_Y * N_PLANE];
    const sqn_fits_image image = {.extname = "SCI",
                                  .type = type,
                                  .n_axis = 3,
                                  .axes = {N_X, N_Y, N_PLANE},
                                  .data = data,
                                  .exponent = floating ? exponents[_i % 5] : 0};
    sqn_fits_product *lent = product_of(NULL, NULL), *held = product_of(NULL, NULL);

    for (int64_t e = 0; e < (int64_t)N_X * N_Y * N_PLANE; e++) {
        set_element(data, type, e);
    }
    SQN_ASSERT_OK(sqn_fits_product_lent_image(lent, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_image(held, &image, &err), err);
    add_behind(lent);
    add_behind(held);
    assert_same_bytes(lent, held);
    sqn_fits_product_destroy(&lent);
    sqn_fits_product_destroy(&held);
}
END_TEST

static void count_end(void *context)
{
    (*(int64_t *)context)++;
}

START_TEST(a_maker_is_told_when_its_product_is_gone)
{
    int64_t n_end = 0;
    const sqn_fits_maker maker = {make_flags, &n_end, 1, count_end};
    const sqn_fits_image image = image_of(true, 0);
    sqn_fits_product *product = product_of(NULL, NULL);

    SQN_ASSERT_OK(sqn_fits_product_made_image(product, &image, &maker, &err), err);
    ck_assert_int_eq(n_end, 0);
    sqn_fits_product_destroy(&product);
    ck_assert_int_eq(n_end, 1);
}
END_TEST

START_TEST(a_byte_that_changes_on_the_way_is_found)
{
    static const int64_t places[] = {100, 2880 * 3 + 5, 2880 * 1000 + 17};
    store s = store_of();
    const sqn_fits_sink sink = {put, get, &s};
    int64_t n_made[2];
    sqn_fits_product *product = product_made(n_made, 0);

    s.flip = places[_i];
    SQN_ASSERT_FAILS(sqn_fits_product_write(product, &sink, &err), err, SQN_E_OUT_VERIFY);
    sqn_fits_product_destroy(&product);
    free(s.bytes);
}
END_TEST

START_TEST(what_sink_and_maker_refuse_is_passed_on)
{
    const sqn_fits_maker maker = {refuse, NULL, 1, NULL};
    const sqn_fits_image image = image_of(false, 0);
    int64_t n_made[2];

    for (int64_t n = 0; n < 4; n++) {
        store s = store_of();
        const sqn_fits_sink sink = {put, get, &s};
        sqn_fits_product *product = product_made(n_made, 0);

        s.puts_to_spare = n;
        ck_assert_int_eq(sqn_fits_product_write(product, &sink, &err), SQN_ERR_IO);
        sqn_fits_product_destroy(&product);
        free(s.bytes);
    }
    store s = store_of();
    const sqn_fits_sink sink = {put, get, &s};
    sqn_fits_product *product = product_of(NULL, NULL);

    SQN_ASSERT_OK(sqn_fits_product_made_image(product, &image, &maker, &err), err);
    ck_assert_int_eq(sqn_fits_product_write(product, &sink, &err), SQN_ERR_NUMERIC);
    sqn_fits_product_destroy(&product);
    free(s.bytes);
}
END_TEST

START_TEST(what_cannot_be_made_row_by_row_is_refused)
{
    const float values[2] = {1.0F, 2.0F};
    int64_t n_made[2];
    const sqn_fits_maker maker = {make_floats, &n_made[0], AT_ONCE, NULL};
    sqn_fits_image images[4] = {image_of(false, 0), image_of(false, 0), image_of(false, 0),
                                image_of(false, 0)};
    sqn_fits_product *product = product_made(n_made, 0);
    const void *bytes = NULL;
    size_t size = 0;

    SQN_ASSERT_FAILS(sqn_fits_product_lent_image(product, &images[0], &err), err,
                     SQN_E_ARG); /* no data */
    images[0].n_axis = 1;
    images[1].data = values;
    images[2].type = SQN_FITS_FLOAT64;
    images[3].compress = true;
    for (int k = 0; k < 4; k++) {
        SQN_ASSERT_FAILS(sqn_fits_product_made_image(product, &images[k], &maker, &err),
                         err, SQN_E_ARG);
    }
    images[0].data = images[3].data = values;
    SQN_ASSERT_FAILS(sqn_fits_product_lent_image(product, &images[0], &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_lent_image(product, &images[3], &err), err,
                     SQN_E_ARG);
    images[1].extname = ""; /* no other than an image that is copied */
    SQN_ASSERT_FAILS(sqn_fits_product_image(product, &images[1], &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_lent_image(product, &images[1], &err), err,
                     SQN_E_ARG);
    images[1].data = NULL;
    SQN_ASSERT_FAILS(sqn_fits_product_made_image(product, &images[1], &maker, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_finish(&bytes, &size, product, &err), err, SQN_E_ARG);
    sqn_fits_product_destroy(&product);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    store s = store_of();
    const sqn_fits_sink sink = {put, get, &s};
    int64_t n = 0, n_made[2];

    for (;; n++) {
        sqn_fits_product *product = product_made(n_made, 0);

        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_fits_product_write(product, &sink, &err);

        sqn_allocations_before_failure = INT64_MAX;
        sqn_fits_product_destroy(&product);
        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
    }
    ck_assert_int_eq(n, 5); /* the HDUs, and two for each image */
    free(s.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_strips");
    TCase *tcase = tcase_create("strips");

    tcase_set_timeout(tcase, 30.0);
    tcase_add_loop_test(tcase, the_bytes_are_those_of_an_image_in_memory, 0, 3);
    tcase_add_loop_test(tcase, a_lent_image_has_the_bytes_of_one_that_was_copied, 0, 25);
    tcase_add_test(tcase, a_maker_is_told_when_its_product_is_gone);
    tcase_add_loop_test(tcase, a_byte_that_changes_on_the_way_is_found, 0, 3);
    tcase_add_test(tcase, what_sink_and_maker_refuse_is_passed_on);
    tcase_add_test(tcase, what_cannot_be_made_row_by_row_is_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
