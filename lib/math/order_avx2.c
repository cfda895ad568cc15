/**
 * @file order_avx2.c
 * @brief Loops over many numbers by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__ORDER_LANES 4
#include "order_body.h"

static const sqn__order table = SQN__ORDER_TABLE;

const sqn__order *sqn__order_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
#include "order.h"

const sqn__order *sqn__order_avx2(void)
{
    return NULL;
}
#endif
