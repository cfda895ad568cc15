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
    double *factor; /**< [n_group, n_batch, n_radius] by the distance from the star. */
} growth;

/**
 * Measure the subtractions of a batch, before their planes are turned.
 *
 * Growth is that of the mean variances at each distance, with the frames weighted alike, as in a
 * mean. growth_clear() frees it, after a failure too.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status growth_measure(growth *out, const disk *d, const observation *obs,
                                        const subtraction_batch *batch, sqn_error *err);

/** Fill the planes of the batch from their combined ERR. */
void growth_fill(disk *d, const growth *g, const observation *obs,
                 const subtraction_batch *batch);

/** Free and zero. NULL-safe. */
void growth_clear(growth *g);

#endif
