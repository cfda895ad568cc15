/**
 * @file kernels_avx512.c
 * @brief Vectors of sixteen: AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "kernels.h"

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__TILE_LANES 16
#define SQN__TILE_ROWS  12
#define SQN__TILE_CASES TILE_CASE_12
#define SQN__TILE_FUSED 4
#define SQN__TILE_FRONT 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SQN__TILE_BACK  8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#include "kernels_tile.h"

static const sqn__kernels table = SQN__TILE_TABLE("avx512");

const sqn__kernels *sqn__kernels_avx512_table(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
const sqn__kernels *sqn__kernels_avx512_table(void)
{
    return NULL;
}
#endif
