/**
 * @file spline_stack_body.h
 * @brief Values and variances of many images at many positions, of a table: as
 * spline_lanes_body.h.
 */
#ifndef SQN_SPLINE_STACK_BODY_H
#define SQN_SPLINE_STACK_BODY_H

#include <string.h>

#include "spline_lanes.h"

/* Weights of taps at the places of as many points as a vector has lanes: [tap], a lane a point. */
typedef struct tap_block {
    images y[N_PIXEL], x[N_PIXEL];
} tap_block;

/* The points of a block: numbers of their cells in a plane, and the places in these. */
typedef struct point_block {
    int64_t cell[WIDTH];
    images rest_y, rest_x;
} point_block;

/* Cells along one axis, as place_at(): any stand in for points that are missing. */
TAPS_INLINE void find_cells(int64_t *restrict cell, float *restrict rest,
                            const double *position, int64_t n)
{
    double all[WIDTH] = {0.0};

    memcpy(all, position, (size_t)n * sizeof *position);
    for (int64_t i = 0; i < WIDTH; i++) {
        const int32_t near = (int32_t)all[i];
        const int32_t at = near - ((double)near > all[i] ? 1 : 0);

        cell[i] = at;
        rest[i] = (float)(all[i] - (double)at);
    }
}

TAPS_INLINE void find_points(point_block *out, const double *y, const double *x, int64_t n,
                             int64_t stride)
{
    int64_t cell_y[WIDTH], cell_x[WIDTH];
    float rest_y[WIDTH], rest_x[WIDTH];

    find_cells(cell_y, rest_y, y, n);
    find_cells(cell_x, rest_x, x, n);
    for (int64_t i = 0; i < WIDTH; i++) {
        out->cell[i] = cell_y[i] * stride + cell_x[i];
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
    LANES_ROLL
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

/* Points of a block: where they go to, how many there are, and from what. */
typedef struct targets {
    float *out;           /* [.., lanes] */
    const int64_t *place; /* [n] */
    const int64_t *cell;  /* [n] */
    int64_t n;
    const float *plane; /* of cell 0, the first of the n by n pixels behind it */
    int64_t stride;     /* pixels from row to row */
    int64_t ahead;      /* from such a first one to what others will need soon */
} targets;

/* Every point, of all images: sums over n by n pixels. */
TAPS_INLINE void combine(const targets *to, const tap_block *w, const int64_t n,
                         const int64_t n_vector)
{
    const int64_t lanes = n_vector * WIDTH, row = to->stride * lanes;
    const float *w_y = (const float *)(const void *)w->y;
    const float *w_x = (const float *)(const void *)w->x;

    for (int64_t i = 0; i < to->n; i++) {
        const float *first = to->plane + to->cell[i] * lanes;
        float *out = to->out + to->place[i] * lanes;

        /* which may lie outside: nothing is read */
        __builtin_prefetch((const char *)first + to->ahead * lanes * 4, 0, 2);
        for (int64_t v = 0; v < n_vector; v++) {
            combine_vector(out + v * WIDTH, w_y + i, w_x + i, first + v * WIDTH, row, lanes,
                           n);
        }
    }
}

/* The number of vectors is a constant in each. */
TAPS_INLINE void combine_vectors(const targets *to, const tap_block *w, const int64_t n,
                                 int64_t n_vector)
{
    switch (n_vector) {
    case 1:
        combine(to, w, n, 1);
        break;
    case 2:
        combine(to, w, n, 2);
        break;
    default:
        combine(to, w, n, 4);
    }
}

/* Apart from what surrounds them, the loops keep their numbers in registers. */
#define TAPS_APART static __attribute__((noinline))

TAPS_APART void combine_coeffs(const targets *to, const tap_block *w, int64_t n_vector)
{
    combine_vectors(to, w, N_TAP, n_vector);
}

TAPS_APART void combine_pixels(const targets *to, const tap_block *w, int64_t n_vector)
{
    combine_vectors(to, w, N_PIXEL, n_vector);
}

/* Weights of pixels, and their sums along both axes. */
typedef struct gap_block {
    tap_block w;
    images all_y, all_x;
} gap_block;

/* The gaps behind a cell: bit k of byte j is that of pixel k of row j. */
TAPS_INLINE uint64_t gather_gaps(const uint8_t *gaps, int64_t stride)
{
    uint64_t bits = 0;

    for (int64_t j = 0; j < N_PIXEL; j++) {
        bits |= (uint64_t)gaps[j * stride] << 8 * j;
    }
    return bits;
}

/* Sum of the weights of the pixels behind point `i` that are set in `bits`. */
TAPS_INLINE float sum_weights(const gap_block *g, int64_t i, uint64_t bits)
{
    const float *w_y = (const float *)(const void *)g->w.y + i;
    const float *w_x = (const float *)(const void *)g->w.x + i;
    float sum = 0.0F;

    for (; bits != 0; bits &= bits - 1) {
        const int64_t at = __builtin_ctzll(bits);

        sum += w_y[at / 8 * WIDTH] * w_x[at % 8 * WIDTH];
    }
    return sum;
}

/* The square of sqn__spline_share(): by the few pixels that have no variance, or that have one. */
TAPS_INLINE float compensation(const gap_block *g, int64_t i, const uint8_t *gaps,
                               int64_t stride)
{
    enum { FEW = 16 };
    const uint64_t bits = gather_gaps(gaps, stride);
    const float all = ((const float *)(const void *)&g->all_y)[i] *
                      ((const float *)(const void *)&g->all_x)[i];
    const float known = __builtin_popcountll(bits) <= FEW ? all - sum_weights(g, i, bits)
                                                          : sum_weights(g, i, ~bits);

    const float share = (float)sqn__spline_share((double)all, (double)known);

    return share * share;
}

/* Points whose pixels do not all have a variance. */
TAPS_APART void compensate(const targets *to, const gap_block *g,
                           const sqn__spline_stack *planes)
{
    for (int64_t i = 0; i < to->n; i++) {
        const int64_t cell = to->cell[i];

        if (planes->broken[cell] != 0) {
            const float factor = compensation(
                g, i, planes->gaps + cell - BEFORE * planes->stride, planes->stride);
            float *out = to->out + to->place[i] * planes->lanes;

            for (int64_t l = 0; l < planes->lanes; l++) {
                out[l] *= factor;
            }
        }
    }
}

/* Points of a block from number `first` on, of planes that are still to be named; from a cell back
   to the first pixel behind it. */
TAPS_INLINE targets find_targets(const sqn__spline_stack *planes,
                                 const sqn__spline_points *of, const point_block *at,
                                 int64_t first, int64_t back)
{
    const int64_t left = of->n - first;

    return (targets){.place = of->place + first,
                     .cell = at->cell,
                     .n = left < WIDTH ? left : WIDTH,
                     .stride = planes->stride,
                     .ahead = back + of->ahead};
}

static void stack_values(float *out, const sqn__spline_stack *planes,
                         const sqn__spline_points *of, const point_block *at, int64_t first)
{
    const int64_t back = 2 * planes->stride + 2;
    targets to = find_targets(planes, of, at, first, back);
    tap_block w;

    to.out = out;
    to.plane = planes->coeff - back * planes->lanes;
    weigh_points(&w, &planes->value, at, N_TAP);
    combine_coeffs(&to, &w, planes->lanes / WIDTH);
}

static void stack_variances(float *out, const sqn__spline_stack *planes,
                            const sqn__spline_points *of, const point_block *at,
                            int64_t first)
{
    const int64_t back = BEFORE * planes->stride + BEFORE;
    targets to = find_targets(planes, of, at, first, back);
    gap_block g = {.all_y = {0.0F}, .all_x = {0.0F}};
    tap_block square;

    to.out = out;
    to.plane = planes->variance - back * planes->lanes;
    weigh_points(&g.w, &planes->pixel, at, N_PIXEL);
    for (int64_t j = 0; j < N_PIXEL; j++) {
        g.all_y += g.w.y[j];
        g.all_x += g.w.x[j];
        square.y[j] = g.w.y[j] * g.w.y[j];
        square.x[j] = g.w.x[j] * g.w.x[j];
    }
    combine_pixels(&to, &square, planes->lanes / WIDTH);
    compensate(&to, &g, planes);
}

static void stack(float *value, float *variance, const sqn__spline_stack *planes,
                  const sqn__spline_points *points)
{
    for (int64_t i = 0; i < points->n; i += WIDTH) {
        const int64_t left = points->n - i;
        point_block at;

        find_points(&at, points->y + i, points->x + i, left < WIDTH ? left : WIDTH,
                    planes->stride);
        stack_values(value, planes, points, &at, i);
        if (variance != NULL) {
            stack_variances(variance, planes, points, &at, i);
        }
    }
}

#endif
