/** @file plot_stretch.c @brief Ranges of images from their order statistics. */
#include "plot_stretch.h"

#include <math.h>

#include "mem.h"
#include "middle.h"
#include "raise.h"

enum { SAMPLE_MAX = 1 << 18 }; /* pixels looked at for a percentile; more change nothing */

/* asinh() to 1e-16 of 1 in a third of its time: more than 256 levels show. */
static double asinh_of(double value)
{
    const double size = fabs(value);

    return copysign(log(size + sqrt(size * size + 1.0)), value);
}

/* Linear in brightness. */
static double bent(const plot_stretch_curve *curve, double value)
{
    return curve->linear ? value : asinh_of(value * curve->scale);
}

plot_stretch_curve plot_stretch_curve_of(const plot_stretch *stretch)
{
    plot_stretch_curve curve = {stretch->low,        stretch->high, isinf(stretch->soft),
                                1.0 / stretch->soft, 0.0,           0.0};
    const double least = bent(&curve, stretch->low), most = bent(&curve, stretch->high);

    curve.from = least;
    curve.unit = 1.0 / (most - least);
    return curve;
}

double plot_stretch_curve_level(const plot_stretch_curve *curve, double value)
{
    if (value <= curve->low) {
        return 0.0;
    }
    if (value >= curve->high) {
        return 1.0;
    }
    const double level = (bent(curve, value) - curve->from) * curve->unit;

    return level < 1.0 ? level : 1.0; /* but for rounding */
}

double plot_stretch_level(const plot_stretch *stretch, double value)
{
    const plot_stretch_curve curve = plot_stretch_curve_of(stretch);

    return plot_stretch_curve_level(&curve, value);
}

/* Every how many-th pixel is looked at. Odd, so that no column of an even width is left out. */
static int64_t stride_of(int64_t n)
{
    return n <= SAMPLE_MAX ? 1 : (n / SAMPLE_MAX) | 1;
}

static int64_t room_for(int64_t n)
{
    return n / stride_of(n) + 1;
}

/* The finite pixels of the sample, into `values` [room_for(n)]. Returns how many. */
static int64_t gather(float *values, int64_t n, const float *pixels)
{
    const int64_t stride = stride_of(n);
    int64_t kept = 0;

    for (int64_t i = 0; i < n; i += stride) {
        if (isfinite(pixels[i])) {
            values[kept++] = pixels[i];
        }
    }
    return kept;
}

static double quantile(const float *values, int64_t n, double share)
{
    const double rank = floor(share * (double)(n - 1) + 0.5);

    return n > 0 ? (double)sqn__middle_select(values, n, (int64_t)rank) : (double)NAN;
}

sqn_status plot_stretch_quantile(double *out, int64_t n, const float *pixels, double share,
                                 sqn_error *err)
{
    float *values = sqn__mem_alloc(room_for(n), sizeof *values);

    *out = NAN;
    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "quantile of an image");
    }
    const int64_t kept = gather(values, n, pixels);

    *out = quantile(values, kept, share);
    sqn__mem_free(values);
    return SQN_OK;
}

/* A range that is not empty, whatever the image. */
static plot_stretch widened(double low, double high, double soft)
{
    if (!isfinite(low) || !isfinite(high)) {
        return (plot_stretch){0.0, 1.0, INFINITY};
    }
    if (high - low <= 1e-6 * fmax(fabs(low), fabs(high))) {
        const double half = high != 0.0 ? 0.5 * fabs(high) : 1.0;

        return (plot_stretch){low - half, high + half, INFINITY};
    }
    return (plot_stretch){low, high, soft > 0.0 ? soft : 0.1 * (high - low)};
}

sqn_status plot_stretch_noise(plot_stretch *out, int64_t n, const float *pixels,
                              sqn_error *err)
{
    float *values = sqn__mem_alloc(room_for(n), sizeof *values);

    *out = (plot_stretch){0.0, 1.0, INFINITY};
    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "stretch of an image");
    }
    const int64_t kept = gather(values, n, pixels);
    const double median = quantile(values, kept, 0.5), high = quantile(values, kept, 0.998);
    const double least = quantile(values, kept, 0.0);

    for (int64_t i = 0; i < kept; i++) {
        values[i] = (float)fabs((double)values[i] - median);
    }
    const double sigma = 1.4826 * quantile(values, kept, 0.5);

    *out = widened(fmax(median - 3.0 * sigma, least), fmax(high, median + 3.0 * sigma),
                   2.0 * sigma);
    sqn__mem_free(values);
    return SQN_OK;
}
