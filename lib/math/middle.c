/**
 * @file middle.c
 * @brief Bounds about the middle, out of a sample, until few numbers are left between them.
 */
#include "middle.h"

#include <math.h>
#include <stdbool.h>

#include "stats.h"

enum {
    SAMPLE = 512, /* to find where a rank is */
    MARGIN = 52,  /* 4.6 sigma of the rank of a sample's median */
    FEW = 2048    /* selected from at once */
};

/* Numbers among which the middle is, and the ranks in them that make it. */
typedef struct search {
    sqn__order_floats of;
    int64_t low, high; /* ranks from 0, of the two in the middle */
    float *spare;      /* [n] where the next ones go */
    float *other;      /* [n] and those after them */
} search;

int64_t sqn__middle_work_size(int64_t n)
{
    return 2 * n;
}

static float number_at(const sqn__order_floats *of, int64_t i)
{
    return isnan(of->origin) ? of->a[i] : fabsf(of->a[i] - of->origin);
}

/* Keep what lies within the bounds; false, and nothing has changed, where the middle does not. */
static bool keep(search *s, const float bounds[2])
{
    int64_t n_below = 0;
    const int64_t n = sqn__order_choose()->between(s->spare, &n_below, &s->of, bounds);
    float *kept = s->spare;

    if (s->low < n_below || s->high >= n_below + n) {
        return false;
    }
    s->of = (sqn__order_floats){kept, n, NAN};
    s->low -= n_below;
    s->high -= n_below;
    s->spare = s->other;
    s->other = kept;
    return true;
}

/* Bounds about the middle, out of a sample. */
static void guess_bounds(float bounds[2], const search *s)
{
    float sample[SAMPLE];
    const int64_t step = s->of.n / SAMPLE;
    const int64_t rank = s->low * SAMPLE / s->of.n;
    const int64_t first = rank - MARGIN, last = rank + MARGIN;

    for (int64_t i = 0; i < SAMPLE; i++) { /* off the rows and columns of an image */
        sample[i] = number_at(&s->of, i * step + (i * 40503 >> 7) % step);
    }
    bounds[0] = first < 0 ? -INFINITY : sqn__stats_select(sample, SAMPLE, first);
    bounds[1] = last >= SAMPLE ? INFINITY : sqn__stats_select(sample, SAMPLE, last);
}

/* The middle of all that is left. */
static double select_middle(search *s)
{
    static const float all[] = {-INFINITY, INFINITY};

    if (s->of.a != s->other) { /* the caller's: only read */
        (void)keep(s, all);
    }
    const double upper = sqn__stats_select(s->other, s->of.n, s->high);

    return s->low == s->high
               ? upper
               : 0.5 * (upper + (double)sqn__stats_select(s->other, s->of.n, s->low));
}

double sqn__middle_median(const sqn__order_floats *of, double guess, double reach,
                          float *work)
{
    search s = {.of = *of, .low = (of->n - 1) / 2, .high = of->n / 2};
    bool found = false;

    if (of->n == 0) {
        return (double)NAN;
    }
    s.spare = work;
    s.other = work + of->n;
    for (int i = 0; i < 2 && !found && reach > 0.0;
         i++) { /* a wider one costs less than all */
        const double width = i == 0 ? reach : 4.0 * reach;
        const float bounds[2] = {(float)(guess - width), (float)(guess + width)};

        found = bounds[0] <= bounds[1] && keep(&s, bounds);
    }
    while (s.of.n > FEW) {
        const int64_t before = s.of.n;
        float bounds[2];

        guess_bounds(bounds, &s);
        if (!keep(&s, bounds) || s.of.n == before) {
            break; /* an unfair sample, or equal numbers: all */
        }
    }
    return select_middle(&s);
}

double sqn__middle_sigma(double *median, const float *values, int64_t n, float *work)
{
    *median = sqn__middle_median(&(sqn__order_floats){values, n, NAN}, 0.0, 0.0, work);
    return SQN__STATS_MAD_TO_SIGMA *
           sqn__middle_median(&(sqn__order_floats){values, n, (float)*median}, 0.0, 0.0,
                              work);
}
