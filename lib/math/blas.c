/** @file blas.c @brief LAPACKE behind checked sizes and row-major views; threads of OpenBLAS. */
#include "blas.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <stddef.h>

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

bool sqn__blas_eigenvalues(double *values, sqn_dmatrix matrix)
{
    assert(matrix.rows == matrix.cols);
    /* Column order reads the transpose, which is the same matrix and needs no copy. */
    return LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N', 'U', narrow(matrix.rows), matrix.data,
                         narrow(matrix.stride), values) == 0;
}
