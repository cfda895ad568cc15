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

LANES_INLINE void add_side(const sqn__aperture_task *task, int64_t n, const int64_t side)
{
    for (int64_t i = 0; i < n; i++) {
        sqn__aperture_sums *sums = task[i].sums;
        float sum[LANES];

        sum_side(sum, task[i].box, side);
        LANES_UNROLL
        for (int64_t l = 0; l < LANES; l += SQN__LANES_WIDTH) {
            const vector d = *(const vector *)(const void *)(sum + l) -
                             *(const vector *)(const void *)(sums->origin + l);

            *(vector *)(void *)(sums->one + l) += d;
            *(vector *)(void *)(sums->two + l) += d * d;
        }
    }
}

/* Most boxes are small: their loops are written out. */
#define LANES_SIDES(CALL, side) \
    switch (side) {             \
    case 3:                     \
        CALL(3);                \
        break;                  \
    case 4:                     \
        CALL(4);                \
        break;                  \
    case 5:                     \
        CALL(5);                \
        break;                  \
    case 6:                     \
        CALL(6);                \
        break;                  \
    case 7:                     \
        CALL(7);                \
        break;                  \
    default:                    \
        CALL(side);             \
    }

static void flux(float *out, const sqn__aperture_box *box)
{
#define CALL(n) sum_side(out, box, n)
    LANES_SIDES(CALL, box->side)
#undef CALL
}

static void add(const sqn__aperture_task *task, int64_t n)
{
    const int64_t side = n > 0 ? task[0].box->side : 0;

#define CALL(constant) add_side(task, n, constant)
    LANES_SIDES(CALL, side)
#undef CALL
}

#endif
