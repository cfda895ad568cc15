/**
 * @file shared.h
 * @brief Noise that frames share: the errors of the components that all of them are modelled by.
 *
 * In: observation, one subtraction. Out: for one frame the plane of sqn_image.shared. Library: rotate.
 */
#ifndef STAGE_SHARED_H
#define STAGE_SHARED_H

#include "target.h"

/**
 * Sum of the covariances of frame `i` with every other frame of its group.
 *
 * A pixel of the detector comes to lie 2 r |sin(dtheta / 2)| pixels apart in two turned frames,
 * which is how far they have its noise in common (sqn_rotate_overlap()), and the more so the
 * more alike their starlight is.
 *
 * @param[out] plane     [ny, nx] (stored unit^2). Owned by the caller.
 * @param[in]  group_of  [n_science] Groups that are combined.
 * @param[out] work      [ny + nx] Work space.
 */
void shared_fill(float *plane, const observation *obs, const subtraction *s,
                 const int64_t *group_of, int64_t i, double *work);

#endif
