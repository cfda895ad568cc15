/** @file check_annulus.c @brief Apertures of circles: by lattices, one by one, and both. */
#include "annulus.h"

#include <math.h>
#include <string.h>

#include "aperture.h"
#include "circle.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 90, NX = 97, N_PIX = NY * NX, N_PLANE = 3 };

static const double fwhm = 4.0, star_x = 47.3, star_y = 44.6;
static float planes[N_PLANE * N_PIX];
static sqn_error err;

/* Noise; with a gap; with a gap wherever an aperture could be but in one half. */
static void fill_planes(void)
{
    for (int64_t p = 0; p < INT64_C(1) * N_PLANE * N_PIX; p++) {
        const int64_t pixel = p % N_PIX, y = pixel / NX, x = pixel % NX;
        const bool gap = (p / N_PIX == 1 && x == 70 && y == 50) ||
                         (p / N_PIX == 2 && y > 40 && x % 3 == 0);

        planes[p] = gap ? NAN : (float)sqn__rng_uniform(3, 1, (uint64_t)pixel) - 0.5F;
    }
}

/* Number, mean and sum of squares of the other apertures on a plane. */
typedef struct truth {
    double n, mean, two;
} truth;

static truth others_of(int64_t plane, const double d[2], int64_t n_all)
{
    const sqn__aperture_image image = {NY, NX, planes + plane * N_PIX};
    double flux[200], sum = 0.0;
    truth t = {0};

    for (int64_t k = 1; k < n_all; k++) {
        double by[2], to[2];

        sqn__circle_turn(by, k, n_all);
        sqn__circle_go(to, d, by);
        const double f =
            sqn__aperture_flux(&image, star_x + to[0], star_y + to[1], 0.5 * fwhm);

        if (!isnan(f)) {
            flux[(int64_t)t.n] = f;
            sum += f;
            t.n += 1.0;
        }
    }
    t.mean = t.n > 0.0 ? sum / t.n : 0.0;
    for (int64_t i = 0; i < (int64_t)t.n; i++) {
        t.two += (flux[i] - t.mean) * (flux[i] - t.mean);
    }
    return t;
}

/* Sums about an origin are those of the apertures, to 3 % of a sigma of one. */
static void check_sums(const sqn__aperture_sums *sums, int64_t l, const truth *t)
{
    const double n = (double)sums->n[l];

    ck_assert_double_eq(n, t->n);
    if (n > 1.0) {
        const double mean = (double)sums->one[l] / n;
        const double two = (double)sums->two[l] - mean * (double)sums->one[l];
        const double sigma = sqrt(t->two / (n - 1.0));

        ck_assert_double_eq_tol((double)sums->origin[l] + mean, t->mean,
                                0.03 * sigma / sqrt(n));
        ck_assert_double_eq_tol(two, t->two, 0.08 * sigma * sigma * sqrt(n));
    }
}

/* Circles of an annulus, on planes of which each has its gaps: whether there is a lattice, and
   what the planes miss, makes no difference. */
START_TEST(sums_are_those_of_the_apertures)
{
    const int64_t n_all[3] = {7, 33, 60};
    sqn__aperture_scan *scan = NULL;
    sqn__annulus *annulus = NULL;

    fill_planes();
    SQN_ASSERT_OK(
        sqn__aperture_scan_create(&scan, NY, NX, 0.5 * fwhm, (sqn_spare){0}, &err), err);
    SQN_ASSERT_OK(sqn__annulus_create(&annulus, fwhm, 60, &err), err);
    sqn__aperture_scan_load(scan, planes, NULL, N_PLANE);
    const sqn__annulus_scene scene = {scan, star_x, star_y, fwhm};

    for (int64_t k = 0; k < 3; k++) {
        for (int64_t i = 0; i < 40; i++) {
            const double angle = 0.157 * (double)i;
            const double part = 0.02 + 0.024 * (double)i;
            const double r = fwhm / 6.283185307 * ((double)n_all[k] + part);
            const double d[2] = {r * cos(angle), r * sin(angle)};
            sqn__aperture_sums sums;

            ck_assert_int_eq(sqn__circle_n(d, fwhm), n_all[k]);
            if (i % 20 == 0) { /* with a lattice, and without */
                ck_assert(
                    sqn__annulus_measure(annulus, &scene, n_all[k], i < 20 ? 1000 : 1));
            }
            sqn__annulus_others(&sums, annulus, &scene, d);
            for (int64_t l = 0; l < N_PLANE; l++) {
                const truth t = others_of(l, d, n_all[k]);

                check_sums(&sums, l, &t);
            }
        }
    }
    sqn__annulus_destroy(&annulus);
    sqn__aperture_scan_destroy(&scan);
}
END_TEST

START_TEST(an_annulus_outside_is_unknown)
{
    sqn__aperture_scan *scan = NULL;
    sqn__annulus *annulus = NULL;

    fill_planes();
    SQN_ASSERT_OK(
        sqn__aperture_scan_create(&scan, NY, NX, 0.5 * fwhm, (sqn_spare){0}, &err), err);
    SQN_ASSERT_OK(sqn__annulus_create(&annulus, fwhm, 120, &err), err);
    sqn__aperture_scan_load(scan, planes, NULL, N_PLANE);
    const sqn__annulus_scene scene = {scan, star_x, star_y, fwhm};

    ck_assert(sqn__annulus_measure(annulus, &scene, 70, 1000));
    ck_assert(!sqn__annulus_measure(annulus, &scene, 100, 1000)); /* radius 64 */
    sqn__annulus_destroy(&annulus);
    sqn__aperture_scan_destroy(&scan);
}
END_TEST

START_TEST(turns_come_round)
{
    const double d[2] = {2.385, -17.1};

    ck_assert_int_eq(sqn__circle_n((const double[2]){3.99, 0.0}, fwhm), 0);
    ck_assert_int_eq(sqn__circle_n((const double[2]){0.0, -4.0}, fwhm), 6);
    for (int64_t n = 6; n < 40; n++) {
        double x = 0.0, y = 0.0;

        for (int64_t k = 0; k < n; k++) {
            double by[2], to[2];

            sqn__circle_turn(by, k, n);
            sqn__circle_go(to, d, by);
            x += to[0];
            y += to[1];
            ck_assert_double_eq_tol(hypot(to[0], to[1]), hypot(d[0], d[1]), 1e-13);
            ck_assert_double_eq_tol(d[0] * to[0] + d[1] * to[1],
                                    (d[0] * d[0] + d[1] * d[1]) *
                                        cos(6.283185307179586 * (double)k / (double)n),
                                    1e-10);
        }
        ck_assert_double_eq_tol(x, 0.0, 1e-11);
        ck_assert_double_eq_tol(y, 0.0, 1e-11);
    }
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    sqn__annulus *annulus;

    for (int64_t n = 0; n < 14; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn__annulus_create(&annulus, fwhm, 60, &err), err, SQN_E_MEM);
        ck_assert_ptr_null(annulus);
    }
    sqn__annulus_destroy(&annulus);
    sqn__annulus_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("annulus");
    TCase *tcase = tcase_create("circles");

    tcase_add_test(tcase, sums_are_those_of_the_apertures);
    tcase_add_test(tcase, an_annulus_outside_is_unknown);
    tcase_add_test(tcase, turns_come_round);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
