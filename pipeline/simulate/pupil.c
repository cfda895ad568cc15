/** @file pupil.c @brief Transmission of a telescope's pupil. */
#include "pupil.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double two_pi = 6.283185307179586;

enum { FINE = 16 }; /* points along each side of an element */

/* A vane: its direction from the centre, and half its width. */
typedef struct pupil_vane {
    double x, y, half_width;
} pupil_vane;

static bool in_disk(double x, double y, const pupil_shape *shape)
{
    const double square = x * x + y * y;

    return square <= shape->outer * shape->outer && square >= shape->inner * shape->inner;
}

static bool behind_vane(double x, double y, const pupil_vane *vane)
{
    return x * vane->x + y * vane->y >= 0.0 &&
           fabs(x * vane->y - y * vane->x) <= vane->half_width;
}

/* Share of the element centred on (x, y) that lies in the disk and not behind the vane. */
static double open_share(double x, double y, const pupil_shape *shape,
                         const pupil_vane *vane)
{
    int64_t n_open = 0;

    for (int64_t j = 0; j < FINE; j++) {
        for (int64_t i = 0; i < FINE; i++) {
            const double fine_x = x + ((double)i + 0.5) / FINE - 0.5;
            const double fine_y = y + ((double)j + 0.5) / FINE - 0.5;

            n_open += in_disk(fine_x, fine_y, shape) &&
                              !(vane != NULL && behind_vane(fine_x, fine_y, vane))
                          ? 1
                          : 0;
        }
    }
    return (double)n_open / (FINE * FINE);
}

static void draw_disk(double *out, int64_t n, const pupil_shape *shape)
{
    for (int64_t j = 0; j < n; j++) {
        const double y = pupil_coordinate(j, n);

        for (int64_t i = 0; i < n; i++) {
            const double x = pupil_coordinate(i, n);

            const double r = hypot(x, y);

            if (r > shape->outer + 1.0) {
                out[j * n + i] = 0.0;
            } else if (r < shape->outer - 1.0 && r > shape->inner + 1.0) {
                out[j * n + i] = 1.0;
            } else {
                out[j * n + i] = open_share(x, y, shape, NULL);
            }
        }
    }
}

/* Shadow of one vane. Elements of several vanes keep the smallest share. */
static void draw_vane(double *out, int64_t n, const pupil_shape *shape,
                      const pupil_vane *vane)
{
    for (int64_t j = 0; j < n; j++) {
        const double y = pupil_coordinate(j, n);

        for (int64_t i = 0; i < n; i++) {
            const double x = pupil_coordinate(i, n);
            const bool near = fabs(x * vane->y - y * vane->x) <= vane->half_width + 1.0;

            if (near && out[j * n + i] > 0.0) {
                out[j * n + i] = fmin(out[j * n + i], open_share(x, y, shape, vane));
            }
        }
    }
}

void pupil_draw(double *out, int64_t n, const pupil_shape *shape)
{
    draw_disk(out, n, shape);
    for (int64_t m = 0; m < shape->n_spider && shape->spider_width > 0.0; m++) {
        const double turn = two_pi * (double)m / (double)shape->n_spider;
        const pupil_vane vane = {-sin(turn), cos(turn), 0.5 * shape->spider_width};

        draw_vane(out, n, shape, &vane);
    }
}
