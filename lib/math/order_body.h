/**
 * @file order_body.h
 * @brief The loops of a table, compiled for each vector width (SQN__ORDER_LANES).
 */
#ifndef SQN_ORDER_BODY_H
#define SQN_ORDER_BODY_H

#include <stdbool.h>

#include "order.h"

enum {
    CHUNK = 32,              /* numbers that are looked at together */
    LANES = SQN__ORDER_LANES /* of a vector; partial sums */
};

static void subtract(double *restrict out, const double *restrict a,
                     const double *restrict b, double factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] - factor * b[i];
    }
}

static void distance(double *restrict out, const double *restrict a, double origin,
                     int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double d = a[i] - origin;

        out[i] = d < 0.0 ? -d : d;
    }
}

/* Numbers side by side, and what is true of them: all bits, or none. */
typedef double lanes
    __attribute__((vector_size(SQN__ORDER_LANES * sizeof(double)), aligned(8), may_alias));
typedef int64_t truths
    __attribute__((vector_size(SQN__ORDER_LANES * sizeof(int64_t)), aligned(8), may_alias));

/* True where one of the lanes is. */
static inline bool is_any(const truths *t)
{
    int64_t any = 0;

    for (int64_t l = 0; l < LANES; l++) {
        any |= (*t)[l];
    }
    return any != 0;
}

/* What of a chunk lies below, within and above the bounds. */
typedef struct parts {
    truths minus_n_below;
    bool some_within, some_outside;
} parts;

/* Look at one chunk; the numbers below are added to those of the chunks before. */
static inline void look(parts *found, const double *a, const double bounds[2])
{
    const double low = bounds[0], high = bounds[1];
    truths within = {0}, outside = {0};

    for (int64_t l = 0; l < CHUNK; l += LANES) {
        const lanes numbers = *(const lanes *)(const void *)(a + l);
        const truths is_below = numbers<low, is_above = numbers> high;

        found->minus_n_below += is_below;
        outside |= is_below | is_above;
        within |= ~(is_below | is_above);
    }
    found->some_within = is_any(&within);
    found->some_outside = is_any(&outside);
}

static int64_t between(double *restrict out, int64_t *n_below, const double *restrict a,
                       int64_t n, const double bounds[2])
{
    const int64_t n_whole = n - n % CHUNK;
    parts found = {.minus_n_below = {0}};
    int64_t n_out = 0, below = 0;

    for (int64_t i = 0; i < n; i += CHUNK) {
        const int64_t end = i < n_whole ? i + CHUNK : n;

        found.some_within = true;
        if (i < n_whole) {
            look(&found, a + i, bounds);
        }
        for (int64_t l = i; found.some_within && l < end; l++) { /* rare */
            out[n_out] = a[l];
            n_out += a[l] >= bounds[0] && a[l] <= bounds[1] ? 1 : 0;
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        below -= found.minus_n_below[l];
    }
    for (int64_t i = n_whole; i < n; i++) {
        below += a[i] < bounds[0] ? 1 : 0;
    }
    *n_below = below;
    return n_out;
}

static int64_t outside(int64_t *restrict out, const double *restrict a, int64_t n,
                       const double bounds[2])
{
    const int64_t n_whole = n - n % CHUNK;
    parts found = {.minus_n_below = {0}};
    int64_t n_out = 0;

    for (int64_t i = 0; i < n; i += CHUNK) {
        const int64_t end = i < n_whole ? i + CHUNK : n;

        found.some_outside = true;
        if (i < n_whole) {
            look(&found, a + i, bounds);
        }
        for (int64_t l = i; found.some_outside && l < end; l++) { /* rare */
            out[n_out] = l;
            n_out += a[l] < bounds[0] || a[l] > bounds[1] ? 1 : 0;
        }
    }
    return n_out;
}

/* Sums of one bulk. */
typedef struct bulk_sums {
    truths minus_n;
    lanes one, two;
} bulk_sums;

/* Add what lies in the bulk; the others stay in `kept`. */
static inline void add_bulk(bulk_sums *to, truths *kept, const lanes *a,
                            const sqn__order_bulk *bulk, double origin)
{
    const truths in = (*a >= bulk->low) & (*a < bulk->high);
    const lanes d = (lanes)((truths)(*a - origin) & in);

    to->minus_n += in;
    to->one += d;
    to->two += d * d;
    *kept &= ~in;
}

static double total(const lanes *v)
{
    double sum = 0.0;

    for (int64_t l = 0; l < LANES; l++) {
        sum += (*v)[l];
    }
    return sum;
}

static void finish(sqn__order_bulk *bulk, const bulk_sums *sums)
{
    bulk->n = 0;
    for (int64_t l = 0; l < LANES; l++) {
        bulk->n -= sums->minus_n[l];
    }
    bulk->sum[0] = total(&sums->one);
    bulk->sum[1] = total(&sums->two);
}

/* A vector of the numbers; behind the last of them `other`. */
static inline void load_numbers(lanes *out, const sqn__order_terms *of, int64_t first,
                                double other)
{
    double a[LANES], b[LANES];

    if (first + LANES <= of->n) {
        *out = *(const lanes *)(const void *)(of->a + first) -
               of->factor * *(const lanes *)(const void *)(of->b + first);
        return;
    }
    for (int64_t l = 0; l < LANES; l++) {
        a[l] = first + l < of->n ? of->a[first + l] : other;
        b[l] = first + l < of->n ? of->b[first + l] : 0.0;
    }
    *out = *(const lanes *)(const void *)a - of->factor * *(const lanes *)(const void *)b;
}

static int64_t sift(double *restrict out, sqn__order_bulk bulk[2],
                    const sqn__order_terms *of, double origin)
{
    const sqn__order_bulk first = bulk[0], second = bulk[1];
    bulk_sums one = {{0}, {0}, {0}}, two = {{0}, {0}, {0}};
    int64_t n_out = 0;

    for (int64_t i = 0; i < of->n; i += LANES) {
        const int64_t n_here = of->n - i < LANES ? of->n - i : LANES;
        double here[LANES];
        int64_t keeps[LANES];
        lanes numbers;
        truths kept;

        load_numbers(&numbers, of, i, second.high); /* that is in no bulk */
        kept = ~(truths){0};
        add_bulk(&one, &kept, &numbers, &first, origin);
        add_bulk(&two, &kept, &numbers, &second, origin);
        *(lanes *)(void *)here = numbers;
        *(truths *)(void *)keeps = kept;
        for (int64_t l = 0; l < n_here; l++) {
            out[n_out] = here[l];
            n_out -= keeps[l];
        }
    }
    finish(&bulk[0], &one);
    finish(&bulk[1], &two);
    return n_out;
}

#define SQN__ORDER_TABLE                           \
    {                                              \
        subtract, distance, between, outside, sift \
    }

#endif
