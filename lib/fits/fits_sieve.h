/** @file fits_sieve.h @brief Which pixels of a frame are missing, and why. */
#ifndef SQN_FITS_SIEVE_H
#define SQN_FITS_SIEVE_H

#include "fits_facts.h"
#include "fits_tally.h"

/** The planes of one frame in double, and the rules that hold for all frames. */
typedef struct sqn__fits_sieve {
    const sqn_fits_source *source; /* borrowed */
    sqn__fits_tally *tally;        /* borrowed */
    int64_t n_pix;
    double *value;   /* in: as read; out: true values, NaN where missing */
    double *noise;   /* in: as read; out: 1 sigma, NaN where missing; NULL: none */
    double *quality; /* flags as numbers, NULL: none */
    double *mask;    /* NULL: none */
    bool is_wide;    /* the values were 64-bit integers */
} sqn__fits_sieve;

/** Buffers for every plane that `wants`; cleared after failure. */
SQN_NODISCARD sqn_status sqn__fits_sieve_init(sqn__fits_sieve *sieve, int64_t n_pix,
                                              const bool wants[3], sqn_error *err);
void sqn__fits_sieve_clear(sqn__fits_sieve *sieve);

/** Flags of one frame, [n_pix] each; `dq` may be NULL. */
typedef struct sqn__fits_flags_of {
    uint32_t *dq;
    uint8_t *flags;
} sqn__fits_flags_of;

/**
 * Sift the frame in the buffers: NaN, Inf, missing_values, range, flags, mask, errors.
 *
 * @param[out] to       Filled.
 * @param[out] frame    Its counts are set.
 * @param[in]  number   Of the frame, counted from 1.
 * @param[in]  has_flags  The frame has a plane of flags.
 *
 * @retval SQN_ERR_DATA  E_FITS_TYPE: a flag is no integer of 32 bits.
 */
SQN_NODISCARD sqn_status sqn__fits_sieve_sift(sqn__fits_sieve *sieve,
                                              const sqn__fits_flags_of *to,
                                              sqn_fits_frame *frame, int64_t number,
                                              const sqn__fits_facts *facts, bool has_flags,
                                              sqn_error *err);

/** Counts of one frame that the user sees only when they are not 0. */
typedef struct sqn__fits_sights {
    int64_t n_infinite, n_wide, n_zero, n_bad_error;
} sqn__fits_sights;

/** Enter a frame that was sifted in the tally. */
void sqn__fits_sieve_enter(const sqn__fits_sieve *sieve, const sqn_fits_frame *frame,
                           const sqn__fits_sights *seen, int64_t number);

#endif
