/** @file stats.c @brief Robust statistics (GSL) and Gaussian smoothing of incomplete data. */
#include "stats.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum {
    SAMPLE = 512, /* to find where the median is */
    MARGIN = 52,  /* 4.6 sigma of the rank of a sample's median */
    LARGE = 4096, /* worth a sample */
    LANES = 8,    /* neighbours convolved together */
    CHUNK = 16    /* numbers that are looked at together */
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

/* How many of `n` lie below the first bound, and how many not above the second. */
static inline void count_chunk(int64_t count[2], const double *restrict chunk, int64_t n,
                               const double bounds[2])
{
    const double low = bounds[0], high = bounds[1];
    int64_t n_low = 0, n_high = 0;

    for (int64_t l = 0; l < n; l++) {
        n_low += chunk[l] < low ? 1 : 0;
        n_high += chunk[l] <= high ? 1 : 0;
    }
    count[0] = n_low;
    count[1] = n_high;
}

/* Copy what lies in [low, high] to `middle`; returns how many, in `n_below` how many lie below. */
static int64_t gather_between(double *middle, int64_t *n_below, const double *values,
                              int64_t n, const double bounds[2])
{
    const double low = bounds[0], high = bounds[1];
    int64_t n_middle = 0;

    *n_below = 0;
    for (int64_t i = 0; i < n; i += CHUNK) {
        const int64_t n_here = n - i < CHUNK ? n - i : CHUNK;
        const double *chunk = values + i;
        int64_t count[2];

        if (n_here == CHUNK) { /* a constant: vectors */
            count_chunk(count, chunk, CHUNK, bounds);
        } else {
            count_chunk(count, chunk, n_here, bounds);
        }
        *n_below += count[0];
        for (int64_t l = 0; count[0] < count[1] && l < n_here; l++) { /* rare */
            middle[n_middle] = chunk[l];
            n_middle += chunk[l] >= low && chunk[l] <= high ? 1 : 0;
        }
    }
    return n_middle;
}

double sqn__stats_median_near(const double *values, int64_t n, double guess, double reach,
                              double *scratch)
{
    const double bounds[2] = {guess - reach, guess + reach};
    double median = NAN;

    if (reach > 0.0 && bounds[0] <= bounds[1]) {
        int64_t n_below = 0;
        const int64_t n_middle = gather_between(scratch, &n_below, values, n, bounds);

        median = median_of_middle(scratch, n_middle, n_below, n);
    }
    if (isnan(median)) {
        memcpy(scratch, values, (size_t)n * sizeof *values);
        median = sqn__stats_median(scratch, n);
    }
    return median;
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
    return ny * nx + 2 * half_width(fwhm) + 1;
}

int64_t sqn__stats_smooth_work_size(int64_t ny, int64_t nx, double fwhm)
{
    return ny * nx + sqn__stats_blur_work_size(ny, nx, fwhm);
}

/* A window of the kernel on one line: how many terms, `step` apart. */
typedef struct window {
    const double *kernel; /* [n] */
    int64_t n, step;
} window;

/* out[l] = sum over terms of kernel[j] in[j step + l], for neighbouring l. */
static void convolve_lanes(double *restrict out, const double *restrict in, window w)
{
    double sum[LANES] = {0.0};

    for (int64_t j = 0; j < w.n; j++) {
        for (int64_t l = 0; l < LANES; l++) {
            sum[l] += w.kernel[j] * in[j * w.step + l];
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        out[l] = sum[l];
    }
}

static double convolve_one(const double *in, window w)
{
    double sum = 0.0;

    for (int64_t j = 0; j < w.n; j++) {
        sum += w.kernel[j] * in[j * w.step];
    }
    return sum;
}

/* The terms that reach element `i` of a line of `n`; the first of them in `first`. */
static window window_at(int64_t *first, int64_t i, int64_t n, const double *kernel,
                        int64_t half)
{
    const int64_t last = i + half < n ? i + half : n - 1;

    *first = i > half ? i - half : 0;
    return (window){kernel + *first - i + half, last - *first + 1, 1};
}

static void convolve_row(double *out, const double *in, int64_t n, const double *kernel,
                         int64_t half)
{
    for (int64_t i = 0; i < n;) {
        int64_t first = 0;
        const window w = window_at(&first, i, n, kernel, half);

        if (i >= half && i + LANES + half <= n) { /* the same terms for all */
            convolve_lanes(out + i, in + first, w);
            i += LANES;
        } else {
            out[i++] = convolve_one(in + first, w);
        }
    }
}

static void convolve_columns(double *out, const double *in, int64_t n, window w)
{
    int64_t x = 0;

    for (; x + LANES <= n; x += LANES) {
        convolve_lanes(out + x, in + x, w);
    }
    for (; x < n; x++) {
        out[x] = convolve_one(in + x, w);
    }
}

void sqn__stats_blur(double *image, int64_t ny, int64_t nx, double fwhm, double *work)
{
    const int64_t half = half_width(fwhm);
    const double sigma = fwhm_to_sigma * fwhm;
    double *between = work, *kernel = work + ny * nx;

    for (int64_t d = -half; d <= half; d++) {
        kernel[half + d] = exp(-0.5 * (double)(d * d) / (sigma * sigma));
    }
    for (int64_t y = 0; y < ny; y++) {
        convolve_row(between + y * nx, image + y * nx, nx, kernel, half);
    }
    for (int64_t y = 0; y < ny; y++) {
        int64_t first = 0;
        window w = window_at(&first, y, ny, kernel, half);

        w.step = nx;
        convolve_columns(image + y * nx, between + first * nx, nx, w);
    }
}

void sqn__stats_smooth(double *image, int64_t ny, int64_t nx, double fwhm, double *work)
{
    const int64_t n = ny * nx;
    double *valid = work, *between = work + n;

    for (int64_t p = 0; p < n; p++) {
        valid[p] = isnan(image[p]) ? 0.0 : 1.0;
        image[p] = isnan(image[p]) ? 0.0 : image[p];
    }
    sqn__stats_blur(image, ny, nx, fwhm, between);
    sqn__stats_blur(valid, ny, nx, fwhm, between);
    for (int64_t p = 0; p < n; p++) {
        image[p] = valid[p] > 0.0 ? image[p] / valid[p] : NAN;
    }
}

void sqn__stats_sort(double *values, int64_t n)
{
    gsl_sort(values, 1, (size_t)n);
}
