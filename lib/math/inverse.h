/**
 * @file inverse.h
 * @brief Inverses of many small symmetric matrices side by side, as tables: one per vector width.
 *
 * Every table gives the same numbers to the rounding of double. What is found in a lane does not
 * depend on the others.
 */
#ifndef SQN_INVERSE_H
#define SQN_INVERSE_H

#include <stdint.h>

enum { SQN__INVERSE_LANES = 16 }; /**< Matrices at a time; contiguous. */

/** Pairs (b <= a) of k numbers; pair (a, b) stands in row a(a+1)/2 + b. */
static inline int64_t sqn__inverse_n_pair(int64_t k)
{
    return k * (k + 1) / 2;
}

/** What rounding in double may leave of a pivot that is 0, as the scalar factor has it. */
double sqn__inverse_least(int64_t k);

/** Doubles of work space. */
int64_t sqn__inverse_work_size(int64_t k);

/** Matrices side by side, and what is active of them. */
typedef struct sqn__inverse_lanes {
    int64_t k;
    double *m; /**< [n_pair, lanes] positive semi-definite; spoilt. */
    /** [k, lanes] A row and column takes part where it is above 0, as is the diagonal there. */
    const double *h;
    /** Share of its diagonal that a pivot must keep: sqn__inverse_least(), or more where m is not as
     *  exact as double. */
    double least;
    /** [lanes] Set: 1 = a pivot was lost: what was found of the lane is worth nothing. */
    uint8_t *singular;
    double *work; /**< [sqn__inverse_work_size()] */
} sqn__inverse_lanes;

/** Rows of numbers, the same for all lanes. */
typedef struct sqn__inverse_rows {
    int64_t n;
    const double *w; /**< [n, k] */
    double scale;    /**< Of what is found. */
} sqn__inverse_rows;

typedef struct sqn__inverse {
    /** out [n, lanes] = rows of lanes, `stride` apart, widened. */
    void (*widen)(double *out, const float *in, int64_t stride, int64_t n);
    /** out [n, lanes] = in, rounded. */
    void (*narrow)(float *out, const double *in, int64_t n);
    /** out [n_pair, lanes] = h_a h_b of all pairs; h [k, lanes]. */
    void (*pairs)(double *out, const double *h, int64_t k);
    /** Invert over m, as sqn__nnls_covariance() does; 0 off what takes part. */
    void (*invert)(const sqn__inverse_lanes *of);
    /** out [n, lanes] = scale w m^-1 w^T of every row, of what takes part; NaN where one of h is.
     *  The inverse is never formed. */
    void (*forms)(float *out, const sqn__inverse_lanes *of, const sqn__inverse_rows *rows);
} sqn__inverse;

/** What every processor runs. */
extern const sqn__inverse sqn__inverse_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__inverse *sqn__inverse_avx2(void);
const sqn__inverse *sqn__inverse_avx512(void);

/** The widest that runs on this processor. */
const sqn__inverse *sqn__inverse_choose(void);

#endif
