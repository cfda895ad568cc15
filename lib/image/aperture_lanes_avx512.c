/**
 * @file aperture_lanes_avx512.c
 * @brief Fluxes on many planes by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__LANES_WIDTH 16
#include "aperture_lanes_body.h"

static const sqn__aperture_lanes table = {place,      flux,  add,  add_all,
                                          square_all, blend, ratio};

const sqn__aperture_lanes *sqn__aperture_lanes_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
#include "aperture_lanes.h"

const sqn__aperture_lanes *sqn__aperture_lanes_avx512(void)
{
    return NULL;
}
#endif
