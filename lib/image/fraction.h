/**
 * @file fraction.h
 * @brief Sums over pixels behind a best fraction, as tables: one per vector width.
 *
 * Every table gives the same numbers to the rounding of one multiply-add, and sums to that of
 * double.
 */
#ifndef SQN_FRACTION_H
#define SQN_FRACTION_H

#include <stdint.h>

#include "bits.h"

/** An image. Borrowed. */
typedef struct sqn__fraction_image {
    const float *root; /**< [ny, nx] sqrt(V); 0: not used, whatever data and model are. */
    const float *value, *model; /**< [ny, nx] */
    int64_t ny, nx;
} sqn__fraction_image;

/** Sums: of V x m, and of V m^2. */
typedef struct sqn__fraction {
    /** out = sqrt(V) (x - m) [ny, nx], 0 where not used; adds the sums over all pixels. */
    void (*subtract)(float *out, double sum[2], const sqn__fraction_image *of);
    /** Add the sums over the pixels of a set that are not in the set before, and take off those
     *  over pixels that have left it. */
    void (*follow)(double sum[2], const sqn__fraction_image *of, const sqn__bits *set,
                   const sqn__bits *before);
} sqn__fraction;

/** What every processor runs. */
extern const sqn__fraction sqn__fraction_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__fraction *sqn__fraction_avx2(void);
const sqn__fraction *sqn__fraction_avx512(void);

/** The widest that runs on this processor. */
const sqn__fraction *sqn__fraction_choose(void);

#endif
