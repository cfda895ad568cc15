/**
 * @file kernels_tile.h
 * @brief Products whose results stay in vector registers, compiled once per instruction set.
 *
 * The file that includes it says how wide a vector is (SQN__TILE_LANES), how many rows of a
 * tile of two vectors leave registers for the operands (SQN__TILE_ROWS), the vectors of a tile
 * of residuals (SQN__TILE_FUSED), and how the front and back halves of two vectors interleave
 * (SQN__TILE_FRONT, SQN__TILE_BACK). Products are one: rows of broadcast numbers times rows of
 * vectors. Gradients (kernels_fused.h) and sweeps (kernels_sweep.h) have loops of their own.
 */
#ifndef SQN_KERNELS_TILE_H
#define SQN_KERNELS_TILE_H

#include <assert.h>
#include <stddef.h>

#define SQN__TILE_NUMBER float
#include "kernels_lanes.h"
#include "kernels_product.h"

typedef double tile_wide __attribute__((vector_size(SQN__TILE_LANES * sizeof(double)),
                                        aligned(sizeof(double)), may_alias));
typedef int32_t tile_mask __attribute__((vector_size(SQN__TILE_LANES * sizeof(int32_t)),
                                         aligned(sizeof(int32_t)), may_alias));

static_assert((int)SQN__KERNELS_WIDTH % (int)TILE_ELEMENTS == 0, "a panel is whole tiles");
static_assert((int)SQN__KERNELS_ALIGN % SQN__TILE_LANES == 0,
              "turned rows are whole vectors");

static void spread(float *out, sqn_matrix_const a, const float *b, bool add,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };

    tile_product((tile_matrix){out, a.cols, T, T},
                 (tile_operands){a.data, 1, a.stride, b, T, a.rows, add, ahead});
}

static void gather(sqn_matrix out, const float *a, sqn_matrix_const b,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };

    assert(b.rows == T && b.cols == out.cols && b.cols % SQN__KERNELS_ALIGN == 0);
    tile_product((tile_matrix){out.data, out.rows, out.cols, out.stride},
                 (tile_operands){a, T, 1, b.data, b.stride, T, true, ahead});
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

#define SQN__TILE_TABLE(NAME)                                                    \
    {                                                                            \
        .name = (NAME), .along = along, .across = across, .spread = spread,      \
        .gather = gather, .turn = turn, .pairs = sqn__lanes_pairs, .pack = pack, \
        .descend = descend,                                                      \
    }

#endif
