/**
 * @file shared.h
 * @brief Noise that frames share: the errors of the components that all of them are modelled by.
 *
 * In: observation, one subtraction. Out: for one frame the plane of sqn_image.shared. Library: rotate.
 */
#ifndef STAGE_SHARED_H
#define STAGE_SHARED_H

#include "combine.h"

/** Distance of every pixel from the star, rounded; ring [ny, nx]. */
void shared_rings(int32_t *ring, const observation *obs);

/**
 * Sum of the covariances of frame `i` with every other frame of its group, in place of the
 * components' part of its variance.
 *
 * A pixel of the detector comes to lie 2 r |sin(dtheta / 2)| pixels apart in two turned frames,
 * which is how far they have its noise in common (sqn_rotate_overlap()), and the more so the
 * more alike their starlight is.
 *
 * @param[in,out] s     Its component_variance (stored unit^2).
 * @param[in]     d     Groups that are combined, and rings.
 * @param[out]    work  [ny + nx] Work space.
 */
void shared_fill(subtraction *s, const disk *d, const observation *obs, int64_t i,
                 double *work);

#endif
