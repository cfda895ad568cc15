/** @file blas.c @brief CBLAS and LAPACKE behind checked sizes and row-major views. */
#include "blas.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>

int sqn__blas_n_thread(void)
{
    return openblas_get_num_threads();
}

void sqn__blas_single_thread(void)
{
    openblas_set_num_threads(1);
}

/* BLAS counts in int; panels and small problems are far below that. */
static int narrow(int64_t size)
{
    assert(size >= 0 && size <= INT_MAX);
    return (int)size;
}

static CBLAS_TRANSPOSE operation(bool transpose)
{
    return transpose ? CblasTrans : CblasNoTrans;
}

void sqn__blas_dgemm(sqn_dmatrix c, sqn_dmatrix_const a, bool transpose_a,
                     sqn_dmatrix_const b, bool transpose_b, double alpha, double beta)
{
    const int64_t depth = transpose_a ? a.rows : a.cols;

    assert(depth == (transpose_b ? b.cols : b.rows));
    assert(c.rows == (transpose_a ? a.cols : a.rows));
    assert(c.cols == (transpose_b ? b.rows : b.cols));
    cblas_dgemm(CblasRowMajor, operation(transpose_a), operation(transpose_b),
                narrow(c.rows), narrow(c.cols), narrow(depth), alpha, a.data,
                narrow(a.stride), b.data, narrow(b.stride), beta, c.data, narrow(c.stride));
}

bool sqn__blas_eigenvalues(double *values, sqn_dmatrix matrix)
{
    assert(matrix.rows == matrix.cols);
    /* Column order reads the transpose, which is the same matrix and needs no copy. */
    return LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N', 'U', narrow(matrix.rows), matrix.data,
                         narrow(matrix.stride), values) == 0;
}
