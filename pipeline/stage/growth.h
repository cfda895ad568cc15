/**
 * @file growth.h
 * @brief Errors of whole resolution elements in the combined images.
 *
 * ERR is that of single pixels; neighbours err alike, because frames were turned and because all
 * of them are modelled by the same components, whose errors are drawn out along arcs.
 * In: observation, one subtraction, combined ERR. Out: a plane of APERTURE_ERR. Library: element.
 */
#ifndef STAGE_GROWTH_H
#define STAGE_GROWTH_H

#include "combine.h"

/**
 * Fill the planes of count number `i_count`.
 *
 * Growth is by the distance from the star, of the mean variances at it, with the frames weighted
 * alike, as in a mean.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status growth_fill(disk *d, const observation *obs, const subtraction *s,
                                     int64_t i_count, sqn_error *err);

#endif
