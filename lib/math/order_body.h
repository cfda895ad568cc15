/** @file order_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_ORDER_BODY_H
#define SQN_ORDER_BODY_H

#include "order.h"

enum { CHUNK = 16 }; /* numbers that are looked at together */

static void subtract(double *restrict out, const double *restrict a,
                     const double *restrict b, double factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] - factor * b[i];
    }
}

static void distance(double *restrict out, const double *restrict a, double origin,
                     int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double d = a[i] - origin;

        out[i] = d < 0.0 ? -d : d;
    }
}

/* How many of a chunk lie below the first bound, and how many not above the second. */
static inline void count(int64_t out[2], const double *restrict a, int64_t n,
                         const double bounds[2])
{
    const double low = bounds[0], high = bounds[1];
    int64_t n_low = 0, n_high = 0;

    for (int64_t l = 0; l < n; l++) {
        n_low += a[l] < low ? 1 : 0;
        n_high += a[l] <= high ? 1 : 0;
    }
    out[0] = n_low;
    out[1] = n_high;
}

/* The same; returns how many numbers the chunk has. */
static inline int64_t count_chunk(int64_t out[2], const double *a, int64_t n_left,
                                  const double bounds[2])
{
    if (n_left >= CHUNK) { /* a constant: vectors */
        count(out, a, CHUNK, bounds);
        return CHUNK;
    }
    count(out, a, n_left, bounds);
    return n_left;
}

static int64_t between(double *restrict out, int64_t *n_below, const double *restrict a,
                       int64_t n, const double bounds[2])
{
    int64_t n_out = 0;

    *n_below = 0;
    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t counts[2];
        const int64_t n_here = count_chunk(counts, a + i, n - i, bounds);

        *n_below += counts[0];
        for (int64_t l = i; counts[0] < counts[1] && l < i + n_here; l++) { /* rare */
            out[n_out] = a[l];
            n_out += a[l] >= bounds[0] && a[l] <= bounds[1] ? 1 : 0;
        }
    }
    return n_out;
}

static int64_t outside(int64_t *restrict out, const double *restrict a, int64_t n,
                       const double bounds[2])
{
    int64_t n_out = 0;

    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t counts[2];
        const int64_t n_here = count_chunk(counts, a + i, n - i, bounds);
        const int64_t n_inside = counts[1] - counts[0];

        for (int64_t l = i; n_inside < n_here && l < i + n_here; l++) { /* rare */
            out[n_out] = l;
            n_out += a[l] < bounds[0] || a[l] > bounds[1] ? 1 : 0;
        }
    }
    return n_out;
}

#define SQN__ORDER_TABLE                     \
    {                                        \
        subtract, distance, between, outside \
    }

#endif
