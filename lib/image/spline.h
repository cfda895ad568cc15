/**
 * @file spline.h
 * @brief Quintic B-spline interpolation of an image (Unser, Aldroubi & Eden 1993).
 *
 * Beyond its edges the image continues mirrored about the outer pixel centres. Positions
 * count from 0 at the centre of the first pixel.
 */
#ifndef SQN_SPLINE_H
#define SQN_SPLINE_H

#include <stddef.h>
#include <stdint.h>

enum {
    SQN__SPLINE_N_TAP = 6,     /**< Coefficients behind a value, along one axis. */
    SQN__SPLINE_N_CARDINAL = 8 /**< Pixels behind a value, cardinal spline cut at 4. */
};

/** Doubles of work space for sqn__spline_prefilter(). */
int64_t sqn__spline_prefilter_work_size(int64_t ny, int64_t nx);

/** Turn pixels into coefficients, in place: image [ny, nx], rows `stride` apart. */
void sqn__spline_prefilter(double *image, int64_t ny, int64_t nx, int64_t stride,
                           double *work);

/**
 * The same for many images at once, in float: [ny, nx, lanes], rows `stride` pixels apart.
 *
 * @param[in] lanes  As of sqn__spline_stack (spline_lanes.h).
 */
void sqn__spline_prefilter_stack(float *images, int64_t ny, int64_t nx, int64_t stride,
                                 int64_t lanes);

/**
 * Continue an image [ny, nx] mirrored into the border around it.
 *
 * @param[in,out] image  Its first pixel; rows are nx + 2 border apart.
 * @param[in]     size   Bytes of a pixel.
 */
void sqn__spline_mirror(void *image, int64_t ny, int64_t nx, int64_t border, size_t size);

/**
 * Weights of coefficients cell - 2 ... cell + 3 at cell + t, as polynomials of t:
 * weight[power][tap].
 */
void sqn__spline_weights(double weight[SQN__SPLINE_N_TAP][SQN__SPLINE_N_TAP]);

/** Coefficients of a single pixel of value 1, along one axis: at distance 0 ... 6 from it. */
void sqn__spline_response(double response[SQN__SPLINE_N_CARDINAL - 1]);

/**
 * Weights of the pixels themselves: of pixels cell - 3 ... cell + 4. What is cut off holds up
 * to 2 % of the sum, but less than 0.1 % of the sum of squares: so they are not normalised.
 *
 * @param[in] weight    Of the coefficients, or one power of them.
 * @param[in] response  From sqn__spline_response().
 */
void sqn__spline_cardinal(double out[SQN__SPLINE_N_CARDINAL],
                          const double weight[SQN__SPLINE_N_TAP],
                          const double response[SQN__SPLINE_N_CARDINAL - 1]);

#endif
