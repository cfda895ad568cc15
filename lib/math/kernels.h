/**
 * @file kernels.h
 * @brief Work on one panel, as tables of functions: plain loops, and one table per vector width.
 *
 * Legend: T lanes (columns of a panel), always SQN__KERNELS_WIDTH and contiguous from row to
 * row; n rows of a panel, k columns of a factor. Every table
 * gives the same numbers to the rounding of float32, packed pairs to one unit; one table always
 * gives the same bits.
 */
#ifndef SQN_KERNELS_H
#define SQN_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels_ahead.h"
#include "sequin/matrix.h"

/** 1 in packed pairs. */
static const float sqn__kernels_unit = 32768.0F;

enum {
    SQN__KERNELS_WIDTH = 128, /**< T. Wider panels fall out of the first cache. */
    SQN__KERNELS_ALIGN = 16,  /**< Columns of turned rows, and of what gather() adds to. */
    SQN__KERNELS_PART =
        16,               /**< Lanes of the widest vector: of a tile of packed problems. */
    SQN__KERNELS_ROWS = 4 /**< Rows that are worked on together. */
};

/** T problems min 1/2 d^T G d - g^T d, u + d >= 0, of k unknowns each. */
typedef struct sqn__kernels_lanes {
    int64_t k, n_bounded; /**< Unknowns, and how many of them (the first) have the bound. */
    const float *packed;  /**< [sqn__kernels_packed_size(k)] by pack(). */
    const float *g;       /**< [k, T] minus half the gradient at u. */
    const float *u;       /**< [k, T] where descent begins. */
    float *to;            /**< [k, T] where it ends. */
    float *work;          /**< [sqn__kernels_descend_work(k)] */
} sqn__kernels_lanes;

/** A model of a panel beside its data. */
typedef struct sqn__kernels_fit {
    const float *x, *v; /**< [n, T] */
    const float *u;     /**< [k, T] */
    sqn_matrix_const s; /**< [n, k] the other factor. */
} sqn__kernels_fit;

/** What across() adds to. */
typedef struct sqn__kernels_sums {
    double *c;        /**< [n, k] r u^T */
    double *positive; /**< [n] sum of max(r, 0); may be NULL. */
    float *work;      /**< [sqn__kernels_across_work(k)] */
} sqn__kernels_sums;

/** Products may be told what will be read `ahead` (NULL: nothing); it changes no result. */
typedef struct sqn__kernels {
    const char *name;
    /** g [k, T] += s^T r, r = v o (x - s u), without r in memory. */
    void (*along)(float *g, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead);
    /** Sums of the same r, each in float over the lanes; returns sum v (x - s u)^2. */
    double (*across)(const sqn__kernels_sums *to, const sqn__kernels_fit *fit,
                     sqn__kernels_ahead *ahead);
    /** out [k, T] = a^T b, or with `add` += that; a [n, k], b [n, T] */
    void (*spread)(float *out, sqn_matrix_const a, const float *b, bool add,
                   sqn__kernels_ahead *ahead);
    /** out [k, n] += a b^T, a [k, T], b [n, T]; out has room for aligned rows, and what is in
     *  it behind n may change. work [sqn__kernels_gather_work(n)] */
    void (*gather)(sqn_matrix out, const float *a, const float *b, float *work,
                   sqn__kernels_ahead *ahead);
    /** out [T, N] = in^T, in [n, T], N >= n of the alignment; columns from n on are 0. */
    void (*turn)(sqn_matrix out, const float *in, int64_t n);
    /** P of the lanes: out [k(k+1)/2, n], pair (a <= b) in row b(b+1)/2 + a, m [k, n]. */
    void (*pairs)(float *out, const float *m, int64_t k, int64_t n);
    /** What descend() reads, from gram [k(k+1)/2, T]: `proximal` times the mean diagonal is
     *  added to it. Tile by tile of 16 lanes the rows 1 / sqrt(G_aa), 0 where no datum says
     *  anything; sqrt(G_aa); and the pairs a < b, scaled to a diagonal of 1, as 16-bit integers
     *  of 2^-15: errors cost sweeps, and what is read in every pass is half as much. */
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

/** Rows of 16 floats in a tile of packed problems of `k` unknowns; two rows of pairs fill one. */
static inline int64_t sqn__kernels_packed_rows(int64_t k)
{
    return 2 * k + (k * (k - 1) / 2 + 1) / 2;
}

/** Floats of packed problems of all lanes. */
static inline int64_t sqn__kernels_packed_size(int64_t k)
{
    return sqn__kernels_packed_rows(k) * SQN__KERNELS_WIDTH;
}

/** Where 1 / sqrt(G_aa) of lane `t` stands in them; a 0 there keeps the unknown where it is. */
static inline int64_t sqn__kernels_packed_scale(int64_t k, int64_t a, int64_t t)
{
    const int64_t row = t / SQN__KERNELS_PART * sqn__kernels_packed_rows(k) + a;

    return row * SQN__KERNELS_PART + t % SQN__KERNELS_PART;
}

/** Work of across(): sums of a few rows by lanes, and one more vector for each lane of one. */
static inline int64_t sqn__kernels_across_work(int64_t k)
{
    const int64_t n_vector = SQN__KERNELS_ROWS * k + INT64_C(2) * SQN__KERNELS_PART;

    return n_vector * SQN__KERNELS_PART;
}

/** Work of a descent of `k` unknowns: of two tiles the pairs, g, u and what may move. */
static inline int64_t sqn__kernels_descend_work(int64_t k)
{
    return 2 * (k * (k + 1) / 2 + 3 * k) * SQN__KERNELS_PART;
}

/** The next multiple of the alignment. */
static inline int64_t sqn__kernels_aligned(int64_t n)
{
    return (n + SQN__KERNELS_ALIGN - 1) / SQN__KERNELS_ALIGN * SQN__KERNELS_ALIGN;
}

/** Floats in a row of `n` rows turned: aligned, and an odd number of cache lines, so that a
 *  column of tiles does not fall on a few sets of the cache. */
static inline int64_t sqn__kernels_columns(int64_t n)
{
    return (sqn__kernels_aligned(n) / SQN__KERNELS_ALIGN | 1) * SQN__KERNELS_ALIGN;
}

/** Work of gather(): b turned. */
static inline int64_t sqn__kernels_gather_work(int64_t n)
{
    return sqn__kernels_columns(n) * SQN__KERNELS_WIDTH;
}

#endif
