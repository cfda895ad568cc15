/**
 * @file panels_lanes_avx512.c
 * @brief Data of a row by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__)
#define SQN__PANELS_VECTOR 8
#include "panels_lanes_body.h"

static const sqn__panels_lanes table = {is_wrong, is_beyond, add, store};

const sqn__panels_lanes *sqn__panels_lanes_avx512(void)
{
    return __builtin_cpu_supports("avx512f") ? &table : NULL;
}
#else
#include "panels_lanes.h"

const sqn__panels_lanes *sqn__panels_lanes_avx512(void)
{
    return NULL;
}
#endif
