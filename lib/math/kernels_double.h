/**
 * @file kernels_double.h
 * @brief Products of blocks in double, as tables of functions: plain loops, and one table per
 *        vector width.
 *
 * For the published rule, whose sums are double over data and weights in float32. Every table
 * gives the same numbers to the rounding of double; one table always gives the same bits.
 */
#ifndef SQN_KERNELS_DOUBLE_H
#define SQN_KERNELS_DOUBLE_H

#include <stdint.h>

#include "sequin/matrix.h"

enum { SQN__KERNELS_DOUBLE_ALIGN = 8 /**< Columns of all matrices are multiples of it. */ };

/** Left factor of a product, turned or not: number (r, i) is data[r * row + i * depth]. */
typedef struct sqn__kernels_double_factor {
    const double *data;
    int64_t row, depth;
} sqn__kernels_double_factor;

/** A model a b of a block beside its data. */
typedef struct sqn__kernels_double_fit {
    const float *x, *v;           /**< [n, m], the columns of b */
    int64_t stride;               /**< Of x and v. */
    sqn__kernels_double_factor a; /**< [n, k] */
    sqn_dmatrix_const b;          /**< [k, m] */
} sqn__kernels_double_fit;

typedef struct sqn__kernels_double {
    const char *name;
    /** out [n, 2 m] = v o x, v o (a b) side by side; returns sum v (x - a b)^2. */
    double (*weigh)(sqn_dmatrix out, const sqn__kernels_double_fit *fit);
    /** out [n, m] += a b, a [n, k], b [k, m] */
    void (*add_product)(sqn_dmatrix out, sqn__kernels_double_factor a, sqn_dmatrix_const b);
} sqn__kernels_double;

/** Plain loops: the specification of the others. */
extern const sqn__kernels_double sqn__kernels_double_ref_table;

/** Vectors of two: what every x86-64 and every 64-bit Arm has. */
extern const sqn__kernels_double sqn__kernels_double_base_table;

/** Vectors of four (AVX2 and FMA), of eight (AVX-512); NULL where the processor has none. */
const sqn__kernels_double *sqn__kernels_double_avx2_table(void);
const sqn__kernels_double *sqn__kernels_double_avx512_table(void);

/** The fastest table that runs on this processor. */
const sqn__kernels_double *sqn__kernels_double_choose(void);

/** The next multiple of the alignment. */
static inline int64_t sqn__kernels_double_aligned(int64_t n)
{
    return (n + SQN__KERNELS_DOUBLE_ALIGN - 1) / SQN__KERNELS_DOUBLE_ALIGN *
           SQN__KERNELS_DOUBLE_ALIGN;
}

#endif
