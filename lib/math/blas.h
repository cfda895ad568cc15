/** @file blas.h @brief The owner of CBLAS and LAPACK: checked sizes, row-major views. */
#ifndef SQN_BLAS_H
#define SQN_BLAS_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/matrix.h"

/** Threads that OpenBLAS would use now. */
int sqn__blas_n_thread(void);

/** OpenBLAS uses one thread from now on, in the whole process; those it started with end. */
void sqn__blas_single_thread(void);

/**
 * Eigenvalues of a symmetric matrix, rising.
 *
 * @param[out]    values  [n]
 * @param[in,out] matrix  [n, n] destroyed.
 * @returns false when a number is not finite, LAPACK did not converge, or there is no memory.
 */
bool sqn__blas_eigenvalues(double *values, sqn_dmatrix matrix);

#endif
