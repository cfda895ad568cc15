/** @file check_fft.c @brief Transforms: against the sum, there and back, in threads. */
#include "fft.h"

#include <limits.h>
#include <math.h>

#include "mem.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

static const double pi = 3.14159265358979323846;
static sqn_error err;

static double complex *random_data(int64_t n)
{
    double complex *data = sqn__mem_alloc(n, sizeof *data);

    ck_assert_ptr_nonnull(data);
    for (int64_t i = 0; i < n; i++) {
        data[i] = (double)sqn__rng_uniform(1, 0, (uint64_t)i) +
                  (double)sqn__rng_uniform(1, 1, (uint64_t)i) * I;
    }
    return data;
}

/* The definition, term by term. */
static double complex direct(const double complex *f, int64_t ny, int64_t nx, int64_t v,
                             int64_t u)
{
    double complex sum = 0.0;

    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            const double phase =
                (double)(v * y) / (double)ny + (double)(u * x) / (double)nx;

            sum += f[y * nx + x] * cexp(-2.0 * pi * phase * I);
        }
    }
    return sum;
}

START_TEST(a_transform_is_the_sum_it_stands_for)
{
    const int64_t ny = 6, nx = 15;
    double complex *f = random_data(ny * nx);
    double complex *data = random_data(ny * nx);
    sqn__fft *fft;

    SQN_ASSERT_OK(sqn__fft_create(&fft, ny, nx, &err), err);
    sqn__fft_forward(fft, data);
    for (int64_t v = 0; v < ny; v++) {
        for (int64_t u = 0; u < nx; u++) {
            ck_assert_double_lt(cabs(data[v * nx + u] - direct(f, ny, nx, v, u)), 1e-12);
        }
    }
    sqn__fft_destroy(&fft);
    ck_assert_ptr_null(fft);
    sqn__mem_free(f);
    sqn__mem_free(data);
}
END_TEST

START_TEST(there_and_back_multiplies_by_the_number_of_pixels)
{
    const int64_t ny = 64, nx = 49;
    double complex *f = random_data(ny * nx);
    double complex *data = random_data(ny * nx);
    sqn__fft *fft;

    SQN_ASSERT_OK(sqn__fft_create(&fft, ny, nx, &err), err);
    sqn__fft_forward(fft, data);
    sqn__fft_backward(fft, data);
    for (int64_t i = 0; i < ny * nx; i++) {
        ck_assert_double_lt(cabs(data[i] / (double)(ny * nx) - f[i]), 1e-14);
    }
    sqn__fft_destroy(&fft);
    sqn__mem_free(f);
    sqn__mem_free(data);
}
END_TEST

START_TEST(threads_may_plan_at_the_same_time)
{
    enum { N = 40 };
    int n_ok = 0;

#pragma omp parallel for default(none) reduction(+ : n_ok) num_threads(4)
    for (int64_t n = 1; n <= N; n++) {
        double complex *data = sqn__mem_alloc(n * n, sizeof *data);
        sqn__fft *fft = NULL;

        if (data != NULL && sqn__fft_create(&fft, n, n, NULL) == SQN_OK) {
            data[0] = 2.385;
            sqn__fft_forward(fft, data);
            n_ok += fabs(creal(data[n * n - 1]) - 2.385) < 1e-15;
        }
        sqn__fft_destroy(&fft);
        sqn__mem_free(data);
    }
    ck_assert_int_eq(n_ok, N);
}
END_TEST

START_TEST(impossible_sizes_and_no_memory_are_errors)
{
    sqn__fft *fft;

    SQN_ASSERT_FAILS(sqn__fft_create(&fft, 0, 4, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__fft_create(&fft, 4, -1, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__fft_create(&fft, 4, (int64_t)INT_MAX + 1, &err), err, SQN_E_ARG);
    for (int64_t n = 0; n < 2; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn__fft_create(&fft, 4, 5, &err), err, SQN_E_MEM);
        ck_assert_ptr_null(fft);
    }
    sqn__fft_destroy(&fft);
    sqn__fft_destroy(NULL);
}
END_TEST

START_TEST(lines_are_transformed_side_by_side)
{
    enum { N = 10, LINES = 3, STRIDE = 5 };
    double complex *f = random_data((int64_t)N * STRIDE);
    double complex *data = random_data((int64_t)N * STRIDE);
    double complex line[N];
    sqn__fft *fft;

    SQN_ASSERT_OK(sqn__fft_create_lines(&fft, N, LINES, STRIDE, &err), err);
    sqn__fft_forward(fft, data);
    for (int64_t l = 0; l < STRIDE; l++) {
        for (int64_t i = 0; i < N; i++) {
            line[i] = f[i * STRIDE + l];
        }
        for (int64_t v = 0; v < N; v++) {
            const double complex want =
                l < LINES ? direct(line, N, 1, v, 0) : line[v]; /* others stay */

            ck_assert_double_lt(cabs(data[v * STRIDE + l] - want), 1e-12);
        }
    }
    sqn__fft_backward(fft, data);
    for (int64_t i = 0; i < (int64_t)N * STRIDE; i++) {
        const double complex want = (i % STRIDE < LINES ? N : 1) * f[i];

        ck_assert_double_lt(cabs(data[i] - want), 1e-12);
    }
    sqn__fft_destroy(&fft);
    sqn__mem_free(f);
    sqn__mem_free(data);
    SQN_ASSERT_FAILS(sqn__fft_create_lines(&fft, 0, 1, 1, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__fft_create_lines(&fft, 4, 0, 1, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__fft_create_lines(&fft, 4, 1, (int64_t)INT_MAX + 1, &err), err,
                     SQN_E_ARG);
    ck_assert_ptr_null(fft);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fft");
    TCase *tcase = tcase_create("transforms");

    tcase_add_test(tcase, a_transform_is_the_sum_it_stands_for);
    tcase_add_test(tcase, there_and_back_multiplies_by_the_number_of_pixels);
    tcase_add_test(tcase, threads_may_plan_at_the_same_time);
    tcase_add_test(tcase, impossible_sizes_and_no_memory_are_errors);
    tcase_add_test(tcase, lines_are_transformed_side_by_side);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
