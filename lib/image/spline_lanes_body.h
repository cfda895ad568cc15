/** @file spline_lanes_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_SPLINE_LANES_BODY_H
#define SQN_SPLINE_LANES_BODY_H

#include "spline_lanes.h"

enum {
    LANES = SQN__SPLINE_LANES,
    N_TAP = SQN__SPLINE_N_TAP,
    N_PIXEL = SQN__SPLINE_N_CARDINAL
};

/* The taps of a row; may stand anywhere, and on top of numbers. */
typedef double taps
    __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
typedef double half_taps __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float narrow_taps
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

#define TAPS_INLINE static inline __attribute__((always_inline))

/* A position along one axis: its cell, and the place in it. */
typedef struct place {
    int64_t cell;
    double rest;
} place;

TAPS_INLINE place place_at(double position)
{
    const int64_t near = (int64_t)position; /* towards 0 */
    const int64_t cell = near - ((double)near > position ? 1 : 0);

    return (place){cell, position - (double)cell};
}

/* Weights at a place, by Horner's rule. */
TAPS_INLINE void weigh(taps *out, const sqn__spline_taps *of, double rest)
{
    taps sum = *(const taps *)(const void *)of->power[N_TAP - 1];

    for (int64_t d = N_TAP - 2; d >= 0; d--) {
        sum = sum * rest + *(const taps *)(const void *)of->power[d];
    }
    *out = sum;
}

TAPS_INLINE double total(const taps *v)
{
    const half_taps s = __builtin_shufflevector(*v, *v, 0, 1, 2, 3) +
                        __builtin_shufflevector(*v, *v, 4, 5, 6, 7);

    return (s[0] + s[2]) + (s[1] + s[3]);
}

static void values(float *out, const sqn__spline_planes *planes, const double *y,
                   const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const place at_y = place_at(y[i]), at_x = place_at(x[i]);
        const double *row =
            planes->coeff + (at_y.cell - 2) * planes->stride + at_x.cell - 2;
        taps w_x, w_y, sum = {0};

        weigh(&w_x, &planes->value, at_x.rest);
        weigh(&w_y, &planes->value, at_y.rest);
        for (int64_t j = 0; j < N_TAP; j++) {
            sum += w_y[j] * *(const taps *)(const void *)(row + j * planes->stride);
        }
        sum *= w_x;
        out[i] = (float)total(&sum);
    }
}

static void variances(float *out, const sqn__spline_planes *planes, const double *y,
                      const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const place at_y = place_at(y[i]), at_x = place_at(x[i]);
        const int64_t first = (at_y.cell - 3) * planes->stride + at_x.cell - 3;
        taps w_x, w_y, sum = {0}, known = {0};

        weigh(&w_x, &planes->pixel, at_x.rest);
        weigh(&w_y, &planes->pixel, at_y.rest);
        for (int64_t j = 0; j < N_PIXEL; j++) {
            const int64_t at = first + j * planes->stride;
            const narrow_taps variance =
                *(const narrow_taps *)(const void *)(planes->variance + at);
            const narrow_taps present =
                *(const narrow_taps *)(const void *)(planes->present + at);

            sum += w_y[j] * w_y[j] * __builtin_convertvector(variance, taps);
            known += w_y[j] * __builtin_convertvector(present, taps);
        }
        sum *= w_x * w_x;
        known *= w_x;
        const double share = total(&w_y) * total(&w_x) / total(&known);

        out[i] = (float)(total(&sum) * share * share);
    }
}

#endif
