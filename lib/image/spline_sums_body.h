/**
 * @file spline_sums_body.h
 * @brief Sums over frames and over rings of a table, a lane an image: as spline_lanes_body.h.
 */
#ifndef SQN_SPLINE_SUMS_BODY_H
#define SQN_SPLINE_SUMS_BODY_H

#include <float.h>

#include "spline_lanes.h"

enum { HALF = SQN__SPLINE_WIDTH / 2 }; /* doubles of a vector */

typedef double sums
    __attribute__((vector_size(HALF * sizeof(double)), aligned(8), may_alias));
typedef float parts
    __attribute__((vector_size(HALF * sizeof(float)), aligned(4), may_alias));
typedef int32_t choices __attribute__((vector_size(SQN__SPLINE_WIDTH * sizeof(int32_t)),
                                       aligned(4), may_alias));

/* Number by number: compilers make one instruction of it, and several of a conversion. */
TAPS_INLINE sums widen(const float *from)
{
#if SQN__SPLINE_WIDTH == 16
    return (sums){from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]};
#else
    return __builtin_convertvector(*(const parts *)(const void *)from, sums);
#endif
}

TAPS_INLINE images load(const float *from)
{
    return *(const images *)(const void *)from;
}

/* The numbers where `there`, else 0. */
TAPS_INLINE images select_where(choices there, images of)
{
    return (images)((choices)of & there);
}

TAPS_INLINE choices are_finite(images of)
{
    const images most = (images){0.0F} + FLT_MAX;

    return (choices)(of <= most) & (choices)(of >= -most);
}

/* ---- What is known --------------------------------------------------------------------- */

static bool know(uint8_t *unknown, const float *pixels, const uint8_t *outside, int64_t n,
                 int64_t lanes)
{
    choices differ = {0};
    int32_t some = 0;

    for (int64_t x = 0; x < n; x++) {
        const float *at = pixels + x * lanes;
        const bool is_known = at[0] <= FLT_MAX && at[0] >= -FLT_MAX, in = outside[x] == 0;
        const choices first = (choices){0} - (is_known ? 1 : 0);
        const choices here = (choices){0} - (in ? 1 : 0);

        unknown[x] = is_known && in ? 0 : UINT8_MAX;
        for (int64_t l = 0; l < lanes; l += WIDTH) {
            differ |= (are_finite(load(at + l)) ^ first) & here;
        }
    }
    for (int64_t l = 0; l < WIDTH; l++) {
        some |= differ[l];
    }
    return some == 0;
}

/* ---- Over frames ----------------------------------------------------------------------- */

/* A vector of the lanes of a pixel. */
typedef struct tally {
    sums value[2];
    images n, variance, shared;
} tally;

/* Lanes from number `l` on of pixel `x` of a frame. */
TAPS_INLINE void add_frame(tally *to, const sqn__spline_frame *of, int64_t x, int64_t l,
                           int64_t lanes)
{
    const int64_t at = x * lanes + l, from = of->nearest[x] < 0 ? 0 : of->nearest[x];
    const images variance = load(of->variance + at);
    const choices there =
        are_finite(load(of->value + at)) & *(const choices *)(const void *)(of->member + l);
    const images value = select_where(there, load(of->value + at));
    const float *halves = (const float *)(const void *)&value;

    to->value[0] += widen(halves);
    to->value[1] += widen(halves + HALF);
    to->n += select_where(there, (images){0.0F} + 1.0F);
    to->variance += select_where(there, variance);
    to->shared += select_where(there, load(of->ratio + from * lanes + l) * variance);
}

/* A block of the sums of a vector. */
TAPS_INLINE images *block(float *at, sqn__sum which, int64_t lanes)
{
    return (images *)(void *)(at + (int64_t)which * lanes);
}

static void add(float *out, const sqn__spline_frame *frames, int64_t n_frame, int64_t n,
                int64_t lanes)
{
    const int64_t ahead = 8 * (int64_t)SQN__N_SUM; /* of so many pixels sums are fetched */

    for (int64_t x = 0; x < n; x++) {
        for (int64_t l = 0; l < lanes; l += WIDTH) {
            float *at = out + x * SQN__N_SUM * lanes + l;
            sums *value = (sums *)(void *)(at + l); /* doubles: twice as far */
            tally all = {{value[0], value[1]},
                         *block(at, SQN__SUM_N, lanes),
                         *block(at, SQN__SUM_VARIANCE, lanes),
                         *block(at, SQN__SUM_SHARED, lanes)};

            for (int64_t k = 0; k < SQN__N_SUM; k++) { /* which may lie outside */
                __builtin_prefetch(at + (ahead + k) * lanes, 1, 2);
            }
            for (int64_t f = 0; f < n_frame; f++) {
                add_frame(&all, &frames[f], x, l, lanes);
            }
            value[0] = all.value[0];
            value[1] = all.value[1];
            *block(at, SQN__SUM_N, lanes) = all.n;
            *block(at, SQN__SUM_VARIANCE, lanes) = all.variance;
            *block(at, SQN__SUM_SHARED, lanes) = all.shared;
        }
    }
}

/* ---- Over rings ------------------------------------------------------------------------ */

/* The ratio of covariances, which are `part` of the numbers, and variance, in place of the
   numbers. */
TAPS_INLINE void divide(float *shared, const float *variance, images part)
{
    const images below = load(variance), ratio = load(shared) * part / below;

    *(images *)(void *)shared = select_where((choices)(below > 0.0F), ratio);
}

static void share(float *shared, double *out, int64_t *n, const sqn__spline_rings *of)
{
    const images one = (images){0.0F} + 1.0F;
    const float *all = (const float *)(const void *)&one;
    const int64_t lanes = of->lanes;

    for (int64_t x = 0; x < of->n; x++) {
        const float *variance = of->variance + x * lanes;
        float *at = shared + x * lanes;

        if (of->ring != NULL && of->unknown[x] == 0) {
            double *variances = out + (int64_t)of->ring[x] * 2 * lanes;

            n[of->ring[x]]++;
            for (int64_t l = 0; l < lanes; l += HALF) {
                *(sums *)(void *)(variances + l) += widen(variance + l);
                *(sums *)(void *)(variances + lanes + l) += widen(at + l);
            }
        }
        for (int64_t l = 0; l < lanes; l += WIDTH) {
            const float *part =
                of->ring != NULL ? of->share + (int64_t)of->ring[x] * lanes + l : all;

            divide(at + l, variance + l, load(part));
        }
    }
}

#endif
