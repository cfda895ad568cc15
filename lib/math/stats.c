/** @file stats.c @brief Robust statistics (GSL) and Gaussian smoothing of incomplete data. */
#include "stats.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

static const double mad_to_sigma = 1.4826;           /* of normal data */
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

double sqn__stats_median(double *scratch, int64_t n)
{
    const int64_t n_valid = sqn__stats_compact(scratch, n);

    return n_valid == 0 ? NAN : gsl_stats_median(scratch, 1, (size_t)n_valid);
}

double sqn__stats_mad_sigma(double *scratch, int64_t n)
{
    const int64_t n_valid = sqn__stats_compact(scratch, n);
    const double median = sqn__stats_median(scratch, n_valid);

    for (int64_t i = 0; i < n_valid; i++) {
        scratch[i] = fabs(scratch[i] - median);
    }
    return mad_to_sigma * sqn__stats_median(scratch, n_valid);
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

int64_t sqn__stats_smooth_work_size(int64_t ny, int64_t nx, double fwhm)
{
    return 3 * ny * nx + half_width(fwhm) + 1;
}

/* out[i] = sum over |d| <= half of kernel[|d|] in[i + d], along one line of both. */
static void convolve_line(double *restrict out, const double *restrict in, int64_t n,
                          int64_t stride, const double *restrict kernel, int64_t half)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t first = i > half ? i - half : 0;
        const int64_t last = i + half < n ? i + half : n - 1;
        double sum = 0.0;

        for (int64_t j = first; j <= last; j++) {
            sum += kernel[j > i ? j - i : i - j] * in[j * stride];
        }
        out[i * stride] = sum;
    }
}

/* Along x, then along y; `between` is work space of the same shape. */
static void convolve(double *image, double *between, int64_t ny, int64_t nx,
                     const double *kernel, int64_t half)
{
    for (int64_t y = 0; y < ny; y++) {
        convolve_line(between + y * nx, image + y * nx, nx, 1, kernel, half);
    }
    for (int64_t x = 0; x < nx; x++) {
        convolve_line(image + x, between + x, ny, nx, kernel, half);
    }
}

void sqn__stats_smooth(double *image, int64_t ny, int64_t nx, double fwhm, double *work)
{
    const int64_t n = ny * nx, half = half_width(fwhm);
    const double sigma = fwhm_to_sigma * fwhm;
    double *value = work, *valid = work + n, *between = work + 2 * n,
           *kernel = work + 3 * n;

    for (int64_t d = 0; d <= half; d++) {
        kernel[d] = exp(-0.5 * (double)(d * d) / (sigma * sigma));
    }
    for (int64_t p = 0; p < n; p++) {
        value[p] = isnan(image[p]) ? 0.0 : image[p];
        valid[p] = isnan(image[p]) ? 0.0 : 1.0;
    }
    convolve(value, between, ny, nx, kernel, half);
    convolve(valid, between, ny, nx, kernel, half);
    for (int64_t p = 0; p < n; p++) {
        image[p] = valid[p] > 0.0 ? value[p] / valid[p] : NAN;
    }
}
