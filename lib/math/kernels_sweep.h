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

typedef int16_t tile_short __attribute__((vector_size(SQN__TILE_LANES * sizeof(int16_t)),
                                          aligned(sizeof(int16_t)), may_alias));

/* Vectors of lanes that are swept together, scaled to a diagonal of 1; u in units of 2^15, so
 * that a step times a pair is what a gradient changes by. */
typedef struct sweep_tile {
    int64_t k, n_bounded;
    tile_vector *pair;  /* [k(k+1)/2, vectors] in units of 2^-15 */
    tile_vector *pace;  /* [k, vectors] of u for a gradient of 1; 0: stays where it is. */
    tile_vector *g, *u; /* [k, vectors] */
} sweep_tile;

/* Lines of memory that the next tile will need, so many while some unknowns move. */
typedef struct sweep_ahead {
    const char *next;
    int64_t n_line;
} sweep_ahead;

TILE_INLINE void sweep_ask(sweep_ahead *ahead)
{
    for (int64_t i = 0; i < ahead->n_line; i++) {
        __builtin_prefetch(ahead->next + i * SQN__KERNELS_LINE, 0, 2);
    }
    ahead->next += ahead->n_line * SQN__KERNELS_LINE;
}

/* The step of unknown `a` with gradient g; u moves. */
TILE_INLINE tile_vector sweep_move(const sweep_tile of, int64_t a, tile_vector g, int64_t v,
                                   const int64_t n_vector)
{
    const tile_vector before = of.u[a * n_vector + v], zero = {0};
    const tile_vector moved = before + g * of.pace[a * n_vector + v];
    const tile_vector bounded = (tile_vector)((tile_mask)moved & (moved > zero));
    const tile_vector to = a < of.n_bounded ? bounded : moved;

    of.u[a * n_vector + v] = to;
    return to - before;
}

/* Steps of a few unknowns, and the pairs of the first vector of each with another unknown. */
typedef struct sweep_steps {
    tile_vector step[SWEEP_STEPS][SWEEP_VECTORS];
    const tile_vector *pair[SWEEP_STEPS];
} sweep_steps;

/* g_b follows the steps of `n` unknowns; pairs are `b` unknowns on. */
TILE_INLINE void sweep_follow(tile_vector *g, const sweep_steps *of, int64_t b,
                              const int64_t n, const int64_t n_vector)
{
    for (int64_t v = 0; v < n_vector; v++) {
        tile_vector sum = g[v];

        TILE_UNROLL
        for (int64_t i = 0; i < n; i++) {
            sum -= of->pair[i][b * n_vector + v] * of->step[i][v];
        }
        g[v] = sum;
    }
}

/* `n` unknowns from `a` on move, one after the other. */
TILE_INLINE void sweep_move_some(sweep_steps *out, const sweep_tile of, int64_t a,
                                 const int64_t n, const int64_t n_vector)
{
    tile_vector g[SWEEP_STEPS][SWEEP_VECTORS];

    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        out->pair[i] = of.pair + (a + i) * (a + i + 1) / 2 * n_vector;
        for (int64_t v = 0; v < n_vector; v++) {
            g[i][v] = of.g[(a + i) * n_vector + v];
        }
    }
    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            const tile_vector step = sweep_move(of, a + i, g[i][v], v, n_vector);

            out->step[i][v] = step;
            TILE_UNROLL
            for (int64_t j = 0; j < n; j++) {
                const int64_t low = i < j ? i : j, high = i < j ? j : i;

                g[j][v] -= out->pair[high][(a + low) * n_vector + v] * step;
            }
        }
    }
    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            of.g[(a + i) * n_vector + v] = g[i][v];
        }
    }
}

/* `n` unknowns from `a` on move, and then all gradients follow; those that move next do not
 * wait. */
TILE_INLINE void sweep_some(const sweep_tile of, int64_t a, const int64_t n,
                            const int64_t n_vector)
{
    sweep_steps before, behind;

    sweep_move_some(&before, of, a, n, n_vector);
    TILE_UNROLL
    for (int64_t i = 0; i < n; i++) {
        for (int64_t v = 0; v < n_vector; v++) {
            behind.step[i][v] = before.step[i][v];
        }
        behind.pair[i] = of.pair + ((a + n) * (a + n + 1) / 2 + a + i) * n_vector;
    }
    for (int64_t b = a + n; b < of.k; b++) {
        sweep_follow(of.g + b * n_vector, &behind, 0, n, n_vector);
        TILE_UNROLL
        for (int64_t i = 0; i < n; i++) {
            behind.pair[i] += (b + 1) * n_vector;
        }
    }
    for (int64_t b = 0; b < a; b++) {
        sweep_follow(of.g + b * n_vector, &before, b, n, n_vector);
    }
}

TILE_INLINE void sweep_all(const sweep_tile of, sweep_ahead *ahead, const int64_t n_vector)
{
    const int64_t whole = of.k - of.k % SWEEP_STEPS;

    for (int64_t a = 0; a < whole; a += SWEEP_STEPS) {
        sweep_ask(ahead);
        sweep_some(of, a, SWEEP_STEPS, n_vector);
    }
    switch (of.k - whole) {
    case 1:
        sweep_some(of, whole, 1, n_vector);
        break;
    case 2:
        sweep_some(of, whole, 2, n_vector);
        break;
    case 3:
        sweep_some(of, whole, 3, n_vector);
        break;
    default:
        break;
    }
}

/* Pairs of vector `v` of a tile as floats. */
TILE_INLINE void sweep_widen(const sweep_tile of, const float *tile, int64_t part,
                             int64_t v, const int64_t n_vector)
{
    const int16_t *row =
        (const int16_t *)(tile + 2 * of.k * SQN__KERNELS_PART) + part * SQN__TILE_LANES;
    const tile_vector zero = {0};

    for (int64_t b = 0; b < of.k; b++) {
        tile_vector *to = of.pair + b * (b + 1) / 2 * n_vector + v;

        for (int64_t a = 0; a < b; a++) {
            const tile_mask pair =
                __builtin_convertvector(*(const tile_short *)row, tile_mask);

            to[a * n_vector] = __builtin_convertvector(pair, tile_vector);
            row += SQN__KERNELS_PART;
        }
        to[b * n_vector] = zero + sqn__kernels_unit;
    }
}

/* u in units of 2^15 and scaled to a diagonal of 1, of an unknown of `k` whose scales are at `scale`. */
TILE_INLINE tile_vector sweep_scaled(const float *scale, int64_t k, tile_vector u)
{
    const tile_vector size = *(const tile_vector *)(scale + k * SQN__KERNELS_PART);

    return u * size * (1.0F / sqn__kernels_unit);
}

/* Vector `v` of lanes from `t` on, scaled. */
TILE_INLINE void sweep_load(const sweep_tile of, const sqn__kernels_lanes *lanes, int64_t t,
                            int64_t v, const int64_t n_vector)
{
    const float *scale = lanes->packed + sqn__kernels_packed_scale(of.k, 0, t);
    const tile_vector zero = {0}, pace = zero + 1.0F / sqn__kernels_unit;

    sweep_widen(of, scale - t % SQN__KERNELS_PART, t % SQN__KERNELS_PART / SQN__TILE_LANES,
                v, n_vector);
    for (int64_t a = 0; a < of.k; a++) {
        const tile_vector d = *(const tile_vector *)(scale + a * SQN__KERNELS_PART);
        const int64_t at = a * SQN__KERNELS_WIDTH + t;

        of.pace[a * n_vector + v] = (tile_vector)((tile_mask)pace & (d > zero));
        of.g[a * n_vector + v] = d * *(const tile_vector *)(lanes->g + at);
        of.u[a * n_vector + v] = sweep_scaled(scale + a * SQN__KERNELS_PART, of.k,
                                              *(const tile_vector *)(lanes->u + at));
    }
}

/* Where vector `v` went; what did not move keeps every bit. */
TILE_INLINE void sweep_store(const sweep_tile of, const sqn__kernels_lanes *lanes,
                             int64_t t, int64_t v, const int64_t n_vector)
{
    const float *scale = lanes->packed + sqn__kernels_packed_scale(of.k, 0, t);
    const tile_vector zero = {0};

    for (int64_t a = 0; a < of.k; a++, scale += SQN__KERNELS_PART) {
        const int64_t at = a * SQN__KERNELS_WIDTH + t;
        const tile_vector from = *(const tile_vector *)(lanes->u + at);
        const tile_vector d = *(const tile_vector *)scale, y = of.u[a * n_vector + v];
        const tile_vector step = (y - sweep_scaled(scale, of.k, from)) * sqn__kernels_unit;
        const tile_vector to = from + d * step;
        const tile_mask stays = ((y > zero) & (to > zero)) | ~(d > zero);

        *(tile_vector *)(lanes->to + at) =
            a < of.n_bounded ? (tile_vector)((tile_mask)to & stays) : to;
    }
}

TILE_INLINE void sweep_lanes(const sqn__kernels_lanes *lanes, int n_sweep,
                             const int64_t n_vector)
{
    const int64_t k = lanes->k, n_pair = k * (k + 1) / 2;
    const int64_t size = n_vector * SQN__TILE_LANES * sqn__kernels_packed_rows(k);
    const int64_t n_line = size * (int64_t)sizeof(float) / SQN__KERNELS_LINE;
    const int64_t n_call = k < SWEEP_STEPS ? 1 : n_sweep * (k / SWEEP_STEPS);
    tile_vector *work = (tile_vector *)lanes->work;

    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += n_vector * SQN__TILE_LANES) {
        const sweep_tile of = {
            .k = k,
            .n_bounded = lanes->n_bounded,
            .pair = work,
            .pace = work + n_pair * n_vector,
            .g = work + (n_pair + k) * n_vector,
            .u = work + (n_pair + 2 * k) * n_vector,
        };
        sweep_ahead ahead = {
            .next = (const char *)(lanes->packed + t * sqn__kernels_packed_rows(k) + size),
            .n_line = (n_line + n_call - 1) / n_call,
        };

        for (int64_t v = 0; v < n_vector; v++) {
            sweep_load(of, lanes, t + v * SQN__TILE_LANES, v, n_vector);
        }
        for (int sweep = 0; sweep < n_sweep; sweep++) {
            sweep_all(of, &ahead, n_vector);
        }
        for (int64_t v = 0; v < n_vector; v++) {
            sweep_store(of, lanes, t + v * SQN__TILE_LANES, v, n_vector);
        }
    }
}

/* Rounded to the nearest 16-bit integer of 2^-15 with |.| < 1. */
TILE_INLINE void sweep_narrow(int16_t *out, tile_vector scaled)
{
    const tile_vector zero = {0}, most = zero + (sqn__kernels_unit - 1.0F);
    const tile_mask low = -most > scaled, high = scaled > most;
    const tile_vector inside =
        (tile_vector)(((tile_mask)scaled & ~low & ~high) | ((tile_mask)most & high) |
                      ((tile_mask)-most & low));
    const tile_mask rounded =
        __builtin_convertvector(inside + (sqn__kernels_unit + 0.5F), tile_mask) -
        (int32_t)sqn__kernels_unit;

    *(tile_short *)out = __builtin_convertvector(rounded, tile_short);
}

/* Lanes from t on, of a tile of packed problems. */
TILE_INLINE void sweep_pack(float *tile, const float *gram, int64_t k, int64_t part)
{
    const float *scale = tile + part * SQN__TILE_LANES;
    int16_t *row = (int16_t *)(tile + 2 * k * SQN__KERNELS_PART) + part * SQN__TILE_LANES;

    for (int64_t b = 1; b < k; b++) {
        const tile_vector unit =
            *(const tile_vector *)(scale + b * SQN__KERNELS_PART) * sqn__kernels_unit;
        const float *pair = gram + b * (b + 1) / 2 * SQN__KERNELS_WIDTH;

        for (int64_t a = 0; a < b; a++) {
            const tile_vector d = *(const tile_vector *)(scale + a * SQN__KERNELS_PART);

            sweep_narrow(row, *(const tile_vector *)pair * d * unit);
            pair += SQN__KERNELS_WIDTH;
            row += SQN__KERNELS_PART;
        }
    }
}

static void pack(float *packed, const float *gram, int64_t k, float proximal)
{
    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += SQN__KERNELS_PART) {
        float *tile = packed + t * sqn__kernels_packed_rows(k);

        sqn__lanes_scales(tile, gram + t, k, proximal);
        for (int64_t part = 0; part < SWEEP_PER_TILE; part++) {
            sweep_pack(tile, gram + t + part * SQN__TILE_LANES, k, part);
        }
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
