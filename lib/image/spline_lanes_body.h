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
    N_PIXEL = SQN__SPLINE_N_CARDINAL
};

/* The taps of a row; may stand anywhere, and on top of numbers. */
typedef double taps
    __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
typedef double half_taps __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float narrow_taps
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* Loops over the taps of a row: written out, whole or in parts. */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 8")
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
        const double share = total(&w_y) * total(&w_x) / total(&known);

        out[i] = (float)(total(&sum) * share * share);
    }
}

/* ---- Many images ----------------------------------------------------------------------- */

enum { WIDTH = SQN__SPLINE_WIDTH };

/* A share of the images; may stand anywhere, and on top of floats. */
typedef float images
    __attribute__((vector_size(SQN__SPLINE_WIDTH * sizeof(float)), aligned(4), may_alias));

/* Weights of taps at the places of as many points as a vector has lanes: [tap], a lane a point. */
typedef struct tap_block {
    images y[N_PIXEL], x[N_PIXEL];
} tap_block;

/* The points of a block: their cells, and the places in them. */
typedef struct point_block {
    int64_t cell_y[WIDTH], cell_x[WIDTH];
    images rest_y, rest_x;
} point_block;

/* `n` points from number `first` on; the last one stands in for those that a block has besides. */
TAPS_INLINE void find_points(point_block *out, const double *y, const double *x, int64_t n)
{
    float rest_y[WIDTH], rest_x[WIDTH];

    for (int64_t i = 0; i < WIDTH; i++) {
        const int64_t k = i < n ? i : n - 1;
        const place at_y = place_at(y[k]), at_x = place_at(x[k]);

        out->cell_y[i] = at_y.cell;
        out->cell_x[i] = at_x.cell;
        rest_y[i] = (float)at_y.rest;
        rest_x[i] = (float)at_x.rest;
    }
    out->rest_y = *(const images *)(const void *)rest_y;
    out->rest_x = *(const images *)(const void *)rest_x;
}

/* Weights of n taps along both axes, by Horner's rule; n is a constant where this is called. */
TAPS_INLINE void weigh_points(tap_block *out, const sqn__spline_taps *of,
                              const point_block *at, const int64_t n)
{
    LANES_UNROLL
    for (int64_t i = 0; i < n; i++) {
        images y = {0.0F}, x = {0.0F};

        LANES_UNROLL
        for (int64_t d = N_TAP - 1; d >= 0; d--) {
            y = y * at->rest_y + (float)of->power[d][i];
            x = x * at->rest_x + (float)of->power[d][i];
        }
        out->y[i] = y;
        out->x[i] = x;
    }
}

/* out [a vector] = sum over n rows of w_y times the sum over n pixels, `lanes` floats apart, of
   w_x pixel: rows side by side, so that none waits. Weights of taps are WIDTH floats apart. n is a
   constant where this is called. */
TAPS_INLINE void combine_vector(float *restrict out, const float *w_y, const float *w_x,
                                const float *first, int64_t row, int64_t lanes,
                                const int64_t n)
{
    images part[N_PIXEL], sum[2] = {{0.0F}};

    LANES_UNROLL
    for (int64_t j = 0; j < n; j++) {
        part[j] = (images){0.0F};
    }
    LANES_UNROLL
    for (int64_t i = 0; i < n; i++) {
        LANES_UNROLL
        for (int64_t j = 0; j < n; j++) {
            part[j] += w_x[i * WIDTH] *
                       *(const images *)(const void *)(first + j * row + i * lanes);
        }
    }
    LANES_UNROLL
    for (int64_t j = 0; j < n; j++) {
        sum[j % 2] += w_y[j * WIDTH] * part[j];
    }
    *(images *)(void *)out = sum[0] + sum[1];
}

/* Point `i` of a block, of all images: of n by n pixels from `first` on. */
TAPS_INLINE void combine(float *out, const tap_block *w, int64_t i, const float *first,
                         int64_t stride, const int64_t n, const int64_t n_vector)
{
    const int64_t lanes = n_vector * WIDTH;
    const float *w_y = (const float *)(const void *)w->y + i;
    const float *w_x = (const float *)(const void *)w->x + i;

    for (int64_t v = 0; v < n_vector; v++) {
        combine_vector(out + v * WIDTH, w_y, w_x, first + v * WIDTH, stride * lanes, lanes,
                       n);
    }
}

/* (sum of all weights / sum of those of pixels that have a variance)^2, where some have none.
   Sums over a row with and without gaps go in the same order. */
TAPS_INLINE float compensation(const tap_block *w, int64_t i, const uint8_t *gaps,
                               int64_t stride)
{
    const float *w_y = (const float *)(const void *)w->y + i;
    const float *w_x = (const float *)(const void *)w->x + i;
    float all_x = 0.0F, all = 0.0F, known = 0.0F;

    for (int64_t k = 0; k < N_PIXEL; k++) {
        all_x += w_x[k * WIDTH];
    }
    for (int64_t j = 0; j < N_PIXEL; j++) {
        const unsigned gap = gaps[j * stride];
        float row = gap == 0 ? all_x : 0.0F;

        for (int64_t k = 0; k < N_PIXEL && gap != 0; k++) {
            row += (gap >> k & 1U) == 0 ? w_x[k * WIDTH] : 0.0F;
        }
        all += w_y[j * WIDTH] * all_x;
        known += w_y[j * WIDTH] * row;
    }
    return all / known * (all / known);
}

/* Points of a block: where they go to, and how many there are. */
typedef struct targets {
    float *value, *variance; /* [.., lanes] */
    const int64_t *place;    /* [n] */
    int64_t n;
} targets;

TAPS_INLINE void stack_values(const targets *to, const sqn__spline_stack *planes,
                              const point_block *at, const int64_t n_vector)
{
    const int64_t lanes = n_vector * WIDTH;
    tap_block w;

    weigh_points(&w, &planes->value, at, N_TAP);
    for (int64_t i = 0; i < to->n; i++) {
        const int64_t first = (at->cell_y[i] - 2) * planes->stride + at->cell_x[i] - 2;

        combine(to->value + to->place[i] * lanes, &w, i, planes->coeff + first * lanes,
                planes->stride, N_TAP, n_vector);
    }
}

TAPS_INLINE void stack_variances(const targets *to, const sqn__spline_stack *planes,
                                 const point_block *at, const int64_t n_vector)
{
    const int64_t lanes = n_vector * WIDTH, up = 3 * planes->stride;
    tap_block w, square;

    weigh_points(&w, &planes->pixel, at, N_PIXEL);
    for (int64_t j = 0; j < N_PIXEL; j++) {
        square.y[j] = w.y[j] * w.y[j];
        square.x[j] = w.x[j] * w.x[j];
    }
    for (int64_t i = 0; i < to->n; i++) {
        const int64_t cell = at->cell_y[i] * planes->stride + at->cell_x[i];
        float *out = to->variance + to->place[i] * lanes;

        combine(out, &square, i, planes->variance + (cell - up - 3) * lanes, planes->stride,
                N_PIXEL, n_vector);
        if (planes->broken[cell] != 0) {
            const float factor =
                compensation(&w, i, planes->gaps + cell - up, planes->stride);

            for (int64_t l = 0; l < lanes; l++) {
                out[l] *= factor;
            }
        }
    }
}

/* All points; the number of vectors is a constant where this is called. */
TAPS_INLINE void stack_vectors(float *value, float *variance,
                               const sqn__spline_stack *planes,
                               const sqn__spline_points *of, const int64_t n_vector)
{
    for (int64_t i = 0; i < of->n; i += WIDTH) {
        const targets to = {value, variance, of->place + i,
                            of->n - i < WIDTH ? of->n - i : WIDTH};
        point_block at;

        find_points(&at, of->y + i, of->x + i, to.n);
        stack_values(&to, planes, &at, n_vector);
        if (variance != NULL) {
            stack_variances(&to, planes, &at, n_vector);
        }
    }
}

static void stack(float *value, float *variance, const sqn__spline_stack *planes,
                  const sqn__spline_points *points)
{
    switch (planes->lanes / WIDTH) {
    case 1:
        stack_vectors(value, variance, planes, points, 1);
        break;
    case 2:
        stack_vectors(value, variance, planes, points, 2);
        break;
    default:
        stack_vectors(value, variance, planes, points, 4);
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

/* One vector of so many lines; their number is a constant where this is called. */
TAPS_INLINE void filter_lines(float *data, const sqn__spline_beside *of, float z,
                              float gain, const int64_t n_line)
{
    images now[SIDE_BY_SIDE];

    for (int64_t r = 0; r < n_line; r++) {
        start_line(&now[r], data, of, r, z);
        now[r] *= gain;
        *pixel_at(data, of, r, 0) = now[r];
    }
    for (int64_t k = 1; k < of->n; k++) {
        LANES_UNROLL
        for (int64_t r = 0; r < n_line; r++) {
            now[r] = gain * *pixel_at(data, of, r, k) + z * now[r];
            *pixel_at(data, of, r, k) = now[r];
        }
    }
    for (int64_t r = 0; r < n_line; r++) {
        now[r] = z / (z * z - 1.0F) * (now[r] + z * *pixel_at(data, of, r, of->n - 2));
        *pixel_at(data, of, r, of->n - 1) = now[r];
    }
    for (int64_t k = of->n - 2; k >= 0; k--) {
        LANES_UNROLL
        for (int64_t r = 0; r < n_line; r++) {
            now[r] = z * (now[r] - *pixel_at(data, of, r, k));
            *pixel_at(data, of, r, k) = now[r];
        }
    }
}

static void filter_stack(float *data, const sqn__spline_beside *lines, float z, float gain)
{
    const int64_t n_whole = lines->n_line - lines->n_line % SIDE_BY_SIDE;

    for (int64_t v = 0; v < lines->lanes; v += WIDTH) {
        float *first = data + v;

        for (int64_t line = 0; line < n_whole; line += SIDE_BY_SIDE) {
            filter_lines(first + line * lines->across, lines, z, gain, SIDE_BY_SIDE);
        }
        for (int64_t line = n_whole; line < lines->n_line; line++) {
            filter_lines(first + line * lines->across, lines, z, gain, 1);
        }
    }
}

#endif
