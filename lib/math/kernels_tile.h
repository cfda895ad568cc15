/**
 * @file kernels_tile.h
 * @brief Products whose results stay in vector registers, compiled once per instruction set.
 *
 * The file that includes it says how wide a vector is (SQN__TILE_LANES), how many rows of a
 * tile of two vectors leave registers for the operands (SQN__TILE_ROWS), and how the front
 * and back halves of two vectors interleave (SQN__TILE_FRONT, SQN__TILE_BACK). Products are one:
 * rows of broadcast numbers times rows of vectors. Few columns have loops of their own
 * (kernels_fused.h), and so have sweeps (kernels_sweep.h).
 */
#ifndef SQN_KERNELS_TILE_H
#define SQN_KERNELS_TILE_H

#include <assert.h>
#include <stddef.h>

#define SQN__TILE_NUMBER float
#include "kernels_lanes.h"
#include "kernels_product.h"

typedef double tile_wide __attribute__((vector_size(SQN__TILE_LANES * sizeof(double))));

static_assert((int)SQN__KERNELS_WIDTH % (int)TILE_ELEMENTS == 0, "a panel is whole tiles");
static_assert((int)SQN__TILE_ROWS <= (int)SQN__KERNELS_FEW, "few are no more");
static_assert((int)SQN__KERNELS_ALIGN % SQN__TILE_LANES == 0,
              "turned rows are whole vectors");

/* Where the data of a tile lie, and sum v (x - product)^2 by lanes. */
typedef struct tile_data {
    float *r;
    const float *x, *v;
    tile_wide sum;
} tile_data;

/* r = v o (x - product) of the tile that begins at `first`. */
TILE_INLINE void tile_residual(tile_data *data, int64_t first, const tile_operands *of,
                               const int64_t rows)
{
    /* four sums: each addition would wait for the one before */
    tile_vector model[SQN__TILE_ROWS][TILE_COLS], part[2][TILE_COLS] = {{{0}}};

    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < TILE_COLS; c++) {
            model[i][c] = (tile_vector){0};
        }
    }
    tile_multiply(model, of, rows, TILE_COLS);
    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < TILE_COLS; c++) {
            const int64_t at = first + i * SQN__KERNELS_WIDTH + c * SQN__TILE_LANES;
            const tile_vector off = *(const tile_vector *)(data->x + at) - model[i][c];
            const tile_vector weighted = *(const tile_vector *)(data->v + at) * off;

            *(tile_vector *)(data->r + at) = weighted;
            part[i % 2][c] += weighted * off;
        }
    }
    part[0][0] += part[1][0];
    part[0][1] += part[1][1];
    data->sum += __builtin_convertvector(part[0][0] + part[0][1], tile_wide);
}

static void spread(float *out, sqn_matrix_const a, const float *b,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };

    tile_product((tile_matrix){out, a.cols, T, T},
                 (tile_operands){a.data, 1, a.stride, b, T, a.rows, ahead});
}

static void gather(sqn_matrix out, const float *a, sqn_matrix_const b,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };

    assert(b.rows == T && b.cols == out.cols && b.cols % SQN__KERNELS_ALIGN == 0);
    tile_product((tile_matrix){out.data, out.rows, out.cols, out.stride},
                 (tile_operands){a, T, 1, b.data, b.stride, T, ahead});
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through `data` */
static double residual(float *r, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };
    const int64_t n = fit->s.rows, n_tile = tile_count(n);
    tile_operands of = {NULL, fit->s.stride, 1, NULL, T, fit->s.cols, ahead};
    tile_data data = {r, fit->x, fit->v, {0}};
    double total = 0.0;

    for (int64_t i = 0, row = 0; i < n_tile; i++) { /* data in the order of memory */
        const int64_t end = tile_end(i, n_tile, n);

        of.a = fit->s.data + row * fit->s.stride;
        for (int64_t t = 0; t < T; t += TILE_ELEMENTS) {
            const int64_t at = row * T + t;

            of.b = fit->u + t;
#define CALL(rows) tile_residual(&data, at, &of, rows)
            switch (end - row) {
                SQN__TILE_CASES(CALL)
            default:
                assert(end == row);
            }
#undef CALL
        }
        row = end;
    }
    for (int64_t l = 0; l < SQN__TILE_LANES; l++) {
        total += data.sum[l];
    }
    return total;
}

#include "kernels_fused.h"
#include "kernels_sweep.h"

/* A square of numbers turned: interleaving halves log2(lanes) times swaps rows and columns. */
TILE_INLINE void tile_turn(tile_vector row[SQN__TILE_LANES])
{
    for (int64_t step = 1; step < SQN__TILE_LANES; step *= 2) {
        tile_vector next[SQN__TILE_LANES];

        for (int64_t i = 0; i < SQN__TILE_LANES / 2; i++) {
            const tile_vector a = row[i], b = row[i + SQN__TILE_LANES / 2];

            next[2 * i] = __builtin_shufflevector(a, b, SQN__TILE_FRONT);
            next[2 * i + 1] = __builtin_shufflevector(a, b, SQN__TILE_BACK);
        }
        for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
            row[i] = next[i];
        }
    }
}

static void turn(sqn_matrix out, const float *in, int64_t n)
{
    enum { T = SQN__KERNELS_WIDTH };

    assert(out.rows == T && n <= out.cols && out.cols % SQN__KERNELS_ALIGN == 0);
    for (int64_t j = 0; j < out.cols; j += SQN__TILE_LANES) {
        for (int64_t t = 0; t < T; t += SQN__TILE_LANES) {
            tile_vector row[SQN__TILE_LANES];

            for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
                row[i] = j + i < n ? *(const tile_vector *)(in + (j + i) * T + t)
                                   : (tile_vector){0};
            }
            tile_turn(row);
            for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
                *(tile_vector *)(out.data + (t + i) * out.stride + j) = row[i];
            }
        }
    }
}

#define SQN__TILE_TABLE(NAME)                                                         \
    {                                                                                 \
        .name = (NAME), .along_most = FUSED_ALONG, .across_most = SQN__TILE_ROWS,     \
        .along = along, .across = across, .residual = residual, .spread = spread,     \
        .gather = gather, .turn = turn, .pairs = sqn__lanes_pairs,                    \
        .positive = sqn__lanes_positive, .pack = sqn__lanes_pack, .descend = descend, \
    }

#endif
