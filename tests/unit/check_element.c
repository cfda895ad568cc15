/** @file check_element.c @brief Noise of resolution elements: turned frames, shared noise, gaps. */
#include "sequin/element.h"

#include <math.h>
#include <stdlib.h>

#include "sequin/rotate.h"
#include "sqn_check.h"
#include "sqn_planes.h"
#include "sqn_wrap.h"

enum { N = 161, N_PIX = N * N, SEEDS = 4 };

static const double pi = 3.14159265358979323846;
static const double star[2] = {81.0, 81.0};
static float noise[N_PIX], first[N_PIX], second[N_PIX], error[N_PIX], sums[N_PIX];
static sqn_error err;
static sqn_element *element;

static void tear_down(void)
{
    sqn_element_destroy(&element);
}

static void fill_noise(uint64_t seed)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        noise[p] = (float)gauss(seed, (uint64_t)p);
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): filled through the image */
static void turn(float *out, double theta)
{
    const sqn_image in = {.ny = N, .nx = N, .value = noise};
    sqn_image to = {.ny = N, .nx = N, .value = out};

    SQN_ASSERT_OK(sqn_rotate_frame(&to, &in, star, theta, &err), err);
}

/* Overlap of a circle with a pixel, by counting dots. */
static double overlap(int64_t dx, int64_t dy, double radius)
{
    enum { DOTS = 50 };
    double n = 0.0;

    for (int64_t y = 0; y < DOTS; y++) {
        for (int64_t x = 0; x < DOTS; x++) {
            const double px = (double)dx - 0.5 + ((double)x + 0.5) / DOTS;
            const double py = (double)dy - 0.5 + ((double)y + 0.5) / DOTS;

            n += hypot(px, py) <= radius ? 1.0 : 0.0;
        }
    }
    return n / DOTS / DOTS;
}

enum { HALF = 3, SIDE = 2 * HALF + 1, N_CIRCLE = SIDE * SIDE };
static double circle[N_CIRCLE]; /* overlaps, by a second route */

static void make_circle(double fwhm)
{
    SQN_ASSERT_OK(sqn_element_create(&element, fwhm, &err), err);
    for (int64_t k = 0; k < N_CIRCLE; k++) {
        circle[k] = overlap(k % SIDE - HALF, k / SIDE - HALF, 0.5 * fwhm);
    }
}

/* Sum of a^power image over the circle about (x, y). */
static double sum_circle(const float *image, int64_t x, int64_t y, double power)
{
    double sum = 0.0;

    for (int64_t k = 0; k < N_CIRCLE; k++) {
        sum += pow(circle[k], power) *
               (double)image[(y + k / SIDE - HALF) * N + x + k % SIDE - HALF];
    }
    return sum;
}

/* Variance of sums and covariance with those of a frame turned a little further, by distance. */
typedef struct found {
    double own, common[8]; /* half pixels */
    int64_t n, n_common[8];
} found;

static void measure(found *f, double apart)
{
    enum { ROW = 31, PLACES = ROW * ROW };

    for (int64_t k = 0; k < PLACES; k++) {
        const int64_t x = 20 + 4 * (k % ROW), y = 20 + 4 * (k / ROW);
        const double r = hypot((double)x - 80.0, (double)y - 80.0);
        const int64_t bin = (int64_t)(4.0 * r * sin(0.5 * apart * pi / 180.0));
        if (r > 74.0) {
            continue; /* the corners turn out of the frame */
        }
        const double a = sum_circle(first, x, y, 1.0), b = sum_circle(second, x, y, 1.0);

        f->own += 0.5 * (a * a + b * b);
        f->n++;
        if (bin < 8) {
            f->common[bin] += a * b;
            f->n_common[bin]++;
        }
    }
}

START_TEST(sums_of_turned_noise_vary_as_said)
{
    const double fwhm[] = {2.0, 3.0, 4.7}, apart = 4.0;

    for (int i = 0; i < 3; i++) {
        found f = {0};
        double squares = 0.0;

        make_circle(fwhm[i]);
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            fill_noise(10 * seed + 1);
            turn(first, 20.0 + 17.0 * (double)seed);
            turn(second, 20.0 + 17.0 * (double)seed + apart);
            measure(&f, apart);
        }
        for (int64_t k = 0; k < N_CIRCLE; k++) {
            squares += 0.843 * circle[k] * circle[k]; /* variance of a turned pixel */
        }
        /* 2 (frames) of 4 x 900 sums: 2 % */
        ck_assert_double_eq_tol(f.own / (double)f.n / squares,
                                sqn_element_overlap(element, 0.0), 0.07);
        ck_assert(sqn_element_overlap(element, 0.0) > 1.02);
        for (int bin = 2; bin < 7; bin++) {
            ck_assert_double_eq_tol(f.common[bin] / (double)f.n_common[bin] / squares,
                                    sqn_element_overlap(element, 0.5 * bin + 0.25), 0.15);
        }
        ck_assert(sqn_element_overlap(element, sqn_element_reach(element)) == 0.0);
        ck_assert(sqn_element_reach(element) > fwhm[i] + 3.0);
        sqn_element_destroy(&element);
    }
}
END_TEST

START_TEST(errors_are_those_of_the_pixels_times_the_growth)
{
    const double growth[] = {1.0, 1.0, 2.385};
    const sqn_element_map map = {N, N, error, {star[0], star[1]}, 3, growth};

    for (int64_t p = 0; p < N_PIX; p++) {
        error[p] = 0.3F + 0.05F * (float)(p * 37 % 11);
        noise[p] = error[p] * error[p];
    }
    error[40 * N + 30] = NAN;
    make_circle(3.4);
    sqn_element_errors(sums, element, &map);
    for (int64_t p = INT64_C(41) * N + HALF; p < INT64_C(42) * N - HALF; p++) { /* a row */
        error[p] = (float)(2.385 * sqrt(sum_circle(noise, p % N, p / N, 2.0)));
        ck_assert(isnan(sums[p]) ==
                  (llabs(p - INT64_C(41) * N - 30) <= 2)); /* of the row below */
        ck_assert(isnan(sums[p]) || fabsf(sums[p] / error[p] - 1.0F) < 3e-3F);
    }
    ck_assert_double_eq_tol(sums[80 * N + 80], sqrt(sum_circle(noise, 80, 80, 2.0)), 1e-3);
    for (int64_t d = -3; d <= 3; d++) {
        ck_assert(isnan(sums[40 * N + 30 + d]) == (d >= -2 && d <= 2));
    }
    ck_assert(isnan(sums[0]) && isnan(sums[N_PIX - 2]) && isfinite(sums[2 * N + 2]));
}
END_TEST

START_TEST(circles_that_cannot_be_are_refused)
{
    const double wrong[] = {0.0, -1.0, NAN, INFINITY, 1e4};

    for (int k = 0; k < 5; k++) {
        SQN_ASSERT_FAILS(sqn_element_create(&element, wrong[k], &err), err, SQN_E_ARG);
        ck_assert_ptr_null(element);
    }
    sqn_element_destroy(NULL);
}
END_TEST

START_TEST(large_circles_go_on_where_small_ones_end)
{
    const double one = 1.0;
    const sqn_element_map map = {N, N, error, {star[0], star[1]}, 1, &one};
    double before, beyond;

    SQN_ASSERT_OK(sqn_element_create(&element, 48.0, &err), err); /* pixel by pixel */
    before = sqn_element_overlap(element, 12.0);
    sqn_element_destroy(&element);
    SQN_ASSERT_OK(sqn_element_create(&element, 48.2, &err), err); /* as areas */
    beyond = sqn_element_overlap(element, 12.05);
    sqn_element_destroy(&element);
    ck_assert_double_eq_tol(before, beyond, 0.01);
    SQN_ASSERT_OK(sqn_element_create(&element, 300.0, &err), err);
    sqn_element_errors(sums, element, &map);
    for (int64_t p = 0; p < N_PIX; p++) {
        ck_assert(isnan(sums[p]));
    }
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    for (int64_t n = 0; n < 3; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_element_create(&element, 3.0, &err);

        sqn_allocations_before_failure = INT64_MAX;
        SQN_ASSERT_FAILS(status, err, SQN_E_MEM);
        ck_assert_ptr_null(element);
    }
    SQN_ASSERT_OK(sqn_element_create(&element, 3.0, &err), err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("element");
    TCase *tcase = tcase_create("element");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, sums_of_turned_noise_vary_as_said);
    tcase_add_test(tcase, errors_are_those_of_the_pixels_times_the_growth);
    tcase_add_test(tcase, circles_that_cannot_be_are_refused);
    tcase_add_test(tcase, large_circles_go_on_where_small_ones_end);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
