/**
 * @file order_avx512.c
 * @brief Loops over many numbers by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__ORDER_LANES 8
#include "order_body.h"

static const sqn__order table = SQN__ORDER_TABLE;

const sqn__order *sqn__order_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
#include "order.h"

const sqn__order *sqn__order_avx512(void)
{
    return NULL;
}
#endif
