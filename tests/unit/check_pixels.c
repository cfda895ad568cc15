/** @file check_pixels.c @brief Region to list of pixels and back. */
#include "sequin/pixels.h"

#include <math.h>

#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

START_TEST(radii_are_inclusive_and_positions_are_fits_pixels)
{
    const sqn_pixels_region region = {3.0, 2.0, 1.0, 1.0, NULL};
    sqn_pixels pixels;

    SQN_ASSERT_OK(sqn_pixels_init(&pixels, 4, 5, &region, &err), err);
    ck_assert_int_eq(pixels.n_pix, 4); /* the four neighbours of (3, 2) */
    ck_assert_int_eq(pixels.index[0], 2);
    ck_assert_int_eq(pixels.index[3], 12);
    sqn_pixels_clear(&pixels);
    ck_assert_ptr_null(pixels.index);
}
END_TEST

START_TEST(gather_and_scatter_are_inverse)
{
    const float mask[6] = {1.0F, 0.0F, NAN, -2.385F, 1.0F, 0.0F};
    const float image[6] = {1.5F, 2.5F, 3.5F, 4.5F, 5.5F, 6.5F};
    const sqn_pixels_region region = {2.0, 1.5, 0.0, 0.0, mask};
    float row[3], back[6] = {0};
    sqn_pixels pixels;

    SQN_ASSERT_OK(sqn_pixels_init(&pixels, 2, 3, &region, &err), err);
    ck_assert_int_eq(pixels.n_pix, 3); /* 0 and NaN are not used */
    sqn_pixels_gather(row, &pixels, image);
    sqn_pixels_scatter(back, &pixels, row);
    ck_assert(back[0] == 1.5F && back[3] == 4.5F && back[4] == 5.5F && back[1] == 0.0F);
    sqn_pixels_clear(&pixels);
}
END_TEST

START_TEST(an_empty_region_and_no_memory_are_errors)
{
    const sqn_pixels_region region = {100.0, 100.0, 0.0, 5.0, NULL};
    const sqn_pixels_region all = {1.0, 1.0, 0.0, 0.0, NULL};
    sqn_pixels pixels;

    SQN_ASSERT_FAILS(sqn_pixels_init(&pixels, 4, 5, &region, &err), err, SQN_E_MASK);
    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_pixels_init(&pixels, 4, 5, &all, &err), err, SQN_E_MEM);
    ck_assert_int_eq(pixels.n_pix, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pixels");
    TCase *tcase = tcase_create("region");

    tcase_add_test(tcase, radii_are_inclusive_and_positions_are_fits_pixels);
    tcase_add_test(tcase, gather_and_scatter_are_inverse);
    tcase_add_test(tcase, an_empty_region_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
