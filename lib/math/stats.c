/** @file stats.c @brief Robust statistics (GSL) and Gaussian smoothing. */
#include "stats.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "blur.h"

enum {
    SAMPLE = 512, /* to find where the median is */
    MARGIN = 52,  /* 4.6 sigma of the rank of a sample's median */
    LARGE = 4096  /* worth a sample */
};

static const double fwhm_to_sigma = 0.4246609001440; /* 1 / sqrt(8 ln 2) */
static const double reach_sigma = 4.0;               /* where the Gaussian is cut */

int64_t sqn__stats_compact(double *values, int64_t n)
{
    int64_t n_valid = 0;

    for (int64_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            values[n_valid++] = values[i];
        }
    }
    return n_valid;
}

/*
 * Move what lies near the median to the front, by two bounds out of a sample; returns how many,
 * and in `n_below` how many lie below. Any sample gives a rearrangement, a fair one a short front.
 */
static int64_t gather_middle(double *values, int64_t n, int64_t *n_below)
{
    double sample[SAMPLE];
    const int64_t step = n / SAMPLE;
    int64_t n_middle = 0;

    for (int64_t i = 0; i < SAMPLE; i++) { /* off the rows and columns of an image */
        sample[i] = values[i * step + (i * 40503 >> 7) % step];
    }
    const double low = gsl_stats_select(sample, 1, SAMPLE, SAMPLE / 2 - MARGIN);
    const double high = gsl_stats_select(sample, 1, SAMPLE, SAMPLE / 2 + MARGIN);

    *n_below = 0;
    for (int64_t i = 0; i < n; i++) {
        const double value = values[i];

        *n_below += value < low ? 1 : 0;
        values[i] = values[n_middle];
        values[n_middle] = value;
        n_middle += value >= low && value <= high ? 1 : 0;
    }
    return n_middle;
}

/* Median out of the `n_middle` numbers that follow the `n_below` least of `n`; NaN where it is
 * not among them. */
static double median_of_middle(double *middle, int64_t n_middle, int64_t n_below, int64_t n)
{
    const int64_t low = (n - 1) / 2 - n_below, high = n / 2 - n_below;

    if (low < 0 || high >= n_middle) {
        return NAN;
    }
    const double upper = gsl_stats_select(middle, 1, (size_t)n_middle, (size_t)high);

    return low == high
               ? upper
               : 0.5 * (upper + gsl_stats_select(middle, 1, (size_t)n_middle, (size_t)low));
}

double sqn__stats_median(double *scratch, int64_t n)
{
    const int64_t n_valid = sqn__stats_compact(scratch, n);
    int64_t n_below = 0, n_middle = 0;

    if (n_valid >= LARGE) {
        n_middle = gather_middle(scratch, n_valid, &n_below);
    }
    const double median = median_of_middle(scratch, n_middle, n_below, n_valid);

    return !isnan(median) ? median /* few, or an unfair sample: all */
           : n_valid == 0 ? NAN
                          : gsl_stats_median(scratch, 1, (size_t)n_valid);
}

double sqn__stats_mad_sigma(double *scratch, int64_t n)
{
    const int64_t n_valid = sqn__stats_compact(scratch, n);
    const double median = sqn__stats_median(scratch, n_valid);

    for (int64_t i = 0; i < n_valid; i++) {
        scratch[i] = fabs(scratch[i] - median);
    }
    return SQN__STATS_MAD_TO_SIGMA * sqn__stats_median(scratch, n_valid);
}

double sqn__stats_percentile(double *scratch, int64_t n, double percent)
{
    const int64_t n_valid = sqn__stats_compact(scratch, n);

    if (n_valid == 0) {
        return NAN;
    }
    gsl_sort(scratch, 1, (size_t)n_valid);
    return gsl_stats_quantile_from_sorted_data(scratch, 1, (size_t)n_valid,
                                               percent / 100.0);
}

double sqn__stats_mean(const double *values, int64_t n)
{
    double sum = 0.0;
    int64_t n_valid = 0;

    for (int64_t i = 0; i < n; i++) {
        sum += isnan(values[i]) ? 0.0 : values[i];
        n_valid += isnan(values[i]) ? 0 : 1;
    }
    return n_valid == 0 ? NAN : sum / (double)n_valid;
}

double sqn__stats_deviation(const double *values, int64_t n)
{
    const double mean = sqn__stats_mean(values, n);
    double sum = 0.0;
    int64_t n_valid = 0;

    for (int64_t i = 0; i < n; i++) {
        const double x = values[i] - mean;

        sum += isnan(x) ? 0.0 : x * x;
        n_valid += isnan(x) ? 0 : 1;
    }
    return n_valid == 0 ? NAN : sqrt(sum / (double)n_valid);
}

static int64_t half_width(double fwhm)
{
    return (int64_t)ceil(reach_sigma * fwhm_to_sigma * fwhm);
}

int64_t sqn__stats_blur_work_size(int64_t ny, int64_t nx, double fwhm)
{
    const int64_t half = half_width(fwhm);

    return ny * nx + (2 * half + 1) + (nx + 2 * half);
}

/* The terms that reach element `i` of a line of `n`; the first of them in `first`. */
static sqn__blur_window window_at(int64_t *first, int64_t i, int64_t n, const float *kernel,
                                  int64_t half, int64_t step)
{
    const int64_t last = i + half < n ? i + half : n - 1;

    *first = i > half ? i - half : 0;
    return (sqn__blur_window){kernel + *first - i + half, last - *first + 1, step, NULL};
}

/* A row, continued by 0: `wide` [n + 2 half], of which the ends are 0. */
static void convolve_row(float *out, const float *in, int64_t n, const float *kernel,
                         int64_t half, float *wide)
{
    memcpy(wide + half, in, (size_t)n * sizeof *in);
    sqn__blur_choose()->convolve(out, wide, n,
                                 (sqn__blur_window){kernel, 2 * half + 1, 1, NULL});
}

void sqn__stats_blur(float *image, int64_t ny, int64_t nx, double fwhm, const float *times,
                     float *work)
{
    const int64_t half = half_width(fwhm);
    const double sigma = fwhm_to_sigma * fwhm;
    float *between = work, *kernel = work + ny * nx, *wide = kernel + 2 * half + 1;

    for (int64_t d = -half; d <= half; d++) {
        kernel[half + d] = (float)exp(-0.5 * (double)(d * d) / (sigma * sigma));
    }
    memset(wide, 0, (size_t)(nx + 2 * half) * sizeof *wide);
    for (int64_t y = 0; y < ny; y++) {
        convolve_row(between + y * nx, image + y * nx, nx, kernel, half, wide);
    }
    for (int64_t y = 0; y < ny; y++) {
        int64_t first = 0;
        sqn__blur_window w = window_at(&first, y, ny, kernel, half, nx);

        w.times = times != NULL ? times + y * nx : NULL;
        sqn__blur_choose()->convolve(image + y * nx, between + first * nx, nx, w);
    }
}

void sqn__stats_sort(double *values, int64_t n)
{
    gsl_sort(values, 1, (size_t)n);
}
