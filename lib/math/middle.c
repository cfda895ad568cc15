/**
 * @file middle.c
 * @brief Bounds about the middle, out of a sample, until few numbers are left between them.
 */
#include "middle.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

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

/* The float whose bits, in the order of numbers, have this place. */
static float float_at(int32_t place)
{
    const int32_t bits = place >= 0 ? place : place ^ INT32_MAX;
    float number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

/* The largest number of which no more than `rank` are below: by halves of all floats, for counting
   takes no branches that would have to be guessed. */
float sqn__middle_select(const float *values, int64_t n, int64_t rank)
{
    const int32_t infinity = 0x7F800000;
    const sqn__order *order = sqn__order_choose();
    int32_t low = -infinity - 1, high = infinity;

    while (low < high) {
        const int32_t middle = (int32_t)(((int64_t)low + high + 1) >> 1);

        if (order->below(values, n, float_at(middle)) <= rank) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return float_at(low);
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
    bounds[0] = first < 0 ? -INFINITY : sqn__middle_select(sample, SAMPLE, first);
    bounds[1] = last >= SAMPLE ? INFINITY : sqn__middle_select(sample, SAMPLE, last);
}

/* The middle of all that is left. */
static double select_middle(search *s)
{
    static const float all[] = {-INFINITY, INFINITY};

    if (!isnan(s->of.origin)) { /* distances are formed first */
        (void)keep(s, all);
    }
    const double upper = sqn__middle_select(s->of.a, s->of.n, s->high);

    return s->low == s->high
               ? upper
               : 0.5 * (upper + (double)sqn__middle_select(s->of.a, s->of.n, s->low));
}

/* The search for the middle of all. */
static search begin(const sqn__order_floats *of, float *work)
{
    return (search){*of, (of->n - 1) / 2, of->n / 2, work, work + of->n};
}

/* The middle, by bounds out of samples until few numbers are left. */
static double finish(search *s)
{
    while (s->of.n > FEW) {
        const int64_t before = s->of.n;
        float bounds[2];

        guess_bounds(bounds, s);
        if (!keep(s, bounds) || s->of.n == before) {
            break; /* an unfair sample, or equal numbers: all */
        }
    }
    return select_middle(s);
}

double sqn__middle_median(const sqn__order_floats *of, double guess, double reach,
                          float *work)
{
    search s = begin(of, work);
    bool found = false;

    if (of->n == 0) {
        return (double)NAN;
    }
    for (int i = 0; i < 2 && !found && reach > 0.0;
         i++) { /* a wider one costs less than all */
        const double width = i == 0 ? reach : 4.0 * reach;
        const float bounds[2] = {(float)(guess - width), (float)(guess + width)};

        found = bounds[0] <= bounds[1] && keep(&s, bounds);
    }
    return finish(&s);
}

double sqn__middle_of_kept(const sqn__order_floats *of, int64_t n_below, int64_t n_kept,
                           float *work)
{
    search s = begin(of, work);

    if (s.low < n_below || s.high >= n_below + n_kept) {
        return sqn__middle_median(of, 0.0, 0.0, work);
    }
    s = (search){
        {work, n_kept, NAN}, s.low - n_below, s.high - n_below, work + of->n, work};
    return finish(&s);
}

double sqn__middle_sigma(double *median, const float *values, int64_t n, float *work)
{
    *median = sqn__middle_median(&(sqn__order_floats){values, n, NAN}, 0.0, 0.0, work);
    return SQN__STATS_MAD_TO_SIGMA *
           sqn__middle_median(&(sqn__order_floats){values, n, (float)*median}, 0.0, 0.0,
                              work);
}
