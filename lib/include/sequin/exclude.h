/** @file exclude.h @brief Pixels that may hold a disk or planet: modelled, but not fitted. */
#ifndef SEQUIN_EXCLUDE_H
#define SEQUIN_EXCLUDE_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Union of shapes; positions in FITS pixels, x first, of the image they are drawn on. */
typedef struct sqn_exclude {
    bool has_annulus, has_ellipse;
    double annulus[2];     /**< Radii about the centre (pixels). */
    double semi_major[2];  /**< Elliptical ring: semi-major axes (pixels). */
    double axis_ratio;     /**< cos(inclination), (0, 1]. */
    double position_angle; /**< Of the major axis, counter-clockwise from +y (degrees): East
                                   of North on an image with North up. */
    int64_t n_circle;
    const double (*circles)[3]; /**< [n_circle] x, y, radius (pixels). Borrowed. */
    const float *mask; /**< [ny, nx] not 0 = excluded (NaN: not); NULL = none. Borrowed. */
} sqn_exclude;

/** True when any shape is given. */
SQN_API bool sqn_exclude_any(const sqn_exclude *exclude);

/**
 * Mark the pixels of one frame whose centre lies in the union, grown by 0.71 pixel.
 *
 * @param[out] out      [ny, nx] 1 = excluded, else 0.
 * @param[in]  center   Star (FITS pixels, x first): the shapes turn about it.
 * @param[in]  theta    Angle by which the frame is turned counter-clockwise to lie like the
 *                      image the shapes are drawn on (degrees; 0: drawn on the detector).
 */
SQN_API void sqn_exclude_frame(uint8_t *out, int64_t ny, int64_t nx,
                               const sqn_exclude *exclude, const double center[2],
                               double theta);

#ifdef __cplusplus
}
#endif
#endif
