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
 * Sift a frame: NaN, Inf, range, errors.
 *
 * @param[in,out] sieve  Its rules and tally; its planes are not looked at.
 * @param[out] frame     Its counts are set.
 * @param[in]  number    Of the frame, counted from 1.
 *
 * @return false where a subnormal number was met; nothing is counted then, and the frame must go
 *         through double.
 */
bool sqn__fits_floats_sift(const sqn__fits_floats *floats, const sqn__fits_sieve *sieve,
                           sqn_fits_frame *frame, int64_t number);

#endif
