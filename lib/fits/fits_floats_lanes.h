/**
 * @file fits_floats_lanes.h
 * @brief Loops over floats as they are in a file, as tables: one per vector width, of the same bits.
 */
#ifndef SQN_FITS_FLOATS_LANES_H
#define SQN_FITS_FLOATS_LANES_H

#include "fits_floats.h"

enum { SQN__FITS_FLOATS_RUN = 512 /**< Pixels that stay in the first cache. */ };

/** Counts of a run, 32 bits wide as the values are. */
typedef struct sqn__fits_floats_counts {
    int32_t n_nan, n_out_of_range, n_bad_error, n_missing;
    int32_t n_infinite, n_zero, n_bad_error_alone;
    int32_t n_odd; /**< Subnormal numbers. */
} sqn__fits_floats_counts;

typedef struct sqn__fits_floats_lanes {
    /** Sift pixels [first, first + n) of a frame, at most a run; values outside `bound` are out of
     *  range. */
    void (*sift)(sqn__fits_floats_counts *found, const sqn__fits_floats *frame,
                 const float bound[2], int64_t first, int64_t n);
    /** zero + scale times each of n floats of the file. */
    void (*widen)(double *out, const unsigned char *bytes, int64_t n, double zero,
                  double scale);
} sqn__fits_floats_lanes;

/** What every processor runs. */
extern const sqn__fits_floats_lanes sqn__fits_floats_lanes_base;

/** AVX2, AVX-512; NULL where the processor has none. */
const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx2(void);
const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx512(void);

/** The widest that runs on this processor. */
const sqn__fits_floats_lanes *sqn__fits_floats_lanes_choose(void);

#endif
