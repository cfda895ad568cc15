/** @file fits_narrow.c @brief Scaling by an exact power of two (docs/numerics.md, 1). */
#include "fits_narrow.h"

#include <float.h>
#include <math.h>

enum { COMFORT = 40 }; /* 2^40 = 1.1e12 */

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

int64_t sqn__fits_narrow_row(float *out, int64_t *n_faded, const double *value, int64_t n,
                             int exponent)
{
    const int half = -exponent / 2;
    const double first = ldexp(1.0, half), second = ldexp(1.0, -exponent - half);
    int64_t overflow = -1;

    *n_faded = 0;
    for (int64_t i = 0; i < n; i++) {
        const double scaled = value[i] * first * second; /* one factor could overflow */

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
