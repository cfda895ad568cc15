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
typedef int64_t masks
    __attribute__((vector_size(HALF * sizeof(int64_t)), aligned(8), may_alias));
typedef float parts
    __attribute__((vector_size(HALF * sizeof(float)), aligned(4), may_alias));

TAPS_INLINE sums widen(const float *from)
{
    return __builtin_convertvector(*(const parts *)(const void *)from, sums);
}

TAPS_INLINE sums *sums_at(double *at)
{
    return (sums *)(void *)at;
}

/* The numbers where `there`, else 0. */
TAPS_INLINE sums select_where(masks there, sums of)
{
    return (sums)((masks)of & there);
}

/* ---- Over frames ----------------------------------------------------------------------- */

/* A part of the lanes of a pixel. */
typedef struct tally {
    sums n, weight, value, variance, shared, squares;
} tally;

/* Lanes from number `l` on of pixel `x` of a frame: alike in all but their weights. */
TAPS_INLINE void add_frame(tally *to, const sqn__spline_frame *of, int64_t x, int64_t l,
                           int64_t lanes, const bool weighted)
{
    const sums most = (sums){0.0} + (double)FLT_MAX, one = (sums){0.0} + 1.0;
    const int64_t at = x * lanes + l, from = of->nearest[x] < 0 ? 0 : of->nearest[x];
    const sums value = widen(of->value + at), variance = widen(of->variance + at);
    const sums shared = widen(of->ratio + from * lanes + l) * variance;
    masks there = (value <= most) & (value >= -most) &
                  *(const masks *)(const void *)(of->member + l);

    if (weighted) {
        there &= (variance > (sums){0.0}) & (variance <= most);

        const sums w = select_where(there, one / variance);
        const sums of_shared = w * select_where(there, shared);

        to->n += select_where(there, one);
        to->weight += w;
        to->value += w * select_where(there, value);
        to->shared += of_shared;
        to->squares += w * of_shared;
        return;
    }
    to->n += select_where(there, one);
    to->value += select_where(there, value);
    to->variance += select_where(there, variance);
    to->shared += select_where(there, shared);
}

TAPS_INLINE void add_frames(double *out, const sqn__spline_frame *frames, int64_t n_frame,
                            int64_t n, int64_t lanes, const bool weighted)
{
    for (int64_t x = 0; x < n; x++) {
        for (int64_t l = 0; l < lanes; l += HALF) {
            double *at = out + x * SQN__N_SUM * lanes + l;
            tally all = {*sums_at(at + SQN__SUM_N * lanes),
                         *sums_at(at + SQN__SUM_WEIGHT * lanes),
                         *sums_at(at + SQN__SUM_VALUE * lanes),
                         *sums_at(at + SQN__SUM_VARIANCE * lanes),
                         *sums_at(at + SQN__SUM_SHARED * lanes),
                         *sums_at(at + SQN__SUM_SQUARES * lanes)};

            for (int64_t f = 0; f < n_frame; f++) {
                add_frame(&all, &frames[f], x, l, lanes, weighted);
            }
            *sums_at(at + SQN__SUM_N * lanes) = all.n;
            *sums_at(at + SQN__SUM_VALUE * lanes) = all.value;
            *sums_at(at + SQN__SUM_SHARED * lanes) = all.shared;
            if (weighted) {
                *sums_at(at + SQN__SUM_WEIGHT * lanes) = all.weight;
                *sums_at(at + SQN__SUM_SQUARES * lanes) = all.squares;
            } else {
                *sums_at(at + SQN__SUM_VARIANCE * lanes) = all.variance;
            }
        }
    }
}

static void add(double *out, const sqn__spline_frame *frames, int64_t n_frame, int64_t n,
                int64_t lanes, bool weighted)
{
    if (weighted) {
        add_frames(out, frames, n_frame, n, lanes, true);
    } else {
        add_frames(out, frames, n_frame, n, lanes, false);
    }
}

/* ---- Over rings ------------------------------------------------------------------------ */

typedef int32_t choices __attribute__((vector_size(SQN__SPLINE_WIDTH * sizeof(int32_t))));

/* The ratio of covariances, which are `part` of the numbers, and variance, in place of the
   numbers. */
TAPS_INLINE void divide(float *shared, const float *variance, images part)
{
    const images below = *(const images *)(const void *)variance;
    const images ratio = *(const images *)(const void *)shared * part / below;

    *(images *)(void *)shared = (images)((choices)ratio & (choices)(below > 0.0F));
}

static void share(float *shared, double *out, const sqn__spline_rings *of)
{
    const images one = (images){0.0F} + 1.0F;
    const float *all = (const float *)(const void *)&one;
    const int64_t lanes = of->lanes;

    for (int64_t x = 0; x < of->n; x++) {
        const float *variance = of->variance + x * lanes;
        float *at = shared + x * lanes;

        if (of->ring != NULL && of->known[x] != 0) {
            double *variances = out + of->ring[x] * 2 * lanes;

            for (int64_t l = 0; l < lanes; l += HALF) {
                *sums_at(variances + l) += widen(variance + l);
                *sums_at(variances + lanes + l) += widen(at + l);
            }
        }
        for (int64_t l = 0; l < lanes; l += WIDTH) {
            const float *part = of->ring != NULL ? of->share + of->ring[x] * lanes + l : all;

            divide(at + l, variance + l, *(const images *)(const void *)part);
        }
    }
}

#endif
