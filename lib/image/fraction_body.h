/**
 * @file fraction_body.h
 * @brief The loops of a table, compiled for each vector width (SQN__FRACTION_LANES floats).
 */
#ifndef SQN_FRACTION_BODY_H
#define SQN_FRACTION_BODY_H

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "fraction.h"

enum { LANES = SQN__FRACTION_LANES, HALF = LANES / 2, WORD = SQN__BITS_WORD };

#define INLINE static inline __attribute__((always_inline))

/* Pixels side by side, and what is true of them: all bits, or none. */
typedef float floats __attribute__((vector_size(SQN__FRACTION_LANES * sizeof(float)),
                                    aligned(4), may_alias));
typedef int32_t truths __attribute__((vector_size(SQN__FRACTION_LANES * sizeof(int32_t)),
                                      aligned(4), may_alias));
typedef double doubles
    __attribute__((vector_size(SQN__FRACTION_LANES / 2 * sizeof(double))));

/* Pixels side by side, and which of them are used. */
typedef struct weighted {
    floats root, value, model;
    truths used;
} weighted;

/* Sums lane by lane, of both halves of a vector. */
typedef struct lane_sums {
    doubles xm[2], mm[2];
} lane_sums;

INLINE void weigh(weighted *w, const float *root, const float *value, const float *model)
{
    w->root = *(const floats *)(const void *)root;
    w->used = w->root > 0.0F;
    w->value = *(const floats *)(const void *)value;
    w->model = *(const floats *)(const void *)model;
}

/* Of a vector, one half. */
INLINE void widen(doubles *out, const floats *of, int64_t half)
{
#if defined(__AVX512F__)
    const __m512d bits = (__m512d)*of;

    *out = (doubles)_mm512_cvtps_pd((__m256)(half == 0 ? _mm512_castpd512_pd256(bits)
                                                       : _mm512_extractf64x4_pd(bits, 1)));
#else
    for (int64_t l = 0; l < HALF; l++) {
        (*out)[l] = (double)(*of)[half * HALF + l];
    }
#endif
}

/* Add the products of the model, with any sign, with data and model. */
INLINE void add(lane_sums *to, const weighted *w, const floats *signed_model)
{
    const floats value = (floats)((truths)(w->root * w->value) & w->used);
    const floats model = (floats)((truths)(w->root * w->model) & w->used);

    for (int64_t half = 0; half < 2; half++) {
        doubles with, x, m;

        widen(&with, signed_model, half);
        widen(&x, &value, half);
        widen(&m, &model, half);
        to->xm[half] += with * x;
        to->mm[half] += with * m;
    }
}

static double total(const doubles of[2])
{
    double sum = 0.0;

    for (int64_t l = 0; l < HALF; l++) {
        sum += of[0][l] + of[1][l];
    }
    return sum;
}

INLINE void add_totals(double sum[2], const lane_sums *of)
{
    sum[0] += total(of->xm);
    sum[1] += total(of->mm);
}

/* The pixel `p` alone, with a factor. */
INLINE void add_pixel(double sum[2], const sqn__fraction_image *of, int64_t p,
                      double factor)
{
    const float root = of->root[p];

    if (root > 0.0F) {
        const double m = (double)(root * of->model[p]), x = (double)(root * of->value[p]);

        sum[0] += factor * m * x;
        sum[1] += factor * m * m;
    }
}

static void subtract(float *out, double sum[2], const sqn__fraction_image *of)
{
    const int64_t n = of->ny * of->nx, n_whole = n - n % LANES;
    lane_sums sums = {{{0}}, {{0}}};

    for (int64_t p = 0; p < n_whole; p += LANES) {
        weighted w;

        weigh(&w, of->root + p, of->value + p, of->model + p);
        const floats model = (floats)((truths)(w.root * w.model) & w.used);

        add(&sums, &w, &model);
        *(floats *)(void *)(out + p) =
            (floats)((truths)(w.root * (w.value - w.model)) & w.used);
    }
    for (int64_t p = n_whole; p < n; p++) {
        out[p] = of->root[p] > 0.0F ? of->root[p] * (of->value[p] - of->model[p]) : 0.0F;
        add_pixel(sum, of, p, 1.0);
    }
    add_totals(sum, &sums);
}

/* True in the lanes whose bit is set. */
INLINE void lanes_of(truths *out, uint64_t bits)
{
#if defined(__AVX512F__)
    *out = (truths)_mm512_maskz_set1_epi32((__mmask16)bits, -1);
#else
    truths lane;

    for (int32_t l = 0; l < LANES; l++) {
        lane[l] = (int32_t)1 << l;
    }
    *out = ((int32_t)(bits & ((UINT64_C(1) << LANES) - 1)) & lane) != 0;
#endif
}

/* The pixels from `p` on that have come or gone. */
INLINE void follow_vector(lane_sums *sums, const sqn__fraction_image *of, int64_t p,
                          uint64_t come, uint64_t gone)
{
    weighted w;
    truths changed, minus;

    weigh(&w, of->root + p, of->value + p, of->model + p);
    lanes_of(&changed, come | gone);
    lanes_of(&minus, gone);
    w.used &= changed;
    const floats model =
        (floats)(((truths)(w.root * w.model) & w.used) ^ (minus & INT32_MIN));

    add(sums, &w, &model);
}

/* Those of `n` pixels from `p` on, a word or what is left of a row. */
INLINE void follow_word(lane_sums *sums, double rest[2], const sqn__fraction_image *of,
                        int64_t p, int64_t n, uint64_t come, uint64_t gone)
{
    int64_t l = 0;

    for (; l < WORD && l + LANES <= n; l += LANES) {
        if (((come | gone) >> l & ((UINT64_C(1) << LANES) - 1)) != 0) {
            follow_vector(sums, of, p + l, come >> l, gone >> l);
        }
    }
    for (; l < WORD && l < n; l++) {
        if (((come | gone) >> l & 1) != 0) {
            add_pixel(rest, of, p + l, (come >> l & 1) != 0 ? 1.0 : -1.0);
        }
    }
}

static void follow(double sum[2], const sqn__fraction_image *of, const sqn__bits *set,
                   const sqn__bits *before)
{
    lane_sums sums = {{{0}}, {{0}}};
    double rest[2] = {0.0, 0.0};

    for (int64_t y = 0; y < of->ny; y++) {
        const uint64_t *now = sqn__bits_row(set, y), *then = sqn__bits_row(before, y);

        for (int64_t x = 0; x < of->nx; x += WORD) {
            const uint64_t come = now[x / WORD] & ~then[x / WORD];
            const uint64_t gone = then[x / WORD] & ~now[x / WORD];

            if ((come | gone) != 0) {
                follow_word(&sums, rest, of, y * of->nx + x, of->nx - x, come, gone);
            }
        }
    }
    sum[0] += rest[0];
    sum[1] += rest[1];
    add_totals(sum, &sums);
}

#endif
