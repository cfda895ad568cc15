/** @file check_aperture.c @brief Circle on pixels: exact area, exact flux, gaps, the scan. */
#include "aperture.h"

#include <math.h>

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

static void fill_noise(void)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        image[p] = (float)(uniform(0, p) - 0.5);
    }
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

/* Fluxes of both ways at random places; returns the RMS of their difference. */
static double scatter(const sqn__aperture_scan *scan, double radius, int64_t n)
{
    double sum = 0.0;
    int64_t n_flux = 0;

    for (int64_t k = 0; k < n; k++) {
        const double x = NX * uniform(1, k) - 0.5, y = NY * uniform(2, k) - 0.5;
        const double exact = sqn__aperture_flux(&view, x, y, radius);
        const double quick = sqn__aperture_scan_flux(scan, x, y);

        ck_assert_msg(isnan(exact) == isnan(quick), "(%g, %g): %g, %g", x, y, exact, quick);
        sum += isnan(exact) ? 0.0 : (exact - quick) * (exact - quick);
        n_flux += !isnan(exact);
    }
    ck_assert_int_gt(n_flux, n / 10);
    return sqrt(sum / (double)n_flux);
}

START_TEST(a_scan_sees_the_same_flux)
{
    const double radii[3] = {0.5, 2.0, 3.17};

    fill_noise();
    image[20 * NX + 30] = NAN;
    for (int64_t k = 0; k < 3; k++) {
        sqn__aperture_scan *scan;
        /* scatter of the flux of this noise, sigma^2 = 1/12 */
        const double noise = sqrt(pi / 12.0) * radii[k];

        SQN_ASSERT_OK(sqn__aperture_scan_create(&scan, &view, radii[k], &err), err);
        ck_assert_double_lt(scatter(scan, radii[k], 4000), 0.01 * noise);
        ck_assert_double_eq_tol(sqn__aperture_scan_flux(scan, 12.0, 9.0),
                                sqn__aperture_flux(&view, 12.0, 9.0, radii[k]), 1e-5);
        sqn__aperture_scan_destroy(&scan);
        ck_assert_ptr_null(scan);
    }
}
END_TEST

START_TEST(a_circle_too_large_for_the_table_is_measured_one_by_one)
{
    sqn__aperture_scan *scan;

    fill_noise();
    SQN_ASSERT_OK(sqn__aperture_scan_create(&scan, &view, 13.3, &err), err);
    ck_assert_double_eq(scatter(scan, 13.3, 400), 0.0);
    sqn__aperture_scan_destroy(&scan);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    sqn__aperture_scan *scan;

    for (int64_t n = 0; n < 3; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn__aperture_scan_create(&scan, &view, 2.0, &err), err,
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
    tcase_add_test(tcase, a_scan_sees_the_same_flux);
    tcase_add_test(tcase, a_circle_too_large_for_the_table_is_measured_one_by_one);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
