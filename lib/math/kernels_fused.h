/**
 * @file kernels_fused.h
 * @brief Gradients without a residual in memory, once per instruction set.
 *
 * Residuals of a few rows and vectors of lanes stay in registers: a first walk over the
 * components forms their model, a second multiplies them with one factor or the other.
 */
#ifndef SQN_KERNELS_FUSED_H
#define SQN_KERNELS_FUSED_H

#include "kernels_product.h"

enum {
    FUSED_ROWS = SQN__KERNELS_ROWS,
    FUSED_COLS = SQN__TILE_FUSED, /* vectors of lanes */
    FUSED_LANES = FUSED_COLS * SQN__TILE_LANES,
    /* Lines asked for at once: half as many as are read. Both gradients together ask for all. */
    FUSED_ASK = FUSED_ROWS * FUSED_LANES * (int)sizeof(float) / (2 * SQN__KERNELS_LINE)
};

static_assert((int)SQN__KERNELS_WIDTH % (int)FUSED_LANES == 0, "a panel is whole tiles");

/* v o (x - s u) of rows from j on and lanes from t on, */
typedef struct fused_tile {
    tile_vector r[FUSED_ROWS][FUSED_COLS];
    tile_vector chi2[FUSED_COLS]; /* and what they add to it, by lanes. */
} fused_tile;

TILE_INLINE tile_vector fused_load(const float *at, int64_t c)
{
    return *(const tile_vector *)(at + c * SQN__TILE_LANES);
}

TILE_INLINE void fused_ask(sqn__kernels_ahead *ahead)
{
    if (ahead != NULL && ahead->n_line > 0) {
        TILE_UNROLL
        for (int64_t i = 0; i < FUSED_ASK; i++) {
            tile_ask(ahead, i);
        }
        tile_asked(ahead, FUSED_ASK);
    }
}

/* r = s u of `rows` rows. */
TILE_INLINE void fused_model(fused_tile *of, const sqn__kernels_fit fit, int64_t j,
                             int64_t t, const int64_t rows)
{
    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < FUSED_COLS; c++) {
            of->r[i][c] = (tile_vector){0};
        }
    }
    for (int64_t a = 0; a < fit.s.cols; a++) {
        const float *u = fit.u + a * SQN__KERNELS_WIDTH + t;
        const float *s = fit.s.data + j * fit.s.stride + a;

        TILE_UNROLL
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t c = 0; c < FUSED_COLS; c++) {
                of->r[i][c] += s[i * fit.s.stride] * fused_load(u, c);
            }
        }
    }
}

TILE_INLINE void fused_residual(fused_tile *of, const sqn__kernels_fit fit, int64_t j,
                                int64_t t, const int64_t rows)
{
    fused_model(of, fit, j, t, rows);
    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        const int64_t at = (j + i) * SQN__KERNELS_WIDTH + t;

        for (int64_t c = 0; c < FUSED_COLS; c++) {
            const tile_vector off = fused_load(fit.x + at, c) - of->r[i][c];

            of->r[i][c] = fused_load(fit.v + at, c) * off;
            of->chi2[c] += of->r[i][c] * off;
        }
    }
}

/* g += s^T r of `rows` rows from j on and the lanes from t on. */
TILE_INLINE void fused_along(float *g, const sqn__kernels_fit fit, int64_t j, int64_t t,
                             const int64_t rows)
{
    fused_tile of = {.chi2 = {{0}}};

    fused_residual(&of, fit, j, t, rows);
    for (int64_t a = 0; a < fit.s.cols; a++) {
        const float *s = fit.s.data + j * fit.s.stride + a;
        float *to = g + a * SQN__KERNELS_WIDTH + t;
        tile_vector sum[FUSED_COLS];

        for (int64_t c = 0; c < FUSED_COLS; c++) {
            sum[c] = fused_load(to, c);
        }
        TILE_UNROLL
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t c = 0; c < FUSED_COLS; c++) {
                sum[c] += s[i * fit.s.stride] * of.r[i][c];
            }
        }
        for (int64_t c = 0; c < FUSED_COLS; c++) {
            *(tile_vector *)(to + c * SQN__TILE_LANES) = sum[c];
        }
    }
}

static void along(float *g, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    const int64_t n = fit->s.rows, whole = n - n % FUSED_ROWS;

    for (int64_t t = 0; t < SQN__KERNELS_WIDTH; t += FUSED_LANES) {
        for (int64_t j = 0; j < whole; j += FUSED_ROWS) {
            fused_ask(ahead);
            fused_along(g, *fit, j, t, FUSED_ROWS);
        }
        for (int64_t j = whole; j < n; j++) {
            fused_along(g, *fit, j, t, 1);
        }
    }
}

/* c += the sums of `n` vectors; those behind them do not matter. */
TILE_INLINE void fused_add_sums(double *c, const tile_vector *part, int64_t n)
{
    for (int64_t i = 0; i < n; i += SQN__TILE_LANES) {
        const tile_wide sum = __builtin_convertvector(tile_fold(part + i), tile_wide);

        if (i + SQN__TILE_LANES <= n) {
            *(tile_wide *)(c + i) += sum;
            continue;
        }
        for (int64_t l = 0; i + l < n; l++) {
            c[i + l] += sum[l];
        }
    }
}

/* part [rows, k] = r u^T by lanes, or += behind the first. */
TILE_INLINE void fused_multiply(tile_vector *part, const fused_tile *of,
                                const sqn__kernels_fit fit, int64_t t, const int64_t rows,
                                const bool first)
{
    const int64_t k = fit.s.cols;

    for (int64_t a = 0; a < k; a++) {
        tile_vector u[FUSED_COLS];

        for (int64_t c = 0; c < FUSED_COLS; c++) {
            u[c] = fused_load(fit.u + a * SQN__KERNELS_WIDTH + t, c);
        }
        TILE_UNROLL
        for (int64_t i = 0; i < rows; i++) {
            tile_vector sum = first ? (tile_vector){0} : part[i * k + a];

            for (int64_t c = 0; c < FUSED_COLS; c++) {
                sum += of->r[i][c] * u[c];
            }
            part[i * k + a] = sum;
        }
    }
}

/* part [rows] = max(r, 0) by lanes, or +=. */
TILE_INLINE void fused_positive(tile_vector *part, const fused_tile *of, const int64_t rows,
                                const bool first)
{
    const tile_vector zero = {0};

    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        part[i] = first ? zero : part[i];
        for (int64_t c = 0; c < FUSED_COLS; c++) {
            part[i] += (tile_vector)((tile_mask)of->r[i][c] & (of->r[i][c] > zero));
        }
    }
}

/* Sums of r u^T by lanes; in front of them stand those of what is positive. */
TILE_INLINE tile_vector *fused_parts(const sqn__kernels_sums to)
{
    return (tile_vector *)to.work + SQN__TILE_LANES;
}

/* Lanes from t on of `rows` rows from j on; chi2 by lanes. */
TILE_INLINE void fused_lanes(tile_wide *chi2, const sqn__kernels_sums to,
                             const sqn__kernels_fit fit, int64_t j, int64_t t,
                             const int64_t rows, const bool first)
{
    fused_tile of = {.chi2 = {{0}}};

    fused_residual(&of, fit, j, t, rows);
    fused_multiply(fused_parts(to), &of, fit, t, rows, first);
    if (to.positive != NULL) {
        fused_positive((tile_vector *)to.work, &of, rows, first);
    }
    for (int64_t c = 0; c < FUSED_COLS; c++) {
        *chi2 += __builtin_convertvector(of.chi2[c], tile_wide);
    }
}

/* All lanes of `rows` rows from j on. */
TILE_INLINE void fused_across(tile_wide *chi2, const sqn__kernels_sums to,
                              const sqn__kernels_fit fit, int64_t j,
                              sqn__kernels_ahead *ahead, const int64_t rows)
{
    fused_ask(ahead);
    fused_lanes(chi2, to, fit, j, 0, rows, true);
    for (int64_t t = FUSED_LANES; t < SQN__KERNELS_WIDTH; t += FUSED_LANES) {
        fused_ask(ahead);
        fused_lanes(chi2, to, fit, j, t, rows, false);
    }
    fused_add_sums(to.c + j * fit.s.cols, fused_parts(to), rows * fit.s.cols);
    if (to.positive != NULL) {
        fused_add_sums(to.positive + j, (const tile_vector *)to.work, rows);
    }
}

static double across(const sqn__kernels_sums *to, const sqn__kernels_fit *fit,
                     sqn__kernels_ahead *ahead)
{
    const int64_t n = fit->s.rows, whole = n - n % FUSED_ROWS;
    tile_wide sum = {0};
    double total = 0.0;

    for (int64_t j = 0; j < whole; j += FUSED_ROWS) {
        fused_across(&sum, *to, *fit, j, ahead, FUSED_ROWS);
    }
    for (int64_t j = whole; j < n; j++) {
        fused_across(&sum, *to, *fit, j, NULL, 1);
    }
    for (int64_t l = 0; l < SQN__TILE_LANES; l++) {
        total += sum[l];
    }
    return total;
}

#endif
