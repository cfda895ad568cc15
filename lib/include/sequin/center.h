/** @file center.h @brief The point an image is symmetric about. */
#ifndef SEQUIN_CENTER_H
#define SEQUIN_CENTER_H

#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Find the point about which half a turn changes the image least: half the position of the
 * peak of its convolution with itself, by a paraboloid between the pixels.
 *
 * What counts is the root of what lies above the median, so that neither a flat background nor
 * a few bright pixels decide. A check of a given centre to a pixel or two, not a measurement of
 * the star: a bright companion or a disk lit from one side moves it.
 *
 * @param[out] center  (FITS pixels, x first); NaN on failure.
 * @param[in]  image   [ny, nx] NaN = missing.
 *
 * @retval SQN_ERR_DATA    E_DATA_EMPTY: nothing stands out from the median.
 * @retval SQN_ERR_MEMORY  Needs about 70 ny nx bytes.
 */
SQN_API SQN_NODISCARD sqn_status sqn_center_find(double center[2], const float *image,
                                                 int64_t ny, int64_t nx, sqn_error *err);

/**
 * sqn_center_find() of the image at half its resolution, a mean of 2 x 2 pixels each: in about a quarter of
 * the time, and within half a pixel where one point stands out as the best.
 *
 * @retval SQN_ERR_DATA, SQN_ERR_MEMORY  As there; E_DATA_EMPTY also of images of one row or column.
 */
SQN_API SQN_NODISCARD sqn_status sqn_center_estimate(double center[2], const float *image,
                                                     int64_t ny, int64_t nx,
                                                     sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
