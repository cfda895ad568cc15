/**
 * @file convolution.h
 * @brief The convolution of a plane of real numbers with itself.
 *
 * C(y, x) = sum f(b, a) f(y - b, x - a) over all pixels that exist, not periodic. Along x nothing is
 * padded: the numbers are multiplied by exp(i pi x / (2 nx)), which turns what a periodic
 * convolution of nx columns wraps round by a right angle, so that it is its imaginary part (the
 * right-angle convolution of Crandall & Pomerance, Prime Numbers, 2005, section 9.5). Each row and
 * each column is transformed by itself: the bits are the same for any number of threads.
 */
#ifndef SQN_CONVOLUTION_H
#define SQN_CONVOLUTION_H

#include "fft.h"

/** A plane and all that its convolution needs. Zeroed = empty. */
typedef struct sqn__convolution {
    int64_t ny, nx;        /* of the plane */
    int64_t stride;        /* from row to row of `value` */
    double complex *value; /* [2 ny, stride] the plane in [ny, nx], real; then C */
    double complex *phase; /* [nx] */
    sqn__fft *row, *columns;
} sqn__convolution;

/**
 * Plan, and take memory, whose content is of any kind.
 *
 * @param[out] out  Owned by the caller, to be cleared; empty on failure.
 *
 * @retval SQN_ERR_ARG     A side is not positive or exceeds what FFTW counts with.
 * @retval SQN_ERR_MEMORY  Needs about 32 ny nx bytes, twice of that while planning.
 */
SQN_NODISCARD sqn_status sqn__convolution_create(sqn__convolution *out, int64_t ny,
                                                 int64_t nx, sqn_error *err);

/** From the plane in `value` [ny, nx] to its convolution with itself, times 2 ny nx. */
void sqn__convolution_run(sqn__convolution *c);

/** C(y, x) times 2 ny nx, for y in [0, 2 ny) and x in [0, 2 nx), after the run. */
static inline double sqn__convolution_at(const sqn__convolution *c, int64_t y, int64_t x)
{
    const double complex *row = c->value + y * c->stride;

    return x < c->nx ? creal(row[x]) : cimag(row[x - c->nx]);
}

/** Free and empty. */
void sqn__convolution_clear(sqn__convolution *c);

#endif
