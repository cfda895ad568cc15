/** @file circle.c @brief The same places, to the last bit, for all who go around the star. */
#include "circle.h"

#include <math.h>
#include <stdbool.h>

static const double pi = 3.14159265358979323846;

int64_t sqn__circle_n(const double d[2], double fwhm)
{
    const double radius = sqrt(d[0] * d[0] + d[1] * d[1]);

    return radius >= fwhm ? (int64_t)floor(2.0 * pi * radius / fwhm + 1e-9) : 0;
}

void sqn__circle_turn(double out[2], int64_t k, int64_t n)
{
    const bool mirror = 2 * k > n;
    const double angle = 2.0 * pi * (double)(mirror ? n - k : k) / (double)n;

    out[0] = cos(angle);
    out[1] = mirror ? -sin(angle) : sin(angle);
}

void sqn__circle_go(double out[2], const double d[2], const double turn[2])
{
    out[0] = turn[0] * d[0] - turn[1] * d[1];
    out[1] = turn[1] * d[0] + turn[0] * d[1];
}
