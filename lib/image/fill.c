/** @file fill.c @brief Missing pixels made up from their neighbours. */
#include "fill.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RADIUS = 3, N_ROUND = 4, EMPTY = 255 };

/* A neighbour, and its weight. */
typedef struct neighbour {
    int64_t y, x;
    double weight;
} neighbour;

enum { N_NEIGHBOUR = 28 }; /* within RADIUS */

/* The image that is filled. */
typedef struct canvas {
    double *value;
    uint8_t *round;
    int64_t ny, nx;
    neighbour neighbour[N_NEIGHBOUR];
} canvas;

/* 1 / distance^2 of all neighbours, row by row. */
static void list_neighbours(neighbour list[N_NEIGHBOUR])
{
    int64_t n = 0;

    for (int64_t y = -RADIUS; y <= RADIUS; y++) {
        for (int64_t x = -RADIUS; x <= RADIUS; x++) {
            const int64_t d2 = y * y + x * x;

            if (d2 > 0 && d2 <= (int64_t)RADIUS * RADIUS) {
                list[n++] = (neighbour){y, x, 1.0 / (double)d2};
            }
        }
    }
}

/* Mean of the neighbours filled before round `now`; NaN when there are none. */
static double mean_of_neighbours(const canvas *c, int64_t y, int64_t x, int now)
{
    double sum = 0.0, sum_w = 0.0;

    for (int k = 0; k < N_NEIGHBOUR; k++) {
        const neighbour *of = &c->neighbour[k];
        const int64_t j = y + of->y, i = x + of->x, p = j * c->nx + i;
        const bool known = j >= 0 && j < c->ny && i >= 0 && i < c->nx && c->round[p] < now;

        sum += known ? of->weight * c->value[p] : 0.0;
        sum_w += known ? of->weight : 0.0;
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
    const int64_t n = ny * nx;
    canvas c = {.value = out, .round = round, .ny = ny, .nx = nx};

    list_neighbours(c.neighbour);
    for (int64_t p = 0; p < n; p++) {
        const float value = image[p];
        const bool valid = fabsf(value) <= FLT_MAX;

        out[p] = valid ? (double)value : 0.0;
        round[p] = valid ? 0 : EMPTY;
    }
    for (int now = 1; now <= N_ROUND && next_empty(&c, 0, n) < n; now++) {
        fill_round(&c, now);
    }
    for (int64_t p = next_empty(&c, 0, n); p < n; p = next_empty(&c, p + 1, n)) {
        out[p] = 0.0;
    }
}
