/** @file screen.h @brief Phase screens: random aberrations with a power-law spectrum. */
#ifndef SCREEN_H
#define SCREEN_H

#include <complex.h>
#include <stdint.h>

#include "fft.h"
#include "sequin/error.h"

/** What turns white noise into aberrations of one spectrum over one pupil. */
typedef struct screen_maker {
    int64_t n;           /**< Grid, as in pupil.h. */
    const double *pupil; /**< [n, n] transmission. Borrowed. */
    double *root;        /**< [n, n] square root of the power spectrum. Owned. */
    double basis[3]
                [3]; /**< Piston, tip and tilt, orthonormal over the pupil: the factors of
                              1, x and y (elements) of each. */
} screen_maker;

/**
 * Prepare screens with power spectrum |f|^exponent.
 *
 * They hold no piston, tip or tilt over the pupil (where the star stands is the pointing's
 * business), and are scaled so that the expected variance over the pupil is 1.
 *
 * @param[out] out       Filled on success, cleared on failure. Free with screen_clear().
 * @param[in]  pupil     [n, n] borrowed for the life of the screen.
 * @param[in]  exponent  < 0.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status screen_init(screen_maker *out, int64_t n, const double *pupil,
                                     double exponent, const sqn__fft *fft, sqn_error *err);
void screen_clear(screen_maker *screen);

/**
 * Unit normal noise of one frame, or the next step of an AR(1) process made of such noise:
 * state <- correlation state + sqrt(1 - correlation^2) noise, which keeps its variance 1.
 * A `correlation` of 0 starts the process.
 *
 * @param[in,out] state  [n, n]
 * @param[in]     stream Random stream of this frame, from stream.h.
 */
void screen_step(double *state, int64_t n, double correlation, uint64_t seed,
                 uint64_t stream);

/**
 * Turn white noise into a screen.
 *
 * @param[out] phase  [n, n] (radians for unit rms); may be `noise`.
 * @param[in]  noise  [n, n] of variance 1.
 * @param      work   [n, n]
 */
void screen_make(double *phase, const screen_maker *screen, const double *noise,
                 double complex *work, const sqn__fft *fft);

/** rms of a screen over the pupil, about its mean. */
double screen_rms(const double *phase, const screen_maker *screen);

#endif
