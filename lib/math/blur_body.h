/** @file blur_body.h @brief The loops of a table, compiled for each width (SQN__BLUR_LANES). */
#ifndef SQN_BLUR_BODY_H
#define SQN_BLUR_BODY_H

#include "blur.h"

enum { LANES = SQN__BLUR_LANES, VECTORS = 4 /* sums side by side, so that none waits */ };

typedef double lanes
    __attribute__((vector_size(SQN__BLUR_LANES * sizeof(double)), aligned(8), may_alias));

/* So many vectors of sums; `n_vector` is a constant where this is called. */
static inline __attribute__((always_inline)) void
convolve_lanes(double *restrict out, const double *restrict in,
               const sqn__blur_window *window, const int64_t n_vector)
{
    lanes sum[VECTORS] = {{0.0}};

    for (int64_t j = 0; j < window->n; j++) {
        const double *from = in + j * window->step;
        const double factor = window->kernel[j];

        for (int64_t v = 0; v < n_vector; v++) {
            sum[v] += factor * *(const lanes *)(const void *)(from + v * LANES);
        }
    }
    for (int64_t v = 0; v < n_vector; v++) {
        *(lanes *)(void *)(out + v * LANES) = sum[v];
    }
}

static void convolve(double *out, const double *in, int64_t width, sqn__blur_window window)
{
    int64_t i = 0;

    for (; i + VECTORS * (int64_t)LANES <= width; i += VECTORS * (int64_t)LANES) {
        convolve_lanes(out + i, in + i, &window, VECTORS);
    }
    for (; i + LANES <= width; i += LANES) {
        convolve_lanes(out + i, in + i, &window, 1);
    }
    for (; i < width; i++) {
        double sum = 0.0;

        for (int64_t j = 0; j < window.n; j++) {
            sum += window.kernel[j] * in[j * window.step + i];
        }
        out[i] = sum;
    }
}

#endif
