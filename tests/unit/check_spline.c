/** @file check_spline.c @brief Splines: pixels back, polynomials, weights. */
#include "spline.h"

#include <omp.h>

#include "mem.h"
#include "rng.h"
#include "sqn_check.h"

START_TEST(weights_sum_to_one_and_the_cardinal_spline_is_one_on_its_pixel)
{
    double response[SQN__SPLINE_N_CARDINAL - 1], w[SQN__SPLINE_N_CARDINAL];

    sqn__spline_response(response);

    const sqn__spline_axis on = sqn__spline_axis_at(17.0);
    const sqn__spline_axis off = sqn__spline_axis_at(-2.385);
    double sum = 0.0, sum_off = 0.0;

    sqn__spline_cardinal(w, &on, response);
    for (int64_t k = 0; k < SQN__SPLINE_N_CARDINAL; k++) {
        ck_assert_double_eq_tol(w[k], k == 3, 1e-12);
    }
    ck_assert_int_eq(off.cell, -3);
    sqn__spline_cardinal(w, &off, response);
    for (int64_t k = 0; k < SQN__SPLINE_N_TAP; k++) {
        sum += on.weight[k];
        sum_off += off.weight[k];
    }
    ck_assert_double_eq_tol(sum, 1.0, 1e-14);
    ck_assert_double_eq_tol(sum_off, 1.0, 1e-14);
    ck_assert_double_eq_tol(on.weight[2], 66.0 / 120.0, 1e-14);
}
END_TEST

START_TEST(coefficients_give_the_pixels_back_whatever_the_size)
{
    const int64_t sizes[6] = {1, 2, 3, 7, 20, 58};

    omp_set_num_threads(1);
    for (int64_t j = 0; j < 6; j++) {
        for (int64_t i = 0; i < 6; i++) {
            const int64_t ny = sizes[j], nx = sizes[i];
            double *pixels = sqn__mem_alloc(ny * nx, sizeof *pixels);
            double *coeff = sqn__mem_alloc(ny * nx, sizeof *coeff);

            for (int64_t p = 0; p < ny * nx; p++) {
                pixels[p] = coeff[p] = (double)sqn__rng_uniform(5, 0, (uint64_t)p);
            }
            sqn__spline_prefilter(coeff, ny, nx);
            for (int64_t p = 0; p < ny * nx; p++) {
                const int64_t row = p / nx, column = p % nx;
                const sqn__spline_axis y = sqn__spline_axis_at((double)row);
                const sqn__spline_axis x = sqn__spline_axis_at((double)column);

                ck_assert_double_eq_tol(sqn__spline_value(coeff, ny, nx, &y, &x), pixels[p],
                                        1e-13);
            }
            sqn__mem_free(pixels);
            sqn__mem_free(coeff);
        }
    }
}
END_TEST

START_TEST(cardinal_weights_give_the_value_of_the_spline)
{
    enum { N = 40 };
    double pixels[N], coeff[N], response[SQN__SPLINE_N_CARDINAL - 1];
    double w[SQN__SPLINE_N_CARDINAL];

    sqn__spline_response(response);
    for (int64_t k = 0; k < N; k++) {
        pixels[k] = coeff[k] = (double)sqn__rng_uniform(6, 0, (uint64_t)k) - 0.5;
    }
    sqn__spline_prefilter(coeff, 1, N);
    for (int64_t k = 0; k < 50; k++) {
        const double at = 12.0 + 0.313 * (double)k;
        const sqn__spline_axis y = sqn__spline_axis_at(0.0), x = sqn__spline_axis_at(at);
        double sum = 0.0;

        sqn__spline_cardinal(w, &x, response);
        for (int64_t i = 0; i < SQN__SPLINE_N_CARDINAL; i++) {
            sum += w[i] * pixels[x.cell - 3 + i];
        }
        /* what is cut off at 4 pixels */
        ck_assert_double_eq_tol(sum, sqn__spline_value(coeff, 1, N, &y, &x), 0.02);
    }
}
END_TEST

START_TEST(polynomials_are_reproduced)
{
    enum { NY = 90, NX = 100, N_PIX = NY * NX };
    static double coeff[N_PIX];

    for (int64_t y = 0; y < NY; y++) { /* a cubic of each coordinate */
        for (int64_t x = 0; x < NX; x++) {
            const double u = 0.02 * (double)(x - 50), v = 0.02 * (double)(y - 45);

            coeff[y * NX + x] = 1.0 + u - v * v + u * u * u * v;
        }
    }
    sqn__spline_prefilter(coeff, NY, NX);
    for (int64_t k = 0; k < 40; k++) { /* far from the edges, where the mirror is felt */
        const double at_x = 40.0 + 0.473 * (double)k, at_y = 38.0 + 0.311 * (double)k;
        const double u = 0.02 * (at_x - 50.0), v = 0.02 * (at_y - 45.0);
        const sqn__spline_axis y = sqn__spline_axis_at(at_y), x = sqn__spline_axis_at(at_x);

        ck_assert_double_eq_tol(sqn__spline_value(coeff, NY, NX, &y, &x),
                                1.0 + u - v * v + u * u * u * v, 1e-12);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spline");
    TCase *tcase = tcase_create("quintic");

    tcase_add_test(tcase, weights_sum_to_one_and_the_cardinal_spline_is_one_on_its_pixel);
    tcase_add_test(tcase, coefficients_give_the_pixels_back_whatever_the_size);
    tcase_add_test(tcase, cardinal_weights_give_the_value_of_the_spline);
    tcase_add_test(tcase, polynomials_are_reproduced);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
