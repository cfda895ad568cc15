/** @file fill.c @brief Missing pixels made up from their neighbours. */
#include "fill.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RADIUS = 3, N_ROUND = 4, EMPTY = 255 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The image that is filled. */
typedef struct canvas {
    double *value;
    uint8_t *round;
    int64_t ny, nx;
} canvas;

/* Mean of the neighbours filled before round `now`; NaN when there are none. */
static double mean_of_neighbours(const canvas *c, int64_t y, int64_t x, int now)
{
    double sum = 0.0, sum_w = 0.0;

    for (int64_t j = larger(y - RADIUS, 0); j <= smaller(y + RADIUS, c->ny - 1); j++) {
        for (int64_t i = larger(x - RADIUS, 0); i <= smaller(x + RADIUS, c->nx - 1); i++) {
            const int64_t d2 = (j - y) * (j - y) + (i - x) * (i - x);

            if (d2 <= (int64_t)RADIUS * RADIUS && c->round[j * c->nx + i] < now) {
                sum += c->value[j * c->nx + i] / (double)d2;
                sum_w += 1.0 / (double)d2;
            }
        }
    }
    return sum_w > 0.0 ? sum / sum_w : (double)NAN;
}

/* The next pixel from number `p` on, of those before `end`, that is not known yet; `end`: none. */
static int64_t next_empty(const canvas *c, int64_t p, int64_t end)
{
    const uint8_t *found = p < end ? memchr(c->round + p, EMPTY, (size_t)(end - p)) : NULL;

    return found != NULL ? found - c->round : end;
}

/* One round: first all values, then which are known, so that the order does not matter. */
static void fill_round(const canvas *c, int now)
{
    const int64_t n = c->ny * c->nx;

#pragma omp parallel for default(none) shared(c, now)
    for (int64_t y = 0; y < c->ny; y++) {
        const int64_t end = (y + 1) * c->nx;

        for (int64_t p = next_empty(c, y * c->nx, end); p < end;
             p = next_empty(c, p + 1, end)) {
            c->value[p] = mean_of_neighbours(c, y, p - y * c->nx, now);
        }
    }
    for (int64_t p = next_empty(c, 0, n); p < n; p = next_empty(c, p + 1, n)) {
        if (!isnan(c->value[p])) {
            c->round[p] = (uint8_t)now;
        }
    }
}

void sqn__fill_missing(double *out, uint8_t *round, const float *image, int64_t ny,
                       int64_t nx)
{
    const canvas c = {out, round, ny, nx};
    const int64_t n = ny * nx;

    for (int64_t p = 0; p < n; p++) {
        const bool valid = isfinite(image[p]);

        out[p] = valid ? image[p] : 0.0;
        round[p] = valid ? 0 : EMPTY;
    }
    for (int now = 1; now <= N_ROUND && next_empty(&c, 0, n) < n; now++) {
        fill_round(&c, now);
    }
    for (int64_t p = next_empty(&c, 0, n); p < n; p = next_empty(&c, p + 1, n)) {
        out[p] = 0.0;
    }
}
