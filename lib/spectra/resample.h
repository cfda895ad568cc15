/** @file resample.h @brief A spectrum on other pixels, with the variance that this gives. */
#ifndef SQN_RESAMPLE_H
#define SQN_RESAMPLE_H

#include <stdint.h>

/** Pixels of one spectrum. Borrowed. */
typedef struct sqn__resample_row {
    int64_t n;
    const double *edge; /* [n + 1] (Angstrom) rising */
    float *flux;        /* [n] NaN where missing */
    float *ivar;        /* [n] 0 where missing; NULL = equal weights */
} sqn__resample_row;

/**
 * Average by overlap (sequin/spectra.h, sqn_spectra_grid()). `to->flux` and `to->ivar` are
 * overwritten; `to->ivar` is NULL where that of `from` is.
 */
void sqn__resample(const sqn__resample_row *to, const sqn__resample_row *from);

/** The same pixels: `from` begins at pixel `offset` of `to`, which is missing elsewhere. Edges are
 *  not looked at. */
void sqn__resample_shift(const sqn__resample_row *to, const sqn__resample_row *from,
                         int64_t offset);

#endif
