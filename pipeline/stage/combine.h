/**
 * @file combine.h
 * @brief Stage 4: turn every residual North up and combine, some counts at a time.
 *
 * In: observation, a batch of subtractions. Out: one plane of the disk image per group and count, with
 * ERR, APERTURE_ERR, DQ, FLAGS, COVERAGE and SNR. Library: rotate, derotate, combine, snr.
 */
#ifndef STAGE_COMBINE_H
#define STAGE_COMBINE_H

#include "sequin/rotate.h"

#include "target.h"

/** Combined images, [n_group, n_count, ny, nx]. Owned by the run. */
typedef struct disk {
    int64_t n_group, n_count, ny, nx;
    int64_t *group_of; /**< [n_science] */
    const char *
        *group_name; /**< [n_group] file, or "" (all); borrowed from the observation. */
    double *group_number; /**< [n_group] wavelength; NaN otherwise. */
    int32_t *ring;        /**< [ny, nx] of a pixel: its distance from the star, rounded. */
    sqn_cube value, error, snr;
    sqn_cube element; /**< 1 sigma of the sum over a circle of one FWHM about each pixel. */
    uint32_t *dq;     /**< NULL when the input has none. */
    uint8_t *flags;
    int32_t *coverage;
    sqn_cube turned; /**< [n_science, ny, nx] every frame turned, of the last count; empty
                          unless they are asked for. */
} disk;

/** Groups and storage. */
SQN_NODISCARD sqn_status combine_prepare(disk *out, const observation *obs,
                                         const config *settings, int64_t n_count,
                                         sqn_error *err);

/** Fill the planes of the counts at work, but for their S/N. Their planes are used up but for
 *  what is kept of the largest. */
SQN_NODISCARD sqn_status combine_batch(disk *out, const observation *obs,
                                       const config *settings,
                                       const subtraction_batch *batch, sqn_error *err);

/** Planes of frame `i` with count `c` of the batch, what its components make of its variance in
 *  `shared`. */
sqn_image combine_frame(const disk *d, const observation *obs,
                        const subtraction_batch *batch, int64_t i, int64_t c);

/** Where a plane of the image goes to: variances in place of errors. */
sqn_image combine_plane(const disk *d, int64_t group, int64_t count, int32_t **coverage);

/** S/N of all planes together. */
SQN_NODISCARD sqn_status combine_finish(disk *d, const observation *obs, sqn_spare spare,
                                        sqn_error *err);

void combine_clear(disk *d);

#endif
