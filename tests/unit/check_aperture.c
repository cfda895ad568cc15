/** @file check_aperture.c @brief Circle on pixels: exact area, exact flux, gaps; the scan of many planes. */
#include "aperture.h"
#include "aperture_scan.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 40, NX = 47, N_PIX = NY * NX };

static const double pi = 3.14159265358979323846;
static float image[N_PIX];
static const sqn__aperture_image view = {NY, NX, image};
static sqn_error err;

static double uniform(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(7, stream, (uint64_t)i);
}

/* Length of the circle's chord at height v, cut to [u0, u1]. */
static double cut_chord(double v, double u0, double u1, double radius)
{
    const double half = sqrt(fmax(radius * radius - v * v, 0.0));

    return fmax(fmin(u1, half) - fmax(u0, -half), 0.0);
}

/* The overlap once more, as a sum over thin strips. */
static double strips(double dx, double dy, double radius)
{
    enum { N = 2000 };
    double area = 0.0;

    for (int64_t k = 0; k < N; k++) {
        const double v = dy - 0.5 + ((double)k + 0.5) / N;

        area += cut_chord(v, dx - 0.5, dx + 0.5, radius) / N;
    }
    return area;
}

START_TEST(a_flat_image_gives_the_area_of_the_circle)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = 2.0F;
    }
    for (int64_t k = 0; k < 200; k++) {
        const double radius = 0.2 + 9.0 * uniform(1, k);
        const double x = 20.0 + 4.0 * uniform(2, k), y = 18.0 + 4.0 * uniform(3, k);

        ck_assert_double_eq_tol(sqn__aperture_flux(&view, x, y, radius),
                                2.0 * pi * radius * radius, 1e-11);
    }
}
END_TEST

START_TEST(each_pixel_counts_by_its_overlap)
{
    for (int64_t k = 0; k < 100; k++) {
        const double radius = 0.3 + 3.0 * uniform(1, k);
        const double x = 20.0 + 4.0 * uniform(2, k), y = 18.0 + 4.0 * uniform(3, k);
        const int64_t i = (int64_t)(17.0 + 10.0 * uniform(4, k));
        const int64_t j = (int64_t)(15.0 + 10.0 * uniform(5, k));

        image[j * NX + i] = 1.0F;
        ck_assert_double_eq_tol(sqn__aperture_flux(&view, x, y, radius),
                                strips((double)i - x, (double)j - y, radius), 2e-5);
        image[j * NX + i] = 0.0F;
    }
}
END_TEST

START_TEST(a_circle_that_touches_a_gap_or_leaves_the_image_has_no_flux)
{
    image[10 * NX + 10] = NAN;
    ck_assert(isnan(sqn__aperture_flux(&view, 13.0, 10.0, 2.501)));
    ck_assert(!isnan(sqn__aperture_flux(&view, 13.0, 10.0, 2.499)));
    ck_assert(isnan(sqn__aperture_flux(&view, 12.0, 12.0, 1.5 * sqrt(2.0) + 1e-6)));
    ck_assert(!isnan(sqn__aperture_flux(&view, 12.0, 12.0, 1.5 * sqrt(2.0) - 1e-6)));
    ck_assert(isnan(sqn__aperture_flux(&view, 2.0, 20.0, 2.501)));
    ck_assert(!isnan(sqn__aperture_flux(&view, 2.0, 20.0, 2.499)));
    ck_assert(isnan(sqn__aperture_flux(&view, NX - 3.0, 20.0, 2.501)));
    ck_assert(!isnan(sqn__aperture_flux(&view, NX - 3.0, NY - 3.0, 2.499)));
    ck_assert(isnan(sqn__aperture_flux(&view, -7.0, 20.0, 2.0)));
}
END_TEST

/* Planes of noise, each with its own gap, and one without. */
enum { N_PLANE = 11 };
static float planes[N_PLANE * N_PIX];

static void fill_planes(void)
{
    for (int64_t p = 0; p < INT64_C(1) * N_PLANE * N_PIX; p++) {
        planes[p] = (float)(uniform(0, p) - 0.5);
    }
    for (int64_t k = 1; k < N_PLANE; k++) {
        planes[k * N_PIX + (10 + 2 * k) * NX + 30 - k] = NAN;
    }
}

/* One of the circles that are placed together. */
static uint32_t flux_at(float *out, const sqn__aperture_scan *scan, double x, double y)
{
    const int64_t i = (int64_t)fabs(37.0 * x) % SQN__APERTURE_PLACES;
    sqn__aperture_places places = {.x = {0.0}};

    places.x[i] = x;
    places.y[i] = y;
    sqn__aperture_scan_place(&places, scan);
    return sqn__aperture_scan_flux(out, scan, &places, i, UINT32_MAX);
}

/* Fluxes of both ways at random places; returns the RMS of their difference. */
static double scatter(const sqn__aperture_scan *scan, double radius, int64_t n)
{
    double sum = 0.0;
    int64_t n_flux = 0;

    for (int64_t k = 0; k < n; k++) {
        const double x = NX * uniform(1, k) - 0.5, y = NY * uniform(2, k) - 0.5;
        float quick[SQN__APERTURE_LANES] = {0.0F};
        const uint32_t known = flux_at(quick, scan, x, y);

        ck_assert_uint_lt(known, 1U << N_PLANE);
        for (int64_t l = 0; l < N_PLANE; l++) {
            const sqn__aperture_image plane = {NY, NX, planes + l * N_PIX};
            const double exact = sqn__aperture_flux(&plane, x, y, radius);
            const double d = isnan(exact) ? 0.0 : exact - (double)quick[l];

            ck_assert_msg(isnan(exact) == ((known >> l & 1U) == 0), "(%g, %g): %g", x, y,
                          exact);
            sum += d * d;
            n_flux += !isnan(exact);
        }
    }
    ck_assert_int_gt(n_flux, n / 10);
    return sqrt(sum / (double)n_flux);
}

/* Those of a table, within the circle, across it and outside, are those of one pixel. */
START_TEST(overlaps_of_a_table_are_those_of_single_pixels)
{
    enum { N = 61, STEPS = 16 };
    static float table[N * N];

    for (int64_t k = 0; k < 4; k++) {
        const double radius = 0.2 + 1.1 * (double)k;

        ck_assert(sqn__aperture_overlaps(table, N, STEPS, radius));
        for (int64_t e = 0; e < INT64_C(1) * N * N; e++) {
            const int64_t row = e / N, column = e % N;
            const double x = (double)column / STEPS, y = (double)row / STEPS;
            const double one = sqn__aperture_overlap(x, -y, radius);

            ck_assert_double_eq_tol(table[e], one, 1e-7);
        }
    }
}
END_TEST

START_TEST(a_scan_sees_the_same_flux_on_every_plane)
{
    const double radii[3] = {0.5, 2.0, 3.17};

    fill_planes();
    for (int64_t k = 0; k < 3; k++) {
        sqn__aperture_scan *scan;
        float flux[SQN__APERTURE_LANES];
        /* scatter of the flux of this noise, sigma^2 = 1/12 */
        const double noise = sqrt(pi / 12.0) * radii[k];
        const sqn__aperture_image first = {NY, NX, planes};

        SQN_ASSERT_OK(
            sqn__aperture_scan_create(&scan, NY, NX, radii[k], (sqn_spare){0}, &err), err);
        sqn__aperture_scan_load(scan, planes, NULL, N_PLANE);
        ck_assert_double_lt(scatter(scan, radii[k], 4000), 0.006 * noise);
        ck_assert_uint_eq(flux_at(flux, scan, 12.0, 9.0) & 1U, 1U);
        ck_assert_double_eq_tol(flux[0], sqn__aperture_flux(&first, 12.0, 9.0, radii[k]),
                                1e-5);
        sqn__aperture_scan_destroy(&scan);
        ck_assert_ptr_null(scan);
    }
}
END_TEST

START_TEST(a_circle_too_large_for_the_table_is_measured_one_by_one)
{
    sqn__aperture_scan *scan;

    fill_planes();
    SQN_ASSERT_OK(sqn__aperture_scan_create(&scan, NY, NX, 13.3, (sqn_spare){0}, &err),
                  err);
    sqn__aperture_scan_load(scan, planes, NULL, N_PLANE);
    ck_assert_double_lt(scatter(scan, 13.3, 4000), 1e-5); /* of float32 */
    sqn__aperture_scan_destroy(&scan);
}
END_TEST

/* What is said of a place holds for all circles up to half a pixel away. */
static void check_near(const sqn__aperture_scan *scan, const sqn__aperture_view *said,
                       double x, double y, int64_t k)
{
    for (int64_t near = 0; near < 9; near++) {
        float flux[SQN__APERTURE_LANES];
        const int64_t column = near % 3 - 1, row = near / 3 - 1;
        const double dx = 0.5 * (double)column * uniform(4, k);
        const double dy = 0.5 * (double)row * uniform(5, k);
        const uint32_t known = flux_at(flux, scan, x + dx, y + dy);

        ck_assert_uint_eq(said->clear & ~known, 0);
        ck_assert_uint_eq(known & ~said->seen, 0);
    }
}

START_TEST(a_view_is_true_of_all_circles_near_a_place)
{
    const double radii[4] = {0.7, 2.0, 3.17, 13.3};

    fill_planes();
    for (int64_t r = 0; r < 4; r++) {
        sqn__aperture_scan *scan;
        int64_t n_clear = 0, n_unseen = 0;

        SQN_ASSERT_OK(
            sqn__aperture_scan_create(&scan, NY, NX, radii[r], (sqn_spare){0}, &err), err);
        sqn__aperture_scan_load(scan, planes, NULL, N_PLANE);
        const bool table = sqn__aperture_scan_has_table(scan);
        const int64_t n = table ? 1000 : 20; /* one by one they take long */

        for (int64_t k = 0; k < n; k++) {
            const double x = (NX + 8.0) * uniform(1, k) - 4.5;
            const double y = (NY + 8.0) * uniform(2, k) - 4.5;
            sqn__aperture_places places = {.x = {x}, .y = {y}};

            sqn__aperture_scan_place(&places, scan);
            const sqn__aperture_view said = sqn__aperture_scan_view(scan, &places, 1);

            check_near(scan, &said, x, y, k);
            n_clear += said.clear != 0;
            n_unseen += said.seen != sqn__aperture_scan_all(scan);
        }
        ck_assert_int_eq(n_clear > n / 4, table);
        ck_assert_int_gt(n_unseen, n / 20);
        sqn__aperture_scan_destroy(&scan);
    }
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    sqn__aperture_scan *scan;

    for (int64_t n = 0; n < 7; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(
            sqn__aperture_scan_create(&scan, NY, NX, 2.0, (sqn_spare){0}, &err), err,
            SQN_E_MEM);
        ck_assert_ptr_null(scan);
    }
    sqn__aperture_scan_destroy(&scan);
    sqn__aperture_scan_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aperture");
    TCase *tcase = tcase_create("flux");

    tcase_add_test(tcase, a_flat_image_gives_the_area_of_the_circle);
    tcase_add_test(tcase, each_pixel_counts_by_its_overlap);
    tcase_add_test(tcase, a_circle_that_touches_a_gap_or_leaves_the_image_has_no_flux);
    tcase_add_test(tcase, overlaps_of_a_table_are_those_of_single_pixels);
    tcase_add_test(tcase, a_scan_sees_the_same_flux_on_every_plane);
    tcase_add_test(tcase, a_view_is_true_of_all_circles_near_a_place);
    tcase_add_test(tcase, a_circle_too_large_for_the_table_is_measured_one_by_one);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
