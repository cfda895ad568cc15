/** @file pupil.h @brief Transmission of a telescope's pupil on a square grid. */
#ifndef PUPIL_H
#define PUPIL_H

#include <stdint.h>

/**
 * Grids of this folder are n x n with n even and the origin at element 0: coordinate of element
 * j is j below n / 2 and j - n from there on, which is how a discrete Fourier transform counts.
 */
static inline double pupil_coordinate(int64_t j, int64_t n)
{
    return (double)(j < n / 2 ? j : j - n);
}

/** A disk with a central hole and vanes, which start at the centre and are evenly spaced. */
typedef struct pupil_shape {
    double outer;        /**< Radius (grid elements). */
    double inner;        /**< Radius of the hole (grid elements), 0 = none. */
    int64_t n_spider;    /**< Vanes; the first one points along +y. */
    double spider_width; /**< (grid elements) */
} pupil_shape;

/**
 * Draw the transmission: 0 outside, 1 inside, between them the share of an element that is open
 * (16 x 16 points), so that the diameter need not be a whole number of elements.
 *
 * @param[out] out  [n, n]
 */
void pupil_draw(double *out, int64_t n, const pupil_shape *shape);

#endif
