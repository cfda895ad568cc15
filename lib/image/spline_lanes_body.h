/**
 * @file spline_lanes_body.h
 * @brief The loops of a table, compiled for each vector width (SQN__SPLINE_WIDTH floats).
 */
#ifndef SQN_SPLINE_LANES_BODY_H
#define SQN_SPLINE_LANES_BODY_H

#include "spline_lanes.h"

enum {
    LANES = SQN__SPLINE_LANES,
    N_TAP = SQN__SPLINE_N_TAP,
    N_PIXEL = SQN__SPLINE_N_CARDINAL,
    BEFORE = N_PIXEL / 2 - 1 /* pixels behind a cell that lie before it */
};

/* The taps of a row; may stand anywhere, and on top of numbers. */
typedef double taps
    __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
typedef double half_taps __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float narrow_taps
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* Loops over the taps of a row: written out, whole or in parts; or not, where as many places as
   the loop has would be kept instead of one. */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll_count(8)")
#define LANES_ROLL   _Pragma("clang loop unroll(disable)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 8")
#define LANES_ROLL   _Pragma("GCC unroll 1")
#endif

#define TAPS_INLINE static inline __attribute__((always_inline))

/* A position along one axis: its cell, and the place in it. */
typedef struct place {
    int64_t cell;
    double rest;
} place;

TAPS_INLINE place place_at(double position)
{
    const int64_t near = (int64_t)position; /* towards 0 */
    const int64_t cell = near - ((double)near > position ? 1 : 0);

    return (place){cell, position - (double)cell};
}

/* Weights at a place, by Horner's rule. */
TAPS_INLINE void weigh(taps *out, const sqn__spline_taps *of, double rest)
{
    taps sum = *(const taps *)(const void *)of->power[N_TAP - 1];

    for (int64_t d = N_TAP - 2; d >= 0; d--) {
        sum = sum * rest + *(const taps *)(const void *)of->power[d];
    }
    *out = sum;
}

TAPS_INLINE double total(const taps *v)
{
    const half_taps s = __builtin_shufflevector(*v, *v, 0, 1, 2, 3) +
                        __builtin_shufflevector(*v, *v, 4, 5, 6, 7);

    return (s[0] + s[2]) + (s[1] + s[3]);
}

static void values(float *out, const sqn__spline_planes *planes, const double *y,
                   const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const place at_y = place_at(y[i]), at_x = place_at(x[i]);
        const double *row =
            planes->coeff + (at_y.cell - 2) * planes->stride + at_x.cell - 2;
        taps w_x, w_y, sum = {0};

        weigh(&w_x, &planes->value, at_x.rest);
        weigh(&w_y, &planes->value, at_y.rest);
        for (int64_t j = 0; j < N_TAP; j++) {
            sum += w_y[j] * *(const taps *)(const void *)(row + j * planes->stride);
        }
        sum *= w_x;
        out[i] = (float)total(&sum);
    }
}

static void variances(float *out, const sqn__spline_planes *planes, const double *y,
                      const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const place at_y = place_at(y[i]), at_x = place_at(x[i]);
        const int64_t first = (at_y.cell - 3) * planes->stride + at_x.cell - 3;
        taps w_x, w_y, sum = {0}, known = {0};

        weigh(&w_x, &planes->pixel, at_x.rest);
        weigh(&w_y, &planes->pixel, at_y.rest);
        for (int64_t j = 0; j < N_PIXEL; j++) {
            const int64_t at = first + j * planes->stride;
            const narrow_taps variance =
                *(const narrow_taps *)(const void *)(planes->variance + at);
            const narrow_taps present =
                *(const narrow_taps *)(const void *)(planes->present + at);

            sum += w_y[j] * w_y[j] * __builtin_convertvector(variance, taps);
            known += w_y[j] * __builtin_convertvector(present, taps);
        }
        sum *= w_x * w_x;
        known *= w_x;
        const double share = sqn__spline_share(total(&w_y) * total(&w_x), total(&known));

        out[i] = (float)(total(&sum) * share * share);
    }
}

/* ---- Prefilter ------------------------------------------------------------------------- */

/* now += z before, of each line. */
TAPS_INLINE void go_on(double *restrict now, const double *restrict before, double z,
                       int64_t width)
{
    for (int64_t i = 0; i < width; i++) {
        now[i] += z * before[i];
    }
}

/* now = z (next - now), of each line. */
TAPS_INLINE void go_back(double *restrict now, const double *restrict next, double z,
                         int64_t width)
{
    for (int64_t i = 0; i < width; i++) {
        now[i] = z * (next[i] - now[i]);
    }
}

/* First causal value: sum over the mirrored signal of period 2 n - 2, z^k s[k]. */
static void start_causal(double *data, const sqn__spline_lines *l, double z)
{
    enum { HORIZON = 48 }; /* larger pole ^ 48 = 3e-18 */
    const int64_t period = 2 * l->n - 2;
    const int64_t n_sum = l->n > HORIZON ? HORIZON : period;
    double power = z;

    for (int64_t k = 1; k < n_sum; k++) {
        const double *other = data + (k < l->n ? k : period - k) * l->step;

        for (int64_t i = 0; i < l->width; i++) {
            data[i] += power * other[i];
        }
        power *= z;
    }
    if (n_sum == period) { /* power = z^period: all later periods at once */
        for (int64_t i = 0; i < l->width; i++) {
            data[i] /= 1.0 - power;
        }
    }
}

static void filter(double *data, const sqn__spline_lines *l, double z, double gain)
{
    for (int64_t k = 0; k < l->n; k++) {
        for (int64_t i = 0; i < l->width; i++) {
            data[k * l->step + i] *= gain;
        }
    }
    start_causal(data, l, z);
    for (int64_t k = 1; k < l->n; k++) {
        go_on(data + k * l->step, data + (k - 1) * l->step, z, l->width);
    }

    double *last = data + (l->n - 1) * l->step;

    for (int64_t i = 0; i < l->width; i++) {
        last[i] = z / (z * z - 1.0) * (last[i] + z * last[i - l->step]);
    }
    for (int64_t k = l->n - 2; k >= 0; k--) {
        go_back(data + k * l->step, data + (k + 1) * l->step, z, l->width);
    }
}

/* ---- Prefilter of many images ---------------------------------------------------------- */

enum { WIDTH = SQN__SPLINE_WIDTH };

/* A share of the images; may stand anywhere, and on top of floats. */
typedef float images
    __attribute__((vector_size(SQN__SPLINE_WIDTH * sizeof(float)), aligned(4), may_alias));

enum { SIDE_BY_SIDE = 8 }; /* lines, so that none waits for itself */

/* A vector of the images at pixel `k` of a line. */
TAPS_INLINE images *pixel_at(float *data, const sqn__spline_beside *of, int64_t line,
                             int64_t k)
{
    return (images *)(void *)(data + line * of->across + k * of->step);
}

/* First causal value: as start_causal(). */
TAPS_INLINE void start_line(images *out, float *data, const sqn__spline_beside *of,
                            int64_t line, float z)
{
    enum { HORIZON = 24 }; /* larger pole ^ 24 = 2e-9 */
    const int64_t period = 2 * of->n - 2;
    const int64_t n_sum = of->n > HORIZON ? HORIZON : period;
    images sum = *pixel_at(data, of, line, 0);
    float power = z;

    for (int64_t k = 1; k < n_sum; k++) {
        sum += power * *pixel_at(data, of, line, k < of->n ? k : period - k);
        power *= z;
    }
    *out = sum * (n_sum == period ? 1.0F / (1.0F - power) : 1.0F);
}

/* What both poles of a prefilter ask for at once: 1 / ((1 - z q^-1) (1 - z q)) times (1 - z)^2 of
   each, whose partial fractions hold at either end. */
typedef struct pole_pair {
    float gain, z[2];
    float start[2]; /* shares of each pole alone in the causal filters of both, */
    float end[2];   /* and in the whole filter, times 1 / (1 - z^2) */
    float
        turn[2]; /* last anticausal value of the first pole: shares of the last coefficient
                       and of the causal value before it */
} pole_pair;

TAPS_INLINE pole_pair pair_of(const double z[2])
{
    pole_pair p = {.gain =
                       (float)((1.0 - z[0]) * (1.0 - z[0]) * (1.0 - z[1]) * (1.0 - z[1]))};

    for (int64_t i = 0; i < 2; i++) {
        const double other = z[1 - i], square = z[i] * z[i];
        const double rest = 1.0 + other * other - other * (1.0 + square) / z[i];

        p.z[i] = (float)z[i];
        p.start[i] = (float)(z[i] / (z[i] - other));
        p.end[i] = (float)(1.0 / (rest * (1.0 - square)));
    }
    p.turn[0] = (float)((1.0 - z[1] * z[1]) / (1.0 + z[0] * z[1]));
    p.turn[1] = (float)(-z[1] / (1.0 + z[0] * z[1]));
    return p;
}

/* A line at work: what the first pole makes of it, and both. */
typedef struct filtered {
    images one, both;
} filtered;

/* First causal values, of the mirrored line. */
TAPS_INLINE void start_pair(filtered *out, float *data, const sqn__spline_beside *of,
                            int64_t line, const pole_pair *p)
{
    images alone[2];

    start_line(&alone[0], data, of, line, p->z[0]);
    start_line(&alone[1], data, of, line, p->z[1]);
    out->one = p->gain * alone[0];
    out->both = p->gain * (p->start[0] * alone[0] + p->start[1] * alone[1]);
}

/* Add a number to what the poles make of those before it, or after it. */
TAPS_INLINE void go_through(filtered *now, images number, const pole_pair *p)
{
    now->one = number + p->z[0] * now->one;
    now->both = now->one + p->z[1] * now->both;
}

/* From causal values, whose last one this finds, to the last anticausal ones: the whole filter is
   twice the causal one, less the number itself, pole by pole. */
TAPS_INLINE void turn_about(filtered *now, images number, images before, const pole_pair *p)
{
    go_through(now, number, p);

    const images other = (now->both - p->start[0] * now->one) / p->start[1];

    now->both =
        p->end[0] * (2.0F * now->one - number) + p->end[1] * (2.0F * other - number);
    now->one = p->turn[0] * now->both + p->turn[1] * before;
}

/* One vector of so many lines; their number is a constant where this is called. */
TAPS_INLINE void filter_lines(float *data, const sqn__spline_beside *of, const pole_pair *p,
                              const int64_t n_line)
{
    filtered now[SIDE_BY_SIDE];

    for (int64_t r = 0; r < n_line; r++) {
        start_pair(&now[r], data, of, r, p);
        *pixel_at(data, of, r, 0) = now[r].both;
    }
    for (int64_t k = 1; k < of->n - 1; k++) {
        LANES_UNROLL
        for (int64_t r = 0; r < n_line; r++) {
            go_through(&now[r], p->gain * *pixel_at(data, of, r, k), p);
            *pixel_at(data, of, r, k) = now[r].both;
        }
    }
    for (int64_t r = 0; r < n_line; r++) {
        images *last = pixel_at(data, of, r, of->n - 1);

        turn_about(&now[r], p->gain * *last, *pixel_at(data, of, r, of->n - 2), p);
        *last = now[r].both;
    }
    for (int64_t k = of->n - 2; k >= 0; k--) {
        LANES_UNROLL
        for (int64_t r = 0; r < n_line; r++) {
            go_through(&now[r], *pixel_at(data, of, r, k), p);
            *pixel_at(data, of, r, k) = now[r].both;
        }
    }
}

static void filter_stack(float *data, const sqn__spline_beside *lines, const double z[2])
{
    const pole_pair p = pair_of(z);
    const int64_t n_whole = lines->n_line - lines->n_line % SIDE_BY_SIDE;

    for (int64_t v = 0; v < lines->lanes; v += WIDTH) {
        float *first = data + v;

        for (int64_t line = 0; line < n_whole; line += SIDE_BY_SIDE) {
            filter_lines(first + line * lines->across, lines, &p, SIDE_BY_SIDE);
        }
        for (int64_t line = n_whole; line < lines->n_line; line++) {
            filter_lines(first + line * lines->across, lines, &p, 1);
        }
    }
}

#endif
