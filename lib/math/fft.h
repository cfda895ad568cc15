/**
 * @file fft.h
 * @brief The owner of FFTW: two-dimensional transforms in double, in place.
 *
 * Plans are made by estimate, so equal sizes give equal bits in every run.
 */
#ifndef SQN_FFT_H
#define SQN_FFT_H

#include <complex.h>
#include <stdint.h>

#include "sequin/error.h"

/** Plans for one size. Opaque. */
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
 * F(v, u) = sum_yx f(y, x) exp(-2 pi i (v y / ny + u x / nx)), in place.
 *
 * @param[in,out] data  [ny, nx] from sqn__mem_alloc() (alignment is relied upon).
 */
void sqn__fft_forward(const sqn__fft *fft, double complex *data);

/** The same with +i and not normalised: forward, then backward multiplies by ny nx. */
void sqn__fft_backward(const sqn__fft *fft, double complex *data);

/** Numbers from row to row of a real plane of nx columns: its spectrum needs a few more. */
static inline int64_t sqn__fft_row(int64_t nx)
{
    return 2 * (nx / 2 + 1);
}

/** Make the planner acquainted with sqn__fft_convolve_self() of this size: most of the time of a
 *  first plan, which can pass beside other work. */
void sqn__fft_prepare_self(int64_t ny, int64_t nx);

/**
 * The periodic convolution of a real plane with itself, times ny nx: half the work of complex
 * transforms.
 *
 * @param[in,out] plane  [ny, nx], rows sqn__fft_row(nx) apart, from sqn__mem_alloc(); what lies
 *                       behind the rows is spoilt.
 * @retval SQN_ERR_ARG, SQN_ERR_MEMORY  As above.
 */
SQN_NODISCARD sqn_status sqn__fft_convolve_self(double *plane, int64_t ny, int64_t nx,
                                                sqn_error *err);

/** Free and set to NULL. NULL-safe. */
void sqn__fft_destroy(sqn__fft **fft);

#endif
