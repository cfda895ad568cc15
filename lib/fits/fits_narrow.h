/** @file fits_narrow.h @brief From double to float32 without leaving its range. */
#ifndef SQN_FITS_NARROW_H
#define SQN_FITS_NARROW_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The power of two to divide by: 0 while the typical size of the values (the mean of their
 * binary exponents, zeros and NaN left out) lies within 1e-12 .. 1e12, else that size.
 *
 * @retval false  There is no value but 0 and NaN.
 */
bool sqn__fits_narrow_exponent(int *out, const double *value, int64_t n);

/** The same of floats, none of which is subnormal. */
bool sqn__fits_narrow_exponent_of_floats(int *out, const float *value, int64_t n);

/**
 * out = value / 2^exponent; NaN stays. What is below the normal range becomes 0.
 *
 * @param[out] n_faded  Values other than 0 that became 0.
 * @return Index of the first value that overflows, or -1.
 */
int64_t sqn__fits_narrow_row(float *out, int64_t *n_faded, const double *value, int64_t n,
                             int exponent);

#endif
