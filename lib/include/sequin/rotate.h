/** @file rotate.h @brief Turn a frame about the star: quintic B-splines, with variance. */
#ifndef SEQUIN_ROTATE_H
#define SEQUIN_ROTATE_H

#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Planes of one frame, [ny, nx]; who owns them is said where they are used. */
typedef struct sqn_image {
    int64_t ny, nx;
    float *value;    /**< NaN = missing. */
    float *variance; /**< 1 sigma squared, NaN where value is; NULL = none. */
    uint32_t *dq;    /**< Input flags; NULL = none. */
    uint8_t *flags;  /**< SQN_FLAG_*; NULL = none. */
    float *shared;   /**< Sum of the covariances with the same place of the sky in all other
                          frames of a stack; needs a variance; NULL = none. */
} sqn_image;

/**
 * Turn `in` counter-clockwise (x right, y up) by `theta` degrees about `center`.
 *
 * An output pixel is valid where at least 90 % of its bilinear footprint is valid input.
 * Flags and DQ come from the nearest pixel; SQN_FLAG_TURNED_MISSING is added where the output
 * is not valid. Whole turns copy (docs/numerics.md, section 6). Turning is linear in the
 * data: where variances leave the range of float, scale the frame by a power of two first.
 *
 * @param[out] out     Planes owned by the caller, present wherever `in` has them; none of `in`.
 * @param[in]  center  (FITS pixels, x first).
 * @param[in]  theta   (degrees) Any finite value; multiples of 90 are exact.
 *
 * @retval SQN_ERR_ARG     `out` lacks a plane or differs in shape; theta or center not finite.
 * @retval SQN_ERR_MEMORY  Needs about 24 ny nx bytes of work space.
 */
SQN_API SQN_NODISCARD sqn_status sqn_rotate_frame(sqn_image *out, const sqn_image *in,
                                                  const double center[2], double theta,
                                                  sqn_error *err);

/** How far a turn mixes pixels: noise that ends farther apart is independent. */
#define SQN_ROTATE_REACH 4
/** Work space for turning images together. Opaque. */
typedef struct sqn_rotate_stack sqn_rotate_stack;

/**
 * Prepare to turn up to n images of one shape together, any number of times.
 *
 * @param[out] out  New, owned by the caller, who destroys it; NULL on failure.
 *
 * @retval SQN_ERR_ARG     No image.
 * @retval SQN_ERR_MEMORY  Needs about 13 bytes per pixel and lane, of which there are as many as
 *                         images, rounded up to 4, 8 or 16 (16 with AVX-512), and 5 per pixel.
 */
SQN_API SQN_NODISCARD sqn_status sqn_rotate_stack_create(sqn_rotate_stack **out, int64_t ny,
                                                         int64_t nx, int64_t n,
                                                         sqn_error *err);

/**
 * sqn_rotate_frame() of n images together, as of the residuals of one frame with several models:
 * quicker, the same to the rounding of float.
 *
 * @param[out] out  [n] as there; the planes of out[k], but for dq, may be those of in[k].
 *
 * @retval SQN_ERR_ARG  As there, or images of another shape than prepared for.
 */
SQN_API SQN_NODISCARD sqn_status sqn_rotate_stack_turn(sqn_rotate_stack *stack,
                                                       sqn_image *out, const sqn_image *in,
                                                       int64_t n, const double center[2],
                                                       double theta, sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_rotate_stack_destroy(sqn_rotate_stack **stack);

/**
 * Noise that two frames have in common once they are turned, where a detector pixel ends up
 * `distance` pixels apart: correlation of what the interpolation makes of white noise, averaged
 * over directions. 1 at 0, 0 beyond 4 pixels.
 *
 * @param[in] distance  (pixels) >= 0.
 */
SQN_API double sqn_rotate_overlap(double distance);

#ifdef __cplusplus
}
#endif
#endif
