/**
 * @file kernels_tile.h
 * @brief Products whose results stay in vector registers, compiled once per instruction set.
 *
 * The file that includes it says how wide a vector is (SQN__TILE_LANES), how many rows of a
 * tile of two vectors leave registers for the operands (SQN__TILE_ROWS), the vectors of a tile
 * of residuals (SQN__TILE_FUSED), and how the front and back halves of two vectors interleave
 * (SQN__TILE_FRONT, SQN__TILE_BACK). Products are one: rows of broadcast numbers times rows of
 * vectors. Gradients (kernels_fused.h), sums over lanes (kernels_gather.h) and sweeps (kernels_sweep.h) have loops
 * of their own.
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

/* The sum of each of as many vectors as one has lanes: halves of two meet in one. */
TILE_INLINE tile_vector tile_fold(const tile_vector *from)
{
    tile_vector sum[SQN__TILE_LANES];

    for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
        sum[i] = from[i];
    }
    for (int64_t n = SQN__TILE_LANES / 2; n > 0; n /= 2) {
        for (int64_t i = 0; i < n; i++) {
            sum[i] = __builtin_shufflevector(sum[i], sum[i + n], SQN__TILE_FRONT) +
                     __builtin_shufflevector(sum[i], sum[i + n], SQN__TILE_BACK);
        }
    }
    return sum[0];
}

static void spread(float *out, sqn_matrix_const a, const float *b, bool add,
                   sqn__kernels_ahead *ahead)
{
    enum { T = SQN__KERNELS_WIDTH };

    tile_product((tile_matrix){out, a.cols, T, T},
                 (tile_operands){a.data, 1, a.stride, b, T, a.rows, add, ahead});
}

#include "kernels_fused.h"
#include "kernels_gather.h"
#include "kernels_sweep.h"

#define SQN__TILE_TABLE(NAME)                                                    \
    {                                                                            \
        .name = (NAME), .along = along, .across = across, .spread = spread,      \
        .gather = gather, .turn = turn, .pairs = sqn__lanes_pairs, .pack = pack, \
        .descend = descend,                                                      \
    }

#endif
