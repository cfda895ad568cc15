/** @file fits_narrow.c @brief Scaling by an exact power of two (docs/numerics.md, 1). */
#include "fits_narrow.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum {
    COMFORT = 40, /* 2^40 = 1.1e12 */
    RUN = 32,     /* values of which most runs hold nothing odd */
    LANES = 4     /* partial sums */
};

bool sqn__fits_narrow_exponent(int *out, const double *value, int64_t n)
{
    int64_t sum = 0, n_used = 0;

    *out = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(value[i]) && value[i] != 0.0) {
            sum += ilogb(value[i]);
            n_used++;
        }
    }
    if (n_used == 0) {
        return false;
    }

    const int64_t typical = sum / n_used;

    *out = typical > COMFORT || typical < -COMFORT ? (int)typical : 0;
    return true;
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
