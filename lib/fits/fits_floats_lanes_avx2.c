/**
 * @file fits_floats_lanes_avx2.c
 * @brief Floats of a file by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__)
#include "fits_floats_lanes_body.h"

static const sqn__fits_floats_lanes table = {sift, widen};

const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? &table : NULL;
}
#else
#include "fits_floats_lanes.h"

const sqn__fits_floats_lanes *sqn__fits_floats_lanes_avx2(void)
{
    return NULL;
}
#endif
