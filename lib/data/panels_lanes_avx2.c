/**
 * @file panels_lanes_avx2.c
 * @brief Data of a row by AVX2.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX2__)
#define SQN__PANELS_VECTOR 4
#include "panels_lanes_body.h"

static const sqn__panels_lanes table = {is_wrong, is_beyond, add, store};

const sqn__panels_lanes *sqn__panels_lanes_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? &table : NULL;
}
#else
#include "panels_lanes.h"

const sqn__panels_lanes *sqn__panels_lanes_avx2(void)
{
    return NULL;
}
#endif
