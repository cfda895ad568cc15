/** @file aperture_lanes_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_APERTURE_LANES_BODY_H
#define SQN_APERTURE_LANES_BODY_H

#include "aperture_lanes.h"

enum { LANES = SQN__APERTURE_LANES, N_VECTOR = LANES / SQN__LANES_WIDTH };

/* A share of the lanes; may stand anywhere, and on top of floats. */
typedef float vector
    __attribute__((vector_size(SQN__LANES_WIDTH * sizeof(float)), aligned(4), may_alias));

/* Add one pixel of the box. */
static inline void add_pixel(vector *part, const sqn__aperture_box *box, int64_t j,
                             int64_t i)
{
    const float share = box->kernel[j * box->side + i];
    const vector *pixel =
        (const vector *)(const void *)(box->pixels + j * box->stride + i * LANES);

    for (int64_t v = 0; v < N_VECTOR; v++) {
        part[v] += share * pixel[v];
    }
}

/* Add one or two rows of the box: four chains of sums, so that none waits for itself. */
static inline void add_rows(vector part[4][N_VECTOR], const sqn__aperture_box *box,
                            int64_t j, const int64_t n_row)
{
    int64_t i = 0;

    for (; i + 1 < box->side; i += 2) {
        for (int64_t r = 0; r < n_row; r++) {
            add_pixel(part[2 * r], box, j + r, i);
            add_pixel(part[2 * r + 1], box, j + r, i + 1);
        }
    }
    for (int64_t r = 0; r < n_row && i < box->side; r++) {
        add_pixel(part[2 * r], box, j + r, i);
    }
}

/* sum [lanes] = overlaps times pixels. */
static inline void sum_box(float *sum, const sqn__aperture_box *box)
{
    vector part[4][N_VECTOR] = {{{0.0F}}};
    int64_t j = 0;

    for (; j + 1 < box->side; j += 2) {
        add_rows(part, box, j, 2);
    }
    if (j < box->side) {
        add_rows(part, box, j, 1);
    }
    for (int64_t v = 0; v < N_VECTOR; v++) {
        ((vector *)(void *)sum)[v] = (part[0][v] + part[1][v]) + (part[2][v] + part[3][v]);
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
    for (int64_t l = 0; l < LANES; l++) {
        const double d = (double)sum[l] - sums->origin[l];

        sums->one[l] += d;
        sums->two[l] += d * d;
    }
}

#endif
