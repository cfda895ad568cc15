/** @file fits_tally.h @brief What was met while frames were read, told once at the end. */
#ifndef SQN_FITS_TALLY_H
#define SQN_FITS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/log.h"

/** What a frame can show. */
typedef enum sqn__fits_sight {
    SQN__FITS_INFINITE,    /* Inf among the values */
    SQN__FITS_EMPTY,       /* every pixel missing */
    SQN__FITS_ZERO,        /* every valid pixel 0 */
    SQN__FITS_BAD_ERROR,   /* error <= 0 or not finite where the value is good */
    SQN__FITS_WIDE,        /* integers beyond 2^53 */
    SQN__FITS_FADED,       /* values that float32 cannot tell from 0 */
    SQN__FITS_ODD_MASK,    /* mask values other than 0, 1 and NaN */
    SQN__FITS_SPARSE_MASK, /* mask that leaves less than 10 % */
    SQN__FITS_SIGHTS
} sqn__fits_sight;

enum { SQN__FITS_BITS = 32, SQN__FITS_NAMED = 3 };

typedef struct sqn__fits_tally {
    int64_t n_frame, n_pix; /* frames read; pixels of all of them */
    int64_t n_missing, n_nan, n_flagged, n_masked, n_bad_error, n_out_of_range;
    int64_t n_zero;     /* valid pixels of value 0 */
    int64_t n_mask_use; /* pixels that masks let through */
    struct {
        int64_t n_frame, n_pix, named[SQN__FITS_NAMED];
    } sight[SQN__FITS_SIGHTS];
    int64_t bit[SQN__FITS_BITS]; /* pixels with this flag */
    int64_t n_quality;           /* pixels that have flags */
    uint32_t used;               /* flags that mean missing */
} sqn__fits_tally;

/** Frame `frame` (counted from 1) shows `sight` in `n_pix` pixels; 0: nothing. */
void sqn__fits_tally_see(sqn__fits_tally *tally, sqn__fits_sight sight, int64_t frame,
                         int64_t n_pix);

/** Add what was met in later frames. */
void sqn__fits_tally_join(sqn__fits_tally *to, const sqn__fits_tally *later);

/** Warnings and remarks; `where` is the first file; `bits` [n_bit] those the user named. */
void sqn__fits_tally_report(const sqn__fits_tally *tally, const int64_t *bits,
                            int64_t n_bit, const char *where, const sqn_log *log);

/**
 * Is anything left to work with?
 *
 * @retval SQN_ERR_DATA  E_MASK, E_ERRPLANE, E_DATA_EMPTY.
 */
SQN_NODISCARD sqn_status sqn__fits_tally_check(const sqn__fits_tally *tally,
                                               const char *where, sqn_error *err);

#endif
