/** @file kernels_ref.c @brief Plain loops: the specification of the other tables. */
#include <assert.h>
#include <stdbool.h>

#include "kernels_lanes.h"

enum { T = SQN__KERNELS_WIDTH };

/* y += a x */
static void add(float *restrict y, float a, const float *restrict x, int64_t n)
{
    for (int64_t t = 0; t < n; t++) {
        y[t] += a * x[t];
    }
}

/* r of element (j, t). */
static float weighted(const sqn__kernels_fit *fit, int64_t j, int64_t t, double *chi2)
{
    float model = 0.0F;

    for (int64_t a = 0; a < fit->s.cols; a++) {
        model += fit->s.data[j * fit->s.stride + a] * fit->u[a * T + t];
    }
    const float off = fit->x[j * T + t] - model, r = fit->v[j * T + t] * off;

    *chi2 += (double)(r * off);
    return r;
}

static double residual(float *r, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    double chi2 = 0.0;

    (void)ahead;
    for (int64_t i = 0; i < fit->s.rows * T; i++) {
        r[i] = weighted(fit, i / T, i % T, &chi2);
    }
    return chi2;
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

static void along(float *g, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    double chi2 = 0.0;

    (void)ahead;
    for (int64_t j = 0; j < fit->s.rows; j++) {
        for (int64_t t = 0; t < T; t++) {
            const float r = weighted(fit, j, t, &chi2);

            for (int64_t a = 0; a < fit->s.cols; a++) {
                g[a * T + t] += fit->s.data[j * fit->s.stride + a] * r;
            }
        }
    }
}

static double across(float *c, const sqn__kernels_fit *fit, sqn__kernels_ahead *ahead)
{
    double chi2 = 0.0;

    (void)ahead;
    for (int64_t j = 0; j < fit->s.rows; j++) {
        for (int64_t t = 0; t < T; t++) {
            const float r = weighted(fit, j, t, &chi2);

            for (int64_t a = 0; a < fit->s.cols; a++) {
                c[(j * fit->s.cols + a) * SQN__KERNELS_PART + t % SQN__KERNELS_PART] +=
                    r * fit->u[a * T + t];
            }
        }
    }
    return chi2;
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

static void positive(double *sum, const float *r, int64_t n)
{
    for (int64_t i = 0; i < n * T; i++) {
        sum[i / T] += r[i] > 0.0F ? (double)r[i] : 0.0;
    }
}

static void pack(float *packed, const float *gram, int64_t k, float proximal)
{
    enum { N = SQN__KERNELS_PART };

    for (int64_t t = 0; t < T; t++) {
        float *tile = packed + t / N * N * sqn__kernels_packed(k) + t % N;
        float mean = 0.0F;

        for (int64_t a = 0; a < k; a++) {
            mean += gram[a * (a + 3) / 2 * T + t] / (float)k;
        }
        for (int64_t i = 0; i < k * (k + 1) / 2; i++) {
            tile[i * N] = gram[i * T + t];
        }
        for (int64_t a = 0; a < k; a++) {
            float *diagonal = tile + a * (a + 3) / 2 * N;

            *diagonal += proximal * mean;
            packed[sqn__kernels_packed_inverse(k, a, t)] =
                *diagonal > 0.0F ? 1.0F / *diagonal : 0.0F;
        }
    }
}

/* One step of unknown `a` in lane `t`; the gradients follow. */
static void move(const sqn__kernels_lanes *lanes, int64_t a, int64_t t)
{
    enum { N = SQN__KERNELS_PART };
    const float *tile = lanes->packed + t / N * N * sqn__kernels_packed(lanes->k) + t % N;
    const float inverse = lanes->packed[sqn__kernels_packed_inverse(lanes->k, a, t)];
    const float before = lanes->u[a * T + t], step = lanes->g[a * T + t] * inverse;
    const bool bound = a < lanes->n_bounded && !(before + step > 0.0F);

    lanes->u[a * T + t] = bound ? 0.0F : before + step;
    for (int64_t b = 0; b < lanes->k; b++) {
        const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;

        lanes->g[b * T + t] -= tile[pair * N] * (lanes->u[a * T + t] - before);
    }
}

static void descend(const sqn__kernels_lanes *lanes, int n_sweep)
{
    for (int64_t t = 0; t < T; t++) {
        for (int64_t i = 0; i < n_sweep * lanes->k; i++) {
            move(lanes, i % lanes->k, t);
        }
    }
}

const sqn__kernels sqn__kernels_ref_table = {
    .name = "plain",
    .along_most = SQN__KERNELS_FEW,
    .across_most = SQN__KERNELS_FEW,
    .along = along,
    .across = across,
    .residual = residual,
    .spread = spread,
    .gather = gather,
    .turn = turn,
    .pairs = sqn__lanes_pairs,
    .positive = positive,
    .pack = pack,
    .descend = descend,
};
