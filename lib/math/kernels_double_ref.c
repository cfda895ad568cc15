/** @file kernels_double_ref.c @brief Plain loops: the specification of the tables in double. */
#include "kernels_double.h"

static void add_product(sqn_dmatrix out, sqn__kernels_double_factor a, sqn_dmatrix_const b)
{
    for (int64_t r = 0; r < out.rows; r++) {
        double *restrict row = out.data + r * out.stride;

        for (int64_t i = 0; i < b.rows; i++) {
            const double number = a.data[r * a.row + i * a.depth];
            const double *restrict from = b.data + i * b.stride;

            for (int64_t c = 0; c < out.cols; c++) {
                row[c] += number * from[c];
            }
        }
    }
}

static double weigh(sqn_dmatrix out, const sqn__kernels_double_fit *fit)
{
    const int64_t m = fit->b.cols;
    double sum = 0.0;

    for (int64_t r = 0; r < out.rows; r++) {
        double *data = out.data + r * out.stride, *model = data + m;
        const sqn__kernels_double_factor a = {fit->a.data + r * fit->a.row, 0,
                                              fit->a.depth};

        for (int64_t c = 0; c < m; c++) {
            model[c] = 0.0;
        }
        add_product((sqn_dmatrix){model, 1, m, m}, a, fit->b);
        for (int64_t c = 0; c < m; c++) {
            const double v = (double)fit->v[r * fit->stride + c];
            const double x = (double)fit->x[r * fit->stride + c], off = x - model[c];

            sum += v * off * off;
            data[c] = v * x;
            model[c] *= v;
        }
    }
    return sum;
}

const sqn__kernels_double sqn__kernels_double_ref_table = {
    .name = "plain",
    .weigh = weigh,
    .add_product = add_product,
};
