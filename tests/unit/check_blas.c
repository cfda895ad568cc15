/** @file check_blas.c @brief Products against plain sums; eigenvalues of matrices that are known. */
#include "blas.h"

#include <math.h>

#include "rng.h"
#include "sequin/threads.h"
#include "sqn_check.h"

enum { M = 5, N = 7, DEPTH = 4, STRIDE = 9, ROOM = STRIDE * STRIDE };

static double number(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(6, stream, (uint64_t)i) - 0.4;
}

/* op(A) op(B) of one entry, A and B with rows of STRIDE. */
static double entry(const double *a, bool ta, const double *b, bool tb, int64_t i,
                    int64_t j)
{
    double sum = 0.0;

    for (int64_t l = 0; l < DEPTH; l++) {
        sum += (ta ? a[l * STRIDE + i] : a[i * STRIDE + l]) *
               (tb ? b[j * STRIDE + l] : b[l * STRIDE + j]);
    }
    return sum;
}

static void products_are_sums(bool ta, bool tb)
{
    const int64_t a_rows = ta ? DEPTH : M, a_cols = ta ? M : DEPTH;
    const int64_t b_rows = tb ? N : DEPTH, b_cols = tb ? DEPTH : N;
    double a[ROOM], b[ROOM], c[ROOM];

    for (int64_t i = 0; i < ROOM; i++) {
        a[i] = number(1, i);
        b[i] = number(2, i);
        c[i] = number(3, i);
    }
    sqn__blas_dgemm((sqn_dmatrix){c, M, N, STRIDE},
                    (sqn_dmatrix_const){a, a_rows, a_cols, STRIDE}, ta,
                    (sqn_dmatrix_const){b, b_rows, b_cols, STRIDE}, tb, 2.0, 0.5);
    for (int64_t i = 0; i < STRIDE; i++) {
        for (int64_t j = 0; j < STRIDE; j++) {
            const double before = number(3, i * STRIDE + j);
            const bool inside = i < M && j < N;
            const double sum =
                inside ? 2.0 * entry(a, ta, b, tb, i, j) + 0.5 * before : before;

            ck_assert_double_eq_tol(c[i * STRIDE + j], sum, 1e-14);
        }
    }
}

START_TEST(products_of_views_are_sums_transposed_or_not)
{
    products_are_sums(false, false);
    products_are_sums(true, false);
    products_are_sums(false, true);
    products_are_sums(true, true);
}
END_TEST

START_TEST(eigenvalues_rise_and_belong_to_the_matrix)
{
    /* Second differences: 2 - 2 cos(pi i / (n + 1)). */
    double matrix[ROOM] = {0}, values[STRIDE];

    for (int64_t i = 0; i < STRIDE; i++) {
        matrix[i * STRIDE + i] = 2.0;
        if (i > 0) {
            matrix[i * STRIDE + i - 1] = matrix[(i - 1) * STRIDE + i] = -1.0;
        }
    }
    ck_assert(sqn__blas_eigenvalues(values, (sqn_dmatrix){matrix, STRIDE, STRIDE, STRIDE}));
    for (int i = 0; i < STRIDE; i++) {
        const double pi = 3.141592653589793;

        ck_assert_double_eq_tol(values[i], 2.0 - 2.0 * cos(pi * (i + 1) / (STRIDE + 1)),
                                1e-14);
    }
}
END_TEST

START_TEST(a_matrix_with_nan_has_no_eigenvalues)
{
    double matrix[4] = {1.0, NAN, NAN, 2.385}, values[2];

    ck_assert(!sqn__blas_eigenvalues(values, (sqn_dmatrix){matrix, 2, 2, 2}));
}
END_TEST

START_TEST(one_thread_is_one_thread)
{
    sqn_threads_single_blas();
    ck_assert_int_eq(sqn__blas_n_thread(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blas");
    TCase *tcase = tcase_create("views");

    tcase_add_test(tcase, products_of_views_are_sums_transposed_or_not);
    tcase_add_test(tcase, eigenvalues_rise_and_belong_to_the_matrix);
    tcase_add_test(tcase, a_matrix_with_nan_has_no_eigenvalues);
    tcase_add_test(tcase, one_thread_is_one_thread);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
