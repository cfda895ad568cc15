/**
 * @file bits_avx2.c
 * @brief Growth of sets of pixels by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__)
#include "bits_body.h"

static const sqn__bits_loops table = {grow};

const sqn__bits_loops *sqn__bits_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? &table : NULL;
}
#else
#include "bits.h"

const sqn__bits_loops *sqn__bits_avx2(void)
{
    return NULL;
}
#endif
