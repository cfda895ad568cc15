/**
 * @file spline.h
 * @brief Quintic B-spline interpolation of an image (Unser, Aldroubi & Eden 1993).
 *
 * Beyond its edges the image continues mirrored about the outer pixel centres. Positions
 * count from 0 at the centre of the first pixel.
 */
#ifndef SQN_SPLINE_H
#define SQN_SPLINE_H

#include <stdint.h>

enum {
    SQN__SPLINE_N_TAP = 6,     /**< Coefficients behind a value, along one axis. */
    SQN__SPLINE_N_CARDINAL = 8 /**< Pixels behind a value, cardinal spline cut at 4. */
};

/** Where a position falls along one axis, and the weights of the coefficients there. */
typedef struct sqn__spline_axis {
    int64_t cell;                     /**< floor(position). */
    double weight[SQN__SPLINE_N_TAP]; /**< Of coefficients cell - 2 ... cell + 3. */
} sqn__spline_axis;

/** Turn pixels into coefficients, in place: image [ny, nx]. */
void sqn__spline_prefilter(double *image, int64_t ny, int64_t nx);

sqn__spline_axis sqn__spline_axis_at(double position);

/** Value between the pixels, from coeff [ny, nx]; cells may be one pixel outside. */
double sqn__spline_value(const double *coeff, int64_t ny, int64_t nx,
                         const sqn__spline_axis *y, const sqn__spline_axis *x);

/** Coefficients of a single pixel of value 1, along one axis: at distance 0 ... 6 from it. */
void sqn__spline_response(double response[SQN__SPLINE_N_CARDINAL - 1]);

/**
 * Weights of the pixels themselves: of pixels cell - 3 ... cell + 4. What is cut off holds up
 * to 2 % of the sum, but less than 0.1 % of the sum of squares: so they are not normalised.
 *
 * @param[out] out       [SQN__SPLINE_N_CARDINAL]
 * @param[in]  response  From sqn__spline_response().
 */
void sqn__spline_cardinal(double *out, const sqn__spline_axis *axis,
                          const double response[SQN__SPLINE_N_CARDINAL - 1]);

#endif
