/**
 * @file order_mark.h
 * @brief Which numbers lie in some zones: part of a table, with the vectors of order_body.h.
 */
#ifndef SQN_ORDER_MARK_H
#define SQN_ORDER_MARK_H

#include <stddef.h>

enum { WORD = SQN__ORDER_WORD };

#define MARK_INLINE static inline __attribute__((always_inline))

/* Counts lane by lane. */
typedef struct lane_counts {
    float_truths minus_n_below, minus_n_within;
} lane_counts;

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

/* Where a number is for sure: at least and at most, and so far from the centre. */
typedef struct extent {
    floats least, most, nearest, furthest;
} extent;

#if defined(__AVX512F__)
typedef __mmask16 lane_set;

MARK_INLINE lane_set is_below(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_LT_OQ);
}

MARK_INLINE lane_set is_up_to(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_LE_OQ);
}

MARK_INLINE uint32_t bits_above(const floats *v, float bound)
{
    return _mm512_cmp_ps_mask((__m512)*v, _mm512_set1_ps(bound), _CMP_GT_OQ);
}

MARK_INLINE lane_set one_of(const lane_set *a, const lane_set *b)
{
    return _kxor_mask16(*a, *b);
}

MARK_INLINE lane_set any_of(const lane_set *a, const lane_set *b)
{
    return _kor_mask16(*a, *b);
}

MARK_INLINE lane_set but(const lane_set *a, const lane_set *without)
{
    return _kandn_mask16(*without, *a);
}

/* One more in the lanes that are true. */
MARK_INLINE void count_lanes(float_truths *minus_n, const lane_set *is)
{
    const __m512i n = (__m512i)*minus_n;

    *minus_n = (float_truths)_mm512_mask_sub_epi32(n, *is, n, _mm512_set1_epi32(1));
}

/* Append the numbers of a set; how many. No branch that has to be guessed. */
MARK_INLINE int64_t append_set(float *out, const floats *v, const lane_set *set)
{
    _mm512_storeu_ps(out, _mm512_maskz_compress_ps(*set, (__m512)*v));
    return (int64_t)_mm_popcnt_u32(_cvtmask16_u32(*set));
}
#else
typedef float_truths lane_set;

MARK_INLINE lane_set is_below(const floats *v, float bound)
{
    return *v < bound;
}

MARK_INLINE lane_set is_up_to(const floats *v, float bound)
{
    return *v <= bound;
}

MARK_INLINE uint32_t bits_above(const floats *v, float bound)
{
    const float_truths above = *v > bound;

    return bits_of(&above);
}

MARK_INLINE lane_set one_of(const lane_set *a, const lane_set *b)
{
    return *a ^ *b;
}

MARK_INLINE lane_set any_of(const lane_set *a, const lane_set *b)
{
    return *a | *b;
}

MARK_INLINE lane_set but(const lane_set *a, const lane_set *without)
{
    return *a & ~*without;
}

MARK_INLINE void count_lanes(float_truths *minus_n, const lane_set *is)
{
    *minus_n += *is;
}

MARK_INLINE int64_t append_set(float *out, const floats *v, const lane_set *set)
{
    int64_t n = 0;

    for (uint32_t left = bits_of(set); left != 0; left &= left - 1) { /* rare */
        out[n++] = (*v)[__builtin_ctz(left)];
    }
    return n;
}
#endif

/* The lanes that are below the zones for sure, those within the ring for sure, and those that may
   lie in a zone. Of each pair of bounds, what one holds, the other holds, too; NaN lies in no zone. */
MARK_INLINE lane_set find_lanes(lane_set *below, lane_set *within, const extent *of,
                                const sqn__order_zones *zones)
{
    *below = is_below(&of->most, zones->near[0]);
    *within = is_below(&of->furthest, zones->ring[0]);
    const lane_set up_to = is_up_to(&of->least, zones->near[1]);
    const lane_set out_to = is_up_to(&of->nearest, zones->ring[1]);
    const lane_set near = one_of(below, &up_to), ring = one_of(within, &out_to);

    return any_of(&near, &ring);
}

MARK_INLINE floats size_of_each(const floats *v)
{
    return (floats)((float_truths)*v & INT32_MAX);
}

MARK_INLINE void mark_word(sqn__order_marked *out, lane_counts *counts,
                           const sqn__order_mix *of, const sqn__order_zones *zones,
                           const float *a, const float *b, const bool mixed)
{
    for (int64_t i = 0; i < WORD; i += FLOATS) {
        lane_set below, within;
        floats v;

        mix_vector(&v, of, a + i, b + i, mixed);
        const floats off = v - zones->centre, apart = size_of_each(&off);
        const extent at = {v, v, apart, apart};
        const lane_set listed = find_lanes(&below, &within, &at, zones);

        count_lanes(&counts->minus_n_below, &below);
        count_lanes(&counts->minus_n_within, &within);
        out->n += append_set(out->value + out->n, &v, &listed);
    }
}

MARK_INLINE void mark_mix(sqn__order_marked *out, const sqn__order_mix *of,
                          const sqn__order_zones *zones, const bool mixed)
{
    const int64_t n_whole = of->n - of->n % WORD;
    const sqn__order_mix mix = *of;
    const sqn__order_zones here = *zones;
    sqn__order_marked to = {.value = out->value};
    lane_counts counts = {{0}, {0}};
    word_of_numbers rest;

    copy_word(&rest, of, n_whole);
    for (int64_t i = 0; i < n_whole; i += WORD) {
        mark_word(&to, &counts, &mix, &here, mix.a + i, mixed ? mix.b + i : mix.a, mixed);
    }
    mark_word(&to, &counts, &mix, &here, rest.a, rest.b, mixed);
    for (int64_t l = 0; l < FLOATS; l++) {
        to.n_below -= counts.minus_n_below[l];
        to.n_within -= counts.minus_n_within[l];
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

MARK_INLINE void list_word(sqn__order_listed *out, lane_counts *counts,
                           const sqn__order_mix *of, const sqn__order_zones *zones,
                           const float *a, const float *b, float off)
{
    for (int64_t i = 0; i < WORD; i += FLOATS) {
        const floats one = *(const floats *)(const void *)(a + i);
        const floats two = *(const floats *)(const void *)(b + i);
        const floats v = of->p * one + of->q * two, d = v - zones->centre, step = two - one;
        const floats apart = size_of_each(&d), way = off * size_of_each(&step);
        const extent at = {v - way, v + way, apart - way, apart + way};
        lane_set below, within;
        const lane_set listed = find_lanes(&below, &within, &at, zones);
        const lane_set only_below = but(&below, &listed),
                       only_within = but(&within, &listed);

        count_lanes(&counts->minus_n_below, &only_below);
        count_lanes(&counts->minus_n_within, &only_within);
        (void)append_set(out->b + out->n, &two, &listed);
        out->n += append_set(out->a + out->n, &one, &listed);
    }
}

static void list(sqn__order_listed *out, const sqn__order_mix *of,
                 const sqn__order_zones *zones, float off)
{
    const int64_t n_whole = of->n - of->n % WORD;
    const sqn__order_mix mix = *of;
    const sqn__order_zones here = *zones;
    sqn__order_listed to = {.a = out->a, .b = out->b};
    lane_counts counts = {{0}, {0}};
    word_of_numbers rest;

    copy_word(&rest, of, n_whole);
    for (int64_t i = 0; i < n_whole; i += WORD) {
        list_word(&to, &counts, &mix, &here, mix.a + i, mix.b + i, off);
    }
    list_word(&to, &counts, &mix, &here, rest.a, rest.b, off);
    for (int64_t l = 0; l < FLOATS; l++) {
        to.n_below -= counts.minus_n_below[l];
        to.n_within -= counts.minus_n_within[l];
    }
    *out = to;
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
