/** @file check_snr.c @brief Signal to noise: noise alone, a source, gaps, a second route. */
#include "sequin/snr.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 75, NX = 80, N_PIX = NY * NX, MAX_OTHER = 200 };

static const double pi = 3.14159265358979323846;
static const double star[2] = {40.5, 38.0};
static const double fwhm = 4.0;
static float image[N_PIX], map[N_PIX];
static sqn_error err;

static void fill_noise(uint64_t seed)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        const double u = (double)sqn__rng_uniform(seed, 0, (uint64_t)p);
        const double v = (double)sqn__rng_uniform(seed, 1, (uint64_t)p);

        image[p] = (float)(sqrt(-2.0 * log(u)) * cos(2.0 * pi * v));
    }
}

static double snr_at(double x, double y)
{
    const double position[2] = {x, y};

    return sqn_snr_at(image, NY, NX, star, position, fwhm);
}

/* Flux by counting fine dots; NaN where one falls on a gap or outside. */
static double dots(double x, double y)
{
    enum { N = 240 };
    double sum = 0.0;

    for (int64_t j = 0; j < N; j++) {
        for (int64_t i = 0; i < N; i++) {
            const double dx = (((double)i + 0.5) / N - 0.5) * fwhm;
            const double dy = (((double)j + 0.5) / N - 0.5) * fwhm;
            const int64_t column = (int64_t)floor(x + dx - 0.5);
            const int64_t row = (int64_t)floor(y + dy - 0.5);

            if (dx * dx + dy * dy < 0.25 * fwhm * fwhm) {
                const int there = column >= 0 && column < NX && row >= 0 && row < NY;

                sum += there ? (double)image[row * NX + column] : (double)NAN;
            }
        }
    }
    return sum * fwhm * fwhm / (double)(N * N);
}

/* The definition, with angles and two passes. */
static double second_route(double x, double y)
{
    const double r = hypot(x - star[0], y - star[1]);
    const double start = atan2(y - star[1], x - star[0]);
    const int64_t n = (int64_t)floor(2.0 * pi * r / fwhm);
    double flux[MAX_OTHER], mean = 0.0, variance = 0.0;
    int64_t n_other = 0;

    for (int64_t k = 1; k < n; k++) {
        const double angle = start + 2.0 * pi * (double)k / (double)n;

        flux[n_other] = dots(star[0] + r * cos(angle), star[1] + r * sin(angle));
        n_other += !isnan(flux[n_other]);
    }
    for (int64_t k = 0; k < n_other; k++) {
        mean += flux[k] / (double)n_other;
    }
    for (int64_t k = 0; k < n_other; k++) {
        variance += (flux[k] - mean) * (flux[k] - mean) / (double)(n_other - 1);
    }
    return n_other < 2 || 2 * n_other < n - 1
               ? (double)NAN
               : (dots(x, y) - mean) / sqrt(variance * (1.0 + 1.0 / (double)n_other));
}

START_TEST(the_ratio_is_that_of_a_second_route)
{
    const double places[6][2] = {{44.5, 38.0},  {50.0, 31.0}, {12.0, 20.0},
                                 {40.2, 61.37}, {70.0, 38.0}, {3.1, 72.8}};

    fill_noise(1);
    image[40 * NX + 31] = NAN; /* lies on the circle of the second */
    for (int64_t k = 0; k < 6; k++) {
        const double x = places[k][0], y = places[k][1];
        const double direct = snr_at(x, y), second = second_route(x, y);

        ck_assert_int_eq(isnan(direct), isnan(second));
        ck_assert(isnan(direct) || fabs(direct - second) < 0.01);
    }
}
END_TEST

/* What the map of `image` leaves out of account, at every third pixel: root of the mean square in
   units of sqrt((1 + snr^2 / 2) / n), what n apertures know of the S/N. */
static double map_error(const double center[2], double width)
{
    double sum = 0.0;
    int64_t n = 0;

    SQN_ASSERT_OK(sqn_snr_map(map, image, NY, NX, center, width, &err), err);
    for (int64_t y = 0; y < NY; y += 3) {
        for (int64_t x = 0; x < NX; x += 3) {
            const double at[2] = {(double)(x + 1), (double)(y + 1)};
            const double single = sqn_snr_at(image, NY, NX, center, at, width);
            const double d = (double)map[y * NX + x] - single;
            const double r = hypot(at[0] - center[0], at[1] - center[1]);

            ck_assert_int_eq(isnan(map[y * NX + x]), isnan(single));
            if (r < 33.0 && !isnan(d)) {
                /* farther out few apertures are left, whose sigma can be small by chance */
                sum += d * d * 2.0 * pi * r / width / (1.0 + 0.5 * single * single);
                n++;
            }
        }
    }
    ck_assert_int_gt(n, 80);
    return sqrt(sum / (double)n);
}

/* Circles that are whole and cut, with and without a lattice, about stars on and between pixels. */
START_TEST(the_map_is_the_ratio_at_each_pixel)
{
    const double stars[][2] = {{40.5, 38.0}, {40.0, 38.0}, {39.5, 37.5}, {40.3, 37.8}};
    const double width[] = {4.0, 2.5, 6.3, 1.7};

    fill_noise(2);
    image[30 * NX + 20] = NAN;
    for (int s = 0; s < 4; s++) {
        ck_assert_double_lt(map_error(stars[s], width[s]), 0.01);
    }
}
END_TEST

START_TEST(the_map_is_the_ratio_about_a_planet)
{
    const double center[2] = {40.3, 37.8};

    fill_noise(3);
    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t row = p / NX;
        const double x = (double)(p % NX) - 57.6, y = (double)row - 51.2;

        image[p] += (float)(300.0 * exp(-(x * x + y * y) / 5.8)); /* S/N 1400 without it */
    }
    ck_assert_double_lt(map_error(center, fwhm), 0.05);
}
END_TEST

/* Pixels of a steep halo make fluxes that depend on where in a pixel an aperture is: noise that is
   not smooth. */
START_TEST(the_map_is_the_ratio_in_a_halo)
{
    const double center[2] = {40.3, 37.8};

    fill_noise(3);
    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t row = p / NX;
        const double x = (double)(p % NX) - 39.3, y = (double)row - 36.8;

        image[p] += (float)(1e4 * pow(hypot(x, y) + 2.0, -1.5));
    }
    ck_assert_double_lt(map_error(center, fwhm), 0.2);
}
END_TEST

/* What all pixels have costs the fluxes, which are floats, no digit. */
START_TEST(a_background_changes_nothing)
{
    fill_noise(5);
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] += 1e6F;
    }
    ck_assert_double_lt(map_error(star, fwhm), 0.01);
}
END_TEST

/* Nor does one pixel, whatever stands for missing data there, to circles that it is not in. */
START_TEST(a_wild_pixel_is_no_background)
{
    const float wild[] = {1e12F, -1e30F};
    static float calm[N_PIX];
    int64_t n = 0;

    fill_noise(6);
    image[6] = NAN; /* in a corner, where circles are short */
    SQN_ASSERT_OK(sqn_snr_map(calm, image, NY, NX, star, fwhm, &err), err);
    for (int w = 0; w < 2; w++) {
        image[6] = wild[w];
        SQN_ASSERT_OK(sqn_snr_map(map, image, NY, NX, star, fwhm, &err), err);
        for (int64_t p = 0; p < N_PIX; p++) {
            const double x = (double)(p % NX + 1) - star[0];
            const int64_t row = p / NX + 1;

            if (hypot(x, (double)row - star[1]) < 30.0 && !isnan(calm[p])) {
                ck_assert_float_eq_tol(map[p], calm[p], 1e-3F * (1.0F + fabsf(calm[p])));
                n++;
            }
        }
    }
    ck_assert_int_gt(n, 4000);
}
END_TEST

/* The noise is that of the others, however bright the source. */
START_TEST(the_brightest_sources_have_a_ratio)
{
    fill_noise(7);
    image[30 * NX + 20] = 1e12F;
    SQN_ASSERT_OK(sqn_snr_map(map, image, NY, NX, star, fwhm, &err), err);
    ck_assert_float_eq_tol(map[30 * NX + 20] / (float)snr_at(21.0, 31.0), 1.0F, 0.1F);
}
END_TEST

START_TEST(apertures_that_are_all_alike_have_no_noise)
{
    const double sizes[] = {1.5, 4.0, 10.0};

    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = p == 30 * NX + 20 ? NAN : 7.3F;
    }
    for (int k = 0; k < 3; k++) {
        SQN_ASSERT_OK(sqn_snr_map(map, image, NY, NX, star, sizes[k], &err), err);
        for (int64_t p = 0; p < N_PIX; p++) {
            const int64_t row = p / NX;
            const double at[2] = {(double)(p % NX + 1), (double)(row + 1)};

            ck_assert_float_nan(map[p]);
            ck_assert(p % 7 != 0 || isnan(sqn_snr_at(image, NY, NX, star, at, sizes[k])));
        }
    }
}
END_TEST

/* A gap of one plane changes nothing for the others: half of it, a corner, the core, pixels; nor
   does memory that is lent. */
START_TEST(a_plane_does_not_depend_on_the_others)
{
    enum { N_PLANE = 18 }; /* two batches */
    static float planes[N_PLANE * N_PIX], together[N_PLANE * N_PIX];
    static char lent[1 << 22] __attribute__((aligned(64)));
    const sqn_snr_planes all = {.n_plane = N_PLANE,
                                .ny = NY,
                                .nx = NX,
                                .value = planes,
                                .spare = {{lent}, {sizeof lent}}};

    memset(lent, 0xff, sizeof lent); /* NaN */
    fill_noise(4);
    for (int64_t p = 0; p < INT64_C(1) * N_PLANE * N_PIX; p++) {
        const int64_t plane = p / N_PIX, x = p % NX, y = p % N_PIX / NX;
        const double r = hypot((double)(x + 1) - star[0], (double)(y + 1) - star[1]);
        const bool gap = (plane == 1 && x > 3 * y - 60) || (plane == 2 && x + y < 40) ||
                         (plane == 3 && r < 15.0) || (plane == 4 && p % 97 == 0) ||
                         plane == 5;

        planes[p] = gap ? NAN : image[p % N_PIX];
    }
    SQN_ASSERT_OK(sqn_snr_maps(together, &all, star, fwhm, &err), err);
    for (int64_t plane = 0; plane < N_PLANE; plane++) {
        SQN_ASSERT_OK(sqn_snr_map(map, planes + plane * N_PIX, NY, NX, star, fwhm, &err),
                      err);
        ck_assert_mem_eq(map, together + plane * N_PIX, sizeof map);
        if (plane < 5) {
            memcpy(image, planes + plane * N_PIX, sizeof image);
            ck_assert_double_lt(map_error(star, fwhm), 0.01);
        }
    }
}
END_TEST

START_TEST(noise_alone_follows_student)
{
    /* 24 apertures at 16 pixels: 22 degrees of freedom, variance 22 / 20 */
    double sum = 0.0, sum_2 = 0.0;
    int64_t n = 0;

    for (int64_t k = 0; k < 60; k++) {
        fill_noise(10 + (uint64_t)k);
        for (int64_t a = 0; a < 12; a++) {
            const double angle = 2.0 * pi * (double)a / 12.0;
            const double snr =
                snr_at(star[0] + 16.0 * cos(angle), star[1] + 16.0 * sin(angle));

            sum += snr;
            sum_2 += snr * snr;
            n++;
        }
    }
    ck_assert_double_lt(fabs(sum / (double)n), 0.12); /* 720 values: 3 sigma */
    ck_assert_double_eq_tol(sum_2 / (double)n, 22.0 / 20.0, 0.2);
}
END_TEST

START_TEST(few_apertures_widen_the_distribution)
{
    /* 6 apertures at one fwhm: 4 degrees of freedom; |t| > 2.132 in one of ten */
    int64_t n_above = 0, n = 0;

    for (int64_t k = 0; k < 1500; k++) {
        for (int64_t p = 0; p < N_PIX; p++) { /* only the middle is needed */
            const int64_t y = p / NX, x = p % NX;

            if (llabs(y - 37) < 9 && llabs(x - 39) < 9) {
                const uint64_t index = (uint64_t)(k * N_PIX + p);
                const double u = (double)sqn__rng_uniform(5, 0, index);
                const double v = (double)sqn__rng_uniform(5, 1, index);

                image[p] = (float)(sqrt(-2.0 * log(u)) * cos(2.0 * pi * v));
            }
        }
        n_above += fabs(snr_at(star[0] + fwhm, star[1])) > 2.132;
        n++;
    }
    ck_assert_double_eq_tol((double)n_above / (double)n, 0.1, 0.03);
}
END_TEST

START_TEST(an_injected_source_has_the_expected_ratio)
{
    double mean = 0.0;

    for (int64_t k = 0; k < 100; k++) {
        fill_noise(300 + (uint64_t)k);
        image[38 * NX + 62] += 60.0F;
        mean += snr_at(63.0, 39.0) / 100.0;
    }
    /* The flux of noise has the variance sum of squared overlaps, 10.48 on average; one over
       the standard deviation of 34 is larger by 1 + 3 / (4 * 34). */
    ck_assert_double_eq_tol(mean, 60.0 / sqrt(10.48) * (1.0 + 0.75 / 34.0), 0.8);
}
END_TEST

START_TEST(scale_and_offset_do_not_matter)
{
    fill_noise(4);

    const double before = snr_at(55.0, 30.0);

    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = 300.0F * image[p] + 1000.0F;
    }
    ck_assert_double_eq_tol(snr_at(55.0, 30.0), before, 1e-4);
}
END_TEST

START_TEST(without_data_there_is_no_ratio)
{
    fill_noise(6);
    ck_assert(isnan(snr_at(star[0] + 3.99, star[1])));
    ck_assert(!isnan(snr_at(star[0] + 4.0, star[1])));
    ck_assert(isnan(snr_at(2.0, 38.0))); /* sticks out */
    ck_assert(isnan(sqn_snr_at(image, NY, NX, star, star, fwhm)));
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = 2.385F;
    }
    ck_assert(isnan(snr_at(55.0, 30.0))); /* no noise */

    /* Of the 24 others, less than half have data, or half. */
    for (int64_t n_other = 11; n_other <= 12; n_other++) {
        fill_noise(7);
        for (int64_t p = 0; p < N_PIX; p++) {
            const int64_t x = p % NX, y = p / NX;
            const double angle =
                atan2((double)(y + 1) - star[1], (double)(x + 1) - star[0]) + 0.25;
            const double turns = angle / (2.0 * pi) * 25.0; /* 25 apertures at 16 pixels */

            image[p] = turns > -0.2 && turns < 1.6 + (double)n_other ? image[p] : NAN;
        }
        ck_assert_int_eq(isnan(snr_at(star[0] + 16.0, star[1])), n_other < 12);
    }
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    static float again[N_PIX];

    fill_noise(9);
    omp_set_num_threads(1);
    SQN_ASSERT_OK(sqn_snr_map(map, image, NY, NX, star, fwhm, &err), err);
    omp_set_num_threads(3);
    SQN_ASSERT_OK(sqn_snr_map(again, image, NY, NX, star, fwhm, &err), err);
    ck_assert_mem_eq(again, map, sizeof map);
}
END_TEST

START_TEST(a_wrong_width_and_no_memory_are_errors)
{
    fill_noise(8);
    SQN_ASSERT_FAILS(sqn_snr_map(map, image, NY, NX, star, 0.0, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_snr_map(map, image, NY, NX, star, (double)NAN, &err), err,
                     SQN_E_ARG);
    for (int64_t n = 0; n < 20; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn_snr_map(map, image, NY, NX, star, fwhm, &err), err, SQN_E_MEM);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snr");
    TCase *tcase = tcase_create("apertures");

    tcase_add_test(tcase, the_ratio_is_that_of_a_second_route);
    tcase_add_test(tcase, the_map_is_the_ratio_at_each_pixel);
    tcase_add_test(tcase, the_map_is_the_ratio_about_a_planet);
    tcase_add_test(tcase, the_map_is_the_ratio_in_a_halo);
    tcase_add_test(tcase, a_background_changes_nothing);
    tcase_add_test(tcase, a_wild_pixel_is_no_background);
    tcase_add_test(tcase, the_brightest_sources_have_a_ratio);
    tcase_add_test(tcase, apertures_that_are_all_alike_have_no_noise);
    tcase_add_test(tcase, a_plane_does_not_depend_on_the_others);
    tcase_add_test(tcase, noise_alone_follows_student);
    tcase_add_test(tcase, few_apertures_widen_the_distribution);
    tcase_add_test(tcase, an_injected_source_has_the_expected_ratio);
    tcase_add_test(tcase, scale_and_offset_do_not_matter);
    tcase_add_test(tcase, without_data_there_is_no_ratio);
    tcase_add_test(tcase, threads_do_not_change_a_bit);
    tcase_add_test(tcase, a_wrong_width_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
