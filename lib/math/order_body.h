/**
 * @file order_body.h
 * @brief The loops of a table, compiled for each vector width (SQN__ORDER_LANES).
 */
#ifndef SQN_ORDER_BODY_H
#define SQN_ORDER_BODY_H

#include <math.h>
#include <stdbool.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "order.h"

enum {
    LANES = SQN__ORDER_LANES,     /* doubles of a vector; partial sums */
    FLOATS = 2 * SQN__ORDER_LANES /* floats of a vector */
};

/* Numbers side by side, and what is true of them: all bits, or none. */
typedef double lanes
    __attribute__((vector_size(SQN__ORDER_LANES * sizeof(double)), aligned(8), may_alias));
typedef int64_t truths
    __attribute__((vector_size(SQN__ORDER_LANES * sizeof(int64_t)), aligned(8), may_alias));
typedef float floats __attribute__((vector_size(2 * SQN__ORDER_LANES * sizeof(float)),
                                    aligned(4), may_alias));
typedef int32_t float_truths __attribute__((
    vector_size(2 * SQN__ORDER_LANES * sizeof(int32_t)), aligned(4), may_alias));
typedef float half_floats
    __attribute__((vector_size(SQN__ORDER_LANES * sizeof(float)), aligned(4), may_alias));

/* A bit for each lane that is true. */
static inline uint32_t bits_of(const float_truths *t)
{
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask((__m512i)*t, (__m512i)*t);
#elif defined(__AVX2__)
    return (uint32_t)_mm256_movemask_ps((__m256)*t);
#elif defined(__SSE2__)
    return (uint32_t)_mm_movemask_ps((__m128)*t);
#else
    uint32_t bits = 0;

    for (int64_t l = 0; l < FLOATS; l++) {
        bits |= (uint32_t)((*t)[l] & 1) << l;
    }
    return bits;
#endif
}

/* The last, less than a vector, of the numbers; behind them `other`. */
static void copy_rest(float rest[FLOATS], const float *a, int64_t n, float other)
{
    for (int64_t l = 0; l < FLOATS; l++) {
        rest[l] = l < n ? a[l] : other;
    }
}

/* Bits of the lanes that are there, of `n` left. */
static inline uint32_t lanes_before(int64_t n)
{
    return n < FLOATS ? (1U << n) - 1U : UINT32_MAX;
}

/* Append the numbers whose bit is set; returns how many. */
static inline int64_t append(float *out, const floats *numbers, uint32_t bits)
{
#if defined(__AVX512F__)
    const __mmask16 mask = (__mmask16)bits;

    _mm512_mask_storeu_ps(out, (__mmask16)((1U << __builtin_popcount(bits)) - 1U),
                          _mm512_maskz_compress_ps(mask, (__m512)*numbers));
    return __builtin_popcount(bits);
#else
    int64_t n = 0;

    for (; bits != 0; bits &= bits - 1) {
        out[n++] = (*numbers)[__builtin_ctz(bits)];
    }
    return n;
#endif
}

/* What is collected. */
typedef struct collection {
    float *out;
    int64_t n, n_below;
    float low, high, origin;
} collection;

/* Look at a vector of numbers, of which those with a bit are there. */
static inline __attribute__((always_inline)) void look(collection *c, floats numbers,
                                                       uint32_t there, const bool apart)
{
    if (apart) {
        numbers -= c->origin;
        numbers = (floats)((float_truths)numbers & INT32_MAX); /* |d| */
    }
#if defined(__AVX512F__)
    const __m512 v = (__m512)numbers;
    const uint32_t is_below = _mm512_cmp_ps_mask(v, _mm512_set1_ps(c->low), _CMP_LT_OQ);
    const uint32_t from_low = _mm512_cmp_ps_mask(v, _mm512_set1_ps(c->low), _CMP_GE_OQ);
    const uint32_t to_high = _mm512_cmp_ps_mask(v, _mm512_set1_ps(c->high), _CMP_LE_OQ);
    const uint32_t bits = from_low & to_high & there;

    c->n_below += __builtin_popcount(is_below & there);
    c->n += append(c->out + c->n, &numbers, bits); /* no branch to guess */
#else
    const float_truths is_below = numbers < c->low;
    const float_truths within = (numbers >= c->low) & (numbers <= c->high);
    const uint32_t bits = bits_of(&within) & there;

    c->n_below += __builtin_popcount(bits_of(&is_below) & there);
    if (bits != 0) { /* rare, where the bounds are close */
        c->n += append(c->out + c->n, &numbers, bits);
    }
#endif
}

/* Of the numbers, or with an origin of their distances from it: those within the bounds. */
static inline __attribute__((always_inline)) int64_t collect(float *out, int64_t *n_below,
                                                             const sqn__order_floats *of,
                                                             const float bounds[2],
                                                             const bool apart)
{
    const int64_t n = of->n, n_whole = n - n % FLOATS;
    const float *a = of->a;
    collection c = {.low = bounds[0], .high = bounds[1], .origin = of->origin};
    float rest[FLOATS];

    c.out = out;
    for (int64_t i = 0; i < n_whole; i += FLOATS) {
        look(&c, *(const floats *)(const void *)(a + i), UINT32_MAX, apart);
    }
    copy_rest(rest, a + n_whole, n - n_whole, INFINITY);
    look(&c, *(const floats *)(const void *)rest, lanes_before(n - n_whole), apart);
    *n_below = c.n_below;
    return c.n;
}

static int64_t between(float *restrict out, int64_t *n_below, const sqn__order_floats *of,
                       const float bounds[2])
{
    return isnan(of->origin) ? collect(out, n_below, of, bounds, false)
                             : collect(out, n_below, of, bounds, true);
}

#include "order_mark.h"

static int64_t below(const float *a, int64_t n, float bound)
{
    const int64_t n_whole = n - n % FLOATS;
    float_truths minus = {0};
    int64_t sum = 0;

    for (int64_t i = 0; i < n_whole; i += FLOATS) {
        minus += *(const floats *)(const void *)(a + i) < bound;
    }
    for (int64_t i = n_whole; i < n; i++) {
        sum += a[i] < bound ? 1 : 0;
    }
    for (int64_t l = 0; l < FLOATS; l++) {
        sum -= minus[l];
    }
    return sum;
}

static double total(const lanes *v)
{
    double sum = 0.0;

    for (int64_t l = 0; l < LANES; l++) {
        sum += (*v)[l];
    }
    return sum;
}

/* How many truths were subtracted. */
static int64_t count(const truths *minus_n)
{
    int64_t n = 0;

    for (int64_t l = 0; l < LANES; l++) {
        n -= (*minus_n)[l];
    }
    return n;
}

/* So many floats, widened. */
static inline lanes widened(const float *from)
{
#if defined(__AVX512F__)
    return (lanes)_mm512_cvtps_pd(_mm256_loadu_ps(from));
#else
    return __builtin_convertvector(*(const half_floats *)(const void *)from, lanes);
#endif
}

static lanes all(double number)
{
    return number - (lanes){0};
}

/* Append the numbers of which it is true; returns how many. Up to a vector is written. */
static inline int64_t append_wide(double *out, const lanes *numbers, const truths *kept)
{
#if defined(__AVX512F__)
    const __mmask8 mask = _mm512_test_epi64_mask((__m512i)*kept, (__m512i)*kept);

    _mm512_storeu_pd(out, _mm512_maskz_compress_pd(mask, (__m512d)*numbers));
    return __builtin_popcount(mask);
#else
    int64_t n = 0;

    for (int64_t l = 0; l < LANES; l++) {
        out[n] = (*numbers)[l];
        n -= (*kept)[l];
    }
    return n;
#endif
}

/* Sums lane by lane. */
typedef struct lane_sums {
    truths minus_n_below;
    lanes one, two;
} lane_sums;

/* Add the numbers of which it is true. */
static inline void add_part(lane_sums *to, const lanes *numbers, const truths *in)
{
    const lanes part = (lanes)((truths)*numbers & *in);

    to->one += part;
    to->two += part * part;
}

/* One number more for the parts. */
static void sift_number(sqn__order_bulk *bulk, double d)
{
    const bool near = fabs(d) < bulk->near, inner = fabs(d) < bulk->far;

    bulk->n += inner ? 1 : 0;
    bulk->n_below += !near && d < 0.0 ? 1 : 0;
    bulk->sum[0] += inner ? d : 0.0;
    bulk->sum[1] += inner ? d * d : 0.0;
    if (near) {
        bulk->centre[bulk->n_centre++] = d;
    }
    if (!inner) {
        bulk->tails[bulk->n_tails++] = d;
    }
}

static void sift(sqn__order_bulk *bulk, const sqn__order_terms *of, double origin)
{
    const int64_t n = of->n, n_whole = n - n % LANES;
    const lanes first = all(bulk->near), second = all(bulk->far), middle = all(origin);
    const lanes factor = all(of->factor);
    const float *a = of->a, *b = of->b;
    sqn__order_bulk parts = *bulk;
    int64_t n_centre = 0, n_tails = 0;
    lane_sums sums = {{0}, {0}, {0}};

    for (int64_t i = 0; i < n_whole; i += LANES) {
        const lanes d = widened(a + i) - factor * widened(b + i) - middle;
        const lanes size = (lanes)((truths)d & INT64_MAX);
        const truths near = size < first, inner = size < second, tails = ~inner;

        add_part(&sums, &d, &inner);
        sums.minus_n_below += ~near & (d < 0.0);
        n_centre += append_wide(parts.centre + n_centre, &d, &near);
        n_tails += append_wide(parts.tails + n_tails, &d, &tails);
    }
    parts.n_centre = n_centre;
    parts.n_tails = n_tails;
    parts.n = n_whole - n_tails;
    parts.n_below = count(&sums.minus_n_below);
    parts.sum[0] = total(&sums.one);
    parts.sum[1] = total(&sums.two);
    for (int64_t i = n_whole; i < n; i++) {
        sift_number(&parts, (double)a[i] - of->factor * (double)b[i] - origin);
    }
    *bulk = parts;
}

static void keep(double *a, sqn__order_kept *kept, const double limits[2])
{
    const int64_t n = kept->n, n_whole = n - n % LANES;
    const lanes low = all(limits[0]), high = all(limits[1]);
    lane_sums sums = {{0}, {0}, {0}};
    int64_t n_out = 0;

    for (int64_t i = 0; i < n_whole; i += LANES) {
        const lanes d = *(const lanes *)(const void *)(a + i);
        const truths below = d < low, in = ~below & (d <= high);

        add_part(&sums, &d, &in);
        sums.minus_n_below += below;
        n_out += append_wide(a + n_out, &d, &in);
    }
    *kept = (sqn__order_kept){
        n_out, count(&sums.minus_n_below), {total(&sums.one), total(&sums.two)}};
    for (int64_t i = n_whole; i < n; i++) {
        const double d = a[i];

        kept->n_below += d < limits[0] ? 1 : 0;
        if (d >= limits[0] && d <= limits[1]) {
            a[kept->n++] = d;
            kept->sum[0] += d;
            kept->sum[1] += d * d;
        }
    }
}

#define SQN__ORDER_TABLE                              \
    {                                                 \
        mark, list, above, below, between, sift, keep \
    }

#endif
