/** @file sqn_target.h @brief Frames of known components, and references these were built from. */
#ifndef SQN_TEST_TARGET_H
#define SQN_TEST_TARGET_H

#include <math.h>
#include <stdlib.h>

#include "rng.h"
#include "sequin/target.h"
#include "sqn_check.h"

enum { N_PIX = 150, N_TRIAL = 2000, K = 3, N_REFERENCE = 12 };
enum {
    N_VALUES = N_TRIAL * N_PIX,
    N_DATA = N_REFERENCE * N_PIX,
    N_BASIS = K * N_PIX,
    N_W = K * N_REFERENCE
};

static sqn_error err;
static float basis[N_BASIS], value[N_VALUES], weight[N_VALUES], fit[N_VALUES],
    comp[N_VALUES];
static const double truth[K] = {20.0, 35.0, 27.5}; /* far from the bounds */

static inline double uniform(uint64_t stream, int64_t index)
{
    return (double)sqn__rng_uniform(777, stream, (uint64_t)index);
}

static inline double normal(uint64_t stream, int64_t index)
{
    return sqrt(-2.0 * log(uniform(stream, index))) *
           cos(6.283185307179586 * uniform(stream + 1, index));
}

static inline double sigma_at(int64_t pixel)
{
    return 0.5 + uniform(20, pixel);
}

/* Many frames of one truth: only the noise differs. A sixth of the pixels is not fitted. */
static inline void observe(double sky)
{
    for (int64_t e = 0; e < N_BASIS; e++) {
        basis[e] = (float)(0.3 * uniform(21, e));
    }
    for (int64_t e = 0; e < N_VALUES; e++) {
        const int64_t p = e % N_PIX;
        double x = sky + sigma_at(p) * normal(22, e);

        for (int64_t j = 0; j < K; j++) {
            x += truth[j] * (double)basis[j * N_PIX + p];
        }
        value[e] = (float)x;
        weight[e] = p % 6 == 0 ? 0.0F : (float)(1.0 / (sigma_at(p) * sigma_at(p)));
    }
}

static const sqn_matrix_const components = {basis, K, N_PIX, N_PIX};
static const sqn_matrix from_fit = {fit, N_TRIAL, N_PIX, N_PIX};
static const sqn_matrix from_comp = {comp, N_TRIAL, N_PIX, N_PIX};
static const sqn_rows_pair pair = {{value, N_TRIAL, N_PIX, N_PIX},
                                   {weight, N_TRIAL, N_PIX, N_PIX}};

static inline sqn_target *fit_trials(bool background)
{
    static sqn_target_basis target_basis;
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_target *target = NULL;

    target_basis = (sqn_target_basis){1, &components, background};
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    return target;
}

/* References of known coefficients; weights of any size, some missing. */
typedef struct build {
    float value[N_DATA], weight[N_DATA];
    double w[N_W];
    sqn_rows_pair pair;
    sqn_panels *panels;
} build;

static inline double reference_weight(int64_t i, int64_t p)
{
    return i == 4 || uniform(31, i * N_PIX + p) < 0.1
               ? 0.0
               : 1e-9 * (1.0 + uniform(32, p * 64 + i));
}

/* The first n_pix pixels; frame 4 has no data and NaN coefficients, pixel 7 has no data. */
static inline build *create_build(int64_t n_pix)
{
    build *b = calloc(1, sizeof *b);

    ck_assert_ptr_nonnull(b);
    for (int64_t j = 0; j < N_W; j++) {
        b->w[j] = j / K == 4 ? NAN : 1e4 * uniform(30, j);
    }
    for (int64_t i = 0; i < N_REFERENCE; i++) {
        for (int64_t p = 0; p < n_pix; p++) {
            b->value[i * n_pix + p] = (float)(1e4 * uniform(33, i * n_pix + p));
            b->weight[i * n_pix + p] = p == 7 ? 0.0F : (float)reference_weight(i, p);
        }
    }
    b->pair = (sqn_rows_pair){{b->value, N_REFERENCE, n_pix, n_pix},
                              {b->weight, N_REFERENCE, n_pix, n_pix}};
    const sqn_rows rows = sqn_rows_dense(&b->pair);

    SQN_ASSERT_OK(sqn_panels_create(&b->panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    return b;
}

static inline void destroy_build(build *b)
{
    sqn_panels_destroy(&b->panels);
    free(b);
}

/* w^T M w by Gauss-Jordan on [G | w], on the components that are above 0 at the pixel. */
static inline double by_elimination(const build *b, const double *w, int64_t p,
                                    int64_t n_pix)
{
    double a[K][K + 1] = {{0}}, sum = 0.0;

    for (int64_t j = 0; j < K; j++) {
        const bool in = basis[j * N_PIX + p] > 0.0F;

        for (int64_t l = 0; l < K; l++) {
            for (int64_t i = 0; i < N_REFERENCE; i++) {
                const double v = b->weight[i * n_pix + p];

                a[j][l] += in && basis[l * N_PIX + p] > 0.0F && v > 0.0
                               ? v * b->w[i * K + j] * b->w[i * K + l]
                               : 0.0;
            }
        }
        a[j][j] = in ? a[j][j] : 1.0;
        a[j][K] = in ? w[j] : 0.0;
    }
    for (int64_t q = 0; q < K; q++) {
        for (int64_t j = 0; j < K; j++) {
            const double factor = a[j][q] / a[q][q];

            for (int64_t l = 0; j != q && l <= K; l++) {
                a[j][l] -= factor * a[q][l];
            }
        }
    }
    for (int64_t j = 0; j < K; j++) {
        sum += w[j] * a[j][K] / a[j][j];
    }
    return sum;
}

#endif
