/** @file kernels_ref.c @brief Portable kernels: the specification of the others. */
#include <assert.h>
#include <string.h>

#include "kernels_lanes.h"

static void product(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    assert(a.rows == out.rows && a.cols == b.rows && b.cols == out.cols);
    for (int64_t i = 0; i < out.rows; i++) {
        float *row = out.data + i * out.stride;

        memset(row, 0, (size_t)out.cols * sizeof *row);
        for (int64_t c = 0; c < a.cols; c++) {
            sqn__lanes_add(row, a.data[i * a.stride + c], b.data + c * b.stride, out.cols);
        }
    }
}

static void spread(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    assert(a.cols == out.rows && a.rows == b.rows && b.cols == out.cols);
    for (int64_t c = 0; c < out.rows; c++) {
        for (int64_t i = 0; i < a.rows; i++) {
            sqn__lanes_add(out.data + c * out.stride, a.data[i * a.stride + c],
                           b.data + i * b.stride, out.cols);
        }
    }
}

static void gather(sqn_matrix out, sqn_matrix_const a, sqn_matrix_const b)
{
    assert(a.rows == out.rows && b.rows == out.cols && a.cols == b.cols);
    for (int64_t i = 0; i < out.rows; i++) {
        for (int64_t c = 0; c < out.cols; c++) {
            out.data[i * out.stride + c] +=
                sqn__lanes_dot(a.data + i * a.stride, b.data + c * b.stride, a.cols);
        }
    }
}

const sqn__kernels sqn__kernels_ref_table = {
    .name = "portable",
    .product = product,
    .spread = spread,
    .gather = gather,
    .weigh = sqn__lanes_weigh,
    .weigh_sum = sqn__lanes_weigh_sum,
    .pairs = sqn__lanes_pairs,
    .sweep = sqn__lanes_sweep,
};
