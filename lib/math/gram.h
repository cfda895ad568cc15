/**
 * @file gram.h
 * @brief Sums over data in double, as tables of functions: plain loops, and one per vector width.
 *
 * Every table gives the same numbers to the rounding of double; one table always gives the same
 * bits for an element of a result, whatever else is computed beside it.
 */
#ifndef SQN_GRAM_H
#define SQN_GRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/matrix.h"

enum {
    SQN__GRAM_ALIGN = 8,  /**< Columns of vectors are multiples of it. */
    SQN__GRAM_WIDE = 16,  /**< Columns of product_narrow() and product_single() are. */
    SQN__GRAM_BLOCK = 128 /**< Data of a misfit. */
};

/** A matrix [m, depth] with any steps between its elements. Borrowed. */
typedef struct sqn__gram_factor {
    const double *data;
    int64_t row, depth; /**< Steps from row to row, from depth to depth. */
} sqn__gram_factor;

/** A matrix [m, depth] in float, its rows side by side. Borrowed. */
typedef struct sqn__gram_single {
    const float *data;
    int64_t depth; /**< Step from depth to depth. */
} sqn__gram_single;

/** Models of the same components beside their data; rows of all matrices are contiguous. */
typedef struct sqn__gram_fit {
    int64_t n, k;        /**< Models, components. */
    const double *w;     /**< [n, k] coefficients, rows `row_w` apart. */
    const float *h;      /**< [k, SQN__GRAM_BLOCK] components, rows `row_h` apart. */
    const double *x, *v; /**< [n, SQN__GRAM_BLOCK] data and weights. */
    int64_t row_w, row_h;
    int64_t row_x, row_v; /**< 0 where all models are of the same data. */
} sqn__gram_fit;

/** Data and weights as stored beside their models; rows of all matrices are contiguous. */
typedef struct sqn__gram_scores {
    int64_t n, k;        /**< Models, components. */
    const double *w;     /**< [n, k] coefficients, rows `row_w` apart. */
    const double *level; /**< [n] what each model has besides. */
    const float *h;     /**< [k, SQN__GRAM_BLOCK] components, rows `row_h` apart; finite. */
    const float *x, *v; /**< [n, SQN__GRAM_BLOCK] rows `row` apart; finite, v >= 0. */
    int64_t row_w, row_h, row;
    double unit; /**< Factor of the scores. */
    float *z;    /**< [n, SQN__GRAM_BLOCK] the scores, rows `row_z` apart. */
    int64_t row_z;
    double *sum;    /**< [SQN__GRAM_BLOCK] of a column: sum of squares. */
    int32_t *count; /**< [SQN__GRAM_BLOCK] of a column: weights above 0. */
    double *chi2;   /**< [n] of a model: sum of squares, of this block alone. */
} sqn__gram_scores;

/** Data and weights of a panel, [n, SQN__GRAM_BLOCK] each. */
typedef struct sqn__gram_center {
    int64_t n;
    const float *x, *v;
    const double *mean; /**< [n] of each row; NULL: weighted means of the columns. */
} sqn__gram_center;

/** Two rows of a matrix. */
typedef struct sqn__gram_pair {
    int32_t left, right;
} sqn__gram_pair;

typedef struct sqn__gram_table {
    const char *name;
    /** out += a b; b has as many rows as a depths, columns of the alignment. Depth by depth:
     *  to the bit the same in one call or in many. */
    void (*product)(sqn_dmatrix out, sqn__gram_factor a, sqn_dmatrix_const b);
    /** The same of a b in float, which is widened; columns are multiples of SQN__GRAM_WIDE. */
    void (*product_narrow)(sqn_dmatrix out, sqn__gram_factor a, sqn_matrix_const b);
    /** The same in float, added to `out` at the end: for a few depths, as each sum is rounded at
     *  every one of them. */
    void (*product_single)(sqn_dmatrix out, sqn__gram_single a, sqn_matrix_const b);
    /**
     * Numbers of data side by side: columns as rows, widened.
     *
     * @param[out] out  [SQN__GRAM_BLOCK, k aligned or more] 0 behind k.
     * @param[in]  in   [k, SQN__GRAM_BLOCK]
     *
     * @returns false where one of them is not finite.
     */
    bool (*turn)(sqn_dmatrix out, sqn_matrix_const in);
    /** out [rows, SQN__GRAM_BLOCK]: the same numbers, widened; false where one is not finite. */
    bool (*widen)(double *out, sqn_matrix_const in);
    /** sum[i] += sum v (x - w h)^2 of model i. */
    void (*misfit)(double *sum, const sqn__gram_fit *fit);
    /** out [n, SQN__GRAM_ALIGN] += a b^T over a block: a [n, SQN__GRAM_BLOCK], b [SQN__GRAM_ALIGN,
     *  SQN__GRAM_BLOCK]. */
    void (*dots)(double *out, sqn_dmatrix_const a, const double *b);
    /**
     * The same of weights v [n, SQN__GRAM_BLOCK] and products of pairs of rows.
     *
     * @param[in] h     [., SQN__GRAM_BLOCK]
     * @param[in] pair  [SQN__GRAM_ALIGN] the rows of h whose products are taken.
     */
    void (*weighted_pairs)(double *out, sqn_dmatrix_const v, const double *h,
                           const sqn__gram_pair *pair);
    /** z = unit sqrt(v) (x - level - w h), NaN where v is 0; squares and counts of columns join
     *  those that are there, model by model: to the bit the same in one call or in many. */
    void (*scores)(const sqn__gram_scores *of);
    /**
     * z = sqrt(v) (x - mean), the means formed in double.
     *
     * @param[out] z  [n, SQN__GRAM_BLOCK]
     * @returns the sum of squares, before they are narrowed.
     */
    double (*center)(float *z, const sqn__gram_center *of);
} sqn__gram_table;

/** Plain loops: the specification of the others. */
extern const sqn__gram_table sqn__gram_ref;

/** Vectors of two: what every x86-64 and every 64-bit Arm has. */
extern const sqn__gram_table sqn__gram_base;

/** Vectors of four (AVX2 and FMA), of eight (AVX-512); NULL where the processor has none. */
const sqn__gram_table *sqn__gram_avx2(void);
const sqn__gram_table *sqn__gram_avx512(void);

/** The fastest table that runs on this processor. */
const sqn__gram_table *sqn__gram_choose(void);

/** The next multiple of the alignment. */
static inline int64_t sqn__gram_aligned(int64_t n)
{
    return (n + SQN__GRAM_ALIGN - 1) / SQN__GRAM_ALIGN * SQN__GRAM_ALIGN;
}

/** Room for the pairs of k numbers, aligned. */
static inline int64_t sqn__gram_n_pair(int64_t k)
{
    return sqn__gram_aligned(k * (k + 1) / 2);
}

#endif
