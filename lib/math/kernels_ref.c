/** @file kernels_ref.c @brief Plain loops: the specification of the other tables. */
#include <assert.h>
#include <string.h>

#include "kernels_lanes.h"

enum { T = SQN__KERNELS_WIDTH };

/* y += a x */
static void add(float *restrict y, float a, const float *restrict x, int64_t n)
{
    for (int64_t t = 0; t < n; t++) {
        y[t] += a * x[t];
    }
}

static double residual(float *r, const sqn__kernels_fit *fit)
{
    double sum = 0.0;

    for (int64_t j = 0; j < fit->s.cols; j++) {
        float *row = r + j * T;

        memset(row, 0, T * sizeof *row);
        for (int64_t a = 0; a < fit->s.rows; a++) {
            add(row, fit->s.data[a * fit->s.stride + j], fit->u + a * T, T);
        }
        for (int64_t t = 0; t < T; t++) {
            const float off = fit->x[j * T + t] - row[t];

            row[t] = fit->v[j * T + t] * off;
            sum += (double)(row[t] * off);
        }
    }
    return sum;
}

static void spread(float *out, sqn_matrix_const a, const float *b)
{
    for (int64_t c = 0; c < a.cols; c++) {
        for (int64_t i = 0; i < a.rows; i++) {
            add(out + c * T, a.data[i * a.stride + c], b + i * T, T);
        }
    }
}

static void gather(sqn_matrix out, const float *a, sqn_matrix_const b)
{
    assert(b.rows == T && b.cols == out.cols);
    for (int64_t c = 0; c < out.rows; c++) {
        for (int64_t t = 0; t < T; t++) {
            add(out.data + c * out.stride, a[c * T + t], b.data + t * b.stride, out.cols);
        }
    }
}

static void turn(sqn_matrix out, const float *in, int64_t n)
{
    assert(out.rows == T && n <= out.cols);
    for (int64_t t = 0; t < T; t++) {
        for (int64_t j = 0; j < out.cols; j++) {
            out.data[t * out.stride + j] = j < n ? in[j * T + t] : 0.0F;
        }
    }
}

const sqn__kernels sqn__kernels_ref_table = {
    .name = "plain",
    .residual = residual,
    .spread = spread,
    .gather = gather,
    .turn = turn,
    .pairs = sqn__lanes_pairs,
    .sweep = sqn__lanes_sweep,
};
