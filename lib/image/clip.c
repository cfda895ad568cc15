/** @file clip.c @brief Clipping of numbers in a centre, a bulk and two tails. */
#include "clip.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats.h"

enum {
    BINS = 1024,  /* of the centre */
    SAMPLE = 512, /* to place the parts */
    SHORT = 64,   /* sorted by insertion */
    N_REACH = 3
};

/* Where the centre ends and the tails begin, in quartile distances: the most that is likely to do,
   then less, then no centre and no bulk, which always does. */
static const double reaches[N_REACH][2] = {{0.2, 4.0}, {1.0, 2.0}, {0.0, 0.0}};

/* The parts; numbers are differences from an origin near the first median. */
typedef struct clipping {
    double *centre; /* [n] numbers nearer than bulk.near */
    double *tails;  /* [n] those not nearer than bulk.far that are not clipped */
    double *few;    /* [n] those of bin `few_bin`, sorted; -1: of none */
    int32_t *last;  /* [bins] the last number of each bin in the centre; -1: none */
    int32_t *next;  /* [n] the one before it in its bin */
    int32_t *begin; /* [bins + 1] ranks in the centre at which bins begin */
    int64_t few_bin;
    sqn__order_bulk bulk; /* and centre: what is nearer than the tails */
    sqn__order_kept left; /* in the tails */
} clipping;

int64_t sqn__clip_work_size(int64_t n_max)
{
    return 3 * n_max + (n_max + 1) / 2 + BINS + 1;
}

static clipping carve(double *work, int64_t n)
{
    clipping clip = {.centre = work, .tails = work + n, .few = work + 2 * n};

    clip.next = (int32_t *)(void *)(work + 3 * n);
    clip.last = clip.next + n;
    clip.begin = clip.last + BINS;
    return clip;
}

/* An origin, and the quartile distance from it, of a sample: any are right, these are quick. */
static double find_origin(double *quartile, const sqn__order_terms *of)
{
    double sample[SAMPLE];
    const int64_t n_sample = of->n < SAMPLE ? of->n : SAMPLE;
    const int64_t step = of->n / n_sample;

    for (int64_t i = 0; i < n_sample; i++) {
        const int64_t at = i * step + (i * 40503 >> 7) % step;

        sample[i] = (double)of->a[at] - of->factor * (double)of->b[at];
    }
    const double origin = sqn__stats_median(sample, n_sample);

    *quartile =
        fmax(sqn__stats_mad_sigma(sample, n_sample) / SQN__STATS_MAD_TO_SIGMA, 1e-300);
    return origin;
}

/* ---- The centre ------------------------------------------------------------------------ */

/* Bins of the centre, which never fall as numbers rise, and where they begin. */
static void fill_bins(clipping *clip)
{
    const double near = clip->bulk.near, per_bin = (double)BINS / (2.0 * near);

    for (int64_t i = 0; i < clip->bulk.n_centre; i++) {
        const double at = (clip->centre[i] + near) * per_bin;

        clip->next[i] = (int32_t)(at < BINS - 1 ? at : BINS - 1);
    }
    memset(clip->begin, 0, (BINS + 1) * sizeof *clip->begin);
    memset(clip->last, 0xff, BINS * sizeof *clip->last); /* -1 */
    for (int32_t i = 0; i < (int32_t)clip->bulk.n_centre; i++) {
        const int32_t b = clip->next[i];

        clip->next[i] = clip->last[b];
        clip->last[b] = i;
        clip->begin[b + 1]++;
    }
    for (int64_t b = 0; b < BINS; b++) {
        clip->begin[b + 1] += clip->begin[b];
    }
    clip->few_bin = -1;
}

static void sort_few(double *few, int64_t n)
{
    if (n > SHORT) {
        sqn__stats_sort(few, n);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        const double value = few[i];
        int64_t k = i;

        for (; k > 0 && few[k - 1] > value; k--) {
            few[k] = few[k - 1];
        }
        few[k] = value;
    }
}

/* The number of rank `rank` in the centre. */
static double ranked(clipping *clip, int64_t rank)
{
    int64_t low = 0, high = BINS - 1, n_few = 0;

    while (low < high) { /* the bin with begin <= rank < next begin */
        const int64_t middle = (low + high + 1) / 2;

        if (clip->begin[middle] <= rank) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    if (low != clip->few_bin) {
        for (int32_t i = clip->last[low]; i >= 0; i = clip->next[i]) {
            clip->few[n_few++] = clip->centre[i];
        }
        sort_few(clip->few, n_few);
        clip->few_bin = low;
    }
    return clip->few[rank - clip->begin[low]];
}

/* Median of all that is left, of which `n_below` are below the centre; NaN where it is not in
   there. */
static double median(clipping *clip, int64_t n_below)
{
    const int64_t n = clip->bulk.n + clip->left.n;
    const int64_t low = (n - 1) / 2 - n_below, high = n / 2 - n_below;

    if (clip->bulk.far <= 0.0) { /* all are in the tails */
        memcpy(clip->few, clip->tails, (size_t)n * sizeof *clip->few);
        return sqn__stats_median(clip->few, n);
    }
    return low < 0 || high >= clip->bulk.n_centre
               ? NAN
               : 0.5 * (ranked(clip, low) + ranked(clip, high));
}

/* ---- Rounds ---------------------------------------------------------------------------- */

/* Standard deviation of all that is left. */
static double deviation(const clipping *clip)
{
    const double n = (double)(clip->bulk.n + clip->left.n);
    const double mean = (clip->bulk.sum[0] + clip->left.sum[0]) / n;
    const double square = (clip->bulk.sum[1] + clip->left.sum[1]) / n;

    return sqrt(fmax(square - mean * mean, 0.0));
}

/* The last standard deviation; NaN where a median is not in the centre or a limit not in the
   tails. */
static double iterate(int64_t *rounds, clipping *clip, double significant)
{
    const sqn__order *order = sqn__order_choose();
    const double far = clip->bulk.far;
    int64_t n_below = clip->bulk.n_below;

    clip->left.n = clip->bulk.n_tails;
    order->keep(clip->tails, &clip->left, (double[2]){-INFINITY, INFINITY});
    for (*rounds = 0;; ++*rounds) {
        const double sigma = deviation(clip), middle = median(clip, n_below);
        const double limits[2] = {middle - significant * sigma,
                                  middle + significant * sigma};
        const int64_t n = clip->left.n;

        if (!(far <= 0.0 || (limits[0] <= -far && limits[1] >= far))) {
            return (double)NAN;
        }
        order->keep(clip->tails, &clip->left, limits);
        if (clip->left.n_below == 0 || clip->left.n + clip->left.n_below == n) {
            return sigma;
        }
        n_below -= clip->left.n_below;
    }
}

double sqn__clip_tails(int64_t *rounds, double *work, const sqn__order_terms *of,
                       double significant)
{
    double quartile = 0.0, sigma = NAN;

    *rounds = 0;
    if (of->n == 0) {
        return (double)NAN;
    }
    const double origin = find_origin(&quartile, of);

    for (int i = 0; i < N_REACH && isnan(sigma); i++) {
        clipping clip = carve(work, of->n);

        clip.bulk = (sqn__order_bulk){.near = reaches[i][0] * quartile,
                                      .far = reaches[i][1] * quartile,
                                      .centre = clip.centre,
                                      .tails = clip.tails};
        sqn__order_choose()->sift(&clip.bulk, of, origin);
        fill_bins(&clip);
        sigma = iterate(rounds, &clip, significant);
    }
    return sigma;
}
