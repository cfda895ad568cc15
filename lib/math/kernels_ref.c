/** @file kernels_ref.c @brief Plain loops: the specification of the other tables. */
#include <assert.h>
#include <stdbool.h>
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

static double residual(float *r, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    double sum = 0.0;

    (void)ahead;
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

static void spread(float *out, sqn_matrix_const a, const float *b,
                   sqn__kernels_ahead *ahead)
{
    (void)ahead;
    for (int64_t c = 0; c < a.cols; c++) {
        for (int64_t i = 0; i < a.rows; i++) {
            add(out + c * T, a.data[i * a.stride + c], b + i * T, T);
        }
    }
}

static void gather(sqn_matrix out, const float *a, sqn_matrix_const b,
                   sqn__kernels_ahead *ahead)
{
    (void)ahead;
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

/* One step of unknown `a` in lane `t`. */
static float move(const sqn__kernels_lanes *lanes, int64_t a, int64_t t)
{
    const int64_t e = a * lanes->n_lane + t;
    const float before = lanes->u[e], step = lanes->g[e] * lanes->inverse[e];
    const bool bound = a < lanes->n_bounded && !(before + step > 0.0F);

    lanes->u[e] = bound ? 0.0F : before + step;
    return lanes->u[e] - before;
}

static void descend(const sqn__kernels_lanes *lanes, int n_sweep)
{
    const int64_t n = lanes->n_lane, k = lanes->k;

    for (int64_t i = 0; i < n_sweep * k; i++) {
        const int64_t a = i % k;

        for (int64_t t = 0; t < n; t++) {
            lanes->work[t] = move(lanes, a, t);
        }
        for (int64_t b = 0; b < k; b++) {
            const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;

            for (int64_t t = 0; t < n; t++) {
                lanes->g[b * n + t] -= lanes->gram[pair * n + t] * lanes->work[t];
            }
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
    .descend = descend,
};
