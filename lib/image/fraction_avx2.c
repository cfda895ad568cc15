/**
 * @file fraction_avx2.c
 * @brief Sums behind a best fraction by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__FRACTION_LANES 8
#include "fraction_body.h"

static const sqn__fraction table = {subtract, follow};

const sqn__fraction *sqn__fraction_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
#include "fraction.h"

const sqn__fraction *sqn__fraction_avx2(void)
{
    return NULL;
}
#endif
