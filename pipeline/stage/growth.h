/**
 * @file growth.h
 * @brief Errors of whole resolution elements in the combined images.
 *
 * ERR is that of single pixels; neighbours err alike, because frames were turned and because all
 * of them are modelled by the same components, whose errors are drawn out along arcs.
 * In: observation, a batch of subtractions, then combined ERR. Out: planes of APERTURE_ERR.
 * Library: element.
 */
#ifndef STAGE_GROWTH_H
#define STAGE_GROWTH_H

#include "sequin/element.h"

#include "combine.h"

/** By how much the noise of an element exceeds that of as many independent pixels. */
typedef struct growth {
    sqn_element *element;
    int64_t n_radius, n_batch;
    double
        *numbers;  /**< [n_group, n_batch, GROWTH_LISTS, n_radius] sums over frames, by the
                          distance from the star */
    double *share; /**< [n_radius] of sums, of the frame at work */
} growth;

enum { GROWTH_LISTS = 3 };

/** A frame with one count: sums over its pixels that have a variance, by distance. Borrowed. */
typedef struct growth_frame {
    int64_t i, c, step; /**< Frame; count of the batch; numbers from radius to radius of */
    const double *variance,
        *shared;             /**< variances of the residual, the components' part, */
    const int64_t *n;        /**< and how many pixels. */
    const double *of_pixels; /**< [n_radius] of shared_sum() */
} growth_frame;

/**
 * Begin with the frames of a batch.
 *
 * Growth is that of the mean variances at each distance, with the frames weighted alike, as in a
 * mean. growth_clear() frees it, after a failure too.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status growth_begin(growth *out, const disk *d, const observation *obs,
                                      const subtraction_batch *batch, sqn_error *err);

/** Add a frame to its group. */
void growth_add(growth *g, const disk *d, const observation *obs,
                const subtraction_batch *batch, const growth_frame *frame);

/** Fill the planes of the batch from their combined ERR, once all frames were added. */
void growth_fill(disk *d, const growth *g, const observation *obs,
                 const subtraction_batch *batch);

/** Free and zero. NULL-safe. */
void growth_clear(growth *g);

#endif
