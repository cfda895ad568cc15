/** @file plot_raster.h @brief An image on the points of a page, as levels of brightness. */
#ifndef PLOT_RASTER_H
#define PLOT_RASTER_H

#include <stdint.h>

#include "plot_stretch.h"

/** Points of a page. */
typedef struct plot_raster {
    int height, width; /**< (pixels of the PNG) */
    int16_t *level;    /**< [height, width] borrowed; as plot_pixels() takes them. */
} plot_raster;

/**
 * Fill a raster: a point shows the mean of the valid pixels that it covers, each as much as it
 * is covered, and is missing where less than half of what it covers is valid.
 *
 * @param[in] pixels  [ny, nx] what is not finite is missing.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status plot_raster_fill(const plot_raster *out, int64_t ny, int64_t nx,
                                          const float *pixels, const plot_stretch *stretch,
                                          sqn_error *err);

#endif
