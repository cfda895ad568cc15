/**
 * @file fft.h
 * @brief The owner of FFTW: transforms of planes and of lines in double, in place.
 *
 * Plans are made by estimate, so equal sizes give equal bits in every run.
 */
#ifndef SQN_FFT_H
#define SQN_FFT_H

#include <complex.h>
#include <stdint.h>

#include "sequin/error.h"

/** Plans for one shape. Opaque. */
typedef struct sqn__fft sqn__fft;

/**
 * Plan transforms of [ny, nx]. One thread plans at a time, whoever calls; transforms of one
 * plan may run in several threads on data of their own. Not to be called in an unnamed
 * `omp critical`, which is the lock it takes.
 *
 * @param[out] out  New, owned by the caller; NULL on failure.
 *
 * @retval SQN_ERR_ARG     A side is not positive or exceeds what FFTW counts with.
 * @retval SQN_ERR_MEMORY  Needs 16 ny nx bytes while planning.
 */
SQN_NODISCARD sqn_status sqn__fft_create(sqn__fft **out, int64_t ny, int64_t nx,
                                         sqn_error *err);

/**
 * The same for `n_line` lines of `n` numbers side by side: element i of line l is i stride + l, so
 * that they are columns of an array with rows `stride` apart, or one row (one line, stride 1).
 *
 * @retval SQN_ERR_ARG, SQN_ERR_MEMORY  As above.
 */
SQN_NODISCARD sqn_status sqn__fft_create_lines(sqn__fft **out, int64_t n, int64_t n_line,
                                               int64_t stride, sqn_error *err);

/**
 * F(v, u) = sum_yx f(y, x) exp(-2 pi i (v y / ny + u x / nx)), in place; of a line, F(v) = sum_y
 * f(y) exp(-2 pi i v y / n).
 *
 * @param[in,out] data  [ny, nx], or where the first line begins; on a boundary of 16 bytes.
 */
void sqn__fft_forward(const sqn__fft *fft, double complex *data);

/** The same with +i and not normalised: forward, then backward multiplies by ny nx (n of a line). */
void sqn__fft_backward(const sqn__fft *fft, double complex *data);

/** Free and set to NULL. NULL-safe. */
void sqn__fft_destroy(sqn__fft **fft);

#endif
