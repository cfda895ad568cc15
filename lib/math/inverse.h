/**
 * @file inverse.h
 * @brief Inverses of many small symmetric matrices side by side, as tables: one per vector width.
 *
 * Every table gives the same numbers to the rounding of double.
 */
#ifndef SQN_INVERSE_H
#define SQN_INVERSE_H

#include <stdint.h>

enum { SQN__INVERSE_LANES = 64 }; /**< Matrices at a time; contiguous. */

/** Pairs (b <= a) of k numbers; pair (a, b) stands in row a(a+1)/2 + b. */
static inline int64_t sqn__inverse_n_pair(int64_t k)
{
    return k * (k + 1) / 2;
}

/** Doubles of work space. */
int64_t sqn__inverse_work_size(int64_t k);

typedef struct sqn__inverse {
    /** out [n_pair, lanes] = h_a h_b of all pairs; h [k, lanes]. */
    void (*pairs)(double *out, const double *h, int64_t k);
    /**
     * Invert [k, k] matrices on their active rows and columns; as sqn__nnls_covariance() does.
     *
     * @param[in,out] m         [n_pair, lanes] positive semi-definite; its inverse, 0 off the
     *                          active set.
     * @param[out]    singular  [lanes] 1 = a pivot was lost in rounding: the inverse is worth
     *                          nothing.
     * @param[in]     active    [k, lanes] 1 or 0.
     * @param[out]    work      [sqn__inverse_work_size()]
     */
    void (*invert)(double *m, uint8_t *singular, const double *active, int64_t k,
                   double *work);
} sqn__inverse;

/** What every processor runs. */
extern const sqn__inverse sqn__inverse_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__inverse *sqn__inverse_avx2(void);
const sqn__inverse *sqn__inverse_avx512(void);

/** The widest that runs on this processor. */
const sqn__inverse *sqn__inverse_choose(void);

#endif
