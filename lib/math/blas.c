/** @file blas.c @brief LAPACK behind checked sizes and row-major views; threads of OpenBLAS. */
#include "blas.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>

#include "mem.h"

/* Exported, but in no header; OpenBLAS calls it itself before a fork. */
extern int blas_thread_shutdown_(void) /* NOLINT(readability-identifier-naming): theirs */
    __attribute__((weak));

int sqn__blas_n_thread(void)
{
    return openblas_get_num_threads();
}

void sqn__blas_single_thread(void)
{
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_ != NULL) { /* they wait at full speed, for some 30 ms */
        (void)blas_thread_shutdown_();
    }
}

/* BLAS counts in int; panels and small problems are far below that. */
static int narrow(int64_t size)
{
    assert(size >= 0 && size <= INT_MAX);
    return (int)size;
}

/* LAPACK may not return from what is not a number. */
static bool is_finite(sqn_dmatrix matrix)
{
    bool finite = true;

    for (int64_t i = 0; i < matrix.rows; i++) {
        for (int64_t j = 0; j < matrix.cols; j++) {
            finite = finite && isfinite(matrix.data[i * matrix.stride + j]);
        }
    }
    return finite;
}

/* dsyev() of the upper triangle in column order; with `n_work` -1 it says how much work space is best. */
static int find_eigenvalues(double *values, sqn_dmatrix matrix, double *work, int n_work)
{
    const char no_vectors = 'N', upper = 'U';
    const lapack_int n = narrow(matrix.rows), stride = narrow(matrix.stride);
    const lapack_int size = n_work;
    lapack_int info = 0;

    LAPACK_dsyev(&no_vectors, &upper, &n, matrix.data, &stride, values, work, &size, &info);
    return (int)info;
}

bool sqn__blas_eigenvalues(double *values, sqn_dmatrix matrix)
{
    assert(matrix.rows == matrix.cols);
    double best = 0.0;

    /* Column order reads the transpose, which is the same matrix and needs no copy. */
    if (!is_finite(matrix) || find_eigenvalues(values, matrix, &best, -1) != 0) {
        return false;
    }
    double *work = sqn__mem_alloc((int64_t)best, sizeof *work);
    const bool found =
        work != NULL && find_eigenvalues(values, matrix, work, narrow((int64_t)best)) == 0;

    sqn__mem_free(work);
    return found;
}
