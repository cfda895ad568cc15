/** @file rng.c @brief Normal and Poisson numbers from the counter-based generator. */
#include "rng.h"

#include <math.h>

static const double two_pi = 6.283185307179586;

double sqn__rng_normal(uint64_t seed, uint64_t stream, uint64_t index)
{
    const double radius =
        sqrt(-2.0 * log(sqn__rng_uniform_double(seed, stream, 2 * index)));

    return radius * cos(two_pi * sqn__rng_uniform_double(seed, stream, 2 * index + 1));
}

/* ln k! for an integer k >= 0, to about 1e-13: lgamma() writes a global and may not be called
   by several threads at once. */
static double log_factorial(double k)
{
    static const double small[10] = {0.0,
                                     0.0,
                                     0.693147180559945309,
                                     1.791759469228055001,
                                     3.178053830347945620,
                                     4.787491742782045994,
                                     6.579251212010100995,
                                     8.525161361065414300,
                                     10.604602902745250228,
                                     12.801827480081469611};
    const double square = k * k;

    if (k < 10.0) {
        return small[(int)k];
    }
    return (k + 0.5) * log(k) - k +
           0.918938533204672742 /* ln(2 pi) / 2; Stirling's series */
           + (1.0 / 12.0 -
              (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) /
                 k;
}

/* The smallest k whose cumulative probability reaches u. */
static double poisson_inversion(double mean, double u)
{
    enum { FAR_TAIL = 100 }; /* P(k > 100 | mean < 10) is below 1e-60 */
    double term = exp(-mean), sum = term, k = 0.0;

    while (sum < u && k < FAR_TAIL) {
        k += 1.0;
        term *= mean / k;
        sum += term;
    }
    return k;
}

/* Transformed rejection with squeeze: constants a, b, alpha, v_r of algorithm PTRS. */
static double poisson_rejection(double mean, uint64_t seed, uint64_t stream)
{
    const double b = 0.931 + 2.53 * sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2.0);

    for (uint64_t draw = 0;; draw += 2) {
        const double u = sqn__rng_uniform_double(seed, stream, draw) - 0.5;
        const double v = sqn__rng_uniform_double(seed, stream, draw + 1);
        const double us = 0.5 - fabs(u);
        const double k = floor((2.0 * a / us + b) * u + mean + 0.43);

        if (us >= 0.07 && v <= v_r) {
            return k;
        }
        if (k >= 0.0 && !(us < 0.013 && v > us) &&
            log(v * inverse_alpha / (a / (us * us) + b)) <=
                k * log(mean) - mean - log_factorial(k)) {
            return k;
        }
    }
}

double sqn__rng_poisson(double mean, uint64_t seed, uint64_t stream, uint64_t index)
{
    if (!(mean > 0.0)) {
        return 0.0;
    }
    if (mean < 10.0) {
        return poisson_inversion(mean, sqn__rng_uniform_double(seed, stream, index));
    }
    if (mean > 1e8) {
        return floor(mean + sqrt(mean) * sqn__rng_normal(seed, stream, index) + 0.5);
    }
    return poisson_rejection(mean, sqn__rng_bits(seed, stream, index), stream);
}
