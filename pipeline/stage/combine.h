/**
 * @file combine.h
 * @brief Stage 4: turn every residual North up and combine, count by count.
 *
 * In: observation, one subtraction. Out: one plane of the disk image per group and count, with
 * ERR, APERTURE_ERR, DQ, FLAGS, COVERAGE and SNR. Library: rotate, combine, snr.
 */
#ifndef STAGE_COMBINE_H
#define STAGE_COMBINE_H

#include "target.h"

/** Combined images, [n_group, n_count, ny, nx]. Owned by the run. */
typedef struct disk {
    int64_t n_group, n_count, ny, nx;
    int64_t *group_of; /**< [n_science] */
    const char *
        *group_name; /**< [n_group] file, or "" (all); borrowed from the observation. */
    double *group_number; /**< [n_group] wavelength; NaN otherwise. */
    sqn_cube value, error, snr;
    sqn_cube element; /**< 1 sigma of the sum over a circle of one FWHM about each pixel. */
    uint32_t *dq;     /**< NULL when the input has none. */
    uint8_t *flags;
    int32_t *coverage;
    sqn_cube turned; /**< [n_science, ny, nx] every frame turned, of the last count. */
} disk;

/** Groups and storage. */
SQN_NODISCARD sqn_status combine_prepare(disk *out, const observation *obs,
                                         const config *settings, int64_t n_count,
                                         sqn_error *err);

/** Fill the planes of count number `i_count`, but for their S/N. */
SQN_NODISCARD sqn_status combine_count(disk *out, const observation *obs,
                                       const config *settings, const subtraction *residuals,
                                       int64_t i_count, sqn_error *err);

/** S/N of all planes together. */
SQN_NODISCARD sqn_status combine_finish(disk *d, const observation *obs, sqn_error *err);

void combine_clear(disk *d);

#endif
