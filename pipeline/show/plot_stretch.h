/** @file plot_stretch.h @brief From the values of an image to brightness. */
#ifndef PLOT_STRETCH_H
#define PLOT_STRETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

/** From value to brightness 0..1: asinh(value / soft) between low and high. */
typedef struct plot_stretch {
    double low, high;
    double soft; /**< Linear below, logarithmic above; INFINITY = linear throughout. */
} plot_stretch;

/**
 * Stretch of an image about its noise: from 3 robust sigma below the median to the 99.8th
 * percentile, linear within 2 sigma. Images without a value or with one value get a range.
 *
 * @param[in] pixels  [n] NaN = missing.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status plot_stretch_noise(plot_stretch *out, int64_t n,
                                            const float *pixels, sqn_error *err);

/** Quantile 0..1 of what is finite in [n], of some 260000 where there are more; NaN
 * when nothing is. @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status plot_stretch_quantile(double *out, int64_t n, const float *pixels,
                                               double share, sqn_error *err);

/** A stretch made ready for many values. */
typedef struct plot_stretch_curve {
    double low, high;
    bool linear;
    double scale; /**< 1 / soft */
    double from,
        unit; /**< Of what is linear in brightness: its least, and 1 / its range. */
} plot_stretch_curve;

plot_stretch_curve plot_stretch_curve_of(const plot_stretch *stretch);

/** Brightness 0..1 of a number. */
double plot_stretch_curve_level(const plot_stretch_curve *curve, double value);

/** The same of a stretch that is asked once. */
double plot_stretch_level(const plot_stretch *stretch, double value);

#endif
