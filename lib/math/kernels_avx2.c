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

static void weigh(float *r, const float *x, const float *v, int64_t n)
{
    sqn__lanes_weigh(r, x, v, n);
}

static double weigh_sum(float *r, const float *x, const float *v, int64_t n)
{
    return sqn__lanes_weigh_sum(r, x, v, n);
}

static void pairs(float *out, const float *m, int64_t k, int64_t n)
{
    sqn__lanes_pairs(out, m, k, n);
}

static void sweep(const sqn__kernels_lanes *lanes)
{
    sqn__lanes_sweep(lanes);
}

static const sqn__kernels table = {
    .name = "avx2",
    .product = product,
    .spread = spread,
    .gather = gather,
    .weigh = weigh,
    .weigh_sum = weigh_sum,
    .pairs = pairs,
    .sweep = sweep,
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
