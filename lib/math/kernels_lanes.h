/**
 * @file kernels_lanes.h
 * @brief Loops whose innermost index runs over lanes, compiled once per instruction set.
 */
#ifndef SQN_KERNELS_LANES_H
#define SQN_KERNELS_LANES_H

#include "kernels.h"

static inline void sqn__lanes_pairs(float *restrict out, const float *restrict m, int64_t k,
                                    int64_t n)
{
    for (int64_t b = 0; b < k; b++) {
        for (int64_t a = 0; a <= b; a++) {
            float *restrict row = out + (b * (b + 1) / 2 + a) * n;

            for (int64_t t = 0; t < n; t++) {
                row[t] = m[a * n + t] * m[b * n + t];
            }
        }
    }
}

/* Some lanes of a panel with their rows close together, so that every sweep finds them in the
 * first cache. */
typedef struct lanes_tile {
    int64_t k, n_bounded;
    float *gram, *g, *u, *inverse;
} lanes_tile;

#define LANES_INLINE static inline __attribute__((always_inline))

/* Copy `n` rows of `width` numbers. */
LANES_INLINE void lanes_copy(float *restrict to, int64_t to_stride,
                             const float *restrict from, int64_t from_stride, int64_t n,
                             const int64_t width)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = 0; t < width; t++) {
            to[i * to_stride + t] = from[i * from_stride + t];
        }
    }
}

/* The lanes from `first` on. */
LANES_INLINE lanes_tile lanes_take(const sqn__kernels_lanes *lanes, int64_t first,
                                   const int64_t width)
{
    const int64_t n = lanes->n_lane, k = lanes->k, n_pair = k * (k + 1) / 2;
    float *gram = lanes->work, *g = gram + n_pair * width;
    const lanes_tile tile = {k, lanes->n_bounded, gram,
                             g, g + k * width,    g + 2 * k * width};

    lanes_copy(tile.gram, width, lanes->gram + first, n, n_pair, width);
    lanes_copy(tile.g, width, lanes->g + first, n, k, width);
    lanes_copy(tile.u, width, lanes->u + first, n, k, width);
    lanes_copy(tile.inverse, width, lanes->inverse + first, n, k, width);
    return tile;
}

/* The step of unknown `a`: u <- max(0, u + g / G_aa), without bound if free. */
LANES_INLINE void lanes_move(float *restrict step, const lanes_tile *tile, int64_t a,
                             const int64_t width)
{
    const float *restrict g = tile->g + a * width, *restrict inverse =
                                                       tile->inverse + a * width;
    float *restrict u = tile->u + a * width;

    if (a >= tile->n_bounded) {
        for (int64_t t = 0; t < width; t++) {
            step[t] = g[t] * inverse[t];
            u[t] += step[t];
        }
        return;
    }
    for (int64_t t = 0; t < width; t++) {
        const float moved = u[t] + g[t] * inverse[t];
        const float to = moved > 0.0F ? moved : 0.0F;

        step[t] = to - u[t];
        u[t] = to;
    }
}

/* g -= G_ab step for one b. */
LANES_INLINE void lanes_follow(float *restrict g, const float *restrict gram,
                               const float *restrict step, const int64_t width)
{
    for (int64_t t = 0; t < width; t++) {
        g[t] -= gram[t] * step[t];
    }
}

/* One sweep; the gradient of every unknown follows each step. */
LANES_INLINE void lanes_sweep(const lanes_tile *tile, const int64_t width)
{
    float step[SQN__KERNELS_TILE];

    for (int64_t a = 0; a < tile->k; a++) {
        const float *row = tile->gram + a * (a + 1) / 2 * width;

        lanes_move(step, tile, a, width);
        for (int64_t b = 0; b < a; b++) {
            lanes_follow(tile->g + b * width, row + b * width, step, width);
        }
        row += a * width; /* the diagonal; below it the rows get longer */
        for (int64_t b = a; b < tile->k; b++) {
            lanes_follow(tile->g + b * width, row, step, width);
            row += (b + 1) * width;
        }
    }
}

LANES_INLINE void lanes_descend(const sqn__kernels_lanes *lanes, int n_sweep,
                                const int64_t width)
{
    for (int64_t first = 0; first < lanes->n_lane; first += width) {
        const lanes_tile tile = lanes_take(lanes, first, width);

        for (int sweep = 0; sweep < n_sweep; sweep++) {
            lanes_sweep(&tile, width);
        }
        lanes_copy(lanes->g + first, lanes->n_lane, tile.g, width, tile.k, width);
        lanes_copy(lanes->u + first, lanes->n_lane, tile.u, width, tile.k, width);
    }
}

static inline void sqn__lanes_descend(const sqn__kernels_lanes *lanes, int n_sweep)
{
    enum {
        MANY = 20
    }; /* unknowns: their problems fill the first cache with half the lanes */

    if (lanes->k > MANY) {
        lanes_descend(lanes, n_sweep, SQN__KERNELS_TILE / 2);
    } else {
        lanes_descend(lanes, n_sweep, SQN__KERNELS_TILE);
    }
}

#endif
