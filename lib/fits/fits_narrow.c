/** @file fits_narrow.c @brief Scaling by an exact power of two (docs/numerics.md, 1). */
#include "fits_narrow.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    COMFORT = 40, /* 2^40 = 1.1e12 */
    RUN = 32,     /* values of which most runs hold nothing odd */
    LANES = 4     /* partial sums */
};

/* By the mean of the exponents of `n` values. */
static bool choose_exponent(int *out, int64_t sum, int64_t n)
{
    const int64_t typical = n > 0 ? sum / n : 0;

    *out = typical > COMFORT || typical < -COMFORT ? (int)typical : 0;
    return n > 0;
}

bool sqn__fits_narrow_exponent(int *out, const double *value, int64_t n)
{
    int64_t sum = 0, n_used = 0;

    for (int64_t i = 0; i < n; i++) {
        if (isfinite(value[i]) && value[i] != 0.0) {
            sum += ilogb(value[i]);
            n_used++;
        }
    }
    return choose_exponent(out, sum, n_used);
}

/* Exponents of n floats, at most RUN, as their bits hold them. */
static void add_exponents(int64_t *sum, int64_t *n_used, const float *value, int64_t n)
{
    int32_t bits[RUN], exponents = 0, used = 0;

    memcpy(bits, value, (size_t)n * sizeof *bits);
    for (int64_t i = 0; i < n; i++) {
        const int32_t size = bits[i] & 0x7fffffff; /* without the sign */
        const int32_t counts = size > 0 && size < 0x7f800000 ? 1 : 0;

        exponents += counts * ((size >> 23) - 127);
        used += counts;
    }
    *sum += exponents;
    *n_used += used;
}

bool sqn__fits_narrow_exponent_of_floats(int *out, const float *value, int64_t n)
{
    int64_t sum = 0, n_used = 0;

    for (int64_t i = 0; i < n; i += RUN) {
        add_exponents(&sum, &n_used, value + i, n - i < RUN ? n - i : RUN);
    }
    return choose_exponent(out, sum, n_used);
}

/* RUN values times both factors; returns whether float32 holds all of them as they are. Counted in
   doubles, which compare side by side. */
static bool narrow_plain(float *restrict out, const double *restrict value,
                         const double factor[2])
{
    const double first = factor[0], second = factor[1];
    double n_odd[LANES] = {0.0}, all = 0.0;

    for (int64_t i = 0; i < RUN; i += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double scaled = value[i + l] * first * second; /* one could overflow */
            const double size = fabs(scaled);

            out[i + l] = (float)scaled;
            n_odd[l] += (size > (double)FLT_MAX) |
                                ((size < (double)FLT_MIN) & (value[i + l] != 0.0))
                            ? 1.0
                            : 0.0;
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        all += n_odd[l];
    }
    return all == 0.0;
}

/* The same one by one; returns the first that is too large, or -1. */
static int64_t narrow_odd(float *out, int64_t *n_faded, const double *value, int64_t n,
                          const double factor[2])
{
    int64_t overflow = -1;

    for (int64_t i = 0; i < n; i++) {
        const double scaled = value[i] * factor[0] * factor[1];

        out[i] = (float)scaled;
        if (fabs(scaled) < (double)FLT_MIN && value[i] != 0.0) {
            out[i] = 0.0F; /* subnormal numbers are slow and inexact */
            (*n_faded)++;
        } else if (isinf(out[i]) && overflow < 0) {
            overflow = i;
        }
    }
    return overflow;
}

int64_t sqn__fits_narrow_row(float *out, int64_t *n_faded, const double *value, int64_t n,
                             int exponent)
{
    const int half = -exponent / 2;
    const double factor[2] = {ldexp(1.0, half), ldexp(1.0, -exponent - half)};
    int64_t overflow = -1;

    *n_faded = 0;
    for (int64_t i = 0; i < n; i += RUN) {
        const int64_t run = n - i < RUN ? n - i : RUN;

        if (run < RUN || !narrow_plain(out + i, value + i, factor)) {
            const int64_t odd = narrow_odd(out + i, n_faded, value + i, run, factor);

            overflow = overflow < 0 && odd >= 0 ? i + odd : overflow;
        }
    }
    return overflow;
}
