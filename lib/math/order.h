/**
 * @file order.h
 * @brief Loops over many numbers behind order statistics, as tables: one per vector width.
 *
 * Every table gives the same results, `subtract` to the rounding of one multiply-add.
 */
#ifndef SQN_ORDER_H
#define SQN_ORDER_H

#include <stdint.h>

/** Numbers from low on, below high: how many, and sums of their distances to an origin and of the
 *  squares of these. */
typedef struct sqn__order_bulk {
    double low, high;
    int64_t n;
    double sum[2];
} sqn__order_bulk;

/** The n numbers a - factor b. Borrowed. */
typedef struct sqn__order_terms {
    const double *a, *b;
    double factor;
    int64_t n;
} sqn__order_terms;

/** The n numbers a - factor b, to be kept. Borrowed. */
typedef struct sqn__order_scaled {
    const double *a, *b;
    double factor;
    int64_t n;
} sqn__order_scaled;

/** The n numbers a or, where an origin is given, |a - origin|. Borrowed. */
typedef struct sqn__order_floats {
    const float *a; /**< No NaN. */
    int64_t n;
    float origin; /**< NaN: none. */
} sqn__order_floats;

typedef struct sqn__order {
    /**
     * out = a - factor b, formed in double; and of these, the numbers within the bounds.
     *
     * @param[out] out      [n]
     * @param[out] kept     [n]
     * @param[out] n_below  How many lie below the first bound.
     * @returns How many are kept, both bounds included, in their order.
     */
    int64_t (*subtract)(float *out, float *kept, int64_t *n_below,
                        const sqn__order_scaled *of, const float bounds[2]);
    /** How many of n numbers lie below a bound. */
    int64_t (*below)(const float *a, int64_t n, float bound);
    /**
     * Numbers within the bounds, in their order; quick where they are few.
     *
     * @param[out] out      [n]
     * @param[out] n_below  How many lie below the first bound.
     * @returns How many lie within, both bounds included.
     */
    int64_t (*between)(float *out, int64_t *n_below, const sqn__order_floats *of,
                       const float bounds[2]);
    /** Places of the numbers below the first bound or above the second, n < 2^31; returns how
     *  many. Quick where they are few. */
    int64_t (*outside)(int32_t *out, const float *a, int64_t n, const float bounds[2]);
    /**
     * Of the numbers a - factor b, add up those of two bulks, and write the others in their
     * order to `out` [n].
     *
     * @returns How many others.
     */
    int64_t (*sift)(double *out, sqn__order_bulk bulk[2], const sqn__order_terms *of,
                    double origin);
} sqn__order;

/** What every processor runs. */
extern const sqn__order sqn__order_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__order *sqn__order_avx2(void);
const sqn__order *sqn__order_avx512(void);

/** The widest that runs on this processor. */
const sqn__order *sqn__order_choose(void);

#endif
