/**
 * @file gram_avx2.c
 * @brief Sums over data by vectors of four: AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "gram.h"

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__GRAM_LANES 4
#define SQN__GRAM_ROWS  6
#define SQN__GRAM_FEW   4
#define SQN__GRAM_CASES GRAM_CASES_6
#define SQN__GRAM_FRONT 0, 4, 1, 5
#define SQN__GRAM_BACK  2, 6, 3, 7
#include "gram_tile.h"

static const sqn__gram_table table = SQN__GRAM_TABLE("avx2");

const sqn__gram_table *sqn__gram_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
const sqn__gram_table *sqn__gram_avx2(void)
{
    return NULL;
}
#endif
