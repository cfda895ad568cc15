/** @file derotation.h @brief Means of the images of many frames, turned North up. */
#ifndef SEQUIN_DEROTATION_H
#define SEQUIN_DEROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/combine.h"
#include "sequin/error.h"
#include "sequin/rotate.h"
#include "sequin/spare.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Images of a frame that are turned together, at most. */
#define SQN_DEROTATION_IMAGES 16

/** What is turned, about what, and how it is combined. */
typedef struct sqn_derotation_plan {
    int64_t ny, nx;
    int64_t n_image;  /**< Of each frame: 1 to SQN_DEROTATION_IMAGES. */
    int64_t n_frame;  /**< That may be added before sqn_derotation_finish(). */
    double center[2]; /**< (FITS pixels, x first) */
    bool has_dq;      /**< Frames have DQ, that of their first image. */
    const int32_t
        *ring; /**< [ny, nx] distance of a pixel from the star, 0 ... n_radius - 1.
                              Borrowed. */
    int64_t n_radius;
    sqn_spare spare; /**< Memory to be used before new one is asked for. */
} sqn_derotation_plan;

/** Images of one frame. Borrowed. */
typedef struct sqn_derotation_frame {
    const sqn_image
        *images;  /**< [n_image] each with value, variance, flags and, in `shared`,
                                  what it shares; dq of the first is that of all. */
    double theta; /**< (degrees) as in sqn_rotate_frame() */
    const float
        *share; /**< [n_radius, SQN_DEROTATION_IMAGES] by distance: the sum of covariances
                             with all other frames, over what stands in `shared`. */
} sqn_derotation_frame;

/** Sums over the pixels of a frame that have a variance, by distance. Owned by the derotation. */
typedef struct sqn_derotation_sums {
    const double *variance, *shared; /**< [n_radius, n_image] */
    const int64_t *n;                /**< [n_radius, n_image] pixels */
} sqn_derotation_sums;

/** Frames that are being combined. Opaque. */
typedef struct sqn_derotation sqn_derotation;

/**
 * Prepare to combine images of n_image kinds, any number of times.
 *
 * The result is that of sqn_rotate_frame() and sqn_combine_frames() (SQN_COMBINE_MEAN) to the
 * rounding of float, but the turned images are never stored.
 *
 * @param[out] out  New, owned by the caller, who destroys it; NULL on failure.
 *
 * @retval SQN_ERR_ARG     No pixel, too many images, a centre that is not finite.
 * @retval SQN_ERR_MEMORY  Beyond what is lent, needs as much as sqn_rotate_stack_create() for each
 *                         frame of those that are turned together, 32 MB or one frame in all,
 *                         and 22 bytes per pixel and lane where more frames are added than
 *                         these; with DQ 4 per pixel and frame and 8 per pixel and lane more.
 */
SQN_API SQN_NODISCARD sqn_status sqn_derotation_create(sqn_derotation **out,
                                                       const sqn_derotation_plan *plan,
                                                       sqn_error *err);

/**
 * Add a frame; its planes may be overwritten afterwards.
 *
 * @param[out] sums  Valid until the next call.
 *
 * @retval SQN_ERR_ARG     An image lacks a plane or has another shape; theta is not finite.
 * @retval SQN_ERR_MEMORY  As above.
 */
SQN_API SQN_NODISCARD sqn_status sqn_derotation_add(sqn_derotation *d,
                                                    sqn_derotation_sums *sums,
                                                    const sqn_derotation_frame *frame,
                                                    sqn_error *err);

/**
 * Combine all frames that were added, and begin anew.
 *
 * @param[out] out       [n_image] value, variance, flags, and dq where frames have it, as of
 *                       sqn_combine_frames().
 * @param[out] coverage  [n_image] planes [ny, nx].
 *
 * @retval SQN_ERR_ARG  No frame.
 */
SQN_API SQN_NODISCARD sqn_status sqn_derotation_finish(sqn_derotation *d, sqn_image *out,
                                                       int32_t *const *coverage,
                                                       sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_derotation_destroy(sqn_derotation **d);

#ifdef __cplusplus
}
#endif
#endif
