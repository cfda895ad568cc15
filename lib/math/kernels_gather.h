/**
 * @file kernels_gather.h
 * @brief Sums over lanes, once per instruction set: out += a b^T.
 *
 * Rows of b are turned, so that they are the lanes; of those that do not fill a vector a few
 * are multiplied as they lie, and their products folded.
 */
#ifndef SQN_KERNELS_GATHER_H
#define SQN_KERNELS_GATHER_H

#include "kernels_product.h"

enum {
    GATHER_FEW = 4,                 /* rows that do not fill a vector, at most, and */
    GATHER_A = SQN__TILE_FUSED,     /* rows of a beside them */
    GATHER_SUMS = SQN__KERNELS_PART /* products of the two */
};

static_assert((int)GATHER_FEW * (int)GATHER_A <= (int)GATHER_SUMS, "sums have room");
static_assert((int)SQN__KERNELS_ALIGN % SQN__TILE_LANES == 0,
              "aligned rows are whole vectors");

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

    assert(out.rows == T && n <= out.cols && out.cols % SQN__TILE_LANES == 0);
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

/* out [n_a, n] += a b^T, as they lie. */
TILE_INLINE void gather_some(float *out, int64_t stride, const float *a, const float *b,
                             const int64_t n_a, const int64_t n)
{
    enum { T = SQN__KERNELS_WIDTH };
    tile_vector sum[GATHER_SUMS] = {{0}};

    for (int64_t t = 0; t < T; t += SQN__TILE_LANES) {
        TILE_UNROLL
        for (int64_t i = 0; i < n_a; i++) {
            const tile_vector left = *(const tile_vector *)(a + i * T + t);

            TILE_UNROLL
            for (int64_t j = 0; j < n; j++) {
                sum[i * n + j] += left * *(const tile_vector *)(b + j * T + t);
            }
        }
    }
    for (int64_t i = 0; i < n_a * n; i += SQN__TILE_LANES) {
        const tile_vector whole = tile_fold(sum + i);

        for (int64_t l = 0; l < SQN__TILE_LANES && i + l < n_a * n; l++) {
            out[(i + l) / n * stride + (i + l) % n] += whole[l];
        }
    }
}

/* The same for all rows of a. */
TILE_INLINE void gather_all(sqn_matrix out, const float *a, const float *b, const int64_t n)
{
    const int64_t whole = out.rows - out.rows % GATHER_A;

    for (int64_t i = 0; i < whole; i += GATHER_A) {
        gather_some(out.data + i * out.stride, out.stride, a + i * SQN__KERNELS_WIDTH, b,
                    GATHER_A, n);
    }
    for (int64_t i = whole; i < out.rows; i++) {
        gather_some(out.data + i * out.stride, out.stride, a + i * SQN__KERNELS_WIDTH, b, 1,
                    n);
    }
}

static void gather_rest(sqn_matrix out, const float *a, const float *b)
{
    switch (out.cols) {
    case 1:
        gather_all(out, a, b, 1);
        break;
    case 2:
        gather_all(out, a, b, 2);
        break;
    case 3:
        gather_all(out, a, b, 3);
        break;
    case GATHER_FEW:
        gather_all(out, a, b, GATHER_FEW);
        break;
    default:
        assert(out.cols == 0);
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through `turned` */
static void gather(sqn_matrix out, const float *a, const float *b, float *work,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };
    const int64_t over = out.cols % SQN__TILE_LANES, rest = over <= GATHER_FEW ? over : 0;
    const int64_t n = out.cols - rest;
    const int64_t n_whole = (n + SQN__TILE_LANES - 1) / SQN__TILE_LANES * SQN__TILE_LANES;
    const sqn_matrix turned = {work, T, n_whole, sqn__kernels_columns(n)};

    turn(turned, b, n);
    tile_product((tile_matrix){out.data, out.rows, n_whole, out.stride},
                 (tile_operands){a, T, 1, turned.data, turned.stride, T, true, ahead});
    gather_rest((sqn_matrix){out.data + n, out.rows, rest, out.stride}, a, b + n * T);
}

#endif
