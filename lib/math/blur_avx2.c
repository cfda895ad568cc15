/**
 * @file blur_avx2.c
 * @brief Convolution by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__) && defined(__FMA__)
#define SQN__BLUR_LANES 8
#include "blur_body.h"

static const sqn__blur table = {convolve};

const sqn__blur *sqn__blur_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
#include "blur.h"

const sqn__blur *sqn__blur_avx2(void)
{
    return NULL;
}
#endif
