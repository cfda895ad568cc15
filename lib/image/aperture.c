/** @file aperture.c @brief Flux in a circle, with exact overlaps of circle and pixels. */
#include "aperture.h"

#include <math.h>
#include <stdbool.h>

#include "mem.h"

static const double pi = 3.14159265358979323846;

/* Integral of sqrt(r^2 - u^2) over u from 0 to x; constant beyond +-r. */
static double half_segment(double x, double radius)
{
    const double u = fmin(fmax(x, -radius), radius);

    return 0.5 * (u * sqrt(radius * radius - u * u) + radius * radius * asin(u / radius));
}

/* Both sides of a pixel along one axis, and the half segments up to them. */
typedef struct sides {
    double at[2], half[2];
} sides;

/* Area of the disk to the left of side `i` and below side `j`. */
static double area_below(const sides *along_x, int i, const sides *along_y, int j,
                         double radius)
{
    const double x = along_x->at[i], y = along_y->at[j];
    const double half_x = along_x->half[i], half_y = along_y->half[j];
    const double quarter = 0.25 * pi * radius * radius;

    if (x * x + y * y < radius * radius) {
        return x * y + half_x + half_y + quarter;
    }
    if (x > 0.0) {
        return 2.0 * (half_y + (y > 0.0 ? half_x : quarter));
    }
    return y > 0.0 ? 2.0 * (half_x + quarter) : 0.0;
}

/* Overlap with a pixel that lies up and right of the centre. */
static double overlap(const sides *x, const sides *y, double radius)
{
    const double r2 = radius * radius;
    const double near_x = x->at[0] > 0.0 ? x->at[0] : 0.0;
    const double near_y = y->at[0] > 0.0 ? y->at[0] : 0.0;

    if (near_x * near_x + near_y * near_y >= r2) {
        return 0.0;
    }
    if (x->at[1] * x->at[1] + y->at[1] * y->at[1] <= r2) {
        return 1.0;
    }
    return area_below(x, 1, y, 1, radius) - area_below(x, 0, y, 1, radius) -
           area_below(x, 1, y, 0, radius) + area_below(x, 0, y, 0, radius);
}

static sides sides_of(double d, double radius)
{
    const double low = d - 0.5, high = d + 0.5;

    return (sides){{low, high}, {half_segment(low, radius), half_segment(high, radius)}};
}

double sqn__aperture_overlap(double dx, double dy, double radius)
{
    const double x = fabs(dx), y = fabs(dy);
    const double near_x = fmax(x - 0.5, 0.0), near_y = fmax(y - 0.5, 0.0);

    if (near_x * near_x + near_y * near_y >= radius * radius) {
        return 0.0; /* as of most */
    }
    const sides along_x = sides_of(x, radius), along_y = sides_of(y, radius);

    return overlap(&along_x, &along_y, radius);
}

bool sqn__aperture_overlaps(float *out, int64_t n, int64_t steps, double radius)
{
    sides *along = sqn__mem_reserve(n, sizeof *along); /* the same along both axes */

    if (along == NULL) {
        return false;
    }
    for (int64_t x = 0; x < n; x++) {
        along[x] = sides_of((double)x / (double)steps, radius);
    }
#pragma omp parallel for schedule(static, 1) default(none) shared(out, n, radius, along)
    for (int64_t y = 0; y < n; y++) {
        for (int64_t x = 0; x <= y; x++) {
            const float share = (float)overlap(&along[x], &along[y], radius);

            out[y * n + x] = share;
            out[x * n + y] = share;
        }
    }
    sqn__mem_free(along);
    return true;
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
