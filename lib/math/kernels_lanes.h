/**
 * @file kernels_lanes.h
 * @brief Loops whose innermost index runs over lanes, compiled once per instruction set.
 */
#ifndef SQN_KERNELS_LANES_H
#define SQN_KERNELS_LANES_H

#include <math.h>

#include "kernels.h"

/* Pairs of one lane lie one behind the other. */
static inline void sqn__lanes_pairs_of_one(float *restrict out, const float *restrict m,
                                           int64_t k)
{
    for (int64_t b = 0; b < k; b++) {
        float *restrict row = out + b * (b + 1) / 2;

        for (int64_t a = 0; a <= b; a++) {
            row[a] = m[a] * m[b];
        }
    }
}

static inline void sqn__lanes_pairs(float *restrict out, const float *restrict m, int64_t k,
                                    int64_t n)
{
    if (n == 1) {
        sqn__lanes_pairs_of_one(out, m, k);
        return;
    }
    for (int64_t b = 0; b < k; b++) {
        for (int64_t a = 0; a <= b; a++) {
            float *restrict row = out + (b * (b + 1) / 2 + a) * n;

            for (int64_t t = 0; t < n; t++) {
                row[t] = m[a * n + t] * m[b * n + t];
            }
        }
    }
}

/* The rows of a tile that scale, from its lanes of gram. */
static inline void sqn__lanes_scales(float *restrict tile, const float *restrict gram,
                                     int64_t k, float proximal)
{
    enum { N = SQN__KERNELS_PART, T = SQN__KERNELS_WIDTH };
    float mean[N] = {0};

    for (int64_t a = 0; a < k; a++) {
        for (int64_t l = 0; l < N; l++) {
            mean[l] += gram[a * (a + 3) / 2 * T + l] / (float)k;
        }
    }
    for (int64_t a = 0; a < k; a++) {
        for (int64_t l = 0; l < N; l++) {
            const float diagonal = gram[a * (a + 3) / 2 * T + l] + proximal * mean[l];
            const float size = diagonal > 0.0F ? sqrtf(diagonal) : 0.0F;

            tile[a * N + l] = size > 0.0F ? 1.0F / size : 0.0F;
            tile[(k + a) * N + l] = size;
        }
    }
}

#endif
