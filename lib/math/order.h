/**
 * @file order.h
 * @brief Loops over many numbers behind order statistics, as tables: one per vector width.
 *
 * Every table gives the same results, those of mixtures to the rounding of a few multiply-adds.
 */
#ifndef SQN_ORDER_H
#define SQN_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/** Differences of numbers from an origin in three parts: the centre, which is nearer to 0 than
 *  `near`, the tails, which are not nearer than `far`, and the bulk between them. */
typedef struct sqn__order_bulk {
    double near, far;          /**< near <= far */
    double *centre, *tails;    /**< [n] each, borrowed, in their order. */
    int64_t n_centre, n_tails; /**< How many are there. */
    int64_t n;                 /**< Of bulk and centre. */
    int64_t n_below;           /**< Of bulk and tails those below 0. */
    double sum[2]; /**< Of bulk and centre: sums of them and of their squares. */
} sqn__order_bulk;

/** What is left of some numbers. */
typedef struct sqn__order_kept {
    int64_t n;
    int64_t n_below; /**< That have just been left out below the limits. */
    double sum[2];   /**< Of what is left, and of its squares. */
} sqn__order_kept;

/** The n numbers a - factor b, formed in double. Borrowed. */
typedef struct sqn__order_terms {
    const float *a, *b;
    double factor;
    int64_t n;
} sqn__order_terms;

/** The n numbers p a + q b or, where there is no b, a; NaN is none. Borrowed. */
typedef struct sqn__order_mix {
    const float *a, *b;
    float p, q;
    int64_t n;
} sqn__order_mix;

/** Zones of numbers, their bounds included: between two, and as far from a centre as two more. */
typedef struct sqn__order_zones {
    float near[2];
    float centre, ring[2];
} sqn__order_zones;

/** What lies in the zones. */
typedef struct sqn__order_marked {
    float *value;    /**< [n + SQN__ORDER_SLACK] borrowed; those numbers, in their order. */
    int64_t n;       /**< Of these. */
    int64_t n_below; /**< Of all numbers, those below `near`. */
    int64_t n_within; /**< Of all numbers, those nearer to the centre than the ring. */
} sqn__order_marked;

/** Numbers whose mixture may come to lie in the zones. */
typedef struct sqn__order_listed {
    float *a, *b; /**< [n + SQN__ORDER_SLACK] each, borrowed, in their order. */
    int64_t n;    /**< Of these. */
    int64_t n_below, n_within; /**< As above, of all that are not listed. */
} sqn__order_listed;

enum { SQN__ORDER_SLACK = 16, SQN__ORDER_WORD = 64 };

/** Words of a set of n numbers. */
static inline int64_t sqn__order_set_size(int64_t n)
{
    return (n + SQN__ORDER_WORD - 1) / SQN__ORDER_WORD;
}

/** The n numbers a or, where an origin is given, |a - origin|. Borrowed. */
typedef struct sqn__order_floats {
    const float *a; /**< No NaN. */
    int64_t n;
    float origin; /**< NaN: none. */
} sqn__order_floats;

typedef struct sqn__order {
    /** Find what lies in the zones; n < 2^31. */
    void (*mark)(sqn__order_marked *out, const sqn__order_mix *of,
                 const sqn__order_zones *zones);
    /** Find what lies in the zones of a mixture, or no further from them than `off` |b - a|. */
    void (*list)(sqn__order_listed *out, const sqn__order_mix *of,
                 const sqn__order_zones *zones, float off);
    /**
     * Find the numbers above a limit, with `both` also those below minus the limit.
     *
     * @param[out] set  [sqn__order_set_size()] number i is bit i % 64 of word i / 64.
     */
    void (*above)(uint64_t *set, const sqn__order_mix *of, float limit, bool both);
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
    /** Sort the numbers a - factor b by their distance from an origin into the parts of `bulk`. */
    void (*sift)(sqn__order_bulk *bulk, const sqn__order_terms *of, double origin);
    /**
     * Leave out the numbers outside the limits.
     *
     * @param[in,out] a     [kept->n] those left are moved to the front, in their order.
     * @param[in,out] kept  Its n is how many there are, and then how many are left.
     */
    void (*keep)(double *a, sqn__order_kept *kept, const double limits[2]);
} sqn__order;

/** What every processor runs. */
extern const sqn__order sqn__order_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__order *sqn__order_avx2(void);
const sqn__order *sqn__order_avx512(void);

/** The widest that runs on this processor. */
const sqn__order *sqn__order_choose(void);

#endif
