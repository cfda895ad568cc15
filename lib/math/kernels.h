/**
 * @file kernels.h
 * @brief Work on one panel, as tables of functions: one portable, the others on CBLAS.
 *
 * Legend: T lanes (columns of a panel), n rows of a panel, k columns of a factor. Every table
 * gives the same numbers to the rounding of float32; one table always gives the same bits.
 */
#ifndef SQN_KERNELS_H
#define SQN_KERNELS_H

#include <stdint.h>

#include "sequin/matrix.h"

/** T problems min 1/2 d^T G d - g^T d, u + d >= 0, of k unknowns each; lanes contiguous. */
typedef struct sqn__kernels_lanes {
    int64_t k, n_bounded; /**< Unknowns, and how many of them (the first) have the bound. */
    int64_t n_lane;
    const float *gram;    /**< [k(k+1)/2, n_lane] pair (a <= b) in row b(b+1)/2 + a. */
    const float *inverse; /**< [k, n_lane] 1 / G_aa, 0 where the unknown stays. */
    float *g;             /**< [k, n_lane] minus half the gradient, kept up to date. */
    float *u;             /**< [k, n_lane] */
    float *step;          /**< [n_lane] work. */
} sqn__kernels_lanes;

typedef struct sqn__kernels {
    const char *name;
    /** out [n, T] = a [n, k] b [k, T] */
    void (*product)(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b);
    /** out [k, T] += a^T b, a [n, k], b [n, T] */
    void (*spread)(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b);
    /** out [n, k] += a b^T, a [n, T], b [k, T] */
    void (*gather)(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b);
    /** r = v o (x - r), arrays of `n` numbers. */
    void (*weigh)(float *r, const float *x, const float *v, int64_t n);
    /** The same; returns sum v (x - r)^2 in double. */
    double (*weigh_sum)(float *r, const float *x, const float *v, int64_t n);
    /** P of the lanes: out [k(k+1)/2, n], pair (a <= b) in row b(b+1)/2 + a, m [k, n]. */
    void (*pairs)(float *out, const float *m, int64_t k, int64_t n);
    /** One sweep of cyclic coordinate descent. */
    void (*sweep)(const sqn__kernels_lanes *lanes);
} sqn__kernels;

/** Portable loops; depends on nothing outside. */
extern const sqn__kernels sqn__kernels_ref_table;

/** Products by CBLAS; the same bits always only while BLAS uses one thread. */
extern const sqn__kernels sqn__kernels_cblas;

/** The same products, lanes in AVX2 and FMA; NULL where it is not built for. */
const sqn__kernels *sqn__kernels_avx2_table(void);

/** The table for a fit when BLAS uses `n_blas_thread` threads, on this processor. */
const sqn__kernels *sqn__kernels_choose(int n_blas_thread);

#endif
