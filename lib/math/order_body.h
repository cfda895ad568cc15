/** @file order_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_ORDER_BODY_H
#define SQN_ORDER_BODY_H

#include "order.h"

enum {
    CHUNK = 16, /* numbers that are looked at together */
    LANES = 8   /* partial sums */
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

/* How many of a chunk lie below the first bound, and how many not above the second. */
static inline void count(int64_t out[2], const double *restrict a, int64_t n,
                         const double bounds[2])
{
    const double low = bounds[0], high = bounds[1];
    int64_t n_low = 0, n_high = 0;

    for (int64_t l = 0; l < n; l++) {
        n_low += a[l] < low ? 1 : 0;
        n_high += a[l] <= high ? 1 : 0;
    }
    out[0] = n_low;
    out[1] = n_high;
}

/* The same; returns how many numbers the chunk has. */
static inline int64_t count_chunk(int64_t out[2], const double *a, int64_t n_left,
                                  const double bounds[2])
{
    if (n_left >= CHUNK) { /* a constant: vectors */
        count(out, a, CHUNK, bounds);
        return CHUNK;
    }
    count(out, a, n_left, bounds);
    return n_left;
}

static int64_t between(double *restrict out, int64_t *n_below, const double *restrict a,
                       int64_t n, const double bounds[2])
{
    int64_t n_out = 0;

    *n_below = 0;
    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t counts[2];
        const int64_t n_here = count_chunk(counts, a + i, n - i, bounds);

        *n_below += counts[0];
        for (int64_t l = i; counts[0] < counts[1] && l < i + n_here; l++) { /* rare */
            out[n_out] = a[l];
            n_out += a[l] >= bounds[0] && a[l] <= bounds[1] ? 1 : 0;
        }
    }
    return n_out;
}

static int64_t outside(int64_t *restrict out, const double *restrict a, int64_t n,
                       const double bounds[2])
{
    int64_t n_out = 0;

    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t counts[2];
        const int64_t n_here = count_chunk(counts, a + i, n - i, bounds);
        const int64_t n_inside = counts[1] - counts[0];

        for (int64_t l = i; n_inside < n_here && l < i + n_here; l++) { /* rare */
            out[n_out] = l;
            n_out += a[l] < bounds[0] || a[l] > bounds[1] ? 1 : 0;
        }
    }
    return n_out;
}

/* Numbers side by side, and what is true of them: all bits, or none. */
typedef double lanes
    __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
typedef int64_t truths
    __attribute__((vector_size(LANES * sizeof(int64_t)), aligned(8), may_alias));

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
    return (((*v)[0] + (*v)[4]) + ((*v)[1] + (*v)[5])) +
           (((*v)[2] + (*v)[6]) + ((*v)[3] + (*v)[7]));
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

/* Eight of the numbers; behind the last of them `other`. */
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
