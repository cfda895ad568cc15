/**
 * @file inverse_avx2.c
 * @brief Inverses side by side by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__INVERSE_WIDTH 4
#include "inverse_body.h"

static const sqn__inverse table = SQN__INVERSE_TABLE;

const sqn__inverse *sqn__inverse_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
#include "inverse.h"

const sqn__inverse *sqn__inverse_avx2(void)
{
    return NULL;
}
#endif
