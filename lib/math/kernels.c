/** @file kernels.c @brief Panel products by CBLAS, and the choice of a table by the processor. */
#include "kernels.h"

#include <stddef.h>

#include "blas.h"
#include "kernels_lanes.h"

/* BLAS refuses the leading dimension of an empty factor. */
static void product(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    if (a.cols == 0) {
        sqn__kernels_ref_table.product(out, a, b);
        return;
    }
    sqn__blas_sgemm(out, a, false, b, false, 1.0F, 0.0F);
}

static void spread(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    if (out.rows > 0) {
        sqn__blas_sgemm(out, a, true, b, false, 1.0F, 1.0F);
    }
}

static void gather(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    if (out.cols > 0) {
        sqn__blas_sgemm(out, a, false, b, true, 1.0F, 1.0F);
    }
}

const sqn__kernels sqn__kernels_cblas = {
    .name = "cblas",
    .product = product,
    .spread = spread,
    .gather = gather,
    .weigh = sqn__lanes_weigh,
    .weigh_sum = sqn__lanes_weigh_sum,
    .pairs = sqn__lanes_pairs,
    .sweep = sqn__lanes_sweep,
};

const sqn__kernels *sqn__kernels_choose(int n_blas_thread)
{
    const sqn__kernels *fast = sqn__kernels_avx2_table();

    if (n_blas_thread != 1) {
        return &sqn__kernels_ref_table;
    }
    return fast != NULL ? fast : &sqn__kernels_cblas;
}
