/**
 * @file blur_avx512.c
 * @brief Convolution by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__BLUR_LANES 16
#include "blur_body.h"

static const sqn__blur table = {convolve};

const sqn__blur *sqn__blur_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
#include "blur.h"

const sqn__blur *sqn__blur_avx512(void)
{
    return NULL;
}
#endif
