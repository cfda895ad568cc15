/**
 * @file kernels_sweep.h
 * @brief Coordinate descent on packed problems, once per instruction set.
 *
 * Several unknowns move one after the other before the gradients of the others follow all their
 * steps at once: a gradient is loaded and stored once for as many. A tile takes several narrow
 * vectors; of the widest, two tiles go side by side where problems are small, because a single
 * vector would wait for itself.
 */
#ifndef SQN_KERNELS_SWEEP_H
#define SQN_KERNELS_SWEEP_H

#include "kernels_product.h"

enum {
    SWEEP_STEPS = 4, /* unknowns that move before the others follow */
    SWEEP_PER_TILE = SQN__KERNELS_PART / SQN__TILE_LANES,
    SWEEP_VECTORS = SWEEP_PER_TILE > 1 ? SWEEP_PER_TILE : 2,
    SWEEP_FEW = 20 /* unknowns: two tiles of their problems fit the first cache */
};

typedef int32_t tile_mask
    __attribute__((vector_size(SQN__TILE_LANES * sizeof(int32_t)), may_alias));

/* Vectors of lanes that are swept together; g and u [k, vectors]. */
typedef struct sweep_tile {
    int64_t k, n_bounded;
    const float *packed;
    tile_vector *g, *u;
    const char *next; /* lines of memory behind them that the next tile will need, */
    int64_t n_line;   /* so many while some unknowns move */
} sweep_tile;

/* Ask for what lies behind. */
TILE_INLINE void sweep_ask(sweep_tile *of)
{
    for (int64_t i = 0; i < of->n_line; i++) {
        __builtin_prefetch(of->next + i * SQN__KERNELS_LINE, 0, 2);
    }
    of->next += of->n_line * SQN__KERNELS_LINE;
}

/* Row `i` of the packed problem of vector `v`. */
TILE_INLINE tile_vector sweep_row(const sweep_tile *of, int64_t i, int64_t v)
{
    const int64_t tile = v / SWEEP_PER_TILE, part = v % SWEEP_PER_TILE;
    const int64_t row = tile * sqn__kernels_packed(of->k) + i;

    return *(const tile_vector *)(of->packed + row * SQN__KERNELS_PART +
                                  part * SQN__TILE_LANES);
}

TILE_INLINE tile_vector sweep_pair(const sweep_tile *of, int64_t a, int64_t b, int64_t v)
{
    return sweep_row(of, a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b, v);
}

/* The step of unknown `a` from u with gradient g; u moves. */
TILE_INLINE tile_vector sweep_move(const sweep_tile *of, int64_t a, tile_vector g,
                                   int64_t v, const int64_t n_vector)
{
    const tile_vector inverse = sweep_row(of, of->k * (of->k + 1) / 2 + a, v);
    const tile_vector before = of->u[a * n_vector + v], zero = {0};
    const tile_vector moved = before + g * inverse;
    const tile_vector bounded = (tile_vector)((tile_mask)moved & (moved > zero));
    const tile_vector to = a < of->n_bounded ? bounded : moved;

    of->u[a * n_vector + v] = to;
    return to - before;
}

/* g_b follows the steps of `n` unknowns from `a` on. */
TILE_INLINE void sweep_follow(const sweep_tile *of, int64_t a, int64_t b,
                              tile_vector step[SWEEP_STEPS][SWEEP_VECTORS], const int64_t n,
                              const int64_t n_vector)
{
    for (int64_t v = 0; v < n_vector; v++) {
        tile_vector g = of->g[b * n_vector + v];

        TILE_UNROLL
        for (int64_t i = 0; i < n; i++) {
            g -= sweep_pair(of, a + i, b, v) * step[i][v];
        }
        of->g[b * n_vector + v] = g;
    }
}

/* `n` unknowns from `a` on move, and then all gradients follow. */
TILE_INLINE void sweep_some(const sweep_tile *of, int64_t a, const int64_t n,
                            const int64_t n_vector)
{
    tile_vector step[SWEEP_STEPS][SWEEP_VECTORS], g[SWEEP_STEPS][SWEEP_VECTORS];

    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            g[i][v] = of->g[(a + i) * n_vector + v];
        }
    }
    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            step[i][v] = sweep_move(of, a + i, g[i][v], v, n_vector);
            TILE_UNROLL
            for (int64_t j = 0; j < n; j++) {
                g[j][v] -= sweep_pair(of, a + i, a + j, v) * step[i][v];
            }
        }
    }
    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            of->g[(a + i) * n_vector + v] = g[i][v];
        }
    }
    for (int64_t b = a + n; b < of->k; b++) { /* those that move next do not wait */
        sweep_follow(of, a, b, step, n, n_vector);
    }
    for (int64_t b = 0; b < a; b++) {
        sweep_follow(of, a, b, step, n, n_vector);
    }
}

TILE_INLINE void sweep_all(sweep_tile *of, const int64_t n_vector)
{
    int64_t a = 0;

    for (; a + SWEEP_STEPS <= of->k; a += SWEEP_STEPS) {
        sweep_ask(of);
        sweep_some(of, a, SWEEP_STEPS, n_vector);
    }
    for (; a < of->k; a++) {
        sweep_ask(of);
        sweep_some(of, a, 1, n_vector);
    }
}

/* Between rows of T lanes and rows of the vectors from `t` on. */
TILE_INLINE void sweep_load(tile_vector *to, const float *from, int64_t t, int64_t k,
                            const int64_t n_vector)
{
    for (int64_t a = 0; a < k; a++) {
        for (int64_t v = 0; v < n_vector; v++) {
            to[a * n_vector + v] = *(const tile_vector *)(from + a * SQN__KERNELS_WIDTH +
                                                          t + v * SQN__TILE_LANES);
        }
    }
}

TILE_INLINE void sweep_store(float *to, const tile_vector *from, int64_t t, int64_t k,
                             const int64_t n_vector)
{
    for (int64_t a = 0; a < k; a++) {
        for (int64_t v = 0; v < n_vector; v++) {
            *(tile_vector *)(to + a * SQN__KERNELS_WIDTH + t + v * SQN__TILE_LANES) =
                from[a * n_vector + v];
        }
    }
}

TILE_INLINE void sweep_lanes(const sqn__kernels_lanes *lanes, int n_sweep,
                             const int64_t n_vector)
{
    const int64_t size = n_vector * SQN__TILE_LANES * sqn__kernels_packed(lanes->k);
    const int64_t n_line = size * (int64_t)sizeof(float) / SQN__KERNELS_LINE;
    const int64_t n_call = n_sweep * (lanes->k / SWEEP_STEPS + lanes->k % SWEEP_STEPS);

    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += n_vector * SQN__TILE_LANES) {
        sweep_tile of = {
            .k = lanes->k,
            .n_bounded = lanes->n_bounded,
            .packed = lanes->packed + t * sqn__kernels_packed(lanes->k),
            .g = (tile_vector *)lanes->work,
            .u = (tile_vector *)lanes->work + lanes->k * n_vector,
            .next =
                (const char *)(lanes->packed + t * sqn__kernels_packed(lanes->k) + size),
            .n_line = (n_line + n_call - 1) / n_call,
        };

        sweep_load(of.g, lanes->g, t, of.k, n_vector);
        sweep_load(of.u, lanes->u, t, of.k, n_vector);
        for (int sweep = 0; sweep < n_sweep; sweep++) {
            sweep_all(&of, n_vector);
        }
        sweep_store(lanes->g, of.g, t, of.k, n_vector);
        sweep_store(lanes->u, of.u, t, of.k, n_vector);
    }
}

static void descend(const sqn__kernels_lanes *lanes, int n_sweep)
{
    if (lanes->k <= SWEEP_FEW || SWEEP_PER_TILE > 1) {
        sweep_lanes(lanes, n_sweep, SWEEP_VECTORS);
    } else {
        sweep_lanes(lanes, n_sweep, 1);
    }
}

#endif
