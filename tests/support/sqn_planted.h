/**
 * @file sqn_planted.h
 * @brief Matrices with known non-negative factors, noise and holes, the same every time.
 */
#ifndef SQN_PLANTED_H
#define SQN_PLANTED_H

#include <math.h>
#include <stdlib.h>

#include "rng.h"
#include "sequin/rows.h"

/** What to plant; sigma grows with the signal, as photon noise does. */
typedef struct sqn_planted_truth {
    int64_t n_frame, n_pix, rank;
    double noise;   /**< Of a value of 1; 0: none, and weights of 1. */
    double missing; /**< Share of entries of weight 0. */
    double sky;     /**< Constant of frame i: sky cos(i). */
    bool separable; /**< Each component alone in some pixels, each frame alone in some. */
    uint64_t seed;
} sqn_planted_truth;

/** The matrix; owned. Clear with sqn_planted_clear(). */
typedef struct sqn_planted {
    float *value, *weight; /**< [n_frame, n_pix] */
    double *coeff, *comp;  /**< [n_frame, rank], [rank, n_pix] */
    sqn_rows_pair pair;
    sqn_rows rows;
} sqn_planted;

static inline double sqn_planted_normal(uint64_t seed, uint64_t index)
{
    const double a = (double)sqn__rng_uniform(seed, 101, 2 * index);
    const double b = (double)sqn__rng_uniform(seed, 101, 2 * index + 1);

    return sqrt(-2.0 * log(a)) * cos(6.283185307179586 * b);
}

static inline void sqn_planted_factors(sqn_planted *p, const sqn_planted_truth *t)
{
    for (int64_t r = 0; r < t->rank; r++) {
        for (int64_t j = 0; j < t->n_pix; j++) {
            const double u = (double)sqn__rng_uniform(t->seed, (uint64_t)r, (uint64_t)j);
            const bool alone = t->separable && j < 8 * t->rank;

            p->comp[r * t->n_pix + j] = alone ? (j % t->rank == r ? 1.0 : 0.0)
                                              : u * u * u + 0.1 * (double)(r % 2) * u;
        }
        for (int64_t i = 0; i < t->n_frame; i++) {
            const double u =
                (double)sqn__rng_uniform(t->seed, (uint64_t)(50 + r), (uint64_t)i);
            const bool alone = t->separable && i < t->rank;

            p->coeff[i * t->rank + r] = alone ? (i == r ? 1.0 : 0.0) : 0.2 + u;
        }
    }
}

static inline void sqn_planted_entry(sqn_planted *p, const sqn_planted_truth *t, int64_t i,
                                     int64_t j)
{
    const uint64_t at = (uint64_t)(i * t->n_pix + j);
    double x = 0.0;

    for (int64_t r = 0; r < t->rank; r++) {
        x += p->coeff[i * t->rank + r] * p->comp[r * t->n_pix + j];
    }
    const double sigma = t->noise > 0.0 ? t->noise * sqrt(0.05 + x) : 1.0;
    const double e = t->noise > 0.0 ? sigma * sqn_planted_normal(t->seed, at) : 0.0;
    const bool hole = (double)sqn__rng_uniform(t->seed, 102, at) <= t->missing;

    p->value[at] = hole ? NAN : (float)(x + e + t->sky * cos((double)i));
    p->weight[at] = hole ? 0.0F : (float)(1.0 / (sigma * sigma));
}

/** Plant; aborts without memory. Point `rows` at the struct in its final place. */
static inline void sqn_planted_init(sqn_planted *p, const sqn_planted_truth *t)
{
    const size_t n = (size_t)(t->n_frame * t->n_pix);

    p->value = calloc(n, sizeof *p->value);
    p->weight = calloc(n, sizeof *p->weight);
    p->coeff = calloc((size_t)(t->n_frame * t->rank), sizeof *p->coeff);
    p->comp = calloc((size_t)(t->rank * t->n_pix), sizeof *p->comp);
    if (p->value == NULL || p->weight == NULL || p->coeff == NULL || p->comp == NULL) {
        abort();
    }
    sqn_planted_factors(p, t);
    for (int64_t i = 0; i < t->n_frame; i++) {
        for (int64_t j = 0; j < t->n_pix; j++) {
            sqn_planted_entry(p, t, i, j);
        }
    }
    p->pair.value = (sqn_matrix_const){p->value, t->n_frame, t->n_pix, t->n_pix};
    p->pair.weight = (sqn_matrix_const){p->weight, t->n_frame, t->n_pix, t->n_pix};
    p->rows = sqn_rows_dense(&p->pair);
}

static inline void sqn_planted_clear(sqn_planted *p)
{
    free(p->comp);
    free(p->coeff);
    free(p->weight);
    free(p->value);
}

#endif
