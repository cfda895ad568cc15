/**
 * @file shared.h
 * @brief Noise that frames share: the errors of the components that all of them are modelled by.
 *
 * In: observation, one subtraction. Out: for one frame the plane of sqn_image.shared. Library: rotate.
 */
#ifndef STAGE_SHARED_H
#define STAGE_SHARED_H

#include "combine.h"

/** What two turned frames have in common of noise that ends up `distance` pixels apart. */
typedef double shared_overlap(const void *context, double distance);

/** Such a function and what it is given. */
typedef struct shared_rule {
    shared_overlap *overlap;
    const void *context; /**< Borrowed. */
    double reach;        /**< (pixels) From there on it is 0. */
} shared_rule;

/** That of single pixels: sqn_rotate_overlap(). */
extern const shared_rule shared_pixels;

/**
 * Covariance of frame `i` with every other frame of its group, over its own variance.
 *
 * @param[out] share  [ny + nx] by the distance from the star (pixels).
 */
void shared_sum(double *share, const disk *d, const observation *obs, const subtraction *s,
                int64_t i, const shared_rule *rule);

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
