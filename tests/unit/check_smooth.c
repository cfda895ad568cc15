/** @file check_smooth.c @brief Smooth components: planted shapes, a falling objective, invariants. */
#include "sequin/smooth.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { N = 24, M = 120, K = 2, HOLE = 77 };

static sqn_error err;
static float value[N * M], weight[N * M], truth[K * M], noisy[K * M];

static void normalise(float *rows)
{
    for (int a = 0; a < K; a++) {
        double sum = 0.0;

        for (int p = 0; p < M; p++) {
            sum += isnan(rows[a * M + p]) ? 0.0 : (double)rows[a * M + p] * rows[a * M + p];
        }
        for (int p = 0; p < M; p++) {
            rows[a * M + p] = (float)((double)rows[a * M + p] / sqrt(sum));
        }
    }
}

/* A slope and a broad line; data of S/N 3, a third of them missing; components that are wrong. */
static void plant(double unit)
{
    for (int p = 0; p < M; p++) {
        truth[p] = 1.5F - (float)p / M;
        truth[M + p] = (float)exp(-0.5 * pow((p - 50.0) / 12.0, 2.0));
    }
    normalise(truth);
    for (int e = 0; e < N * M; e++) {
        const int i = e / M, p = e % M;
        const double w0 = 20.0 * sqn__rng_uniform_double(1, 0, (uint64_t)i);
        const double w1 = 20.0 * sqn__rng_uniform_double(1, 1, (uint64_t)i);
        const double model = w0 * (double)truth[p] + w1 * (double)truth[M + p];

        value[e] = (float)(unit * (model + 0.6 * sqn__rng_normal(1, 2, (uint64_t)e)));
        weight[e] = sqn__rng_uniform_double(1, 3, (uint64_t)e) < 0.33
                        ? 0.0F
                        : (float)(1.0 / (0.36 * unit * unit));
    }
    for (int e = 0; e < K * M; e++) {
        noisy[e] =
            (float)fmax(0.0, (double)truth[e] + 0.03 * sqn__rng_normal(1, 4, (uint64_t)e));
    }
    noisy[HOLE] = noisy[M + HOLE] = NAN;
    normalise(noisy);
}

static double roughness(const float *rows)
{
    double sum = 0.0;

    for (int a = 0; a < K; a++) {
        for (int p = 1; p + 1 < M; p++) {
            const double bend = (double)rows[a * M + p - 1] -
                                2.0 * (double)rows[a * M + p] + (double)rows[a * M + p + 1];

            sum += isnan(bend) ? 0.0 : bend * bend;
        }
    }
    return sum;
}

static double distance(const float *rows)
{
    double sum = 0.0;

    for (int e = 0; e < K * M; e++) {
        const double d = (double)rows[e] - (double)truth[e];

        sum += isnan(d) ? 0.0 : d * d;
    }
    return sqrt(sum);
}

static sqn_smooth_record fit(float *rows, double strength, int64_t max_iterations)
{
    const sqn_rows_pair pair = {{value, N, M, M}, {weight, N, M, M}};
    const sqn_rows data = sqn_rows_dense(&pair);
    const sqn_smooth_options options = {strength, 1e-5, max_iterations};
    const sqn_matrix components = {rows, K, M, M};
    sqn_smooth_record record;

    memcpy(rows, noisy, sizeof noisy);
    SQN_ASSERT_OK(sqn_smooth_fit(&record, components, &data, &options, &err), err);
    return record;
}

START_TEST(smooth_shapes_are_found_behind_noise)
{
    float plain[K * M], smooth[K * M];

    plant(1.0);
    const sqn_smooth_record rough = fit(plain, 0.0, 500), fine = fit(smooth, 100.0, 500);

    ck_assert_msg(rough.converged && fine.converged, "%d and %d iterations",
                  (int)rough.iterations, (int)fine.iterations);
    ck_assert_double_lt(roughness(smooth), 0.05 * roughness(plain));
    ck_assert_double_lt(distance(smooth), 0.6 * distance(plain));
    ck_assert_double_gt(fine.chi2, rough.chi2);
    ck_assert_double_lt(fine.chi2, 1.15 * rough.chi2);
    ck_assert_double_eq(rough.penalty, 0.0);
}
END_TEST

START_TEST(chi2_and_penalty_never_rise)
{
    float rows[K * M];
    double before = INFINITY;

    plant(1.0);
    for (int64_t n = 1; n <= 12; n++) {
        const sqn_smooth_record record = fit(rows, 10.0, n);
        const double now = record.chi2 + record.penalty;

        ck_assert_int_eq(record.iterations, n);
        ck_assert_msg(now <= before * (1.0 + 1e-12), "%.17g after %.17g", now, before);
        before = now;
    }
}
END_TEST

START_TEST(pixels_without_a_component_stay_so)
{
    float rows[K * M];

    plant(1.0);
    (void)fit(rows, 10.0, 50);
    for (int e = 0; e < K * M; e++) {
        ck_assert(isnan(rows[e]) == (e % M == HOLE));
        ck_assert(isnan(rows[e]) || rows[e] >= 0.0F);
    }
}
END_TEST

START_TEST(what_lies_under_weight_0_does_not_matter_nor_does_the_unit)
{
    float a[K * M], b[K * M];

    plant(1.0);
    (void)fit(a, 10.0, 50);
    for (int e = 0; e < N * M; e++) {
        value[e] = weight[e] > 0.0F ? value[e] : NAN;
    }
    (void)fit(b, 10.0, 50);
    ck_assert_mem_eq(a, b, sizeof a);
    plant(0x1p20);
    (void)fit(b, 10.0, 50);
    for (int e = 0; e < K * M; e++) {
        ck_assert(isnan(a[e]) || fabs((double)a[e] - (double)b[e]) < 1e-5);
    }
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    const sqn_rows_pair pair = {{value, N, M, M}, {weight, N, M, M}};
    const sqn_rows data = sqn_rows_dense(&pair);
    sqn_smooth_options options = sqn_smooth_options_default();
    sqn_matrix components = {noisy, K, M, M};
    sqn_smooth_record record;

    plant(1.0);
    options.strength = -1.0;
    SQN_ASSERT_FAILS(sqn_smooth_fit(&record, components, &data, &options, &err), err,
                     SQN_E_ARG);
    components.cols = M - 1;
    SQN_ASSERT_FAILS(sqn_smooth_fit(&record, components, &data, NULL, &err), err,
                     SQN_E_SHAPE);
    components.cols = M;
    memset(weight, 0, sizeof weight);
    SQN_ASSERT_FAILS(sqn_smooth_fit(&record, components, &data, NULL, &err), err,
                     SQN_E_DATA_EMPTY);
}
END_TEST

START_TEST(memory_that_is_not_there_is_said)
{
    const sqn_rows_pair pair = {{value, N, M, M}, {weight, N, M, M}};
    const sqn_rows data = sqn_rows_dense(&pair);
    const sqn_matrix components = {noisy, K, M, M};
    sqn_smooth_record record;
    sqn_status status = SQN_ERR_MEMORY;
    int64_t n = 0;

    plant(1.0);
    while (status != SQN_OK) {
        sqn_allocations_before_failure = n++;
        status = sqn_smooth_fit(&record, components, &data, NULL, &err);
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert(status == SQN_OK || err.id == SQN_E_MEM);
    }
    ck_assert_int_gt(n, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("smooth");
    TCase *smooth = tcase_create("smooth");

    tcase_add_test(smooth, smooth_shapes_are_found_behind_noise);
    tcase_add_test(smooth, chi2_and_penalty_never_rise);
    tcase_add_test(smooth, pixels_without_a_component_stay_so);
    tcase_add_test(smooth, what_lies_under_weight_0_does_not_matter_nor_does_the_unit);
    tcase_add_test(smooth, wrong_arguments_are_refused);
    tcase_add_test(smooth, memory_that_is_not_there_is_said);
    suite_add_tcase(suite, smooth);
    return sqn_check_run(suite);
}
