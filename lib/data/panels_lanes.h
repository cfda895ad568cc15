/**
 * @file panels_lanes.h
 * @brief Loops over the data of a row, as tables: one per vector width, all of the same bits.
 */
#ifndef SQN_PANELS_LANES_H
#define SQN_PANELS_LANES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SQN__PANELS_LANES =
        8 /**< Partial sums: datum j of a strip adds to number j modulo 8. */
};

/** What a row is found to hold. */
typedef struct sqn__panels_found {
    double v[SQN__PANELS_LANES], vx2[SQN__PANELS_LANES]; /**< Weights, and times value^2. */
    int64_t n[SQN__PANELS_LANES];                        /**< Data of positive weight, */
    int64_t n_negative[SQN__PANELS_LANES]; /**< and those of them of negative value. */
} sqn__panels_found;

/** x 2^exponent in two steps, neither of which leaves the range of double. */
typedef struct sqn__panels_power {
    double first, second;
} sqn__panels_power;

/** Units of the stored data, and sums of a row of them. */
typedef struct sqn__panels_stored {
    sqn__panels_power x, v;
    double vx2[SQN__PANELS_LANES], sum_v[SQN__PANELS_LANES]; /**< As stored. */
    int64_t n_out[SQN__PANELS_LANES]; /**< Data that float32 does not hold. */
} sqn__panels_stored;

/** Values `x` and weights `v` of n data; borrowed. */
typedef struct sqn__panels_data {
    const double *x, *v;
    int64_t n;
} sqn__panels_data;

typedef struct sqn__panels_lanes {
    /** Is there a weight that is negative or not finite, or a value that is not finite and has a
     *  weight? */
    bool (*is_wrong)(const sqn__panels_data *data);
    /** Is there a weight that is neither 0 nor in [low, high]? */
    bool (*is_beyond)(const sqn__panels_data *data, double low, double high);
    /** Add data to the sums, and 1 to each valid[j] of positive weight. */
    void (*add)(sqn__panels_found *to, double *valid, const sqn__panels_data *data);
    /** Data in their units, [n] each, and added to the sums; 0 in place of what float32 does not
     *  hold. */
    void (*store)(float *to_x, float *to_v, sqn__panels_stored *sums,
                  const sqn__panels_data *data);
} sqn__panels_lanes;

/** What every processor runs. */
extern const sqn__panels_lanes sqn__panels_lanes_base;

/** AVX2, AVX-512; NULL where the processor has none. */
const sqn__panels_lanes *sqn__panels_lanes_avx2(void);
const sqn__panels_lanes *sqn__panels_lanes_avx512(void);

/** The widest that runs on this processor. */
const sqn__panels_lanes *sqn__panels_lanes_choose(void);

/** Sum of the lanes, in order. */
static inline double sqn__panels_sum(const double *lanes)
{
    double sum = 0.0;

    for (int64_t l = 0; l < SQN__PANELS_LANES; l++) {
        sum += lanes[l];
    }
    return sum;
}

/** The same of counts. */
static inline int64_t sqn__panels_count(const int64_t *lanes)
{
    int64_t count = 0;

    for (int64_t l = 0; l < SQN__PANELS_LANES; l++) {
        count += lanes[l];
    }
    return count;
}

#endif
