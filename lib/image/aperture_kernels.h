/**
 * @file aperture_kernels.h
 * @brief Overlaps of pixels with circles of one radius, by where in a pixel their centre is.
 *
 * Circles on the other sides of the middle of a pixel see the same with pixels in the opposite order.
 */
#ifndef SQN_APERTURE_KERNELS_H
#define SQN_APERTURE_KERNELS_H

#include <stdint.h>

#include "sequin/error.h"

enum {
    SQN__APERTURE_STEPS = 128,                   /**< In a pixel, along each axis, */
    SQN__APERTURE_HALF = SQN__APERTURE_STEPS / 2 /**< from its middle to its edge. */
};

/** Kernels of circles by the steps up and right from the middle of the pixel under their centre. */
typedef struct sqn__aperture_kernels {
    int64_t
        reach;    /**< Pixels a circle touches at most, on each side of the one under it. */
    int64_t side; /**< Of a kernel: the most that one circle touches. */
    int64_t size; /**< Floats from kernel to kernel: whole lines of the cache. */
    int64_t begin;   /**< The first pixel of a kernel, from the one under the centre; */
    int64_t further; /**< one more from this step on. */
    float *
        value; /**< [half + 1, half + 1, size] overlaps [side, side], the rest is not set; owned, or NULL. */
} sqn__aperture_kernels;

/** Their sizes, without values. */
sqn__aperture_kernels sqn__aperture_kernels_plan(double radius);

/**
 * Compute the values.
 *
 * @retval SQN_ERR_MEMORY  Needs 1 MB at a radius of 2, 18 MB at 11; half of it for a while.
 */
SQN_NODISCARD sqn_status sqn__aperture_kernels_fill(sqn__aperture_kernels *kernels,
                                                    double radius, sqn_error *err);

/** Free the values. */
void sqn__aperture_kernels_clear(sqn__aperture_kernels *kernels);

#endif
