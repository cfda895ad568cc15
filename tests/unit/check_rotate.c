/** @file check_rotate.c @brief Turning: analytic images, the star, gaps, flags, variance. */
#include "sequin/rotate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "sequin/cube.h"
#include "sqn_check.h"
#include "sqn_planes.h"
#include "sqn_wrap.h"

static const double pi = 3.14159265358979323846;
static sqn_error err;

/* Gaussian sources about the star, the brightest of height 1, and the star itself. */
enum { N_SOURCE = 5 };
static const double sources[N_SOURCE][3] = {/* x and y from the star, height */
                                            {0.0, 0.0, 1.0},
                                            {12.3, -7.1, 1.0},
                                            {-18.6, 3.45, 0.8},
                                            {5.5, 19.25, 0.6},
                                            {-9.75, -14.5, 0.9}};

/* Brightness at (x, y) from the star when the sky is turned by `theta`. */
static double sky(double x, double y, double theta, double fwhm)
{
    const double c = cos(theta * pi / 180.0), s = sin(theta * pi / 180.0);
    double sum = 0.0;

    for (int64_t k = 0; k < N_SOURCE; k++) {
        const double dx = x - (c * sources[k][0] - s * sources[k][1]);
        const double dy = y - (s * sources[k][0] + c * sources[k][1]);

        sum += sources[k][2] * exp(-4.0 * log(2.0) * (dx * dx + dy * dy) / (fwhm * fwhm));
    }
    return sum;
}

static void paint(sqn_image *image, const double center[2], double theta, double fwhm)
{
    for (int64_t y = 0; y < image->ny; y++) {
        for (int64_t x = 0; x < image->nx; x++) {
            image->value[y * image->nx + x] = (float)sky(
                (double)(x + 1) - center[0], (double)(y + 1) - center[1], theta, fwhm);
        }
    }
}

/* Largest difference where both are valid. */
static double largest_difference(const sqn_image *a, const sqn_image *b)
{
    double largest = 0.0;

    for (int64_t p = 0; p < a->ny * a->nx; p++) {
        if (!isnan(a->value[p]) && !isnan(b->value[p])) {
            largest = fmax(largest, fabs((double)a->value[p] - (double)b->value[p]));
        }
    }
    return largest;
}

static double total(const sqn_image *image)
{
    double sum = 0.0;

    for (int64_t p = 0; p < image->ny * image->nx; p++) {
        sum += isnan(image->value[p]) ? 0.0 : (double)image->value[p];
    }
    return sum;
}

/* Turn the analytic sky and compare: once, and there and back. */
static void compare(int64_t ny, int64_t nx, const double center[2], double theta,
                    const double fwhm_and_limit[2])
{
    const double fwhm = fwhm_and_limit[0], limit = fwhm_and_limit[1];
    sqn_image in = make_plain(ny, nx), out = make_plain(ny, nx);
    sqn_image truth = make_plain(ny, nx);

    paint(&in, center, 0.0, fwhm);
    paint(&truth, center, theta, fwhm);
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, theta, &err), err);

    const double once = largest_difference(&out, &truth);

    ck_assert_msg(once < limit, "%g degrees, fwhm %g: off by %g", theta, fwhm, once);
    ck_assert_double_lt(fabs(total(&out) / total(&in) - 1.0), 1e-3);

    SQN_ASSERT_OK(sqn_rotate_frame(&truth, &out, center, -theta, &err), err);

    const double twice = largest_difference(&truth, &in);

    /* two interpolations: at worst twice the error of one */
    ck_assert_msg(twice < 2.0 * limit, "%g degrees and back: off by %g", theta, twice);
    drop(&in);
    drop(&out);
    drop(&truth);
}

START_TEST(sources_turn_to_where_they_belong)
{
    const double angles[5] = {0.3, 45.0, 203.7, -31.4, 3600.0 - 77.0};
    const double even[2] = {40.5, 36.5}, odd[2] = {41.0, 37.0}, between[2] = {40.29, 37.83};

    omp_set_num_threads(1); /* many small frames: threads would only wait for each other */
    for (int64_t k = 0; k < 5; k++) {
        const double fine[2] = {4.0, 3e-4}, coarse[2] = {3.0, 3e-3};

        compare(72, 80, even, angles[k], fine);
        compare(73, 81, odd, angles[k], fine);
        compare(72, 80, even, angles[k], coarse);
        compare(73, 80, between, angles[k], coarse);
    }
}
END_TEST

/* Centre of the light within 5 pixels of the star. */
static void centroid(double out[2], const sqn_image *image, const double center[2])
{
    double sum = 0.0, sum_x = 0.0, sum_y = 0.0;

    for (int64_t p = 0; p < image->ny * image->nx; p++) {
        const int64_t row = p / image->nx;
        const double x = (double)(p - row * image->nx + 1), y = (double)(row + 1);

        if (hypot(x - center[0], y - center[1]) < 9.0) {
            sum += image->value[p];
            sum_x += x * (double)image->value[p];
            sum_y += y * (double)image->value[p];
        }
    }
    out[0] = sum_x / sum;
    out[1] = sum_y / sum;
}

START_TEST(the_star_stays_where_it_is)
{
    enum { NY = 33, NX = 32, N_PIX = NY * NX };
    const double centers[3][2] = {{16.5, 16.5}, {17.0, 16.0}, {15.81, 17.37}};

    for (int64_t k = 0; k < 3; k++) {
        sqn_image in = make(NY, NX), out = make(NY, NX);
        double at[2];

        for (int64_t p = 0; p < N_PIX; p++) {
            const int64_t x = p % NX, y = p / NX;
            const double dx = (double)(x + 1) - centers[k][0];
            const double dy = (double)(y + 1) - centers[k][1];

            in.value[p] = (float)exp(-(dx * dx + dy * dy) / 4.0);
        }
        SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, centers[k], 61.3, &err), err);
        centroid(at, &out, centers[k]);
        ck_assert_double_lt(hypot(at[0] - centers[k][0], at[1] - centers[k][1]), 1e-3);
        drop(&in);
        drop(&out);
    }
}
END_TEST

static void fill_noise(sqn_image *image, uint64_t seed)
{
    for (int64_t p = 0; p < image->ny * image->nx; p++) {
        const double u = (double)sqn__rng_uniform(seed, 0, (uint64_t)p);
        const double v = (double)sqn__rng_uniform(seed, 1, (uint64_t)p);

        image->value[p] = (float)gauss(seed, (uint64_t)p);
        image->dq[p] = (uint32_t)(65536.0 * u);
        image->flags[p] = (uint8_t)(127.0 * v);
    }
}

START_TEST(whole_turns_copy_every_plane)
{
    const double angles[3] = {0.0, 360.0, -720.0}, center[2] = {3.7, 5.2};

    for (int64_t k = 0; k < 3; k++) {
        sqn_image in = make(9, 7), out = make(9, 7);

        fill_noise(&in, 1);
        in.value[11] = NAN;
        in.variance[11] = NAN;
        SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, angles[k], &err), err);
        ck_assert_mem_eq(out.value, in.value, 63 * sizeof(float));
        ck_assert_mem_eq(out.variance, in.variance, 63 * sizeof(float));
        ck_assert_mem_eq(out.dq, in.dq, 63 * sizeof(uint32_t));
        ck_assert_mem_eq(out.flags, in.flags, 63);
        drop(&in);
        drop(&out);
    }
}
END_TEST

START_TEST(a_quarter_turn_moves_each_pixel_onto_another)
{
    enum { N = 31, N_PIX = N * N };
    const double center[2] = {16.0, 16.0};
    sqn_image in = make(N, N), out = make(N, N);

    fill_noise(&in, 2);
    for (int64_t p = 0; p < N_PIX; p++) {
        in.variance[p] = 1.0F + (float)(p % 5);
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, 90.0, &err), err);
    for (int64_t y = 0; y < N; y++) {
        for (int64_t x = 0; x < N; x++) { /* (x, y) goes to (-y, x) */
            const int64_t from = y * N + x, to = x * N + (N - 1 - y);

            ck_assert_float_eq_tol(out.value[to], in.value[from], 1e-6F);
            ck_assert_float_eq_tol(out.variance[to], in.variance[from], 1e-6F);
            ck_assert_uint_eq(out.dq[to], in.dq[from]);
            ck_assert_uint_eq(out.flags[to], in.flags[from]);
        }
    }
    drop(&in);
    drop(&out);
}
END_TEST

/* Share of valid input in the bilinear footprint, by the definition. */
static double share_of_valid(const sqn_image *in, double x, double y)
{
    double share = 0.0;

    for (int64_t j = 0; j < in->ny; j++) {
        for (int64_t i = 0; i < in->nx; i++) {
            const double wx = 1.0 - fabs((double)(i + 1) - x);
            const double wy = 1.0 - fabs((double)(j + 1) - y);

            if (wx > 0.0 && wy > 0.0 && !isnan(in->value[j * in->nx + i])) {
                share += wx * wy;
            }
        }
    }
    return share;
}

START_TEST(valid_is_what_nine_tenths_of_the_footprint_are)
{
    enum { NY = 34, NX = 41, N_PIX = NY * NX };
    const double center[2] = {19.3, 17.8}, theta = -28.9;
    const double c = cos(theta * pi / 180.0), s = sin(theta * pi / 180.0);
    sqn_image in = make(NY, NX), out = make(NY, NX);

    fill_noise(&in, 3);
    for (int64_t p = 5; p < N_PIX; p += 17) {
        in.value[p] = NAN;
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, theta, &err), err);
    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t column = p % NX, row = p / NX;
        const double dx = (double)(column + 1) - center[0];
        const double dy = (double)(row + 1) - center[1];
        const double x = center[0] + c * dx + s * dy, y = center[1] - s * dx + c * dy;
        const int64_t i = (int64_t)floor(x - 0.5), j = (int64_t)floor(y - 0.5);
        const int there = i >= 0 && i < NX && j >= 0 && j < NY;
        const int valid = share_of_valid(&in, x, y) >= 0.9;
        const unsigned flags = there ? in.flags[j * NX + i] : 0U;

        ck_assert_int_eq(isnan(out.value[p]), !valid);
        ck_assert_int_eq(isnan(out.variance[p]), !valid);
        ck_assert_uint_eq(out.flags[p], flags | (valid ? 0U : SQN_FLAG_TURNED_MISSING));
        ck_assert_uint_eq(out.dq[p], there ? in.dq[j * NX + i] : 0U);
    }
    drop(&in);
    drop(&out);
}
END_TEST

/* Two turns that differ by a little, of one white noise: what they have in common at every
   distance from the centre. */
START_TEST(frames_that_turn_alike_have_noise_in_common)
{
    enum { N = 201, N_PIX = N * N, N_BIN = 17 };
    const double center[2] = {101.0, 101.0}, apart = 2.5;
    double product[N_BIN] = {0.0}, square[N_BIN] = {0.0};
    sqn_image in = make(N, N), out = make(N, N), other = make(N, N);

    for (uint64_t seed = 50; seed < 54; seed++) {
        const double theta = 20.0 + 17.0 * (double)seed;

        fill_noise(&in, seed);
        SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, theta, &err), err);
        SQN_ASSERT_OK(sqn_rotate_frame(&other, &in, center, theta + apart, &err), err);
        for (int64_t p = 0; p < N_PIX; p++) {
            const int64_t row = p / N - 100, column = p % N - 100;
            const double r = hypot((double)column, (double)row);
            const double distance = 2.0 * r * sin(0.5 * apart * pi / 180.0);
            const int64_t bin = (int64_t)(distance / 0.25 + 0.5);

            if (r < 95.0 && bin < N_BIN) {
                product[bin] += (double)out.value[p] * (double)other.value[p];
                square[bin] += 0.5 * (pow(out.value[p], 2) + pow(other.value[p], 2));
            }
        }
    }
    for (int64_t bin = 0; bin < N_BIN; bin++) {
        /* bins of 700 pixels and more (but the first two: 150) */
        ck_assert_double_eq_tol(product[bin] / square[bin],
                                sqn_rotate_overlap(0.25 * (double)bin),
                                bin < 2 ? 0.1 : 0.05);
    }
    ck_assert(sqn_rotate_overlap(4.0) == 0.0 && sqn_rotate_overlap(1e9) == 0.0);
    drop(&in);
    drop(&out);
    drop(&other);
}
END_TEST

START_TEST(covariances_turn_as_variances_do)
{
    enum { N = 31, N_PIX = N * N };
    const double center[2] = {16.0, 16.0};
    sqn_image in = make(N, N), out = make(N, N);

    in.shared = sqn__mem_alloc(N_PIX, sizeof(float));
    ck_assert_ptr_nonnull(in.shared);
    fill_noise(&in, 9);
    for (int64_t p = 0; p < N_PIX; p++) {
        in.variance[p] = 2.385F;
        in.shared[p] = -0.4F * 2.385F;
    }
    in.value[100] = NAN;
    SQN_ASSERT_FAILS(sqn_rotate_frame(&out, &in, center, 33.0, &err), err, SQN_E_ARG);
    out.shared = sqn__mem_alloc(N_PIX, sizeof(float));
    ck_assert_ptr_nonnull(out.shared);
    for (int k = 0; k < 3; k++) {
        SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, 33.0 * k, &err), err);
        for (int64_t p = 0; p < N_PIX; p++) {
            if (isfinite(out.value[p])) {
                ck_assert_float_eq_tol(out.shared[p], -0.4F * out.variance[p], 1e-6F);
            } else {
                ck_assert(k == 0 || isnan(out.shared[p]));
            }
        }
    }
    drop(&in);
    drop(&out);
}
END_TEST

START_TEST(what_lies_under_a_gap_changes_nothing)
{
    enum { N = 40, N_PIX = N * N };
    const double center[2] = {20.5, 20.5};
    sqn_image in = make(N, N), out = make(N, N), again = make(N, N);

    fill_noise(&in, 4);
    for (int64_t p = 0; p < N_PIX; p += 9) {
        in.value[p] = NAN;
        in.variance[p] = NAN;
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, 33.0, &err), err);
    for (int64_t p = 0; p < N_PIX; p += 9) {
        in.value[p] = INFINITY;
        in.variance[p] = 1e30F;
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&again, &in, center, 33.0, &err), err);
    ck_assert_mem_eq(again.value, out.value, N_PIX * sizeof(float));
    ck_assert_mem_eq(again.variance, out.variance, N_PIX * sizeof(float));
    drop(&in);
    drop(&out);
    drop(&again);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    enum { N = 50, N_PIX = N * N };
    const double center[2] = {24.2, 26.1};
    sqn_image in = make(N, N), out = make(N, N), again = make(N, N);

    fill_noise(&in, 5);
    for (int64_t p = 0; p < N_PIX; p++) {
        in.value[p] = p % 7 == 0 || p > 2100 ? NAN : in.value[p];
    }
    omp_set_num_threads(1);
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, -131.0, &err), err);
    omp_set_num_threads(3);
    SQN_ASSERT_OK(sqn_rotate_frame(&again, &in, center, -131.0, &err), err);
    ck_assert_mem_eq(again.value, out.value, N_PIX * sizeof(float));
    ck_assert_mem_eq(again.variance, out.variance, N_PIX * sizeof(float));
    drop(&in);
    drop(&out);
    drop(&again);
}
END_TEST

START_TEST(a_smooth_image_hardly_notices_a_gap)
{
    enum { N = 60, N_PIX = N * N };
    const double center[2] = {30.5, 30.5};
    sqn_image in = make(N, N), whole = make(N, N), out = make(N, N);

    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t x = p % N, y = p / N;

        in.value[p] = (float)(100.0 + (double)x * 0.5 - (double)y * 0.3);
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&whole, &in, center, 21.0, &err), err);
    for (int64_t y = 0; y < N; y++) { /* a lost pixel, and a lost corner 20 pixels wide */
        for (int64_t x = 0; x < N; x++) {
            in.value[y * N + x] =
                x + y < 20 || (x == 40 && y == 31) ? NAN : in.value[y * N + x];
        }
    }
    SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, 21.0, &err), err);
    ck_assert_double_lt(largest_difference(&out, &whole), 0.3); /* slope: 0.58 a pixel */
    drop(&in);
    drop(&whole);
    drop(&out);
}
END_TEST

START_TEST(wrong_arguments_and_no_memory_are_errors)
{
    const double center[2] = {3.0, 3.0};
    sqn_image in = make(5, 5), out = make(5, 5);
    sqn_image without = out, small = out;

    without.variance = NULL;
    small.nx = 4;
    SQN_ASSERT_FAILS(sqn_rotate_frame(&without, &in, center, 1.0, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_rotate_frame(&small, &in, center, 1.0, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_rotate_frame(&out, &in, center, (double)NAN, &err), err,
                     SQN_E_ARG);
    for (int64_t n = 0; n < 5; n++) { /* filled, rounds, coefficients, variance, presence */
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn_rotate_frame(&out, &in, center, 1.0, &err), err, SQN_E_MEM);
    }
    sqn_allocations_before_failure = 3; /* a frame of values alone needs three */

    const sqn_image plain = {.ny = 5, .nx = 5, .value = in.value};

    SQN_ASSERT_OK(sqn_rotate_frame(&out, &plain, center, 1.0, &err), err);
    drop(&in);
    drop(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate");
    TCase *truth = tcase_create("truth"), *planes = tcase_create("planes");

    tcase_add_test(truth, sources_turn_to_where_they_belong);
    tcase_add_test(truth, the_star_stays_where_it_is);
    tcase_add_test(truth, a_quarter_turn_moves_each_pixel_onto_another);
    tcase_add_test(planes, whole_turns_copy_every_plane);
    tcase_add_test(planes, valid_is_what_nine_tenths_of_the_footprint_are);
    tcase_add_test(planes, frames_that_turn_alike_have_noise_in_common);
    tcase_add_test(planes, covariances_turn_as_variances_do);
    tcase_add_test(planes, what_lies_under_a_gap_changes_nothing);
    tcase_add_test(planes, threads_do_not_change_a_bit);
    tcase_add_test(planes, a_smooth_image_hardly_notices_a_gap);
    tcase_add_test(planes, wrong_arguments_and_no_memory_are_errors);
    suite_add_tcase(suite, truth);
    suite_add_tcase(suite, planes);
    return sqn_check_run(suite);
}
