/**
 * @file kernels_avx2.c
 * @brief Vectors of eight: AVX2 and FMA.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "kernels.h"

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__TILE_LANES 8
#define SQN__TILE_ROWS  6
#define SQN__TILE_CASES TILE_CASE_6
#define SQN__TILE_FUSED 2
#define SQN__TILE_FRONT 0, 8, 1, 9, 2, 10, 3, 11
#define SQN__TILE_BACK  4, 12, 5, 13, 6, 14, 7, 15
#include "kernels_tile.h"

static const sqn__kernels table = SQN__TILE_TABLE("avx2");

const sqn__kernels *sqn__kernels_avx2_table(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
const sqn__kernels *sqn__kernels_avx2_table(void)
{
    return NULL;
}
#endif
