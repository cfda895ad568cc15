/** @file turn.h @brief What turning takes: places in the input, its coefficients, taps. */
#ifndef SQN_TURN_H
#define SQN_TURN_H

#include <stdbool.h>

#include "spline_lanes.h"

enum { SQN__TURN_POINTS = 64 }; /**< Pixels of a row that are turned together. */

/** Where the input is needed for an output pixel. Positions count from 0. */
typedef struct sqn__turn {
    double center_x, center_y, cosine, sine;
} sqn__turn;

/** By `theta` degrees about `center` (FITS pixels): exact at multiples of 90. */
sqn__turn sqn__turn_by(const double center[2], double theta);

/** Which pixels of an input are valid: `round` [ny, nx] is 0 there. Borrowed. */
typedef struct sqn__turn_map {
    int64_t ny, nx;
    const uint8_t *round;
} sqn__turn_map;

/** Output pixels side by side in a row, and where the input is needed for them. */
typedef struct sqn__turn_points {
    int64_t n;
    int64_t nearest[SQN__TURN_POINTS]; /**< Input pixel next to it, y nx + x; -1 outside. */
    int64_t n_valid;                 /**< Those of which 90 % of the footprint is valid: */
    int64_t place[SQN__TURN_POINTS]; /**< which of the n they are, */
    double x[SQN__TURN_POINTS], y[SQN__TURN_POINTS]; /**< and where. */
    bool missing[SQN__TURN_POINTS];                  /**< [n] The others. */
} sqn__turn_points;

/** Find the points of the `n` pixels from `first` (y, x) on. */
void sqn__turn_place(sqn__turn_points *out, const sqn__turn *turn, const sqn__turn_map *map,
                     const int64_t first[2], int64_t n);

/** Doubles of work space for sqn__turn_coefficients(). */
int64_t sqn__turn_work_size(int64_t ny, int64_t nx);

/**
 * Spline coefficients of an image, gaps filled, with a border of SQN__SPLINE_BORDER.
 *
 * @param[out] coeff  [ny + 2 border, nx + 2 border]
 * @param[out] round  [ny, nx] 0 = the pixel is valid.
 * @param[out] work   [sqn__turn_work_size()]
 */
void sqn__turn_coefficients(double *coeff, uint8_t *round, const float *value, int64_t ny,
                            int64_t nx, double *work);

/** Polynomials of the weights: of coefficients, and of pixels (cardinal). */
void sqn__turn_taps(sqn__spline_taps *value, sqn__spline_taps *pixel);

#endif
