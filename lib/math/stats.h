/**
 * @file stats.h
 * @brief The owner of GSL statistics: order statistics that skip NaN, and smoothing.
 */
#ifndef SQN_STATS_H
#define SQN_STATS_H

#include <stdint.h>

/** Move the numbers that are not NaN to the front, in their order; returns how many. */
int64_t sqn__stats_compact(double *values, int64_t n);

/** Median of what is not NaN; NaN when nothing is. Reorders `scratch` [n]. */
double sqn__stats_median(double *scratch, int64_t n);

/** 1 / 0.6745: from the median distance from the median to the sigma of normal data. */
#define SQN__STATS_MAD_TO_SIGMA 1.4826

/**
 * 1.4826 times the median distance from the median: the standard deviation of normal data,
 * whatever a minority of outliers does. NaN when nothing is valid. Reorders and replaces
 * `scratch` [n].
 */
double sqn__stats_mad_sigma(double *scratch, int64_t n);

/**
 * Percentile, interpolated between neighbours in rank; NaN when nothing is valid.
 *
 * @param[in,out] scratch  [n] sorted on return.
 * @param[in]     percent  0..100.
 */
double sqn__stats_percentile(double *scratch, int64_t n, double percent);

/** Mean of what is not NaN; NaN when nothing is. */
double sqn__stats_mean(const double *values, int64_t n);

/** Standard deviation about the mean, n in the denominator, of what is not NaN. */
double sqn__stats_deviation(const double *values, int64_t n);

/** Sort numbers, the least first. */
void sqn__stats_sort(double *values, int64_t n);

/** Floats of work space for sqn__stats_blur(). */
int64_t sqn__stats_blur_work_size(int64_t ny, int64_t nx, double fwhm);

/**
 * Convolve with a Gaussian of height 1 in its middle, cut at four sigma; what lies outside counts
 * as 0.
 *
 * @param[in,out] image  [ny, nx] finite.
 * @param[in]     fwhm   (pixels) > 0.
 * @param[in]     times  [ny, nx] factors of what comes out; NULL: 1.
 * @param[out]    work   [sqn__stats_blur_work_size()].
 */
void sqn__stats_blur(float *image, int64_t ny, int64_t nx, double fwhm, const float *times,
                     float *work);

#endif
