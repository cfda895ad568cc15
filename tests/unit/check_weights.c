/** @file check_weights.c @brief Noise models give the inverse variance they promise. */
#include "sequin/weights.h"

#include <math.h>

#include "raise.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { N_FRAME = 5, N_PIX = 4 };

static sqn_error err;

START_TEST(errors_that_mean_nothing_mean_missing)
{
    ck_assert(sqn_weights_of_error(2.0) == 0.25);
    ck_assert_double_eq_tol(sqn_weights_of_error(1e-22), 1e44, 1e30); /* beyond float32 */
    ck_assert(sqn_weights_of_error(0.0) == 0.0 && sqn_weights_of_error(-1.0) == 0.0);
    ck_assert(sqn_weights_of_error(NAN) == 0.0 && sqn_weights_of_error(INFINITY) == 0.0);
}
END_TEST

static const float value[N_FRAME * N_PIX] = {
    10.0F, -4.0F, NAN,  NAN,   /* */
    30.0F, -6.0F, 7.0F, 1e30F, /* */
    20.0F, 1.0F,  9.0F, NAN,   /* */
    1e30F, -5.0F, 8.0F, NAN,   /* weight 0 in the first pixel */
    90.0F, -3.0F, 6.0F, NAN};
static const float weight[N_FRAME * N_PIX] = {1.0F, 1.0F, 0.0F, 0.0F, /* */
                                              1.0F, 2.0F, 1.0F, 0.0F, /* */
                                              1.0F, 1.0F, 1.0F, 0.0F, /* */
                                              0.0F, 1.0F, 1.0F, 0.0F, /* */
                                              1.0F, 1.0F, 1.0F, 0.0F};
static const sqn_rows_pair pair = {{value, N_FRAME, N_PIX, N_PIX},
                                   {weight, N_FRAME, N_PIX, N_PIX}};

START_TEST(photon_noise_follows_the_median_of_the_valid_frames)
{
    const sqn_rows rows = sqn_rows_dense(&pair);
    const sqn_weights_poisson poisson = {2.0, 6.0};
    double variance[N_PIX];

    SQN_ASSERT_OK(sqn_weights_poisson_variance(variance, &rows, &poisson, &err), err);
    ck_assert(variance[0] == 25.0 / 2.0 + 9.0); /* median of 10, 20, 30, 90 */
    ck_assert(variance[1] == 9.0);              /* a negative median has no photons */
    ck_assert(variance[2] == 7.5 / 2.0 + 9.0);
    ck_assert(isnan(variance[3]));
}
END_TEST

/* Rows that hold more than the work space: value = pixel + a ramp over the frames. */
static sqn_status ramp(const void *context, int64_t row, double *x, double *v, sqn_error *e)
{
    const sqn_rows *rows = context;

    const int64_t middle = rows->n_row / 2;

    (void)e;
    for (int64_t j = 0; j < rows->n_col; j++) {
        x[j] = (double)j + (double)(row - middle);
        v[j] = 1.0;
    }
    return SQN_OK;
}

START_TEST(pixels_beyond_the_work_space_are_read_in_turn)
{
    sqn_rows rows = {.n_row = 4097, .n_col = 5000, .read = ramp, .context = &rows};
    const sqn_weights_poisson poisson = {1.0, 1.0};
    double *variance = calloc(5000, sizeof *variance);

    SQN_ASSERT_OK(sqn_weights_poisson_variance(variance, &rows, &poisson, &err), err);
    for (int64_t j = 0; j < 5000; j++) {
        ck_assert(variance[j] == (double)j + 1.0);
    }
    free(variance);
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

START_TEST(errors_are_named_and_passed_on)
{
    const sqn_rows rows = sqn_rows_dense(&pair);
    const sqn_rows broken = {.n_row = N_FRAME, .n_col = N_PIX, .read = refuse};
    const sqn_weights_poisson good = {2.0, 6.0}, no_gain = {0.0, 6.0},
                              no_noise = {2.0, NAN};
    double variance[N_PIX];

    SQN_ASSERT_FAILS(sqn_weights_poisson_variance(variance, &rows, &no_gain, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_weights_poisson_variance(variance, &rows, &no_noise, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_weights_poisson_variance(variance, &broken, &good, &err), err,
                     SQN_E_IO);
    for (int64_t i = 0; i < 3; i++) {
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(sqn_weights_poisson_variance(variance, &rows, &good, &err), err,
                         SQN_E_MEM);
    }
}
END_TEST

START_TEST(sigma_of_a_residual_ignores_the_disk)
{
    double residual[1000], copy[1000];

    for (int64_t i = 0; i < 1000; i++) {
        const double u = sqn__rng_uniform(5, 0, (uint64_t)i);
        const double v = sqn__rng_uniform(5, 1, (uint64_t)i);

        residual[i] = 2.385 * sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
        residual[i] = i % 50 == 0 ? 1e4 : i % 51 == 0 ? NAN : residual[i];
        copy[i] = residual[i];
    }
    ck_assert_double_eq_tol(sqn_weights_mad_sigma(residual, 1000), 2.385, 0.3);
    ck_assert_double_eq_tol(sqn_weights_median(copy, 1000), 0.0, 0.3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weights");
    TCase *tcase = tcase_create("noise");

    tcase_set_timeout(tcase, 60.0); /* a second, when the machine is not shared */
    tcase_add_test(tcase, errors_that_mean_nothing_mean_missing);
    tcase_add_test(tcase, photon_noise_follows_the_median_of_the_valid_frames);
    tcase_add_test(tcase, pixels_beyond_the_work_space_are_read_in_turn);
    tcase_add_test(tcase, errors_are_named_and_passed_on);
    tcase_add_test(tcase, sigma_of_a_residual_ignores_the_disk);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
