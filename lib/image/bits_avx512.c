/**
 * @file bits_avx512.c
 * @brief Growth of sets of pixels by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__)
#include "bits_body.h"

static const sqn__bits_loops table = {grow};

const sqn__bits_loops *sqn__bits_avx512(void)
{
    return __builtin_cpu_supports("avx512f") ? &table : NULL;
}
#else
#include "bits.h"

const sqn__bits_loops *sqn__bits_avx512(void)
{
    return NULL;
}
#endif
