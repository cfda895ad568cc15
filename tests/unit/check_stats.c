/** @file check_stats.c @brief Robust statistics that skip NaN, and smoothing. */
#include "stats.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { N = 20001, NY = 31, NX = 26, N_PIX = NY * NX, N_WORK = N_PIX + 200 };

static double normal(int64_t index)
{
    const double u = sqn__rng_uniform(7, 0, (uint64_t)index);
    const double v = sqn__rng_uniform(7, 1, (uint64_t)index);

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

START_TEST(median_and_percentiles_skip_nan)
{
    double odd[] = {5.5, NAN, -2.0, 2.385, NAN}, even[] = {4.0, 1.0, 3.0, NAN, 2.0};
    double five[] = {40.0, NAN, 10.0, 20.0, 50.0, 30.0};

    ck_assert(sqn__stats_median(odd, 5) == 2.385);
    ck_assert(sqn__stats_median(even, 5) == 2.5);
    ck_assert_double_eq_tol(sqn__stats_percentile(five, 6, 25.0), 20.0, 1e-12);
    ck_assert_double_eq_tol(sqn__stats_percentile(five, 5, 90.0), 46.0, 1e-12);
    ck_assert(sqn__stats_percentile(five, 5, 0.0) == 10.0);
    ck_assert(sqn__stats_percentile(five, 5, 100.0) == 50.0);
}
END_TEST

START_TEST(nothing_valid_gives_nan)
{
    double none[] = {NAN, NAN};

    ck_assert(isnan(sqn__stats_median(none, 2)));
    ck_assert(isnan(sqn__stats_mad_sigma(none, 2)));
    ck_assert(isnan(sqn__stats_percentile(none, 0, 50.0)));
    ck_assert(isnan(sqn__stats_mean(none, 2)));
    ck_assert(isnan(sqn__stats_deviation(none, 2)));
}
END_TEST

/* As percentile 50 of sorted numbers: distinct, few values, sorted already, sample unfair. */
START_TEST(the_median_of_many_is_that_of_sorted_numbers)
{
    static double values[N], copy[N];

    for (int64_t kind = 0; kind < 5; kind++) {
        for (int64_t n = N - 1; n <= N; n++) {
            for (int64_t i = 0; i < n; i++) {
                const double x = normal(i);

                values[i] = kind == 0   ? x
                            : kind == 1 ? floor(x)
                            : kind == 2 ? (double)i
                            : kind == 3 ? 0.0
                                        : (i % 39 < 3 ? x : 1e3 * x);
                copy[i] = values[i];
            }
            const double sorted = sqn__stats_percentile(copy, n, 50.0);

            ck_assert_double_eq(sqn__stats_median(values, n), sorted);
        }
    }
}
END_TEST

START_TEST(robust_sigma_is_that_of_normal_data_despite_outliers)
{
    static double values[N], copy[N];

    for (int64_t i = 0; i < N; i++) {
        values[i] = 10.0 + 2.385 * normal(i);
        copy[i] = values[i];
    }

    const double clean = sqn__stats_mad_sigma(copy, N);

    ck_assert_double_eq_tol(clean, 2.385, 0.06); /* 3 of its own sigma */
    ck_assert_double_eq_tol(sqn__stats_deviation(values, N), 2.385, 0.05);
    ck_assert_double_eq_tol(sqn__stats_mean(values, N), 10.0, 0.07);
    for (int64_t i = 0; i < N; i += 20) { /* 5 % */
        values[i] = 1e6;
    }
    ck_assert_double_eq_tol(sqn__stats_mad_sigma(values, N), 1.065 * clean, 0.06);
}
END_TEST

START_TEST(smoothing_spreads_a_point_into_the_gaussian)
{
    static float image[N_PIX], work[N_WORK];

    ck_assert_int_le(sqn__stats_blur_work_size(NY, NX, 4.0), N_WORK);
    image[15 * NX + 12] = 1.0F;
    sqn__stats_blur(image, NY, NX, 4.0, NULL, work);
    ck_assert_double_eq_tol((double)image[15 * NX + 12], 1.0, 1e-7);
    ck_assert_double_eq_tol((double)image[15 * NX + 14], 0.5, 1e-7);
    ck_assert_double_eq_tol((double)image[13 * NX + 12], 0.5, 1e-7);
    ck_assert_double_eq_tol((double)image[13 * NX + 10], 0.25, 1e-7);
    ck_assert(image[15 * NX + 20] == 0.0F); /* beyond four sigma, and half a pixel */
}
END_TEST

/* The same, pixel by pixel. */
static double plain_blur(const float *image, int64_t y, int64_t x, double fwhm)
{
    const double sigma = fwhm / sqrt(8.0 * log(2.0));
    const int64_t half = (int64_t)ceil(4.0 * sigma);
    double sum = 0.0;

    for (int64_t j = y > half ? y - half : 0; j < NY && j <= y + half; j++) {
        for (int64_t i = x > half ? x - half : 0; i < NX && i <= x + half; i++) {
            const double d2 = (double)((y - j) * (y - j) + (x - i) * (x - i));

            sum += exp(-0.5 * d2 / (sigma * sigma)) * (double)image[j * NX + i];
        }
    }
    return sum;
}

START_TEST(smoothing_is_that_of_plain_loops_times_what_is_given)
{
    static float image[N_PIX], smooth[N_PIX], times[N_PIX], work[N_WORK];
    const double fwhm[] = {0.6, 2.0, 4.7, 11.0};

    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = (float)normal(p);
        times[p] = p % 7 == 0 ? NAN : (float)normal(p + N_PIX);
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_int_le(sqn__stats_blur_work_size(NY, NX, fwhm[k]), N_WORK);
        memcpy(smooth, image, sizeof image);
        sqn__stats_blur(smooth, NY, NX, fwhm[k], times, work);
        for (int64_t p = 0; p < N_PIX; p++) {
            const double plain = plain_blur(image, p / NX, p % NX, fwhm[k]);

            ck_assert(isnan(smooth[p]) == isnan(times[p]));
            if (!isnan(times[p])) {
                ck_assert_double_eq_tol((double)smooth[p], plain * (double)times[p], 2e-5);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tcase = tcase_create("robust");

    tcase_add_test(tcase, median_and_percentiles_skip_nan);
    tcase_add_test(tcase, nothing_valid_gives_nan);
    tcase_add_test(tcase, the_median_of_many_is_that_of_sorted_numbers);
    tcase_add_test(tcase, robust_sigma_is_that_of_normal_data_despite_outliers);
    tcase_add_test(tcase, smoothing_spreads_a_point_into_the_gaussian);
    tcase_add_test(tcase, smoothing_is_that_of_plain_loops_times_what_is_given);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
