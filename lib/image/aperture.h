/**
 * @file aperture.h
 * @brief Flux in a circle on pixels that are squares of constant brightness: exact.
 *
 * Positions count from 0 at the centre of the first pixel, x first.
 */
#ifndef SQN_APERTURE_H
#define SQN_APERTURE_H

#include <stdbool.h>
#include <stdint.h>

/** An image to measure. Borrowed. */
typedef struct sqn__aperture_image {
    int64_t ny, nx;
    const float *value; /**< [ny, nx] not finite = missing. */
} sqn__aperture_image;

/**
 * Sum over pixels of value times overlap with the circle of `radius` about (x, y).
 *
 * @returns NaN where the circle touches a missing pixel or leaves the image.
 */
double sqn__aperture_flux(const sqn__aperture_image *image, double x, double y,
                          double radius);

/** Overlap of a circle of `radius` with the pixel whose centre is (dx, dy) from its own. */
double sqn__aperture_overlap(double dx, double dy, double radius);

/** Overlaps with the pixels x, y = 0 ... n - 1 steps away: out [n, n]; one pixel is `steps`. False
 *  without memory. */
bool sqn__aperture_overlaps(float *out, int64_t n, int64_t steps, double radius);

#endif
