/**
 * @file kernels.h
 * @brief Work on one panel, as tables of functions: plain loops, and one table per vector width.
 *
 * Legend: T lanes (columns of a panel), always SQN__KERNELS_WIDTH and contiguous from row to
 * row; n rows of a panel, k columns of a factor. Every table
 * gives the same numbers to the rounding of float32; one table always gives the same bits.
 */
#ifndef SQN_KERNELS_H
#define SQN_KERNELS_H

#include <stdint.h>

#include "kernels_ahead.h"
#include "sequin/matrix.h"

enum {
    SQN__KERNELS_WIDTH = 128, /**< T. Wider panels fall out of the first cache. */
    SQN__KERNELS_ALIGN = 16,  /**< Columns of a turned panel are multiples of it. */
    SQN__KERNELS_FEW =
        12, /**< Columns that along() and across() of any table take, at most. */
    SQN__KERNELS_PART =
        16 /**< Lanes of the widest vector: parts of a sum, packed problems. */
};

/** T problems min 1/2 d^T G d - g^T d, u + d >= 0, of k unknowns each. */
typedef struct sqn__kernels_lanes {
    int64_t k, n_bounded; /**< Unknowns, and how many of them (the first) have the bound. */
    const float
        *packed; /**< [T/16, k(k+1)/2 + k, 16] by pack(): G by pairs, then 1 / G_aa. */
    float *g;    /**< [k, T] minus half the gradient, kept up to date. */
    float *u;    /**< [k, T] */
    float *work; /**< [sqn__kernels_descend_work(k)] */
} sqn__kernels_lanes;

/** A model of a panel beside its data. */
typedef struct sqn__kernels_fit {
    const float *x, *v; /**< [n, T] */
    const float *u;     /**< [k, T] */
    sqn_matrix_const s; /**< [n, k] the other factor. */
} sqn__kernels_fit;

/** Products may be told what will be read `ahead` (NULL: nothing); it changes no result. */
typedef struct sqn__kernels {
    const char *name;
    int64_t along_most,
        across_most; /**< Columns that along() and across() take, from 1 on. */
    /** g [k, T] += s^T r, r = v o (x - s u), without r in memory. */
    void (*along)(float *g, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead);
    /** c [n, k, SQN__KERNELS_PART] += r u^T in parts, whose sums count; returns sum v (x - s u)^2. */
    double (*across)(float *c, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead);
    /** r [n, T] = v o (x - s u); returns sum v (x - s u)^2, in double. */
    double (*residual)(float *r, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead);
    /** out [k, T] += a^T b, a [n, k], b [n, T] */
    void (*spread)(float *out, sqn_matrix_const a, const float *b,
                   sqn__kernels_ahead *ahead);
    /** out [k, N] += a b, a [k, T], b [T, N] (as turned); N of the alignment. */
    void (*gather)(sqn_matrix out, const float *a, sqn_matrix_const b,
                   sqn__kernels_ahead *ahead);
    /** out [T, N] = in^T, in [n, T], N >= n of the alignment; columns from n on are 0. */
    void (*turn)(sqn_matrix out, const float *in, int64_t n);
    /** P of the lanes: out [k(k+1)/2, n], pair (a <= b) in row b(b+1)/2 + a, m [k, n]. */
    void (*pairs)(float *out, const float *m, int64_t k, int64_t n);
    /** sum [n] += sum of max(r, 0) over each row of r [n, T]. */
    void (*positive)(double *sum, const float *r, int64_t n);
    /** What descend() reads, from gram [k(k+1)/2, T]: `proximal` times the mean diagonal is
     *  added to it, and where no datum says anything 1 / G_aa is 0. */
    void (*pack)(float *packed, const float *gram, int64_t k, float proximal);
    /** Sweeps of cyclic coordinate descent: at least one, of at least one unknown. */
    void (*descend)(const sqn__kernels_lanes *lanes, int n_sweep);
} sqn__kernels;

/** Plain loops: the specification of the others. */
extern const sqn__kernels sqn__kernels_ref_table;

/** Vectors of four: what every x86-64 and every 64-bit Arm has. */
extern const sqn__kernels sqn__kernels_base_table;

/** Vectors of eight (AVX2 and FMA), of sixteen (AVX-512); NULL where the processor has none. */
const sqn__kernels *sqn__kernels_avx2_table(void);
const sqn__kernels *sqn__kernels_avx512_table(void);

/** The fastest table that runs on this processor. */
const sqn__kernels *sqn__kernels_choose(void);

/** Numbers of `k` unknowns of a lane in packed problems; of all lanes of a tile in a row. */
static inline int64_t sqn__kernels_packed(int64_t k)
{
    return k * (k + 1) / 2 + k;
}

/** Work of a descent of `k` unknowns: two rows of two of the widest vectors. */
static inline int64_t sqn__kernels_descend_work(int64_t k)
{
    return 4 * k * SQN__KERNELS_PART;
}

/** Where 1 / G_aa of lane `t` stands in them. */
static inline int64_t sqn__kernels_packed_inverse(int64_t k, int64_t a, int64_t t)
{
    const int64_t row =
        t / SQN__KERNELS_PART * sqn__kernels_packed(k) + k * (k + 1) / 2 + a;

    return row * SQN__KERNELS_PART + t % SQN__KERNELS_PART;
}

/** The next multiple of the alignment. */
static inline int64_t sqn__kernels_aligned(int64_t n)
{
    return (n + SQN__KERNELS_ALIGN - 1) / SQN__KERNELS_ALIGN * SQN__KERNELS_ALIGN;
}

/** Room for a row of a turned panel of `n` rows: aligned, and an odd number of cache lines, so
 *  that a column of tiles does not fall on a few sets of the cache. */
static inline int64_t sqn__kernels_columns(int64_t n)
{
    return (sqn__kernels_aligned(n) / SQN__KERNELS_ALIGN | 1) * SQN__KERNELS_ALIGN;
}

#endif
