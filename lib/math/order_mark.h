/**
 * @file order_mark.h
 * @brief Which numbers lie in some zones: part of a table, with the vectors of order_body.h.
 */
#ifndef SQN_ORDER_MARK_H
#define SQN_ORDER_MARK_H

#include <stddef.h>

enum { WORD = SQN__ORDER_WORD };

#define MARK_INLINE static inline __attribute__((always_inline))

/* What a loop over numbers finds, and its counts lane by lane. */
typedef struct marking {
    sqn__order_marked *out;
    const sqn__order_zones *zones;
    float_truths minus_n_below, minus_n_within;
} marking;

/* A word of numbers, of which those behind the last are NaN. */
typedef struct word_of_numbers {
    float a[WORD], b[WORD];
} word_of_numbers;

static void copy_word(word_of_numbers *to, const sqn__order_mix *of, int64_t first)
{
    for (int64_t i = 0; i < WORD; i++) {
        to->a[i] = first + i < of->n ? of->a[first + i] : NAN;
        to->b[i] = of->b != NULL && first + i < of->n ? of->b[first + i] : NAN;
    }
}

/* The numbers from `a` and `b` on. */
MARK_INLINE void mix_vector(floats *v, const sqn__order_mix *of, const float *a,
                            const float *b, const bool mixed)
{
    *v = *(const floats *)(const void *)a;
    if (mixed) {
        *v = of->p * *v + of->q * *(const floats *)(const void *)b;
    }
}

#if defined(__AVX512F__)
MARK_INLINE __mmask16 is_below(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_LT_OQ);
}

MARK_INLINE __mmask16 is_up_to(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_LE_OQ);
}

MARK_INLINE uint32_t bits_above(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_GT_OQ);
}

/* One more in the lanes that are true. */
MARK_INLINE void count_lanes(float_truths *minus_n, __mmask16 is)
{
    const __m512i n = (__m512i)*minus_n;

    *minus_n = (float_truths)_mm512_mask_sub_epi32(n, is, n, _mm512_set1_epi32(1));
}

/* Of each pair of bounds, what one holds, the other holds, too; NaN lies in no zone. */
MARK_INLINE void mark_vector(marking *m, const floats *v, const floats *apart)
{
    const sqn__order_zones *zones = m->zones;
    const __mmask16 below = is_below(v, zones->near[0]);
    const __mmask16 within = is_below(apart, zones->ring[0]);
    const __mmask16 listed =
        _kor_mask16(_kxor_mask16(below, is_up_to(v, zones->near[1])),
                    _kxor_mask16(within, is_up_to(apart, zones->ring[1])));

    count_lanes(&m->minus_n_below, below);
    count_lanes(&m->minus_n_within, within);
    _mm512_storeu_ps(m->out->value + m->out->n, /* no branch that has to be guessed */
                     _mm512_maskz_compress_ps(listed, (__m512)*v));
    m->out->n += (int64_t)_mm_popcnt_u32(_cvtmask16_u32(listed));
}
#else
MARK_INLINE uint32_t bits_above(const floats *v, float bound)
{
    const float_truths above = *v > bound;

    return bits_of(&above);
}

MARK_INLINE void mark_vector(marking *m, const floats *v, const floats *apart)
{
    const sqn__order_zones *zones = m->zones;
    const float_truths below = *v < zones->near[0], within = *apart < zones->ring[0];
    const float_truths listed =
        (below ^ (*v <= zones->near[1])) | (within ^ (*apart <= zones->ring[1]));

    m->minus_n_below += below;
    m->minus_n_within += within;
    for (uint32_t left = bits_of(&listed); left != 0; left &= left - 1) { /* rare */
        m->out->value[m->out->n++] = (*v)[__builtin_ctz(left)];
    }
}
#endif

MARK_INLINE void mark_word(marking *m, const sqn__order_mix *of, const float *a,
                           const float *b, const bool mixed)
{
    for (int64_t i = 0; i < WORD; i += FLOATS) {
        floats v;

        mix_vector(&v, of, a + i, b + i, mixed);
        const floats apart = (floats)((float_truths)(v - m->zones->centre) & INT32_MAX);

        mark_vector(m, &v, &apart);
    }
}

MARK_INLINE void mark_mix(sqn__order_marked *out, const sqn__order_mix *of,
                          const sqn__order_zones *zones, const bool mixed)
{
    const int64_t n_whole = of->n - of->n % WORD;
    const sqn__order_mix mix = *of;
    const sqn__order_zones here = *zones;
    sqn__order_marked to = {.value = out->value};
    marking m = {&to, &here, {0}, {0}};
    word_of_numbers rest;

    copy_word(&rest, of, n_whole);
    for (int64_t i = 0; i < n_whole; i += WORD) {
        mark_word(&m, &mix, mix.a + i, mixed ? mix.b + i : mix.a, mixed);
    }
    mark_word(&m, &mix, rest.a, rest.b, mixed);
    for (int64_t l = 0; l < FLOATS; l++) {
        to.n_below -= m.minus_n_below[l];
        to.n_within -= m.minus_n_within[l];
    }
    *out = to;
}

static void mark(sqn__order_marked *out, const sqn__order_mix *of,
                 const sqn__order_zones *zones)
{
    if (of->b != NULL) {
        mark_mix(out, of, zones, true);
    } else {
        mark_mix(out, of, zones, false);
    }
}

/* Which of a word lie above the limit. */
MARK_INLINE uint64_t above_word(const sqn__order_mix *of, const float *a, const float *b,
                                float limit, int32_t sides, const bool mixed)
{
    uint64_t bits = 0;

    for (int64_t i = 0; i < WORD; i += FLOATS) {
        floats v;

        mix_vector(&v, of, a + i, b + i, mixed);
        v = (floats)((float_truths)v & sides);
        bits |= (uint64_t)bits_above(&v, limit) << i;
    }
    return bits;
}

MARK_INLINE void above_mix(uint64_t *set, const sqn__order_mix *of, float limit, bool both,
                           const bool mixed)
{
    const int64_t n_whole = of->n - of->n % WORD;
    const int32_t sides = both ? INT32_MAX : -1; /* bits of a number that count */
    const sqn__order_mix mix = *of;
    word_of_numbers rest;

    for (int64_t i = 0; i < n_whole; i += WORD) {
        set[i / WORD] =
            above_word(&mix, mix.a + i, mixed ? mix.b + i : mix.a, limit, sides, mixed);
    }
    if (n_whole < mix.n) {
        copy_word(&rest, of, n_whole);
        set[n_whole / WORD] = above_word(&mix, rest.a, rest.b, limit, sides, mixed);
    }
}

static void above(uint64_t *set, const sqn__order_mix *of, float limit, bool both)
{
    if (of->b != NULL) {
        above_mix(set, of, limit, both, true);
    } else {
        above_mix(set, of, limit, both, false);
    }
}

#endif
