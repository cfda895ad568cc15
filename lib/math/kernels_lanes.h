/**
 * @file kernels_lanes.h
 * @brief Loops whose innermost index runs over lanes, compiled once per instruction set.
 */
#ifndef SQN_KERNELS_LANES_H
#define SQN_KERNELS_LANES_H

#include "kernels.h"

/* The step of one unknown in all lanes: u <- max(0, u + g / G_aa), without bound if free. */
static inline void sqn__lanes_move(float *restrict u, float *restrict step,
                                   const float *restrict g, const float *restrict inverse,
                                   int64_t n)
{
    for (int64_t t = 0; t < n; t++) {
        const float moved = u[t] + g[t] * inverse[t];
        const float to = moved > 0.0F ? moved : 0.0F;

        step[t] = to - u[t];
        u[t] = to;
    }
}

static inline void sqn__lanes_move_free(float *restrict u, float *restrict step,
                                        const float *restrict g,
                                        const float *restrict inverse, int64_t n)
{
    for (int64_t t = 0; t < n; t++) {
        step[t] = g[t] * inverse[t];
        u[t] += step[t];
    }
}

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

/* y -= a x, lane by lane. */
static inline void sqn__lanes_subtract(float *restrict y, const float *restrict a,
                                       const float *restrict x, int64_t n)
{
    for (int64_t t = 0; t < n; t++) {
        y[t] -= a[t] * x[t];
    }
}

/* One sweep; the gradient of every unknown follows each step. */
static inline void sqn__lanes_sweep(const sqn__kernels_lanes *lanes)
{
    const int64_t n = lanes->n_lane;

    for (int64_t a = 0; a < lanes->k; a++) {
        float *u = lanes->u + a * n;
        const float *inverse = lanes->inverse + a * n;

        if (a < lanes->n_bounded) {
            sqn__lanes_move(u, lanes->step, lanes->g + a * n, inverse, n);
        } else {
            sqn__lanes_move_free(u, lanes->step, lanes->g + a * n, inverse, n);
        }
        for (int64_t b = 0; b < lanes->k; b++) {
            const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;

            sqn__lanes_subtract(lanes->g + b * n, lanes->gram + pair * n, lanes->step, n);
        }
    }
}

#endif
