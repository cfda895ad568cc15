/**
 * @file blur.h
 * @brief Sums of shifted lines behind a convolution, as tables: one per vector width.
 *
 * Every table gives the same numbers to the rounding of float.
 */
#ifndef SQN_BLUR_H
#define SQN_BLUR_H

#include <stdint.h>

/** A window of a kernel on a line: how many terms, `step` apart. Borrowed. */
typedef struct sqn__blur_window {
    const float *kernel; /**< [n] */
    int64_t n, step;
    const float *times; /**< [width] factors of the sums; NULL: 1. */
} sqn__blur_window;

typedef struct sqn__blur {
    /** out[i] = times[i] sum of kernel[j] in[j step + i] for i < width. */
    void (*convolve)(float *out, const float *in, int64_t width, sqn__blur_window window);
} sqn__blur;

/** What every processor runs. */
extern const sqn__blur sqn__blur_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__blur *sqn__blur_avx2(void);
const sqn__blur *sqn__blur_avx512(void);

/** The widest that runs on this processor. */
const sqn__blur *sqn__blur_choose(void);

#endif
