/** @file sqn_planes.h @brief Frames of several planes, as they are turned and combined. */
#ifndef SQN_PLANES_H
#define SQN_PLANES_H

#include <math.h>

#include "mem.h"
#include "rng.h"
#include "sequin/rotate.h"
#include "sqn_check.h"

/* A frame of values only. */
static inline sqn_image make_plain(int64_t ny, int64_t nx)
{
    const sqn_image image = {
        .ny = ny, .nx = nx, .value = sqn__mem_alloc(ny * nx, sizeof(float))};

    ck_assert_ptr_nonnull(image.value);
    return image;
}

/* A frame with every plane: nothing but variances of 1. */
static inline sqn_image make(int64_t ny, int64_t nx)
{
    sqn_image image = make_plain(ny, nx);

    image.variance = sqn__mem_alloc(ny * nx, sizeof(float));
    image.dq = sqn__mem_alloc(ny * nx, sizeof(uint32_t));
    image.flags = sqn__mem_alloc(ny * nx, 1);
    ck_assert_ptr_nonnull(image.variance);
    ck_assert_ptr_nonnull(image.dq);
    ck_assert_ptr_nonnull(image.flags);
    for (int64_t p = 0; p < ny * nx; p++) {
        image.variance[p] = 1.0F;
    }
    return image;
}

static inline void drop(sqn_image *image)
{
    sqn__mem_free(image->value);
    sqn__mem_free(image->variance);
    sqn__mem_free(image->dq);
    sqn__mem_free(image->flags);
    sqn__mem_free(image->shared);
}

/* Value `index` of Gaussian noise of mean 0 and sigma 1. */
static inline double gauss(uint64_t seed, uint64_t index)
{
    const double pi = 3.14159265358979323846;
    const double u = (double)sqn__rng_uniform(seed, 0, index);
    const double v = (double)sqn__rng_uniform(seed, 1, index);

    return sqrt(-2.0 * log(u)) * cos(2.0 * pi * v);
}

#endif
