/** @file sqn_frames.h @brief Frames made of known components, with noise of known size. */
#ifndef SQN_TEST_FRAMES_H
#define SQN_TEST_FRAMES_H

#include <math.h>
#include <stdlib.h>

#include "rng.h"
#include "sequin/target.h"
#include "sqn_check.h"

enum { SQN_FRAMES_K = 5, SQN_FRAMES_N_FRAME = 7, SQN_FRAMES_N_PIX = 700 };
enum {
    SQN_FRAMES_N_DATA = SQN_FRAMES_N_FRAME * SQN_FRAMES_N_PIX,
    SQN_FRAMES_N_COEFF = SQN_FRAMES_N_FRAME * SQN_FRAMES_K,
    SQN_FRAMES_N_BASIS = SQN_FRAMES_K * SQN_FRAMES_N_PIX
};

/* Frames made of known components, with noise of known size. */
typedef struct sqn_frames {
    float basis[SQN_FRAMES_N_BASIS], value[SQN_FRAMES_N_DATA], weight[SQN_FRAMES_N_DATA];
    double truth[SQN_FRAMES_N_FRAME][SQN_FRAMES_K];
    sqn_rows_pair pair;
    sqn_rows rows;
    sqn_matrix_const components;
    sqn_target_basis target_basis;
} sqn_frames;

static inline double sqn_frames_uniform(uint64_t stream, int64_t index)
{
    return (double)sqn__rng_uniform(2385, stream, (uint64_t)index);
}

static inline double sqn_frames_normal(uint64_t stream, int64_t index)
{
    return sqrt(-2.0 * log(sqn_frames_uniform(stream, index))) *
           cos(6.283185307179586 * sqn_frames_uniform(stream + 1, index));
}

/* Some coefficients are 0 in truth, a tenth of the data is missing. */
static inline sqn_frames *sqn_frames_make(double noise, double sky)
{
    sqn_frames *o = calloc(1, sizeof *o);

    ck_assert_ptr_nonnull(o);
    for (int64_t j = 0; j < SQN_FRAMES_N_COEFF; j++) {
        o->truth[j / SQN_FRAMES_K][j % SQN_FRAMES_K] =
            fmax(0.0, 30.0 * sqn_frames_uniform(10, j) - 8.0);
    }
    for (int64_t e = 0; e < SQN_FRAMES_N_BASIS; e++) {
        o->basis[e] = (float)(0.1 * sqn_frames_uniform(11, e) * sqn_frames_uniform(12, e));
    }
    for (int64_t e = 0; e < SQN_FRAMES_N_DATA; e++) {
        const double sigma = noise * (0.5 + sqn_frames_uniform(13, e));
        double x = sky + sigma * sqn_frames_normal(14, e);

        for (int64_t j = 0; j < SQN_FRAMES_K; j++) {
            x += o->truth[e / SQN_FRAMES_N_PIX][j] *
                 (double)o->basis[j * SQN_FRAMES_N_PIX + e % SQN_FRAMES_N_PIX];
        }
        o->value[e] = (float)x;
        o->weight[e] = sqn_frames_uniform(16, e) < 0.1
                           ? 0.0F
                           : (float)(1.0 / fmax(sigma * sigma, 1e-8));
    }
    o->pair = (sqn_rows_pair){
        {o->value, SQN_FRAMES_N_FRAME, SQN_FRAMES_N_PIX, SQN_FRAMES_N_PIX},
        {o->weight, SQN_FRAMES_N_FRAME, SQN_FRAMES_N_PIX, SQN_FRAMES_N_PIX}};
    o->rows = sqn_rows_dense(&o->pair);
    o->components =
        (sqn_matrix_const){o->basis, SQN_FRAMES_K, SQN_FRAMES_N_PIX, SQN_FRAMES_N_PIX};
    o->target_basis = (sqn_target_basis){1, &o->components, false};
    return o;
}

static inline float *sqn_frames_component(sqn_frames *o, int64_t j)
{
    return o->basis + j * SQN_FRAMES_N_PIX;
}

#endif
