/** @file exclude.c @brief Shapes that may hold disk or planet, turned into the frame. */
#include "sequin/exclude.h"

#include <math.h>

static const double growth = 0.71;         /* half the diagonal of a pixel */
static const double mask_threshold = 0.01; /* of the interpolated mask */
static const double degree = 0.017453292519943295;

/* Where a pixel of the frame lies on the image the shapes are drawn on. */
typedef struct place {
    double x, y;   /* FITS pixels */
    double dx, dy; /* from the star */
} place;

bool sqn_exclude_any(const sqn_exclude *exclude)
{
    return exclude->has_annulus || exclude->has_ellipse || exclude->n_circle > 0 ||
           exclude->mask != NULL;
}

static bool in_annulus(const sqn_exclude *exclude, const place *at)
{
    const double r = hypot(at->dx, at->dy);

    return r >= exclude->annulus[0] - growth && r <= exclude->annulus[1] + growth;
}

/*
 * Distance of (u, v) from the ellipse with semi-axes a >= b > 0 along u and v, negative inside.
 * The nearest point is that of the largest root of F(t) = (a p / (t + a^2))^2 +
 * (b q / (t + b^2))^2 - 1 (Eberly, Distance from a point to an ellipse). F falls and is convex,
 * so Newton's steps from the left end at the root; s = t + b^2 > 0 keeps the digits.
 */
static double ellipse_distance(double u, double v, double a, double b)
{
    const double p = fabs(u), q = fmax(fabs(v), 1e-12 * b), e = a * a - b * b;
    double s = fmax(b * q, a * p - e);

    for (int i = 0; i < 60; i++) {
        const double x = a * p / (s + e), y = b * q / s;
        const double step =
            (x * x + y * y - 1.0) / (2.0 * (x * x / (s + e) + y * y / s)); /* -F / F' */

        if (!(step > 1e-15 * s)) {
            break;
        }
        s += step;
    }
    const double x = a * a * p / (s + e), y = b * b * q / s;
    const double distance = hypot(p - x, q - y);
    const double inside = (p / a) * (p / a) + (q / b) * (q / b);

    return inside < 1.0 ? -distance : distance;
}

static bool in_ellipse(const sqn_exclude *exclude, const place *at)
{
    const double angle = degree * exclude->position_angle;
    const double u = cos(angle) * at->dy - sin(angle) * at->dx; /* along the major axis */
    const double v = cos(angle) * at->dx + sin(angle) * at->dy;
    const double inner = exclude->semi_major[0], outer = exclude->semi_major[1];

    if (hypot(u, v) > outer + growth) {
        return false;
    }
    return ellipse_distance(u, v, outer, outer * exclude->axis_ratio) <= growth &&
           (!(inner > 0.0) ||
            ellipse_distance(u, v, inner, inner * exclude->axis_ratio) >= -growth);
}

static bool in_circles(const sqn_exclude *exclude, const place *at)
{
    for (int64_t i = 0; i < exclude->n_circle; i++) {
        const double *circle = exclude->circles[i];

        if (hypot(at->x - circle[0], at->y - circle[1]) <= circle[2] + growth) {
            return true;
        }
    }
    return false;
}

/* 1 where the mask excludes, 0 elsewhere and outside of it. */
static double mask_at(const float *mask, int64_t ny, int64_t nx, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= nx || y >= ny) {
        return 0.0;
    }
    const float value = mask[y * nx + x];

    return value != 0.0F && !isnan(value) ? 1.0 : 0.0;
}

static bool in_mask(const sqn_exclude *exclude, int64_t ny, int64_t nx, const place *at)
{
    const double x = at->x - 1.0, y = at->y - 1.0, x0 = floor(x), y0 = floor(y);
    const double fx = x - x0, fy = y - y0;

    if (exclude->mask == NULL ||
        !(x > -1.0 && y > -1.0 && x < (double)nx && y < (double)ny)) {
        return false;
    }
    const int64_t i = (int64_t)x0, j = (int64_t)y0;
    const double below = (1.0 - fx) * mask_at(exclude->mask, ny, nx, i, j) +
                         fx * mask_at(exclude->mask, ny, nx, i + 1, j);
    const double above = (1.0 - fx) * mask_at(exclude->mask, ny, nx, i, j + 1) +
                         fx * mask_at(exclude->mask, ny, nx, i + 1, j + 1);

    return (1.0 - fy) * below + fy * above > mask_threshold;
}

void sqn_exclude_frame(uint8_t *out, int64_t ny, int64_t nx, const sqn_exclude *exclude,
                       const double center[2], double theta)
{
    const double c = cos(degree * theta), s = sin(degree * theta);

    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            const double dx = (double)(x + 1) - center[0], dy = (double)(y + 1) - center[1];
            const double turned_x = c * dx - s * dy, turned_y = s * dx + c * dy;
            const place at = {center[0] + turned_x, center[1] + turned_y, turned_x,
                              turned_y};

            out[y * nx + x] = (exclude->has_annulus && in_annulus(exclude, &at)) ||
                              (exclude->has_ellipse && in_ellipse(exclude, &at)) ||
                              in_circles(exclude, &at) || in_mask(exclude, ny, nx, &at);
        }
    }
}
