/** @file check_convolution.c @brief A plane convolved with itself: against the sum, in threads. */
#include "convolution.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>

#include "mem.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

/* More than one group of columns, whole ones, and less than one. */
static const int64_t sizes[4][2] = {{6, 15}, {5, 16}, {7, 3}, {1, 1}};

static double pixel(int64_t y, int64_t x)
{
    return (double)sqn__rng_uniform(2, (uint64_t)y, (uint64_t)x);
}

static void plant(sqn__convolution *c, int64_t ny, int64_t nx)
{
    SQN_ASSERT_OK(sqn__convolution_create(c, ny, nx, &err), err);
    for (int64_t i = 0; i < 2 * ny * c->stride;
         i++) { /* what is found there must not matter */
        c->value[i] = (double)NAN;
    }
    for (int64_t i = 0; i < ny * nx; i++) {
        c->value[i / nx * c->stride + i % nx] = pixel(i / nx, i % nx);
    }
}

/* The definition, term by term. */
static double direct(int64_t ny, int64_t nx, int64_t y, int64_t x)
{
    double sum = 0.0;

    for (int64_t b = 0; b < ny; b++) {
        for (int64_t a = 0; a < nx; a++) {
            const bool exists = y - b >= 0 && y - b < ny && x - a >= 0 && x - a < nx;

            sum += exists ? pixel(b, a) * pixel(y - b, x - a) : 0.0;
        }
    }
    return sum;
}

START_TEST(it_is_the_sum_over_all_pairs)
{
    const int64_t ny = sizes[_i][0], nx = sizes[_i][1];
    sqn__convolution c;

    plant(&c, ny, nx);
    sqn__convolution_run(&c);
    for (int64_t i = 0; i < 4 * ny * nx; i++) {
        const int64_t y = i / (2 * nx), x = i % (2 * nx);
        const double found = sqn__convolution_at(&c, y, x) / (double)(2 * ny * nx);

        ck_assert_double_eq_tol(found, direct(ny, nx, y, x), 1e-13 * (double)(ny * nx));
    }
    sqn__convolution_clear(&c);
    ck_assert_ptr_null(c.value);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    const int64_t ny = 21, nx = 43;
    sqn__convolution alone, together;

    omp_set_num_threads(1);
    plant(&alone, ny, nx);
    sqn__convolution_run(&alone);
    omp_set_num_threads(3);
    plant(&together, ny, nx);
    sqn__convolution_run(&together);
    for (int64_t y = 0; y < 2 * ny; y++) {
        const size_t n = (size_t)nx * sizeof *alone.value;

        ck_assert_mem_eq(alone.value + y * alone.stride, together.value + y * alone.stride,
                         n);
    }
    sqn__convolution_clear(&alone);
    sqn__convolution_clear(&together);
}
END_TEST

START_TEST(impossible_sizes_and_no_memory_are_errors)
{
    const int64_t large = (int64_t)INT_MAX / 2 + 1;
    sqn__convolution c;

    SQN_ASSERT_FAILS(sqn__convolution_create(&c, 0, 4, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__convolution_create(&c, 4, -1, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__convolution_create(&c, large, 4, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn__convolution_create(&c, 4, large, &err), err, SQN_E_ARG);
    for (int64_t n = 0; n < 6; n++) { /* two plans with their scratch, plane, phases */
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn__convolution_create(&c, 4, 5, &err), err, SQN_E_MEM);
        ck_assert_ptr_null(c.value);
    }
    sqn__convolution_clear(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convolution");
    TCase *tcase = tcase_create("with itself");

    tcase_add_loop_test(tcase, it_is_the_sum_over_all_pairs, 0, 4);
    tcase_add_test(tcase, threads_do_not_change_a_bit);
    tcase_add_test(tcase, impossible_sizes_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
