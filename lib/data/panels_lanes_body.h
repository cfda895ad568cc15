/**
 * @file panels_lanes_body.h
 * @brief The loops of a table, compiled for each vector width (SQN__PANELS_VECTOR doubles).
 *
 * Partial sums are as many everywhere, and nothing is contracted to multiply-adds: all tables give
 * the same bits.
 */
#ifndef SQN_PANELS_LANES_BODY_H
#define SQN_PANELS_LANES_BODY_H

#include <float.h>
#include <string.h>

#include "panels_lanes.h"

enum {
    LANES = SQN__PANELS_LANES,
    WIDTH = SQN__PANELS_VECTOR, /* of a vector */
    PARTS = LANES / WIDTH       /* vectors of partial sums */
};

#if defined(__clang__)
#define PARTS_UNROLL _Pragma("clang loop unroll_count(4)")
#else
#define PARTS_UNROLL _Pragma("GCC unroll 4")
#endif

/* Numbers side by side, and what is true of them: all bits, or none. */
typedef double lanes
    __attribute__((vector_size(WIDTH * sizeof(double)), aligned(8), may_alias));
typedef int64_t truths
    __attribute__((vector_size(WIDTH * sizeof(int64_t)), aligned(8), may_alias));
typedef float floats
    __attribute__((vector_size(WIDTH * sizeof(float)), aligned(4), may_alias));

/* The last data of a strip, which do not fill the lanes; weights of 0 after them. */
typedef struct rest {
    double x[LANES], v[LANES];
    int64_t first, n;
} rest;

static inline void take_rest(rest *r, const sqn__panels_data *data)
{
    *r = (rest){.n = data->n % LANES};
    r->first = data->n - r->n;
    memcpy(r->x, data->x + r->first, (size_t)r->n * sizeof *r->x);
    memcpy(r->v, data->v + r->first, (size_t)r->n * sizeof *r->v);
}

static inline bool is_any(const truths *t)
{
    int64_t any = 0;

    for (int64_t l = 0; l < WIDTH; l++) {
        any |= (*t)[l];
    }
    return any != 0;
}

/* The same of n data, a multiple of LANES, as are all that follow. */
static inline bool any_wrong(const double *x, const double *v, int64_t n)
{
    truths wrong = {0};

    for (int64_t j = 0; j < n; j += WIDTH) {
        const lanes value = *(const lanes *)(x + j), weight = *(const lanes *)(v + j);

        wrong |= ~((weight >= 0.0) & (weight <= DBL_MAX) &
                   ((weight == 0.0) | ((value >= -DBL_MAX) & (value <= DBL_MAX))));
    }
    return is_any(&wrong);
}

static bool is_wrong(const sqn__panels_data *data)
{
    rest r;

    take_rest(&r, data);
    return any_wrong(data->x, data->v, r.first) || any_wrong(r.x, r.v, LANES);
}

static inline bool any_beyond(const double *v, int64_t n, double low, double high)
{
    truths beyond = {0};

    for (int64_t j = 0; j < n; j += WIDTH) {
        const lanes weight = *(const lanes *)(v + j);

        beyond |= ~((weight == 0.0) | ((weight >= low) & (weight <= high)));
    }
    return is_any(&beyond);
}

static bool is_beyond(const sqn__panels_data *data, double low, double high)
{
    rest r;

    take_rest(&r, data);
    return any_beyond(data->v, r.first, low, high) || any_beyond(r.v, LANES, low, high);
}

static inline void add_data(sqn__panels_found *to, const double *x, const double *v,
                            int64_t n)
{
    lanes sum_v[PARTS], vx2[PARTS];

    memcpy(sum_v, to->v, sizeof sum_v);
    memcpy(vx2, to->vx2, sizeof vx2);
    for (int64_t j = 0; j < n; j += LANES) {
        PARTS_UNROLL
        for (int64_t k = 0; k < PARTS; k++) {
            const lanes value = *(const lanes *)(x + j + k * WIDTH);
            const lanes weight = *(const lanes *)(v + j + k * WIDTH);

            sum_v[k] += weight;
            vx2[k] += (lanes)((weight > 0.0) & (truths)(weight * value * value));
        }
    }
    memcpy(to->v, sum_v, sizeof sum_v);
    memcpy(to->vx2, vx2, sizeof vx2);
}

/* In a loop of its own, so that the sums of each stay in registers. */
static inline void count_data(sqn__panels_found *to, const double *x, const double *v,
                              int64_t n)
{
    truths used[PARTS], negative[PARTS];

    memcpy(used, to->n, sizeof used);
    memcpy(negative, to->n_negative, sizeof negative);
    for (int64_t j = 0; j < n; j += LANES) {
        PARTS_UNROLL
        for (int64_t k = 0; k < PARTS; k++) {
            const truths in = *(const lanes *)(v + j + k * WIDTH) > 0.0;

            used[k] -= in;
            negative[k] -= in & (*(const lanes *)(x + j + k * WIDTH) < 0.0);
        }
    }
    memcpy(to->n, used, sizeof used);
    memcpy(to->n_negative, negative, sizeof negative);
}

static void count_valid(double *restrict valid, const double *restrict v, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        valid[j] += v[j] > 0.0 ? 1.0 : 0.0;
    }
}

static void add(sqn__panels_found *to, double *valid, const sqn__panels_data *data)
{
    rest r;

    take_rest(&r, data);
    add_data(to, data->x, data->v, r.first);
    add_data(to, r.x, r.v, LANES);
    count_data(to, data->x, data->v, r.first);
    count_data(to, r.x, r.v, LANES);
    count_valid(valid, data->v, data->n);
}

/* A vector of data in their units, and part `k` of the sums. */
static inline void store_part(float *to_x, float *to_v, sqn__panels_stored *s, int64_t k,
                              const double *x, const double *v)
{
    const lanes weight = *(const lanes *)v;
    const lanes scaled = *(const lanes *)x * s->x.first * s->x.second;
    const truths fits = (scaled >= -(double)FLT_MAX) & (scaled <= (double)FLT_MAX);
    const floats stored =
        __builtin_convertvector((lanes)(fits & (truths)scaled), floats); /* 0 for NaN */
    const floats unit = __builtin_convertvector(weight * s->v.first * s->v.second, floats);
    const lanes x_back = __builtin_convertvector(stored, lanes);
    const lanes v_back = __builtin_convertvector(unit, lanes);

    *(floats *)to_x = stored;
    *(floats *)to_v = unit;
    *(lanes *)(s->vx2 + k * WIDTH) += v_back * x_back * x_back;
    *(lanes *)(s->sum_v + k * WIDTH) += v_back;
    *(truths *)(s->n_out + k * WIDTH) -= (weight > 0.0) & ~fits;
}

static inline void store_data(float *to_x, float *to_v, sqn__panels_stored *to,
                              const double *x, const double *v, int64_t n)
{
    sqn__panels_stored sums = *to;

    for (int64_t j = 0; j < n; j += LANES) {
        PARTS_UNROLL
        for (int64_t k = 0; k < PARTS; k++) {
            const int64_t at = j + k * WIDTH;

            store_part(to_x + at, to_v + at, &sums, k, x + at, v + at);
        }
    }
    *to = sums;
}

static void store(float *to_x, float *to_v, sqn__panels_stored *sums,
                  const sqn__panels_data *data)
{
    float x[LANES], v[LANES];
    rest r;

    take_rest(&r, data);
    store_data(to_x, to_v, sums, data->x, data->v, r.first);
    store_data(x, v, sums, r.x, r.v, LANES);
    memcpy(to_x + r.first, x, (size_t)r.n * sizeof *x);
    memcpy(to_v + r.first, v, (size_t)r.n * sizeof *v);
}

#endif
