/**
 * @file fits_floats.h
 * @brief Frames of 32-bit floats that need no scaling: sifted as they are in the file.
 *
 * What sqn__fits_sieve_sift() and sqn__fits_narrow_row() do by way of double, in one walk.
 */
#ifndef SQN_FITS_FLOATS_H
#define SQN_FITS_FLOATS_H

#include "fits_sieve.h"

/** Values out of the bytes of a file: zero + scale times each float. */
void sqn__fits_floats_widen(double *restrict out, const unsigned char *restrict bytes,
                            int64_t n, double zero, double scale);

/** A frame as it is in the file, and where it goes; [n_pix] each, borrowed. */
typedef struct sqn__fits_floats {
    const unsigned char *value, *noise; /* noise (1 sigma) NULL: none */
    float *to_value, *to_error;
    uint8_t *to_flags;
} sqn__fits_floats;

/** Can these rules, of a frame without flags and mask, be followed without double? */
bool sqn__fits_floats_suit(const sqn_fits_source *source, const sqn__fits_facts *facts);

/**
 * Sift a frame of n_pix pixels: NaN, Inf, range, errors. What is found is not entered in a tally.
 *
 * @param[in,out] frame  Its counts are added to.
 * @param[out]    seen   Filled.
 *
 * @return false where a subnormal number was met: the frame must go through double, and what was
 *         filled means nothing.
 */
bool sqn__fits_floats_sift(const sqn__fits_floats *floats, const sqn_fits_source *source,
                           int64_t n_pix, sqn_fits_frame *frame, sqn__fits_sights *seen);

#endif
