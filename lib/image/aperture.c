/** @file aperture.c @brief Flux in a circle, with exact overlaps of circle and pixels. */
#include "aperture.h"

#include <math.h>
#include <stdbool.h>

static const double pi = 3.14159265358979323846;

/* Integral of sqrt(r^2 - u^2) over u from 0 to x; constant beyond +-r. */
static double half_segment(double x, double radius)
{
    const double u = fmin(fmax(x, -radius), radius);

    return 0.5 * (u * sqrt(radius * radius - u * u) + radius * radius * asin(u / radius));
}

/* Area of the disk to the left of (x, y) and below it. */
static double area_below(double x, double y, double radius)
{
    const double quarter = 0.25 * pi * radius * radius;

    if (x * x + y * y < radius * radius) {
        return x * y + half_segment(x, radius) + half_segment(y, radius) + quarter;
    }
    if (x > 0.0) {
        return 2.0 *
               (half_segment(y, radius) + (y > 0.0 ? half_segment(x, radius) : quarter));
    }
    return y > 0.0 ? 2.0 * (half_segment(x, radius) + quarter) : 0.0;
}

double sqn__aperture_overlap(double dx, double dy, double radius)
{
    const double x = fabs(dx), y = fabs(dy), r2 = radius * radius;
    const double near_x = fmax(x - 0.5, 0.0), near_y = fmax(y - 0.5, 0.0);

    if (near_x * near_x + near_y * near_y >= r2) {
        return 0.0;
    }
    if ((x + 0.5) * (x + 0.5) + (y + 0.5) * (y + 0.5) <= r2) {
        return 1.0;
    }
    return area_below(x + 0.5, y + 0.5, radius) - area_below(x - 0.5, y + 0.5, radius) -
           area_below(x + 0.5, y - 0.5, radius) + area_below(x - 0.5, y - 0.5, radius);
}

static bool known(const sqn__aperture_image *image, int64_t y, int64_t x)
{
    return y >= 0 && y < image->ny && x >= 0 && x < image->nx &&
           isfinite(image->value[y * image->nx + x]);
}

double sqn__aperture_flux(const sqn__aperture_image *image, double x, double y,
                          double radius)
{
    const int64_t last_y = (int64_t)floor(y + radius + 0.5);
    const int64_t last_x = (int64_t)floor(x + radius + 0.5);
    double flux = 0.0;

    for (int64_t j = (int64_t)floor(y - radius + 0.5); j <= last_y; j++) {
        for (int64_t i = (int64_t)floor(x - radius + 0.5); i <= last_x; i++) {
            const double share =
                sqn__aperture_overlap((double)i - x, (double)j - y, radius);

            if (share > 0.0 && !known(image, j, i)) {
                return (double)NAN;
            }
            if (share > 0.0) {
                flux += share * (double)image->value[j * image->nx + i];
            }
        }
    }
    return flux;
}
