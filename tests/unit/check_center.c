/** @file check_center.c @brief The symmetry centre: planted, off the middle, with gaps. */
#include "sequin/center.h"

#include <math.h>
#include <omp.h>

#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 60, NX = 75, N_PIX = NY * NX };

static float image[N_PIX];
static double center[2];
static sqn_error err;

/* A star with elliptical halo on a flat background; symmetric about (x0, y0). */
static void plant(double x0, double y0, double background)
{
    for (int64_t y = 0; y < NY; y++) {
        for (int64_t x = 0; x < NX; x++) {
            const double dx = (double)(x + 1) - x0, dy = (double)(y + 1) - y0;
            const double halo = dx * dx / 20.0 + dx * dy / 35.0 + dy * dy / 45.0;

            image[y * NX + x] = (float)(background + 100.0 * exp(-halo) +
                                        20.0 * cos(0.6 * dx) * cos(0.4 * dy) * exp(-halo));
        }
    }
}

START_TEST(a_planted_centre_is_found_between_the_pixels)
{
    const double places[3][2] = {{38.0, 30.5}, {30.27, 33.81}, {44.64, 25.09}};

    for (int64_t k = 0; k < 3; k++) {
        plant(places[k][0], places[k][1], 0.0);
        SQN_ASSERT_OK(sqn_center_find(center, image, NY, NX, &err), err);
        ck_assert_double_lt(fabs(center[0] - places[k][0]), 0.02);
        ck_assert_double_lt(fabs(center[1] - places[k][1]), 0.02);
    }
}
END_TEST

START_TEST(half_the_resolution_tells_it_to_half_a_pixel)
{
    for (int64_t k = 0; k < 12; k++) {
        const double x = 30.0 + 0.31 * (double)k, y = 33.0 - 0.47 * (double)k;

        plant(x, y, 100.0);
        image[k * NX + 3 * k] = NAN;
        SQN_ASSERT_OK(sqn_center_estimate(center, image, NY - k % 2, NX, &err), err);
        ck_assert_double_lt(fabs(center[0] - x), 0.25);
        ck_assert_double_lt(fabs(center[1] - y), 0.25);
    }
    SQN_ASSERT_FAILS(sqn_center_estimate(center, image, 1, NX, &err), err,
                     SQN_E_DATA_EMPTY);
    ck_assert(isnan(center[0]) && isnan(center[1]));
    for (int64_t k = 0; k < 2; k++) {
        sqn_allocations_before_failure = k;
        SQN_ASSERT_FAILS(sqn_center_estimate(center, image, NY, NX, &err), err, SQN_E_MEM);
        sqn_allocations_before_failure = -1;
    }
}
END_TEST

START_TEST(a_flat_background_and_gaps_do_not_move_it)
{
    plant(29.3, 34.6, 2385.0);
    for (int64_t p = 7; p < N_PIX; p += 31) {
        image[p] = NAN;
    }
    SQN_ASSERT_OK(sqn_center_find(center, image, NY, NX, &err), err);
    ck_assert_double_lt(fabs(center[0] - 29.3), 0.3);
    ck_assert_double_lt(fabs(center[1] - 34.6), 0.3);
}
END_TEST

START_TEST(a_star_on_the_corner_is_found_there)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = 0.0F;
    }
    image[NX - 1] = 2.385F;
    SQN_ASSERT_OK(sqn_center_find(center, image, NY, NX, &err), err);
    ck_assert_double_eq_tol(center[0], NX, 1e-9);
    ck_assert_double_eq_tol(center[1], 1.0, 1e-9);
}
END_TEST

START_TEST(threads_do_not_change_it)
{
    double alone[2];

    plant(30.27, 33.81, 0.0);
    omp_set_num_threads(1);
    SQN_ASSERT_OK(sqn_center_find(alone, image, NY, NX, &err), err);
    for (int n_thread = 2; n_thread <= 3; n_thread++) {
        omp_set_num_threads(n_thread);
        SQN_ASSERT_OK(sqn_center_find(center, image, NY, NX, &err), err);
        ck_assert(center[0] == alone[0] && center[1] == alone[1]);
    }
}
END_TEST

START_TEST(nothing_to_find_and_no_memory_are_errors)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = p % 2 == 0 ? NAN : 2.385F;
    }
    SQN_ASSERT_FAILS(sqn_center_find(center, image, NY, NX, &err), err, SQN_E_DATA_EMPTY);
    ck_assert(isnan(center[0]) && isnan(center[1]));
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = NAN;
    }
    SQN_ASSERT_FAILS(sqn_center_find(center, image, NY, NX, &err), err, SQN_E_DATA_EMPTY);
    plant(38.0, 30.5, 0.0);
    omp_set_num_threads(1);
    for (int64_t n = 0; n < 7;
         n++) { /* median, two plans with their scratch, plane, phases */
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn_center_find(center, image, NY, NX, &err), err, SQN_E_MEM);
        ck_assert(isnan(center[0]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("center");
    TCase *tcase = tcase_create("symmetry");

    tcase_add_test(tcase, a_planted_centre_is_found_between_the_pixels);
    tcase_add_test(tcase, half_the_resolution_tells_it_to_half_a_pixel);
    tcase_add_test(tcase, a_flat_background_and_gaps_do_not_move_it);
    tcase_add_test(tcase, a_star_on_the_corner_is_found_there);
    tcase_add_test(tcase, threads_do_not_change_it);
    tcase_add_test(tcase, nothing_to_find_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
