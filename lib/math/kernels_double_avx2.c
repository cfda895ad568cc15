/**
 * @file kernels_double_avx2.c
 * @brief Vectors of four in double: AVX2 and FMA.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "kernels_double.h"

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__TILE_LANES 4
#define SQN__TILE_ROWS  6
#define SQN__TILE_CASES TILE_CASE_6
#include "kernels_double_tile.h"

static const sqn__kernels_double table = SQN__TILE_TABLE("avx2");

const sqn__kernels_double *sqn__kernels_double_avx2_table(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
const sqn__kernels_double *sqn__kernels_double_avx2_table(void)
{
    return NULL;
}
#endif
