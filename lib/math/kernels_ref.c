/** @file kernels_ref.c @brief Plain loops: the specification of the other tables. */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
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

static void spread(float *out, sqn_matrix_const a, const float *b, bool add_to,
                   sqn__kernels_ahead *ahead)
{
    (void)ahead;
    if (!add_to) {
        memset(out, 0, (size_t)(a.cols * T) * sizeof *out);
    }
    for (int64_t c = 0; c < a.cols; c++) {
        for (int64_t i = 0; i < a.rows; i++) {
            add(out + c * T, a.data[i * a.stride + c], b + i * T, T);
        }
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written by some tables */
static void gather(sqn_matrix out, const float *a, const float *b, float *work,
                   sqn__kernels_ahead *ahead)
{
    (void)work;
    (void)ahead;
    for (int64_t c = 0; c < out.rows; c++) {
        for (int64_t j = 0; j < out.cols; j++) {
            for (int64_t t = 0; t < T; t++) {
                out.data[c * out.stride + j] += a[c * T + t] * b[j * T + t];
            }
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

static double across(const sqn__kernels_sums *to, const sqn__kernels_fit *fit,
                     sqn__kernels_ahead *ahead)
{
    const int64_t k = fit->s.cols;
    double chi2 = 0.0;

    (void)ahead;
    for (int64_t j = 0; j < fit->s.rows; j++) {
        for (int64_t t = 0; t < T; t++) {
            const float r = weighted(fit, j, t, &chi2);

            for (int64_t a = 0; a < k; a++) {
                to->c[j * k + a] += (double)(r * fit->u[a * T + t]);
            }
            if (to->positive != NULL) {
                to->positive[j] += r > 0.0F ? (double)r : 0.0;
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

/* Bytes of a tile of packed problems where pair `i` of lane `l` stands. */
static size_t pair_offset(int64_t k, int64_t i, int64_t l)
{
    return sizeof(float) * (size_t)(2 * k * SQN__KERNELS_PART) +
           sizeof(int16_t) * (size_t)(i * SQN__KERNELS_PART + l);
}

static int16_t round_pair(float scaled)
{
    const float most = sqn__kernels_unit - 1.0F;
    const float inside = fmaxf(fminf(sqn__kernels_unit * scaled, most), -most);

    return (int16_t)floorf(inside + 0.5F);
}

/* The rows of lane `t` that scale. */
static void pack_scales(float *scale, const float *gram, int64_t k, float proximal)
{
    float mean = 0.0F;

    for (int64_t a = 0; a < k; a++) {
        mean += gram[a * (a + 3) / 2 * T] / (float)k;
    }
    for (int64_t a = 0; a < k; a++) {
        const float diagonal = gram[a * (a + 3) / 2 * T] + proximal * mean;
        const float size = diagonal > 0.0F ? sqrtf(diagonal) : 0.0F;

        scale[a * SQN__KERNELS_PART] = size > 0.0F ? 1.0F / size : 0.0F;
        scale[(k + a) * SQN__KERNELS_PART] = size;
    }
}

static void pack(float *packed, const float *gram, int64_t k, float proximal)
{
    enum { N = SQN__KERNELS_PART };

    for (int64_t t = 0; t < T; t++) {
        float *scale = packed + sqn__kernels_packed_scale(k, 0, t);
        char *tile = (char *)(scale - t % N);

        pack_scales(scale, gram + t, k, proximal);
        for (int64_t b = 0; b < k; b++) {
            for (int64_t a = 0; a < b; a++) {
                const float pair = gram[(b * (b + 1) / 2 + a) * T + t];
                const int16_t rounded = round_pair(pair * scale[a * N] * scale[b * N]);

                memcpy(tile + pair_offset(k, b * (b - 1) / 2 + a, t % N), &rounded,
                       sizeof rounded);
            }
        }
    }
}

/* One lane of problems, scaled to a diagonal of 1. */
typedef struct scaled {
    int64_t k, lane;
    const float *tile, *scale;
    float *g, *u; /* [k] */
} scaled;

static float pair_of(const scaled *of, int64_t a, int64_t b)
{
    const int64_t i = a < b ? b * (b - 1) / 2 + a : a * (a - 1) / 2 + b;
    int16_t pair;

    if (a == b) {
        return 1.0F;
    }
    memcpy(&pair, (const char *)of->tile + pair_offset(of->k, i, of->lane), sizeof pair);
    return (float)pair / sqn__kernels_unit;
}

/* One step of unknown `a`; the gradients follow. */
static void move(const scaled *of, int64_t a, bool bounded)
{
    const float before = of->u[a], to = before + of->g[a];

    if (!(of->scale[a * SQN__KERNELS_PART] > 0.0F)) {
        return;
    }
    of->u[a] = bounded && !(to > 0.0F) ? 0.0F : to;
    for (int64_t b = 0; b < of->k; b++) {
        of->g[b] -= pair_of(of, a, b) * (of->u[a] - before);
    }
}

static void descend(const sqn__kernels_lanes *lanes, int n_sweep)
{
    enum { N = SQN__KERNELS_PART };
    const int64_t k = lanes->k;

    for (int64_t t = 0; t < T; t++) {
        const float *scale = lanes->packed + sqn__kernels_packed_scale(k, 0, t);
        const scaled of = {
            .k = k,
            .lane = t % N,
            .tile = lanes->packed + t / N * N * sqn__kernels_packed_rows(k),
            .scale = scale,
            .g = lanes->work,
            .u = lanes->work + k,
        };

        for (int64_t a = 0; a < k; a++) {
            of.g[a] = lanes->g[a * T + t] * scale[a * N];
            of.u[a] = lanes->u[a * T + t] * scale[(k + a) * N];
        }
        for (int64_t i = 0; i < n_sweep * k; i++) {
            move(&of, i % k, i % k < lanes->n_bounded);
        }
        for (int64_t a = 0; a < k; a++) {
            const float from = lanes->u[a * T + t];
            const float to = from + scale[a * N] * (of.u[a] - from * scale[(k + a) * N]);
            const bool bound = a < lanes->n_bounded && scale[a * N] > 0.0F &&
                               !(of.u[a] > 0.0F && to > 0.0F);

            lanes->to[a * T + t] = bound ? 0.0F : to;
        }
    }
}

const sqn__kernels sqn__kernels_ref_table = {
    .name = "plain",
    .along = along,
    .across = across,
    .spread = spread,
    .gather = gather,
    .turn = turn,
    .pairs = sqn__lanes_pairs,
    .pack = pack,
    .descend = descend,
};
