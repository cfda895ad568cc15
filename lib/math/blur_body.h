/** @file blur_body.h @brief The loops of a table, compiled for each width (SQN__BLUR_LANES). */
#ifndef SQN_BLUR_BODY_H
#define SQN_BLUR_BODY_H

#include <stddef.h>

#include "blur.h"

enum { LANES = SQN__BLUR_LANES, VECTORS = 4 /* sums side by side, so that none waits */ };

typedef float lanes
    __attribute__((vector_size(SQN__BLUR_LANES * sizeof(float)), aligned(4), may_alias));

/* So many vectors of sums; `n_vector` is a constant where this is called. */
static inline __attribute__((always_inline)) void
convolve_lanes(float *restrict out, const float *restrict in,
               const sqn__blur_window *window, const float *times, const int64_t n_vector)
{
    lanes sum[VECTORS] = {{0.0F}};

    for (int64_t j = 0; j < window->n; j++) {
        const float *from = in + j * window->step;
        const float factor = window->kernel[j];

        for (int64_t v = 0; v < n_vector; v++) {
            sum[v] += factor * *(const lanes *)(const void *)(from + v * LANES);
        }
    }
    for (int64_t v = 0; v < n_vector; v++) {
        if (times != NULL) {
            sum[v] *= *(const lanes *)(const void *)(times + v * LANES);
        }
        *(lanes *)(void *)(out + v * LANES) = sum[v];
    }
}

static void convolve(float *out, const float *in, int64_t width, sqn__blur_window window)
{
    const float *times = window.times;
    int64_t i = 0;

    for (; i + VECTORS * (int64_t)LANES <= width; i += VECTORS * (int64_t)LANES) {
        convolve_lanes(out + i, in + i, &window, times != NULL ? times + i : NULL, VECTORS);
    }
    for (; i + LANES <= width; i += LANES) {
        convolve_lanes(out + i, in + i, &window, times != NULL ? times + i : NULL, 1);
    }
    for (; i < width; i++) {
        float sum = 0.0F;

        for (int64_t j = 0; j < window.n; j++) {
            sum += window.kernel[j] * in[j * window.step + i];
        }
        out[i] = times != NULL ? times[i] * sum : sum;
    }
}

#endif
