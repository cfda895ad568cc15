/** @file aperture_lanes_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_APERTURE_LANES_BODY_H
#define SQN_APERTURE_LANES_BODY_H

#include "aperture_lanes.h"

enum {
    LANES = SQN__APERTURE_LANES,
    N_VECTOR = LANES / SQN__LANES_WIDTH,
    N_CHAIN = SQN__LANES_WIDTH > 4 ? 4 : 2
};

/* A share of the lanes; may stand anywhere, and on top of floats. */
typedef float vector
    __attribute__((vector_size(SQN__LANES_WIDTH * sizeof(float)), aligned(4), may_alias));

/* Loops over the taps of a row: written out, whole or in parts. */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 8")
#endif

#define LANES_INLINE static inline __attribute__((always_inline))

/* sum [lanes] = overlaps times pixels, of a box whose side is a constant where this is called; in
   chains of sums, so that none waits for itself. */
LANES_INLINE void sum_side(float *sum, const sqn__aperture_box *box, const int64_t side)
{
    vector part[N_CHAIN][N_VECTOR] = {{{0.0F}}};

    for (int64_t j = 0; j < side; j++) {
        const float *share = box->kernel + j * side;
        const float *row = box->pixels + j * box->stride;

        LANES_UNROLL
        for (int64_t i = 0; i < side; i++) {
            const vector *pixel = (const vector *)(const void *)(row + i * LANES);

            LANES_UNROLL
            for (int64_t v = 0; v < N_VECTOR; v++) {
                part[i % N_CHAIN][v] += share[i] * pixel[v];
            }
        }
    }
    for (int64_t v = 0; v < N_VECTOR; v++) {
        for (int64_t c = 1; c < N_CHAIN; c++) {
            part[0][v] += part[c][v];
        }
        ((vector *)(void *)sum)[v] = part[0][v];
    }
}

/* Most boxes are small: their loops are written out. */
LANES_INLINE void sum_box(float *sum, const sqn__aperture_box *box)
{
    switch (box->side) {
    case 3:
        sum_side(sum, box, 3);
        break;
    case 4:
        sum_side(sum, box, 4);
        break;
    case 5:
        sum_side(sum, box, 5);
        break;
    case 6:
        sum_side(sum, box, 6);
        break;
    case 7:
        sum_side(sum, box, 7);
        break;
    default:
        sum_side(sum, box, box->side);
    }
}

static void flux(float *out, const sqn__aperture_box *box)
{
    float sum[LANES];

    sum_box(sum, box);
    for (int64_t l = 0; l < LANES; l++) {
        out[l] = sum[l];
    }
}

static void add(sqn__aperture_sums *sums, const sqn__aperture_box *box)
{
    float sum[LANES];

    sum_box(sum, box);
    for (int64_t l = 0; l < LANES; l += SQN__LANES_WIDTH) {
        const vector d = *(const vector *)(const void *)(sum + l) -
                         *(const vector *)(const void *)(sums->origin + l);

        *(vector *)(void *)(sums->one + l) += d;
        *(vector *)(void *)(sums->two + l) += d * d;
    }
}

#endif
