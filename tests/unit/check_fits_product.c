/** @file check_fits_product.c @brief Products: what is written is read back, and verifies. */
#include "sequin/fits.h"

#include <fitsio.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "fits_product.h"
#include "sqn_check.h"
#include "sqn_fitsverify.h"
#include "sqn_product.h"
#include "sqn_wrap.h"

/* True when the current HDU has the keyword. */
static int has(fitsfile *file, const char *keyword)
{
    char card[FLEN_CARD];
    int code = 0;

    return fits_read_card(file, keyword, card, &code) == 0;
}

START_TEST(every_type_and_number_of_axes_is_read_back)
{
    const float singles[6] = {1.5F, -2.385F, 0.0F, 3e30F, 1e-30F, 7.25F};
    const double doubles[6] = {1.5, -2.385, 1e-300, 3e300, 0.1, 7.25};
    const int32_t integers[6] = {1, -2, INT32_MAX, INT32_MIN, 0, 77};
    const uint32_t flags[6] = {1, 2, UINT32_MAX, 0x80000000U, 0, 77};
    const uint8_t bytes[6] = {1, 2, 255, 128, 0, 77};
    const sqn_fits_image images[] = {
        {"SCI", SQN_FITS_FLOAT32, 1, {6}, singles, 0, false, "Jy", NULL},
        {"COEFFICIENTS", SQN_FITS_FLOAT64, 2, {3, 2}, doubles, 0, false, NULL, NULL},
        {"COVERAGE", SQN_FITS_INT32, 3, {3, 1, 2}, integers, 0, false, "", NULL},
        {"DQ", SQN_FITS_UINT32, 4, {1, 3, 2, 1}, flags, 0, false, NULL, NULL},
        {"FLAGS", SQN_FITS_UINT8, 2, {2, 3}, bytes, 0, false, NULL, NULL},
    };
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double back[6];
    int code = 0, naxis = 0;

    for (int i = 0; i < 5; i++) {
        SQN_ASSERT_OK(sqn_fits_product_image(product, &images[i], &err), err);
    }
    file = finish(&product, "types.fits");
    for (int i = 0; i < 5; i++) {
        char name[FLEN_VALUE];

        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_read_key(file, TSTRING, "EXTNAME", name, NULL, &code);
        fits_get_img_dim(file, &naxis, &code);
        fits_read_img(file, TDOUBLE, 1, 6, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        ck_assert_str_eq(name, images[i].extname);
        ck_assert_int_eq(naxis, images[i].n_axis);
        ck_assert_int_eq(has(file, "BUNIT"), i == 0);
        for (int k = 0; k < 6; k++) {
            const double expected[] = {singles[k], doubles[k], integers[k], flags[k],
                                       bytes[k]};

            ck_assert(back[k] == expected[i]);
        }
    }
    close_file(file);
    sqn_fitsverify_assert("types.fits");
}
END_TEST

/* A cube of two planes and its file; values that a lossy way would not give back. */
enum { N_TILED = 2 * 30 * 40 };

static void fill_tiled(float *singles, double *doubles, int32_t *integers, uint32_t *flags,
                       uint8_t *bytes)
{
    for (int i = 0; i < N_TILED; i++) {
        singles[i] = i % 7 == 3 ? NAN : 1e-3F * (float)i + 2.385e-7F * (float)(i % 11);
        doubles[i] = i % 5 == 3 ? (double)INFINITY : sin(i) * 1e-40;
        integers[i] = i % 97 == 0 ? INT32_MIN + i : i % 3;
        flags[i] = i % 89 == 0 ? UINT32_MAX - (uint32_t)i : 0;
        bytes[i] = (uint8_t)(i % 251);
    }
}

START_TEST(tiles_lose_no_bit)
{
    static float singles[N_TILED], single[N_TILED];
    static double doubles[N_TILED], twice[N_TILED];
    static int32_t integers[N_TILED], integer[N_TILED];
    static uint32_t flags[N_TILED], flag[N_TILED];
    static uint8_t bytes[N_TILED], byte[N_TILED];
    const struct {
        sqn_fits_image image;
        void *back;
        size_t size;
        int datatype;
    } tiled[] = {
        {{"ERR", SQN_FITS_FLOAT32, 3, {40, 30, 2}, singles, 0, true, "Jy", NULL},
         single,
         sizeof single,
         TFLOAT},
        {{"WIDE", SQN_FITS_FLOAT64, 2, {40, 60}, doubles, 0, true, NULL, NULL},
         twice,
         sizeof twice,
         TDOUBLE},
        {{"DQ", SQN_FITS_INT32, 3, {40, 30, 2}, integers, 0, true, NULL, NULL},
         integer,
         sizeof integer,
         TINT},
        {{"FLAGS", SQN_FITS_UINT32, 3, {40, 30, 2}, flags, 0, true, NULL, NULL},
         flag,
         sizeof flag,
         TUINT},
        {{"BYTES", SQN_FITS_UINT8, 1, {N_TILED}, bytes, 0, true, NULL, NULL},
         byte,
         sizeof byte,
         TBYTE},
        {{"PLAIN", SQN_FITS_UINT8, 2, {60, 40}, bytes, 0, false, NULL, NULL},
         byte,
         sizeof byte,
         TBYTE},
    };
    sqn_fits_product *product = product_of(NULL, NULL);
    int code = 0;

    fill_tiled(singles, doubles, integers, flags, bytes);
    for (size_t i = 0; i < sizeof tiled / sizeof tiled[0]; i++) {
        SQN_ASSERT_OK(sqn_fits_product_image(product, &tiled[i].image, &err), err);
    }
    fitsfile *file = finish(&product, "tiles.fits");

    for (size_t i = 0; i < sizeof tiled / sizeof tiled[0]; i++) {
        const sqn_fits_image *image = &tiled[i].image;
        int n_axis = 0;
        char name[FLEN_VALUE];

        fits_movabs_hdu(file, (int)i + 2, NULL, &code);
        fits_read_key(file, TSTRING, "EXTNAME", name, NULL, &code);
        fits_get_img_dim(file, &n_axis, &code);
        ck_assert_int_eq(fits_is_compressed_image(file, &code), image->compress);
        fits_read_img(file, tiled[i].datatype, 1, N_TILED, NULL, tiled[i].back, NULL,
                      &code);
        ck_assert_int_eq(code, 0);
        ck_assert_str_eq(name, image->extname);
        ck_assert_int_eq(n_axis, image->n_axis);
        ck_assert_int_eq(memcmp(tiled[i].back, image->data, tiled[i].size), 0);
    }
    close_file(file);
    sqn_fitsverify_assert("tiles.fits");
}
END_TEST

START_TEST(floating_values_are_scaled_by_a_power_of_two_exactly)
{
    const float values[4] = {1.2345678F, -7.5e-3F, 0.0F, 3.3333333F};
    static const int exponents[] = {-73, -1, 5, 60};
    const char *const names[] = {"A", "B", "C", "D"};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    float back[4];
    int code = 0;

    for (int i = 0; i < 4; i++) {
        const sqn_fits_image image = {
            names[i], SQN_FITS_FLOAT32, 1, {4}, values, exponents[i], false, "ph", NULL};

        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    }
    file = finish(&product, "scaled.fits");
    for (int i = 0; i < 4; i++) {
        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_read_img(file, TFLOAT, 1, 4, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        for (int k = 0; k < 4; k++) {
            ck_assert(back[k] == ldexpf(values[k], exponents[i]));
        }
    }
    close_file(file);
}
END_TEST

START_TEST(values_that_float32_cannot_hold_are_written_as_float64)
{
    const float values[3] = {1.2345678F, NAN, -2e-3F};
    static const int exponents[] = {200, -180, 1030, -1030};
    const char *const names[] = {"A", "B", "C", "D"};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double back[3];
    int code = 0, bitpix = 0;

    for (int i = 0; i < 4; i++) {
        const sqn_fits_image image = {
            names[i], SQN_FITS_FLOAT32, 1, {3}, values, exponents[i], false, NULL, NULL};

        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    }
    file = finish(&product, "wide.fits");
    for (int i = 0; i < 4; i++) {
        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_get_img_type(file, &bitpix, &code);
        fits_read_img(file, TDOUBLE, 1, 3, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        ck_assert_int_eq(bitpix, DOUBLE_IMG);
        ck_assert(back[0] == ldexp((double)values[0], exponents[i]));
        ck_assert(isnan(back[1]));
    }
    close_file(file);
}
END_TEST

START_TEST(there_is_one_nan)
{
    static const uint32_t patterns[4] = {0x7fc00000U, 0xffc00000U, 0x7f800001U,
                                         0xffffffffU};
    float values[4];
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {4}, values, 0, false, NULL,
                                  NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const unsigned char *bytes = NULL;
    const void *start = NULL;
    size_t size = 0;

    memcpy(values, patterns, sizeof values);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&start, &size, product, &err), err);
    bytes = (const unsigned char *)start + size - 2880;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(memcmp(bytes + (size_t)i * 4, "\x7f\xc0\x00\x00", 4), 0);
    }
    sqn_fits_product_destroy(&product);
}
END_TEST

START_TEST(tables_have_numbers_integers_and_texts)
{
    const double numbers[3] = {1.25, NAN, -3e200};
    const int64_t integers[3] = {INT64_MAX, -5, 0};
    const char *const texts[3] = {"refs/a.fits", NULL, "caf\xc3\xa9"};
    const sqn_fits_column columns[3] = {{"chi2", NULL, numbers, NULL, NULL},
                                        {"n_data", NULL, NULL, integers, NULL},
                                        {"file", "none", NULL, NULL, texts}};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double number[3];
    LONGLONG integer[3];
    char text[32];
    char *at = text;
    int code = 0;

    SQN_ASSERT_OK(sqn_fits_product_table(product, "FRV", columns, 3, 3, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_table(product, "EMPTY", columns, 3, 0, &err), err);
    file = finish(&product, "table.fits");
    fits_movabs_hdu(file, 2, NULL, &code);
    fits_read_col(file, TDOUBLE, 1, 1, 1, 3, NULL, number, NULL, &code);
    fits_read_col(file, TLONGLONG, 2, 1, 1, 3, NULL, integer, NULL, &code);
    ck_assert_int_eq(code, 0);
    ck_assert(number[0] == 1.25 && isnan(number[1]) && number[2] == -3e200);
    ck_assert(integer[0] == INT64_MAX && integer[1] == -5 && integer[2] == 0);
    for (int i = 0; i < 3; i++) {
        const char *const expected[] = {"refs/a.fits", " ",
                                        "caf??"}; /* CFITSIO's empty text */

        fits_read_col(file, TSTRING, 3, i + 1, 1, 1, NULL, &at, NULL, &code);
        ck_assert_str_eq(text, expected[i]);
    }
    close_file(file);
    sqn_fitsverify_assert("table.fits");
}
END_TEST

START_TEST(the_same_calls_give_the_same_bytes_without_a_date)
{
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const sqn_fits_image image = {
        "SCI", SQN_FITS_FLOAT32, 2, {2, 2}, values, 0, false, "Jy", NULL};
    const sqn_fits_column column = {"x", NULL, (const double[]){1.5, 2.5}, NULL, NULL};
    sqn_fits_product *product[2] = {NULL, NULL};
    const void *bytes[2];
    size_t size[2];

    for (int i = 0; i < 2; i++) {
        product[i] = product_of(NULL, NULL);
        SQN_ASSERT_OK(sqn_fits_product_image(product[i], &image, &err), err);
        SQN_ASSERT_OK(sqn_fits_product_table(product[i], "T", &column, 1, 2, &err), err);
        SQN_ASSERT_OK(sqn_fits_product_finish(&bytes[i], &size[i], product[i], &err), err);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_int_eq(memcmp(bytes[0], bytes[1], size[0]), 0);
    for (size_t i = 0; i < size[0]; i += 80) {
        ck_assert_int_ne(memcmp((const char *)bytes[0] + i, "DATE", 4), 0);
        ck_assert_int_ne(memcmp((const char *)bytes[0] + i, "COMMENT", 7), 0);
    }
    sqn_fits_product_destroy(&product[0]);
    sqn_fits_product_destroy(&product[1]);
}
END_TEST

START_TEST(a_damaged_file_does_not_verify)
{
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const sqn_fits_image image = {
        "SCI", SQN_FITS_FLOAT32, 2, {2, 2}, values, 0, false, "Jy", NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const void *bytes = NULL;
    size_t size = 0;
    char copy[5 * 2880] = {0};

    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    ck_assert_uint_eq(size, (size_t)3 * 2880);
    memcpy(copy, bytes, size);
    SQN_ASSERT_OK(sqn__fits_verify_file(copy, size, 2, &err), err);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size, 3, &err), err, SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size - 80, 2, &err), err,
                     SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size + 2880, 2, &err), err,
                     SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, 2880, 2, &err), err, SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, 0, 0, &err), err, SQN_E_OUT_VERIFY);
    for (size_t at = 7; at < size; at += 611) { /* a bit here and there */
        copy[at] ^= 4;
        SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size, 2, &err), err, SQN_E_OUT_VERIFY);
        copy[at] ^= 4;
    }
    SQN_ASSERT_OK(sqn__fits_verify_file(copy, size, 2, &err), err);
    sqn_fits_product_destroy(&product);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    const float values[2] = {1.0F, 2.0F};
    const int64_t integers[2] = {1, 2};
    const double numbers[2] = {1, 2};
    const sqn_fits_image good = {"SCI", SQN_FITS_FLOAT32, 1, {2}, values, 0, false, NULL,
                                 NULL};
    sqn_fits_image images[7];
    const sqn_fits_column twice[2] = {{"a", NULL, numbers, NULL, NULL},
                                      {"A", NULL, numbers, NULL, NULL}};
    const sqn_fits_column both = {"a", NULL, numbers, integers, NULL};
    const sqn_fits_column none = {"a", NULL, NULL, NULL, NULL};
    const sqn_fits_column dotted = {"a.b", NULL, numbers, NULL, NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const void *bytes = NULL;
    size_t size = 0;

    for (int i = 0; i < 7; i++) {
        images[i] = good;
    }
    images[0].extname = "";
    images[1].n_axis = 0;
    images[2].n_axis = 5;
    images[3].axes[0] = 0;
    images[4].n_axis = 4;
    images[4].axes[0] = images[4].axes[1] = images[4].axes[2] = images[4].axes[3] = 1 << 20;
    images[5].data = NULL;
    images[6].n_axis = 4;
    images[6].axes[1] = images[6].axes[2] = images[6].axes[3] = 1;
    images[6].compress = true; /* more axes than tiles can have */
    for (int i = 0; i < 7; i++) {
        SQN_ASSERT_FAILS(sqn_fits_product_image(product, &images[i], &err), err, SQN_E_ARG);
    }
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", twice, 2, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &both, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &none, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &dotted, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "", twice, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &good, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    SQN_ASSERT_FAILS(sqn_fits_product_finish(&bytes, &size, product, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_image(product, &good, &err), err, SQN_E_ARG);
    sqn_fits_product_destroy(&product);
    sqn_fits_product_destroy(NULL);
}
END_TEST

/* A product with everything; whatever fails is returned. */
static sqn_status build(const sqn_header *header)
{
    const float values[2] = {1.0F, 2.0F};
    const char *const texts[2] = {"a", "b"};
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {2}, values, 3, false, "Jy",
                                  header};
    const sqn_fits_column columns[3] = {{"x", NULL, (const double[]){1, 2}, NULL, NULL},
                                        {"n", NULL, NULL, (const int64_t[]){1, 2}, NULL},
                                        {"t", NULL, NULL, NULL, texts}};
    sqn_fits_product *product = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    sqn_status status = sqn_fits_product_create(&product, header, NULL, &err);

    if (status == SQN_OK) {
        status = sqn_fits_product_image(product, &image, &err);
    }
    if (status == SQN_OK) {
        status = sqn_fits_product_table(product, "T", columns, 3, 2, &err);
    }
    if (status == SQN_OK) {
        status = sqn_fits_product_finish(&bytes, &size, product, &err);
    }
    sqn_fits_product_destroy(&product);
    return status;
}

START_TEST(every_allocation_may_fail)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_ERR_MEMORY;
    int n = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    add(header, "OBJECT  = 'x'");
    for (; status == SQN_ERR_MEMORY; n++) {
        sqn_allocations_before_failure = n;
        status = build(header);
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert(status == SQN_OK || err.id == SQN_E_MEM);
    }
    ck_assert_int_eq(status, SQN_OK);
    ck_assert_int_ge(n, 14);
    sqn_header_destroy(&header);
}
END_TEST

/* Sanitizers end the process where malloc() would return NULL. */
#if defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

START_TEST(memory_that_cfitsio_cannot_have_is_an_error)
{
    enum { N = 1 << 24 };
    float *values = calloc(N, sizeof *values);
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {N}, values, 0, false, "Jy",
                                  NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    struct rlimit limit;

    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = 0; /* the test runs in a process of its own */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    const sqn_status status = sqn_fits_product_image(product, &image, &err);

    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_int_eq(status, SQN_ERR_MEMORY);
    sqn_fits_product_destroy(&product);
    free(values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_product");
    TCase *tcase = tcase_create("product");

    tcase_add_test(tcase, every_type_and_number_of_axes_is_read_back);
    tcase_add_test(tcase, tiles_lose_no_bit);
    tcase_add_test(tcase, floating_values_are_scaled_by_a_power_of_two_exactly);
    tcase_add_test(tcase, values_that_float32_cannot_hold_are_written_as_float64);
    tcase_add_test(tcase, there_is_one_nan);
    tcase_add_test(tcase, tables_have_numbers_integers_and_texts);
    tcase_add_test(tcase, the_same_calls_give_the_same_bytes_without_a_date);
    tcase_add_test(tcase, a_damaged_file_does_not_verify);
    tcase_add_test(tcase, wrong_arguments_are_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    if (!SANITIZED) {
        tcase_add_test(tcase, memory_that_cfitsio_cannot_have_is_an_error);
    }
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
