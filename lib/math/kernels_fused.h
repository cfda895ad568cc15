/**
 * @file kernels_fused.h
 * @brief Gradients of few components without a residual in memory, once per instruction set.
 *
 * What a component is multiplied with stays in vector registers, so that there is a loop for
 * each number of components, up to as many as leave registers for the rest (SQN__TILE_ROWS).
 */
#ifndef SQN_KERNELS_FUSED_H
#define SQN_KERNELS_FUSED_H

#include "kernels_product.h"

enum {
    FUSED_MOST = SQN__TILE_ROWS, /* columns of across() */
    FUSED_ALONG = 6, /* of along(): more are slower than product after product */
    FUSED_PAIRS = SQN__TILE_ROWS / 2 /* that leave registers for two vectors of lanes */
};

/* x - model, and v times that, at `at`. */
typedef struct fused_residual {
    tile_vector off, weighted;
} fused_residual;

TILE_INLINE fused_residual fused_weigh(const sqn__kernels_fit *fit, int64_t at,
                                       tile_vector model)
{
    const tile_vector off = *(const tile_vector *)(fit->x + at) - model;

    return (fused_residual){off, *(const tile_vector *)(fit->v + at) * off};
}

/* g += s^T r of `cols` vectors of lanes from `t` on; all rows, k components. */
TILE_INLINE void fused_along(float *g, const sqn__kernels_fit *fit, int64_t t,
                             sqn__kernels_ahead *ahead, const int64_t k, const int64_t cols)
{
    enum { T = SQN__KERNELS_WIDTH };
    const bool asks = ahead != NULL && ahead->n_line > 0;
    const sqn__kernels_ahead next = asks ? *ahead : (sqn__kernels_ahead){NULL, NULL, 0};
    tile_vector u[FUSED_MOST][TILE_COLS], sum[FUSED_MOST][TILE_COLS];

    TILE_UNROLL
    for (int64_t a = 0; a < k; a++) {
        for (int64_t c = 0; c < cols; c++) {
            const int64_t at = a * T + t + c * SQN__TILE_LANES;

            u[a][c] = *(const tile_vector *)(fit->u + at);
            sum[a][c] = *(const tile_vector *)(g + at);
        }
    }
    for (int64_t j = 0; j < fit->s.rows; j++) {
        const float *s = fit->s.data + j * fit->s.stride;

        if (asks && (cols > 1 || j % 2 == 0)) {
            tile_ask(&next, cols > 1 ? j : j / 2);
        }
        for (int64_t c = 0; c < cols; c++) {
            tile_vector model = {0};

            TILE_UNROLL
            for (int64_t a = 0; a < k; a++) {
                model += s[a] * u[a][c];
            }
            const fused_residual r =
                fused_weigh(fit, j * T + t + c * SQN__TILE_LANES, model);

            TILE_UNROLL
            for (int64_t a = 0; a < k; a++) {
                sum[a][c] += s[a] * r.weighted;
            }
        }
    }
    TILE_UNROLL
    for (int64_t a = 0; a < k; a++) {
        for (int64_t c = 0; c < cols; c++) {
            *(tile_vector *)(g + a * T + t + c * SQN__TILE_LANES) = sum[a][c];
        }
    }
    if (asks) {
        tile_asked(ahead, cols > 1 ? fit->s.rows : (fit->s.rows + 1) / 2);
    }
}

TILE_INLINE void fused_along_all(float *g, const sqn__kernels_fit *fit,
                                 sqn__kernels_ahead *ahead, const int64_t k)
{
    const int64_t cols = k <= FUSED_PAIRS ? TILE_COLS : 1;

    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += cols * SQN__TILE_LANES) {
        fused_along(g, fit, t, ahead, k, cols);
    }
}

/* c += r u^T of one row, in parts by lanes; returns v (x - s u)^2 by lanes. */
TILE_INLINE tile_vector fused_across(float *c, const sqn__kernels_fit *fit, int64_t j,
                                     sqn__kernels_ahead *ahead, const int64_t k)
{
    enum { T = SQN__KERNELS_WIDTH };
    const float *s = fit->s.data + j * fit->s.stride;
    const bool asks = ahead != NULL && ahead->n_line > 0;
    const sqn__kernels_ahead next = asks ? *ahead : (sqn__kernels_ahead){NULL, NULL, 0};
    tile_vector sum[FUSED_MOST], chi2 = {0};

    TILE_UNROLL
    for (int64_t a = 0; a < k; a++) {
        sum[a] = *(const tile_vector *)(c + a * SQN__KERNELS_PART);
    }
    for (int64_t t = 0; t < T; t += SQN__TILE_LANES) {
        tile_vector model = {0};

        if (asks && t % TILE_ELEMENTS == 0) {
            tile_ask(&next, t / TILE_ELEMENTS);
        }
        TILE_UNROLL
        for (int64_t a = 0; a < k; a++) {
            model += s[a] * *(const tile_vector *)(fit->u + a * T + t);
        }
        const fused_residual r = fused_weigh(fit, j * T + t, model);

        chi2 += r.weighted * r.off;
        TILE_UNROLL
        for (int64_t a = 0; a < k; a++) {
            sum[a] += r.weighted * *(const tile_vector *)(fit->u + a * T + t);
        }
    }
    TILE_UNROLL
    for (int64_t a = 0; a < k; a++) {
        *(tile_vector *)(c + a * SQN__KERNELS_PART) = sum[a];
    }
    if (asks) {
        tile_asked(ahead, T / TILE_ELEMENTS);
    }
    return chi2;
}

TILE_INLINE double fused_across_all(float *c, const sqn__kernels_fit *fit,
                                    sqn__kernels_ahead *ahead, const int64_t k)
{
    tile_wide sum = {0};
    double total = 0.0;

    for (int64_t j = 0; j < fit->s.rows; j++) {
        sum += __builtin_convertvector(
            fused_across(c + j * k * SQN__KERNELS_PART, fit, j, ahead, k), tile_wide);
    }
    for (int64_t l = 0; l < SQN__TILE_LANES; l++) {
        total += sum[l];
    }
    return total;
}

static void along(float *g, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
#define CALL(k) fused_along_all(g, fit, ahead, k)
    switch (fit->s.cols) {
        TILE_CASE_6(CALL)
    default:
        assert(fit->s.cols == 0);
    }
#undef CALL
}

static double across(float *c, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    double chi2 = 0.0;

#define CALL(k) chi2 = fused_across_all(c, fit, ahead, k)
    switch (fit->s.cols) {
        SQN__TILE_CASES(CALL)
    default:
        assert(fit->s.cols == 0);
    }
#undef CALL
    return chi2;
}

#endif
