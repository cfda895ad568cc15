/** @file check_fits_copy.c @brief A copy of a file: some pixels new, HDUs added, all else as it was. */
#include <math.h>
#include <stdlib.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_fitsverify.h"
#include "sqn_raw.h"
#include "sqn_wrap.h"

enum { ROOM = 1 << 16, N_PIX = 6 };

static sqn_error err;
static unsigned char before[ROOM], after[ROOM];
static uint8_t held[N_PIX];

/* int16 of 3 x 2 with BSCALE 0.5, BZERO 100, BLANK -7; a float image behind. */
static void write_integers(const char *path, const char *const *more)
{
    static const char *const head[] = {"SIMPLE  =                    T",
                                       "BITPIX  =                   16",
                                       "NAXIS   =                    2",
                                       "NAXIS1  =                    3",
                                       "NAXIS2  =                    2",
                                       "EXTEND  =                    T",
                                       "BSCALE  =                  0.5",
                                       "BZERO   =                100.0",
                                       "BLANK   =                   -7",
                                       "COMMENT   as it was",
                                       NULL};
    static const float values[4] = {1.25F, -2.5F, 3.75F, NAN};
    FILE *file = sqn_raw_open(path);

    sqn_raw_cards(file, head);
    if (more != NULL) {
        sqn_raw_cards(file, more);
    }
    sqn_raw_end(file);
    for (int i = 0; i < N_PIX; i++) {
        sqn_raw_word(file, (uint64_t)(int64_t)(i == 4 ? -7 : 1000 * i - 2000), 2);
    }
    sqn_raw_pad(file, '\0');
    sqn_raw_image(file, "OTHER", (const int[4]){2, 2, 0, 0}, NULL, values);
    ck_assert_int_eq(fclose(file), 0);
}

/* The copy with `values` in HDU 0; its bytes into `after`. */
static size_t copy_with(const char *path, const float *values, double divisor)
{
    sqn_fits_copy *copy = NULL;
    const sqn_fits_fill fill = {0, 1, values, 0, divisor};
    const void *bytes = NULL;
    size_t size = 0;

    SQN_ASSERT_OK(sqn_fits_copy_open(&copy, path, &err), err);
    SQN_ASSERT_OK(sqn_fits_copy_fill(held, copy, &fill, &err), err);
    SQN_ASSERT_OK(sqn_fits_copy_finish(&bytes, &size, copy, &err), err);
    ck_assert_uint_le(size, ROOM);
    memcpy(after, bytes, size);
    sqn_fits_copy_destroy(&copy);
    ck_assert_ptr_null(copy);
    return size;
}

static int stored(const unsigned char *file, int pixel)
{
    const unsigned char *at = file + 2880 + INT64_C(2) * pixel;

    return (int16_t)(uint16_t)(at[0] << 8 | at[1]);
}

START_TEST(integers_are_rounded_and_other_bytes_stay)
{
    const float values[N_PIX] = {NAN, NAN, NAN, 3012.3F, 150.6F, NAN};

    write_integers("int.fits", NULL);
    const size_t n = sqn_raw_load(before, ROOM, "int.fits");

    ck_assert_uint_eq(copy_with("int.fits", values, 2.0), n);
    ck_assert_int_eq(stored(after, 3), 11849); /* (2 * 3012.3 - 100) / 0.5 = 11849.2 */
    ck_assert_int_eq(stored(after, 4), 402);   /* (2 * 150.6 - 100) / 0.5 = 402.4 */
    ck_assert(held[3] == 1 && held[4] == 1 && held[0] == 0);
    memcpy(after + 2880 + 6, before + 2880 + 6, 4);
    ck_assert_mem_eq(after, before, n);
}
END_TEST

START_TEST(what_the_type_cannot_hold_is_not_written)
{
    /* beyond both ends; what means BLANK; infinite; the last that fits */
    const float values[N_PIX] = {1e6F, -1e6F, 96.6F, INFINITY, NAN, 16483.5F};

    write_integers("int.fits", NULL);
    const size_t n = sqn_raw_load(before, ROOM, "int.fits");

    (void)copy_with("int.fits", values, 1.0);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(held[i], 0);
        ck_assert_int_eq(stored(after, i), stored(before, i));
    }
    ck_assert_int_eq(stored(after, 5), 32767);
    ck_assert_mem_eq(after + 2880 + 12, before + 2880 + 12, n - 2880 - 12);
}
END_TEST

START_TEST(checksums_of_what_changed_are_renewed)
{
    static const char *const sums[] = {
        "CHECKSUM= 'abcdefghijklmnop'   / of an earlier life", "DATASUM = '1'  / short",
        NULL};
    const float values[N_PIX] = {123.5F, NAN, NAN, NAN, NAN, NAN};

    write_integers("sum.fits", sums);
    const size_t n = copy_with("sum.fits", values, 1.0);

    ck_assert_ptr_nonnull(strstr((const char *)after + 720, "/ of an earlier life"));
    sqn_raw_save("sealed.fits", after, n);
    sqn_fitsverify_assert("sealed.fits"); /* compares the sums */
}
END_TEST

START_TEST(extensions_of_a_product_are_added_behind)
{
    const float map[N_PIX] = {1, 2, 3, 4, 5, 6.5F};
    const sqn_fits_image image = {
        .extname = "OTHER", .n_axis = 2, .axes = {3, 2}, .data = map};
    sqn_fits_product *product = NULL;
    sqn_fits_copy *copy = NULL;
    sqn_header *header = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t axes[4];

    write_integers("int.fits", NULL);
    const size_t n = sqn_raw_load(before, ROOM, "int.fits");

    SQN_ASSERT_OK(sqn_fits_copy_open(&copy, "int.fits", &err), err);
    ck_assert_int_eq(sqn_fits_copy_axes(axes, copy, 0), 2);
    ck_assert(axes[0] == 3 && axes[1] == 2);
    ck_assert_int_eq(sqn_fits_copy_free_extver(copy, "other"), 2);
    ck_assert_int_eq(sqn_fits_copy_free_extver(copy, "NEW"), 1);
    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_create(&product, header, NULL, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_copy_append(copy, product, &err), err);
    SQN_ASSERT_FAILS(sqn_fits_copy_append(copy, product, &err), err, SQN_E_ARG);
    SQN_ASSERT_OK(sqn_fits_copy_finish(&bytes, &size, copy, &err), err);
    ck_assert_uint_eq(size, n + 5760);
    ck_assert_mem_eq(bytes, before, n);
    ck_assert_mem_eq((const char *)bytes + n, "XTENSION= 'IMAGE   '", 20);
    sqn_fits_product_destroy(&product);
    sqn_header_destroy(&header);
    sqn_fits_copy_destroy(&copy);
}
END_TEST

START_TEST(what_is_no_image_and_what_breaks_the_file_is_refused)
{
    const float values[N_PIX] = {0};
    const sqn_fits_fill fill = {7, 1, values, 0, 1.0};
    sqn_fits_copy *copy = NULL;

    write_integers("int.fits", NULL);
    SQN_ASSERT_OK(sqn_fits_copy_open(&copy, "int.fits", &err), err);
    SQN_ASSERT_FAILS(sqn_fits_copy_fill(held, copy, &fill, &err), err, SQN_E_ARG);
    sqn_fits_copy_destroy(&copy);
    SQN_ASSERT_FAILS(sqn_fits_copy_open(&copy, "none.fits", &err), err, SQN_E_IN_MISSING);

    const size_t n = sqn_raw_load(before, ROOM, "int.fits");

    before[n - 5760 + 80 + 28] = '1'; /* BITPIX = -12 */
    sqn_raw_save("broken.fits", before, n);
    SQN_ASSERT_FAILS(sqn_fits_copy_open(&copy, "broken.fits", &err), err, SQN_E_FITS_HDU);
    ck_assert_ptr_null(copy);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const float values[N_PIX] = {123.5F, NAN, NAN, NAN, NAN, NAN};
    const sqn_fits_fill fill = {0, 1, values, 0, 1.0};
    bool whole = false;

    write_integers("int.fits", NULL);
    for (int64_t n = 0; !whole && n < 100; n++) {
        sqn_fits_copy *copy = NULL;
        const void *bytes = NULL;
        size_t size = 0;

        sqn_allocations_before_failure = n;
        sqn_status status = sqn_fits_copy_open(&copy, "int.fits", &err);

        status = status == SQN_OK ? sqn_fits_copy_fill(held, copy, &fill, &err) : status;
        status =
            status == SQN_OK ? sqn_fits_copy_finish(&bytes, &size, copy, &err) : status;
        whole = sqn_allocations_before_failure >= 0;
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert_int_eq(status, whole ? SQN_OK : SQN_ERR_MEMORY);
        sqn_fits_copy_destroy(&copy);
    }
    ck_assert(whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_copy");
    TCase *tcase = tcase_create("copy");

    tcase_add_test(tcase, integers_are_rounded_and_other_bytes_stay);
    tcase_add_test(tcase, what_the_type_cannot_hold_is_not_written);
    tcase_add_test(tcase, checksums_of_what_changed_are_renewed);
    tcase_add_test(tcase, extensions_of_a_product_are_added_behind);
    tcase_add_test(tcase, what_is_no_image_and_what_breaks_the_file_is_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
