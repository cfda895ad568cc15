/** @file check_fill.c @brief Missing pixels: neighbours, rounds, what stays. */
#include "fill.h"

#include <math.h>
#include <stdbool.h>

#include "sqn_check.h"

START_TEST(gaps_take_the_mean_of_their_neighbours)
{
    enum { N = 32 };
    float image[N];
    double out[N];
    uint8_t round[N];

    for (int64_t p = 0; p < N; p++) {
        image[p] = p < 4 ? (float)(p + 1) : NAN;
    }
    sqn__fill_missing(out, round, image, 1, N);
    ck_assert_double_eq(out[3], 4.0);
    /* distances 1, 2, 3 */
    ck_assert_double_eq_tol(
        out[4], (4.0 + 3.0 / 4.0 + 2.0 / 9.0) / (1.0 + 0.25 + 1.0 / 9.0), 1e-14);
    ck_assert_double_eq_tol(out[6], 4.0, 1e-14); /* only pixel 3 is within 3 */
    ck_assert_int_eq(round[6], 1);
    ck_assert_int_eq(round[7], 2);
    ck_assert_int_eq(round[15], 4);
    ck_assert_int_eq(round[16], 255);
    ck_assert_double_eq(out[16], 0.0);
}
END_TEST

START_TEST(valid_pixels_are_copied_and_an_empty_image_is_zero)
{
    float image[6] = {2.385F, -1.0F, 1e30F, 4.0F, -0.0F, 7.0F};
    double out[6];
    uint8_t round[6];

    sqn__fill_missing(out, round, image, 2, 3);
    for (int64_t p = 0; p < 6; p++) {
        ck_assert_double_eq(out[p], (double)image[p]);
        ck_assert_int_eq(round[p], 0);
        image[p] = p % 2 == 0 ? NAN : -INFINITY;
    }
    sqn__fill_missing(out, round, image, 2, 3);
    for (int64_t p = 0; p < 6; p++) {
        ck_assert_double_eq(out[p], 0.0);
        ck_assert_int_eq(round[p], 255);
    }
}
END_TEST

START_TEST(many_images_are_filled_as_each_alone)
{
    enum { NY = 11, NX = 13, STRIDE = 17, LANES = 8, N = NY * NX };
    float image[N], stack[NY * STRIDE * LANES];
    double out[N];
    uint8_t round[N], rounds[N];

    for (int64_t l = 0; l < LANES; l++) {
        for (int64_t p = 0; p < N; p++) {
            const int64_t y = p / NX, x = p % NX;
            const bool gap = x > 5 || (x == 2 && y > 3);

            image[p] = gap ? NAN : (float)((p * 7 + l) % 10) - 2.385F;
            rounds[p] = gap ? SQN__FILL_EMPTY : 0;
            for (int64_t k = 0; k < LANES; k++) {
                stack[(y * STRIDE + x) * LANES + k] =
                    gap ? NAN : (float)((p * 7 + k) % 10) - 2.385F;
            }
        }
        sqn__fill_missing(out, round, image, NY, NX);
        sqn__fill_missing_stack(stack, rounds, NY, NX, STRIDE, LANES);
        for (int64_t p = 0; p < N; p++) {
            ck_assert_double_eq_tol((double)stack[(p / NX * STRIDE + p % NX) * LANES + l],
                                    out[p], 2e-6);
            ck_assert_int_eq(rounds[p], round[p]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fill");
    TCase *tcase = tcase_create("gaps");

    tcase_add_test(tcase, gaps_take_the_mean_of_their_neighbours);
    tcase_add_test(tcase, valid_pixels_are_copied_and_an_empty_image_is_zero);
    tcase_add_test(tcase, many_images_are_filled_as_each_alone);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
