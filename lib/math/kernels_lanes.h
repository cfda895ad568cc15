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

/* sum[j] += sum of max(r, 0) over a row of lanes, in parts that vectors can keep. */
static inline void sqn__lanes_positive(double *restrict sum, const float *restrict r,
                                       int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        const float *row = r + j * SQN__KERNELS_WIDTH;
        float part[SQN__KERNELS_PART] = {0};

        for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += SQN__KERNELS_PART) {
            for (int64_t i = 0; i < SQN__KERNELS_PART; i++) {
                part[i] += row[t + i] > 0.0F ? row[t + i] : 0.0F;
            }
        }
        for (int64_t i = 0; i < SQN__KERNELS_PART; i++) {
            sum[j] += (double)part[i];
        }
    }
}

/* Diagonal and its inverse of a packed tile of lanes. */
static inline void sqn__lanes_invert(float *restrict tile, int64_t k, float proximal)
{
    enum { N = SQN__KERNELS_PART };
    float *inverse = tile + k * (k + 1) / 2 * N;
    float mean[N] = {0};

    for (int64_t a = 0; a < k; a++) {
        for (int64_t t = 0; t < N; t++) {
            mean[t] += tile[a * (a + 3) / 2 * N + t] / (float)k;
        }
    }
    for (int64_t a = 0; a < k; a++) {
        float *diagonal = tile + a * (a + 3) / 2 * N;

        for (int64_t t = 0; t < N; t++) {
            diagonal[t] += proximal * mean[t];
            inverse[a * N + t] = diagonal[t] > 0.0F ? 1.0F / diagonal[t] : 0.0F;
        }
    }
}

static inline void sqn__lanes_pack(float *restrict packed, const float *restrict gram,
                                   int64_t k, float proximal)
{
    enum { N = SQN__KERNELS_PART };

    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += N) {
        float *tile = packed + t * sqn__kernels_packed(k);

        for (int64_t i = 0; i < k * (k + 1) / 2; i++) {
            for (int64_t l = 0; l < N; l++) {
                tile[i * N + l] = gram[i * SQN__KERNELS_WIDTH + t + l];
            }
        }
        sqn__lanes_invert(tile, k, proximal);
    }
}

#endif
