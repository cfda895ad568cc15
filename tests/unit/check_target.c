/** @file check_target.c @brief New frames: exact coefficients, whatever lies under weight 0. */
#include "sequin/target.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "raise.h"
#include "sqn_check.h"
#include "sqn_frames.h"
#include "sqn_wrap.h"

enum {
    K = SQN_FRAMES_K,
    N_FRAME = SQN_FRAMES_N_FRAME,
    N_PIX = SQN_FRAMES_N_PIX,
    N_DATA = SQN_FRAMES_N_DATA,
    N_COEFF = SQN_FRAMES_N_COEFF,
    N_BASIS = SQN_FRAMES_N_BASIS
};

static sqn_error err;

/* Coefficient j of frame i. */
static double coefficient(const sqn_target *target, int64_t i, int64_t j)
{
    return sqn_target_coefficients(target, 0).data[i * K + j];
}

static double sigma_of(const sqn_target *target, int64_t i, int64_t j)
{
    return sqn_target_errors(target, 0).data[i * K + j];
}

static sqn_target *fit(const sqn_frames *o)
{
    sqn_target *target = NULL;

    SQN_ASSERT_OK(sqn_target_fit(&target, &o->target_basis, &o->rows, &err), err);
    return target;
}

/* Coefficients, errors, backgrounds and records are equal to the bit. */
static void assert_same(const sqn_target *a, const sqn_target *b)
{
    const size_t size = N_COEFF * sizeof(double);

    ck_assert_mem_eq(sqn_target_coefficients(a, 0).data, sqn_target_coefficients(b, 0).data,
                     size);
    ck_assert_mem_eq(sqn_target_errors(a, 0).data, sqn_target_errors(b, 0).data, size);
    for (int64_t i = 0; i < N_FRAME; i++) {
        const sqn_target_record ra = sqn_target_about(a, 0, i);
        const sqn_target_record rb = sqn_target_about(b, 0, i);

        ck_assert(ra.n_data == rb.n_data && ra.chi2 == rb.chi2 && ra.kkt == rb.kkt);
    }
}

START_TEST(known_coefficients_come_back)
{
    sqn_frames *o = sqn_frames_make(0.0, 0.0);
    sqn_target *target = fit(o);
    const sqn_dmatrix_const w = sqn_target_coefficients(target, 0);

    ck_assert_int_eq(w.rows, N_FRAME);
    ck_assert_int_eq(w.cols, K);
    ck_assert_ptr_null(sqn_target_background(target, 0));
    for (int64_t i = 0; i < N_FRAME; i++) {
        for (int64_t j = 0; j < K; j++) { /* the data are float32 */
            ck_assert_double_eq_tol(w.data[i * w.stride + j], o->truth[i][j], 1e-5);
        }
    }
    sqn_target_destroy(&target);
    ck_assert_ptr_null(target);
    free(o);
}
END_TEST

/* Optimality by a second route: minus half the gradient, from the data and not from G. */
static void assert_optimal(const sqn_frames *o, const sqn_target *target, int64_t frame)
{
    const double *w = sqn_target_coefficients(target, 0).data + frame * K;
    const double *background = sqn_target_background(target, 0);
    const double b = background != NULL ? background[frame] : 0.0;
    double gradient[K + 1] = {0}, rhs[K + 1] = {0}, p = 0.0, size = 0.0, chi2 = 0.0;

    for (int64_t l = 0; l < N_PIX; l++) {
        const int64_t e = frame * N_PIX + l;
        const double v = o->weight[e], x = v > 0.0 ? (double)o->value[e] : 0.0;
        double r = x - b;

        for (int64_t j = 0; j < K; j++) {
            r -= w[j] * (double)o->basis[j * N_PIX + l];
        }
        for (int64_t j = 0; j <= K; j++) {
            const double h = j < K ? (double)o->basis[j * N_PIX + l] : 1.0;

            gradient[j] += v * h * r;
            rhs[j] += v * h * x;
        }
        chi2 += v * r * r;
    }
    for (int64_t j = 0; j < K + (background != NULL ? 1 : 0); j++) {
        const bool passive = j == K || w[j] > 0.0;

        ck_assert(j == K || w[j] >= 0.0);
        p += passive ? gradient[j] * gradient[j] : pow(fmax(gradient[j], 0.0), 2);
        size += rhs[j] * rhs[j];
    }
    ck_assert_double_lt(sqrt(p / size), 1e-10);
    ck_assert_double_lt(sqn_target_about(target, 0, frame).kkt, 1e-10);
    ck_assert_double_eq_tol(sqn_target_about(target, 0, frame).chi2 / chi2, 1.0, 1e-11);
}

START_TEST(the_solution_is_the_minimum_with_and_without_background)
{
    sqn_frames *o = sqn_frames_make(1.0, -0.5);
    int64_t n_zero = 0;

    for (int background = 0; background < 2; background++) {
        o->target_basis.background = background == 1;
        sqn_target *target = fit(o);

        for (int64_t i = 0; i < N_FRAME; i++) {
            assert_optimal(o, target, i);
            for (int64_t j = 0; j < K; j++) {
                const bool zero = !(coefficient(target, i, j) > 0.0);

                n_zero += zero ? 1 : 0;
                ck_assert(zero == !(sigma_of(target, i, j) > 0.0));
            }
        }
        sqn_target_destroy(&target);
    }
    ck_assert_int_gt(n_zero, 10); /* the bounds were at work */
    free(o);
}
END_TEST

START_TEST(a_negative_sky_is_found)
{
    sqn_frames *o = sqn_frames_make(0.02, -2.385);

    o->target_basis.background = true;
    sqn_target *target = fit(o);

    for (int64_t i = 0; i < N_FRAME; i++) {
        ck_assert_double_eq_tol(sqn_target_background(target, 0)[i], -2.385, 0.02);
        for (int64_t j = 0; j < K; j++) {
            ck_assert_double_eq_tol(coefficient(target, i, j), o->truth[i][j], 0.3);
        }
    }
    sqn_target_destroy(&target);
    free(o);
}
END_TEST

START_TEST(what_lies_under_weight_zero_does_not_change_a_bit)
{
    const float filling[] = {0.0F, 1e30F, NAN};
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    sqn_target *first = fit(o);

    for (int f = 0; f < 3; f++) {
        for (int64_t e = 0; e < N_DATA; e++) {
            o->value[e] = o->weight[e] > 0.0F ? o->value[e] : filling[f];
        }
        sqn_target *again = fit(o);

        assert_same(first, again);
        sqn_target_destroy(&again);
    }
    sqn_target_destroy(&first);
    free(o);
}
END_TEST

START_TEST(pixels_without_a_basis_take_no_part_and_have_no_model)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    float row[N_PIX];

    for (int64_t p = 0; p < N_PIX; p += 9) {
        o->basis[(p / 9 % K) * N_PIX + p] = NAN; /* one component is enough */
    }
    sqn_target *first = fit(o);

    sqn_target_model(row, first, 0, 2);
    for (int64_t p = 0; p < N_PIX; p++) {
        double m = 0.0;

        for (int64_t j = 0; j < K; j++) {
            m += coefficient(first, 2, j) * (double)o->basis[j * N_PIX + p];
        }
        ck_assert(p % 9 == 0 ? isnan(row[p]) : row[p] == (float)m);
    }
    for (int64_t e = 0; e < N_DATA; e++) {
        o->weight[e] = e % N_PIX % 9 == 0 ? 0.0F : o->weight[e];
    }
    sqn_target *again = fit(o);

    assert_same(first, again);
    sqn_target_destroy(&first);
    sqn_target_destroy(&again);
    free(o);
}
END_TEST

START_TEST(a_frame_without_data_has_no_coefficients)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    float row[N_PIX];

    for (int64_t e = 0; e < N_DATA; e++) {
        o->weight[e] = e / N_PIX == 3 ? 0.0F : o->weight[e];
    }
    o->target_basis.background = true;
    sqn_target *target = fit(o);

    for (int64_t j = 0; j < K; j++) {
        ck_assert(isnan(coefficient(target, 3, j)));
        ck_assert(isnan(sigma_of(target, 3, j)));
        ck_assert(!isnan(coefficient(target, 4, j)));
    }
    ck_assert(isnan(sqn_target_background(target, 0)[3]));
    ck_assert_int_eq(sqn_target_about(target, 0, 3).n_data, 0);
    sqn_target_model(row, target, 0, 3);
    ck_assert(isnan(row[0]) && isnan(row[N_PIX - 1]));
    sqn_target_destroy(&target);
    free(o);
}
END_TEST

START_TEST(a_component_that_no_datum_sees_stays_zero_without_error)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);

    for (int64_t p = 0; p < N_PIX; p++) { /* component 2 lives in the first 100 pixels */
        sqn_frames_component(o, 2)[p] = p < 100 ? sqn_frames_component(o, 2)[p] : 0.0F;
    }
    for (int64_t e = 0; e < N_DATA; e++) {
        o->weight[e] = e % N_PIX < 100 ? 0.0F : o->weight[e];
    }
    sqn_target *target = fit(o);

    ck_assert(sqn_target_coefficients(target, 0).data[2] == 0.0);
    ck_assert(isnan(sqn_target_errors(target, 0).data[2]));
    assert_optimal(o, target, 0);
    sqn_target_destroy(&target);
    free(o);
}
END_TEST

START_TEST(units_do_not_matter_from_the_faintest_to_the_brightest)
{
    const int powers[] = {20, -20, -50, 40, -75}; /* 2^-50 = 1e-15, 2^40 = 1e12 */
    sqn_frames *o = sqn_frames_make(1.0, 0.0), *scaled = sqn_frames_make(1.0, 0.0);
    sqn_target *first = fit(o);

    for (int i = 0; i < 5; i++) {
        for (int64_t e = 0; e < N_DATA; e++) {
            scaled->value[e] = ldexpf(o->value[e], powers[i]);
            scaled->weight[e] = fminf(ldexpf(o->weight[e], -2 * powers[i]), 3e38F);
        }
        if (powers[i] == -75) { /* 1 / err^2 would leave float32 */
            memcpy(scaled->weight, o->weight, sizeof o->weight);
        }
        sqn_target *again = fit(scaled);

        for (int64_t j = 0; j < N_COEFF; j++) {
            ck_assert(sqn_target_coefficients(again, 0).data[j] ==
                      ldexp(sqn_target_coefficients(first, 0).data[j], powers[i]));
        }
        sqn_target_destroy(&again);
    }
    sqn_target_destroy(&first);
    free(o);
    free(scaled);
}
END_TEST

START_TEST(threads_and_neighbours_do_not_change_a_bit)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    const int n_thread = omp_get_max_threads();

    omp_set_num_threads(1);
    sqn_target *first = fit(o);

    for (int n = 2; n <= 4; n += 2) {
        omp_set_num_threads(n);
        sqn_target *again = fit(o);

        assert_same(first, again);
        sqn_target_destroy(&again);
    }
    omp_set_num_threads(n_thread);
    o->rows.n_row = 1; /* alone */
    sqn_target *alone = fit(o);

    ck_assert_mem_eq(sqn_target_coefficients(first, 0).data,
                     sqn_target_coefficients(alone, 0).data, K * sizeof(double));
    sqn_target_destroy(&alone);
    sqn_target_destroy(&first);
    free(o);
}
END_TEST

START_TEST(the_order_of_components_does_not_matter)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    sqn_target *first = fit(o);
    float swapped[N_PIX];

    memcpy(swapped, o->basis, sizeof swapped);
    memcpy(o->basis, sqn_frames_component(o, 3), sizeof swapped);
    memcpy(sqn_frames_component(o, 3), swapped, sizeof swapped);
    sqn_target *again = fit(o);

    for (int64_t i = 0; i < N_COEFF; i++) {
        const int64_t j = i % K == 0 ? 3 : i % K == 3 ? 0 : i % K;

        ck_assert_double_eq_tol(sqn_target_coefficients(again, 0).data[i],
                                sqn_target_coefficients(first, 0).data[i - i % K + j],
                                1e-10);
    }
    sqn_target_destroy(&first);
    sqn_target_destroy(&again);
    free(o);
}
END_TEST

static sqn_status refuse(const void *context, int64_t row, double *x, double *v,
                         sqn_error *e)
{
    (void)context;
    *x = 0.0;
    *v = 0.0;
    return SQN_RAISE(e, E_IO, "row %d", (int)row);
}

START_TEST(errors_are_named)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    const sqn_rows broken = {
        .n_row = N_FRAME, .n_col = N_PIX, .read = refuse, .parallel = true};
    const sqn_target_basis none = {0, NULL, false};
    const int64_t frame = 5, bad = frame * N_PIX + 8;
    sqn_target *target = NULL;
    const sqn_target_basis *basis = &o->target_basis;

    o->components.cols = N_PIX - 1;
    SQN_ASSERT_FAILS(sqn_target_fit(&target, basis, &o->rows, &err), err, SQN_E_SHAPE);
    o->components.cols = N_PIX;
    SQN_ASSERT_FAILS(sqn_target_fit(&target, basis, &broken, &err), err, SQN_E_IO);
    SQN_ASSERT_FAILS(sqn_target_fit(&target, &none, &o->rows, &err), err, SQN_E_ARG);
    o->weight[bad] = 1.0F;
    o->value[bad] = NAN;
    SQN_ASSERT_FAILS(sqn_target_fit(&target, basis, &o->rows, &err), err, SQN_E_NUM);
    ck_assert_ptr_nonnull(strstr(err.message, "frame 6, pixel 9"));
    o->weight[bad] = -1.0F;
    SQN_ASSERT_FAILS(sqn_target_fit(&target, basis, &o->rows, &err), err, SQN_E_NUM);
    ck_assert_ptr_null(target);
    free(o);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    sqn_target *target = NULL;

    for (int64_t i = 0; i < 16; i++) {
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(sqn_target_fit(&target, &o->target_basis, &o->rows, &err), err,
                         SQN_E_MEM);
        ck_assert_ptr_null(target);
    }
    sqn_allocations_before_failure = 16;
    target = fit(o);
    ck_assert_int_eq(sqn_allocations_before_failure, 0); /* there is no seventeenth */
    sqn_target_destroy(&target);
    free(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target");
    TCase *tcase = tcase_create("fit");

    tcase_add_test(tcase, known_coefficients_come_back);
    tcase_add_test(tcase, the_solution_is_the_minimum_with_and_without_background);
    tcase_add_test(tcase, a_negative_sky_is_found);
    tcase_add_test(tcase, what_lies_under_weight_zero_does_not_change_a_bit);
    tcase_add_test(tcase, pixels_without_a_basis_take_no_part_and_have_no_model);
    tcase_add_test(tcase, a_frame_without_data_has_no_coefficients);
    tcase_add_test(tcase, a_component_that_no_datum_sees_stays_zero_without_error);
    tcase_add_test(tcase, units_do_not_matter_from_the_faintest_to_the_brightest);
    tcase_add_test(tcase, threads_and_neighbours_do_not_change_a_bit);
    tcase_add_test(tcase, the_order_of_components_does_not_matter);
    tcase_add_test(tcase, errors_are_named);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
