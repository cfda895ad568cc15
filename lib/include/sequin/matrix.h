/**
 * @file matrix.h
 * @brief Row-major matrix views. A view never owns memory.
 *
 * Element (i, j) is `data[i * stride + j]`, `stride >= cols`.
 */
#ifndef SEQUIN_MATRIX_H
#define SEQUIN_MATRIX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writable single precision. */
typedef struct sqn_matrix {
    float *data;
    int64_t rows, cols, stride;
} sqn_matrix;

/** Read-only single precision. */
typedef struct sqn_matrix_const {
    const float *data;
    int64_t rows, cols, stride;
} sqn_matrix_const;

/** Writable double precision. */
typedef struct sqn_dmatrix {
    double *data;
    int64_t rows, cols, stride;
} sqn_dmatrix;

/** Read-only double precision. */
typedef struct sqn_dmatrix_const {
    const double *data;
    int64_t rows, cols, stride;
} sqn_dmatrix_const;

#ifdef __cplusplus
}
#endif
#endif
