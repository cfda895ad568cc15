/**
 * @file kernels_double_avx512.c
 * @brief Vectors of eight in double: AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "kernels_double.h"

#if defined(__AVX512F__) && defined(__FMA__)
#include <immintrin.h>
#define SQN__TILE_LANES 8
#define SQN__TILE_ROWS  12
#define SQN__TILE_CASES TILE_CASE_12
/* one instruction, where GCC 12 makes eight of __builtin_convertvector() */
#define SQN__TILE_WIDENED(FROM) ((tile_vector)_mm512_cvtps_pd(_mm256_loadu_ps(FROM)))
#include "kernels_double_tile.h"

static const sqn__kernels_double table = SQN__TILE_TABLE("avx512");

const sqn__kernels_double *sqn__kernels_double_avx512_table(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
const sqn__kernels_double *sqn__kernels_double_avx512_table(void)
{
    return NULL;
}
#endif
