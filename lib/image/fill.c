/** @file fill.c @brief Missing pixels made up from their neighbours. */
#include "fill.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RADIUS = 3, N_ROUND = 4, EMPTY = SQN__FILL_EMPTY };

/* A neighbour, and its weight. */
typedef struct neighbour {
    int64_t y, x;
    double weight;
} neighbour;

enum { N_NEIGHBOUR = 28 }; /* within RADIUS */

/* What is filled: one image or many, [ny, nx] or [ny, nx, lanes]. */
typedef struct canvas {
    double *value; /* of one image, */
    float *stack;  /* or of many; NULL = of one */
    int64_t stride, lanes;
    uint8_t *round;
    int64_t ny, nx;
    neighbour neighbour[N_NEIGHBOUR];
} canvas;

/* The neighbours of a pixel that have a value, and their shares of its own. */
typedef struct known {
    int64_t n, at[N_NEIGHBOUR]; /* numbers of pixels, rows `stride` apart */
    double share[N_NEIGHBOUR];
} known;

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

/* Those filled before round `now`. */
static void find_known(known *out, const canvas *c, int64_t y, int64_t x, int now)
{
    double sum = 0.0;

    out->n = 0;
    for (int k = 0; k < N_NEIGHBOUR; k++) {
        const neighbour *of = &c->neighbour[k];
        const int64_t j = y + of->y, i = x + of->x;

        if (j >= 0 && j < c->ny && i >= 0 && i < c->nx && c->round[j * c->nx + i] < now) {
            out->at[out->n] = j * c->stride + i;
            out->share[out->n++] = of->weight;
            sum += of->weight;
        }
    }
    for (int64_t k = 0; k < out->n; k++) {
        out->share[k] /= sum;
    }
}

/* The mean of the neighbours of pixel number `at`; NaN when there are none. */
static void fill_value(const canvas *c, const known *of, int64_t at)
{
    double sum = of->n > 0 ? 0.0 : (double)NAN;

    for (int64_t k = 0; k < of->n; k++) {
        sum += of->share[k] * c->value[of->at[k]];
    }
    c->value[at] = sum;
}

/* The same of many images, some at a time. */
static void fill_values(const canvas *c, const known *of, int64_t at)
{
    enum { BESIDE = 4 }; /* lanes are a multiple of it */

    for (int64_t l = 0; l < c->lanes; l += BESIDE) {
        const double first = of->n > 0 ? 0.0 : (double)NAN;
        double sum[BESIDE] = {first, first, first, first};

        for (int64_t k = 0; k < of->n; k++) {
            const float *from = c->stack + of->at[k] * c->lanes + l;

            for (int64_t i = 0; i < BESIDE; i++) {
                sum[i] += of->share[k] * (double)from[i];
            }
        }
        for (int64_t i = 0; i < BESIDE; i++) {
            c->stack[at * c->lanes + l + i] = (float)sum[i];
        }
    }
}

static void fill_pixel(const canvas *c, int64_t y, int64_t x, int now)
{
    known of;

    find_known(&of, c, y, x, now);
    if (c->stack != NULL) {
        fill_values(c, &of, y * c->stride + x);
    } else {
        fill_value(c, &of, y * c->stride + x);
    }
}

static bool is_filled(const canvas *c, int64_t y, int64_t x)
{
    const int64_t p = y * c->stride + x;

    return !isnan(c->stack != NULL ? (double)c->stack[p * c->lanes] : c->value[p]);
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
            fill_pixel(c, y, p - y * c->nx, now);
        }
    }
    for (int64_t p = next_empty(c, 0, n); p < n; p = next_empty(c, p + 1, n)) {
        if (is_filled(c, p / c->nx, p % c->nx)) {
            c->round[p] = (uint8_t)now;
        }
    }
}

static void fill_rounds(canvas *c, uint8_t *round)
{
    const int64_t n = c->ny * c->nx;

    c->round = round;
    list_neighbours(c->neighbour);
    for (int now = 1; now <= N_ROUND && next_empty(c, 0, n) < n; now++) {
        fill_round(c, now);
    }
}

void sqn__fill_missing(double *out, uint8_t *round, const float *image, int64_t ny,
                       int64_t nx)
{
    const int64_t n = ny * nx;
    canvas c = {.value = out, .stride = nx, .lanes = 1, .ny = ny, .nx = nx};

    for (int64_t p = 0; p < n; p++) {
        const float value = image[p];
        const bool valid = fabsf(value) <= FLT_MAX;

        out[p] = valid ? (double)value : 0.0;
        round[p] = valid ? 0 : EMPTY;
    }
    fill_rounds(&c, round);
    for (int64_t p = next_empty(&c, 0, n); p < n; p = next_empty(&c, p + 1, n)) {
        out[p] = 0.0;
    }
}

void sqn__fill_missing_stack(float *images, uint8_t *round, int64_t ny, int64_t nx,
                             int64_t stride, int64_t lanes)
{
    const int64_t n = ny * nx;
    canvas c = {.stack = images, .stride = stride, .lanes = lanes, .ny = ny, .nx = nx};

    fill_rounds(&c, round);
    for (int64_t p = next_empty(&c, 0, n); p < n; p = next_empty(&c, p + 1, n)) {
        memset(images + (p / nx * stride + p % nx) * lanes, 0,
               (size_t)lanes * sizeof *images);
    }
}
