/**
 * @file fits_floats_lanes_avx512.c
 * @brief Floats of a file by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__)
#include "fits_floats_lanes_body.h"

static const sqn__fits_floats_lanes table = {sift, widen};

const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx512(void)
{
    return __builtin_cpu_supports("avx512f") ? &table : NULL;
}
#else
#include "fits_floats_lanes.h"

const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx512(void)
{
    return NULL;
}
#endif
