/** @file aperture_lanes_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_APERTURE_LANES_BODY_H
#define SQN_APERTURE_LANES_BODY_H

#include "aperture_kernels.h"
#include "aperture_lanes.h"
#include "snr_ratio.h"

enum {
    LANES = SQN__APERTURE_LANES,
    LINE = 16, /* floats of a line of the cache */
    WIDTH = SQN__LANES_WIDTH,
    N_VECTOR = LANES / WIDTH,
    N_CHAIN = WIDTH > 4 ? 4 : 2
};

/* A share of the lanes; may stand anywhere, and on top of floats. */
typedef float vector
    __attribute__((vector_size(SQN__LANES_WIDTH * sizeof(float)), aligned(4), may_alias));
typedef int32_t integers
    __attribute__((vector_size(SQN__LANES_WIDTH * sizeof(int32_t)), aligned(4), may_alias));

/* Loops over the taps of a row: written out, whole or in parts. */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 8")
#endif

#define LANES_INLINE static inline __attribute__((always_inline))

LANES_INLINE vector load(const float *from)
{
    return *(const vector *)(const void *)from;
}

LANES_INLINE void store(float *to, vector value)
{
    *(vector *)(void *)to = value;
}

/* All bits set in lanes from `first` on that are among these. */
LANES_INLINE integers among(uint32_t lanes, int64_t first)
{
    integers bit;

    LANES_UNROLL
    for (int64_t l = 0; l < WIDTH; l++) {
        bit[l] = 1 << l;
    }
    return (bit & (int32_t)(lanes >> first)) != 0;
}

/* The value where the mask is set, else 0. */
LANES_INLINE vector only(integers mask, vector value)
{
    return (vector)((integers)value & mask);
}

static inline double least(double a, double b)
{
    return a < b ? a : b;
}

/* Where circles are along one axis: the pixel under each, to which side of its middle, and how
   many steps from there. */
typedef struct along {
    int32_t pixel[SQN__APERTURE_PLACES], side[SQN__APERTURE_PLACES],
        step[SQN__APERTURE_PLACES];
} along;

/* Circles that leave the planes are placed at 0, for there are fluxes of them that nobody uses:
   these, too, are sums over pixels and overlaps that there are. */
LANES_INLINE void place_along(along *out, const double *at, const double *margin)
{
    enum { STEPS = SQN__APERTURE_STEPS, HALF = SQN__APERTURE_HALF };

    for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
        const double inside = margin[i] >= 0.0 ? at[i] : 0.0;
        /* steps from the lower edge of the pixel below 0: positive */
        const int32_t step = (int32_t)(inside * STEPS + 0.5 + STEPS) + HALF;
        const int32_t from = step % STEPS - HALF;

        out->pixel[i] = step / STEPS - 1;
        out->side[i] = from < 0 ? -1 : 1;
        out->step[i] = from < 0 ? -from : from;
    }
}

static void place(sqn__aperture_places *places, const sqn__aperture_field *field)
{
    const double r = field->radius, low = -0.5;
    const double high_y = field->high_y, high_x = field->high_x;
    const int32_t first = (int32_t)field->first, row = (int32_t)field->row;
    const int32_t begin = (int32_t)field->begin, further = (int32_t)field->further;
    along y, x;

    for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
        const double margin_y = least(places->y[i] - r - low, high_y - (places->y[i] + r));
        const double margin_x = least(places->x[i] - r - low, high_x - (places->x[i] + r));

        places->margin[i] = least(margin_y, margin_x);
    }
    place_along(&y, places->y, places->margin);
    place_along(&x, places->x, places->margin);
    for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
        const int32_t begin_y = begin + (y.step[i] < further ? 0 : 1);
        const int32_t begin_x = begin + (x.step[i] < further ? 0 : 1);

        places->under[i] = first + y.pixel[i] * row + x.pixel[i];
        places->kernel[i] = y.step[i] * (SQN__APERTURE_HALF + 1) + x.step[i];
        places->step_y[i] = y.side[i] * row;
        places->step_x[i] = x.side[i];
        places->pixel[i] =
            places->under[i] + begin_y * places->step_y[i] + begin_x * places->step_x[i];
    }
}

/* out [lanes] = overlaps times pixels, of a kernel whose side and direction, 1 or -1, are constants
   where this is called; in chains of sums, so that none waits for itself. */
LANES_INLINE void flux_one(float *out, const float *kernel, const float *pixels,
                           int64_t stride, const int64_t side, const int64_t direction)
{
    vector part[N_CHAIN][N_VECTOR] = {{{0.0F}}};

    for (int64_t j = 0; j < side; j++) {
        const float *share = kernel + j * side;
        const float *row = pixels + j * stride;

        LANES_UNROLL
        for (int64_t i = 0; i < side; i++) {
            LANES_UNROLL
            for (int64_t v = 0; v < N_VECTOR; v++) {
                part[i % N_CHAIN][v] +=
                    share[i] * load(row + direction * i * LANES + v * WIDTH);
            }
        }
    }
    for (int64_t v = 0; v < N_VECTOR; v++) {
        for (int64_t c = 1; c < N_CHAIN; c++) {
            part[0][v] += part[c][v];
        }
        store(out + v * WIDTH, part[0][v]);
    }
}

LANES_INLINE void flux_side(float *out, const sqn__aperture_field *field,
                            const sqn__aperture_places *places, int64_t first, int64_t n,
                            const int64_t side)
{
    for (int64_t i = first; i < first + n; i++) {
        float *to = out + (i - first) * LANES;
        const float *kernel = field->kernels + places->kernel[i] * field->kernel_size;
        const float *pixels = field->pixels + (int64_t)places->pixel[i] * LANES;
        const int64_t stride = (int64_t)places->step_y[i] * LANES;

        if (places->step_x[i] > 0) {
            flux_one(to, kernel, pixels, stride, side, 1);
        } else {
            flux_one(to, kernel, pixels, stride, side, -1);
        }
    }
}

/* Ask for the overlaps that are needed soon: kernels lie anywhere in the table. */
static void fetch(const sqn__aperture_field *field, const sqn__aperture_places *places,
                  int64_t first, int64_t n)
{
    for (int64_t i = first; i < first + n; i++) {
        const float *kernel = field->kernels + places->kernel[i] * field->kernel_size;

        for (int64_t e = 0; e < field->kernel_size; e += LINE) {
            __builtin_prefetch(kernel + e);
        }
    }
}

/* Most kernels are small: their loops are written out. */
static void flux(float *out, const sqn__aperture_field *field,
                 const sqn__aperture_places *places, int64_t i, int64_t n)
{
    fetch(field, places, i, n);
    switch (field->side) {
    case 3:
        flux_side(out, field, places, i, n, 3);
        break;
    case 4:
        flux_side(out, field, places, i, n, 4);
        break;
    case 5:
        flux_side(out, field, places, i, n, 5);
        break;
    case 6:
        flux_side(out, field, places, i, n, 6);
        break;
    case 7:
        flux_side(out, field, places, i, n, 7);
        break;
    default:
        flux_side(out, field, places, i, n, field->side);
    }
}

static void add(sqn__aperture_sums *sums, const float *flux_in, uint32_t known)
{
    const uint32_t fresh = known & ~sums->begun;

    LANES_UNROLL
    for (int64_t l = 0; l < LANES; l += WIDTH) {
        const integers mask = among(known, l), first = among(fresh, l);
        integers *n = (integers *)(void *)(sums->n + l);
        const vector value = load(flux_in + l);
        const vector origin = only(first, value) + only(~first, load(sums->origin + l));
        const vector d = only(mask, value - origin);

        store(sums->origin + l, origin);
        store(sums->one + l, load(sums->one + l) + d);
        store(sums->two + l, load(sums->two + l) + d * d);
        *n -= mask;
    }
    sums->begun |= known;
}

static void add_all(float *sum, const float *flux_in, const float *origin, int64_t n,
                    uint32_t lanes)
{
    LANES_UNROLL
    for (int64_t l = 0; l < LANES; l += WIDTH) {
        const integers mask = among(lanes, l);
        const vector from = load(origin + l);

        for (int64_t e = l; e < n * LANES; e += LANES) {
            store(sum + e, load(sum + e) + only(mask, load(flux_in + e) - from));
        }
    }
}

static void square_all(float *sum, const float *flux_in, const float *origin,
                       const float *mean, int64_t n, uint32_t lanes)
{
    LANES_UNROLL
    for (int64_t l = 0; l < LANES; l += WIDTH) {
        const integers mask = among(lanes, l);
        const vector from = load(origin + l);

        for (int64_t e = l; e < n * LANES; e += LANES) {
            const vector d = only(mask, load(flux_in + e) - from - load(mean + e));

            store(sum + e, load(sum + e) + d * d);
        }
    }
}

/* Without the flux f of n, m - (f - m) / (n - 1) is the mean, and (f - m)^2 n / (n - 1) less the
   sum of squares. */
static void blend(sqn__aperture_sums *sums, const sqn__aperture_points *points)
{
    const vector zero = {0.0F};
    const int64_t n_radius = points->n_radius;

    LANES_UNROLL
    for (int64_t l = 0; l < LANES; l += WIDTH) {
        const integers mask = among(points->lanes, l);
        integers *n = (integers *)(void *)(sums->n + l);
        const vector origin = load(sums->origin + l);
        const vector all = __builtin_convertvector(*n, vector);
        const vector part = only(mask & (all > 1.5F), 1.0F / (all - 1.0F));
        vector mean = zero, spread = zero;

        for (int64_t j = 0; j < points->n_angle; j++) {
            for (int64_t i = 0; i < n_radius; i++) {
                const float weight = points->by_angle[j] * points->by_radius[i];
                const int64_t e = (j * n_radius + i) * LANES + l;
                const vector at = load(points->mean + e);
                const vector d = only(mask, load(points->flux + e) - origin - at);
                const vector less = d * d * (1.0F + part);

                mean += weight * (at - d * part);
                spread += weight * (load(points->spread + e) - less);
            }
        }
        store(sums->origin + l, origin + mean);
        store(sums->one + l, zero);
        store(sums->two + l, spread);
        *n += mask;
    }
}

static void ratio(float *out, const float *flux_in, uint32_t known,
                  const sqn__aperture_sums *others, int64_t n_all)
{
    const double all = (double)n_all, precision = 4e-7; /* of sums of floats */

    for (int64_t l = 0; l < LANES; l++) {
        const sqn__snr_sums sums = {(double)others->origin[l], (double)others->one[l],
                                    (double)others->two[l], (double)others->n[l]};
        const float value =
            (float)sqn__snr_ratio((double)flux_in[l], &sums, all, precision);

        out[l] = (known >> l & 1U) != 0 ? value : NAN;
    }
}

#endif
