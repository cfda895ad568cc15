/**
 * @file gram_avx512.c
 * @brief Sums over data by vectors of eight: AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "gram.h"

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__GRAM_LANES 8
#define SQN__GRAM_ROWS  12
#define SQN__GRAM_FEW   8
#define SQN__GRAM_CASES GRAM_CASES_12
#define SQN__GRAM_FRONT 0, 8, 1, 9, 2, 10, 3, 11
#define SQN__GRAM_BACK  4, 12, 5, 13, 6, 14, 7, 15
#include "gram_tile.h"

static const sqn__gram_table table = SQN__GRAM_TABLE("avx512");

const sqn__gram_table *sqn__gram_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
const sqn__gram_table *sqn__gram_avx512(void)
{
    return NULL;
}
#endif
