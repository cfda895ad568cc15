/**
 * @file spline_lanes_avx512.c
 * @brief Values and variances at many positions by AVX-512.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#if defined(__AVX512F__) && defined(__FMA__)
#define SQN__SPLINE_WIDTH 16
#include "spline_lanes_body.h"
#include "spline_rows_body.h"
#include "spline_stack_body.h"
#include "spline_sums_body.h"

static const sqn__spline_lanes table = {
    SQN__SPLINE_WIDTH, values, variances, stack, filter,
    filter_stack,      add,    share,     know,  interleave,
    interleave_undo};

const sqn__spline_lanes *sqn__spline_lanes_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &table
                                                                              : NULL;
}
#else
#include "spline_lanes.h"

const sqn__spline_lanes *sqn__spline_lanes_avx512(void)
{
    return NULL;
}
#endif
