/** @file check_blas.c @brief Eigenvalues of matrices that are known; threads. */
#include "blas.h"

#include <math.h>

#include "sequin/threads.h"
#include "sqn_check.h"

enum { STRIDE = 9, ROOM = STRIDE * STRIDE };

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
    double matrix[4] = {2.0, 1.0, 1.0, 2.0}, values[2];

    sqn_threads_single_blas();
    ck_assert_int_eq(sqn__blas_n_thread(), 1);
    ck_assert(sqn__blas_eigenvalues(values, (sqn_dmatrix){matrix, 2, 2, 2}));
    ck_assert_double_eq_tol(values[1], 3.0, 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blas");
    TCase *tcase = tcase_create("views");

    tcase_add_test(tcase, eigenvalues_rise_and_belong_to_the_matrix);
    tcase_add_test(tcase, a_matrix_with_nan_has_no_eigenvalues);
    tcase_add_test(tcase, one_thread_is_one_thread);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
