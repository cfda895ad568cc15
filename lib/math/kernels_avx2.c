/**
 * @file kernels_avx2.c
 * @brief Lanes in AVX2 and FMA, eight at a time; products as in the table on CBLAS.
 *
 * Compiled for that instruction set alone: nothing in here runs before the processor is asked.
 */
#include <stddef.h>

#include "kernels.h"

#if defined(__AVX2__) && defined(__FMA__)
#include "kernels_lanes.h"

static void product(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    sqn__kernels_cblas.product(out, a, b);
}

static void spread(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    sqn__kernels_cblas.spread(out, a, b);
}

static void gather(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    sqn__kernels_cblas.gather(out, a, b);
}

static const sqn__kernels table = {
    .name = "avx2",
    .product = product,
    .spread = spread,
    .gather = gather,
    .weigh = sqn__lanes_weigh,
    .weigh_sum = sqn__lanes_weigh_sum,
    .pairs = sqn__lanes_pairs,
    .sweep = sqn__lanes_sweep,
};

const sqn__kernels *sqn__kernels_avx2_table(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}
#else
const sqn__kernels *sqn__kernels_avx2_table(void)
{
    return NULL;
}
#endif
