/** @file clip.c @brief Clipping on numbers in bins. */
#include "clip.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats.h"

enum {
    BINS = SQN__CLIP_BINS,
    SAMPLE = 512, /* to place the bins */
    SHORT = 64    /* sorted by insertion */
};

static const double half_range = 24.0; /* of the bins, in quartile distances */
static const double bulk_begin = 0.2,
                    bulk_end = 4.0; /* likewise: no median, no limit there */

int64_t sqn__clip_work_size(int64_t n_max)
{
    return 2 * n_max + 2 * (int64_t)BINS + (n_max + 1) / 2 + BINS / 2 + 1 + BINS / 8;
}

sqn__clip sqn__clip_carve(double *work, int64_t n_max)
{
    sqn__clip clip = {.binned = work, .kept = work + n_max};
    double *rest = work + 2 * n_max;

    clip.moments = (double(*)[2])(void *)rest;
    clip.bin = (int32_t *)(void *)(rest + 2 * (int64_t)BINS);
    clip.begin = (int32_t *)(void *)(rest + 2 * (int64_t)BINS + (n_max + 1) / 2);
    clip.sorted = (uint8_t *)(clip.begin + BINS + 2);
    return clip;
}

/* Never falls as `value` rises; all below or above the range share the first or last bin. */
static int32_t bin_of(const sqn__clip *clip, double value)
{
    const double at = (value - clip->low) * clip->per_bin, above = at > 0.0 ? at : 0.0;

    return (int32_t)(above < BINS - 1 ? above : BINS - 1);
}

/* A bulk gets a bin between those of its bounds; without room for it, it is empty. */
static void set_bulk(sqn__clip *clip, int64_t i, double low, double high)
{
    const int32_t first = bin_of(clip, low);
    const bool has_room = bin_of(clip, high) >= first + 2;

    clip->bulk[i] = (sqn__order_bulk){.low = low, .high = has_room ? high : low};
    clip->bulk_bin[i] = has_room ? first + 1 : -1;
}

/* Origin and width of the bins, from a sample: any are right, these are quick. */
static void place_bins(sqn__clip *clip, const sqn__order_terms *of)
{
    double sample[SAMPLE];
    const int64_t n_sample = of->n < SAMPLE ? of->n : SAMPLE;
    const int64_t step = of->n / n_sample;

    for (int64_t i = 0; i < n_sample; i++) {
        const int64_t at = i * step + (i * 40503 >> 7) % step;

        sample[i] = of->a[at] - of->factor * of->b[at];
    }
    clip->origin = sqn__stats_median(sample, n_sample);
    const double quartile =
        fmax(sqn__stats_mad_sigma(sample, n_sample) / SQN__STATS_MAD_TO_SIGMA, 1e-300);

    clip->low = clip->origin - half_range * quartile;
    clip->per_bin = (double)BINS / (2.0 * half_range * quartile);
    set_bulk(clip, 0, clip->origin - bulk_end * quartile,
             clip->origin - bulk_begin * quartile);
    set_bulk(clip, 1, clip->origin + bulk_begin * quartile,
             clip->origin + bulk_end * quartile);
}

/* Count, then move every number outside the bulks to its bin, in the order of the numbers. */
static void fill_bins(sqn__clip *clip, int64_t n)
{
    int32_t next[BINS];

    memset(clip->begin, 0, (BINS + 1) * sizeof *clip->begin);
    memset(clip->sorted, 0, BINS);
    for (int64_t i = 0; i < n; i++) {
        clip->bin[i] = bin_of(clip, clip->kept[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        clip->begin[clip->bin[i] + 1]++;
    }
    for (int64_t i = 0; i < 2; i++) {
        if (clip->bulk_bin[i] >= 0) {
            clip->begin[clip->bulk_bin[i] + 1] = (int32_t)clip->bulk[i].n;
        }
    }
    for (int32_t b = 0; b < BINS; b++) {
        next[b] = clip->begin[b];
        clip->begin[b + 1] += clip->begin[b];
    }
    for (int64_t i = 0; i < n; i++) {
        clip->binned[next[clip->bin[i]]++] = clip->kept[i];
    }
}

/* Add the moments of places [first, end). */
static void add_moments(double sum[2], const sqn__clip *clip, int64_t first, int64_t end)
{
    double one = 0.0, two = 0.0;

    for (int64_t i = first; i < end; i++) {
        const double d = clip->binned[i] - clip->origin;

        one += d;
        two += d * d;
    }
    sum[0] += one;
    sum[1] += two;
}

static bool is_bulk(const sqn__clip *clip, int32_t bin)
{
    return bin == clip->bulk_bin[0] || bin == clip->bulk_bin[1];
}

static void sum_bins(sqn__clip *clip)
{
    for (int32_t b = 0; b < BINS; b++) {
        clip->moments[b][0] = clip->moments[b][1] = 0.0;
        if (!is_bulk(clip, b)) {
            add_moments(clip->moments[b], clip, clip->begin[b], clip->begin[b + 1]);
        }
    }
    for (int64_t i = 0; i < 2; i++) {
        if (clip->bulk_bin[i] >= 0) {
            memcpy(clip->moments[clip->bulk_bin[i]], clip->bulk[i].sum,
                   sizeof clip->bulk[i].sum);
        }
    }
}

static void sort_bin(sqn__clip *clip, int32_t b)
{
    double *values = clip->binned + clip->begin[b];
    const int64_t n = clip->begin[b + 1] - clip->begin[b];

    if (clip->sorted[b] != 0) {
        return;
    }
    clip->sorted[b] = 1;
    if (n > SHORT) {
        sqn__stats_sort(values, n);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        const double value = values[i];
        int64_t k = i;

        for (; k > 0 && values[k - 1] > value; k--) {
            values[k] = values[k - 1];
        }
        values[k] = value;
    }
}

/* The number of rank `rank` among all. */
static double ranked(sqn__clip *clip, int64_t rank)
{
    int32_t low = 0, high = BINS - 1;

    while (low < high) { /* the bin with begin <= rank < next begin */
        const int32_t middle = (low + high + 1) / 2;

        if (clip->begin[middle] <= rank) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    if (is_bulk(clip, low)) {
        clip->is_lost = true;
        return clip->bulk[0].low; /* of no use */
    }
    sort_bin(clip, low);
    return clip->binned[rank];
}

/* How many are below `limit` or, with `equal`, not above it. */
static int64_t n_within(sqn__clip *clip, double limit, bool equal)
{
    const int32_t b = bin_of(clip, limit);
    int64_t i = clip->begin[b];

    for (int64_t k = 0; k < 2; k++) {
        clip->is_lost =
            clip->is_lost || (clip->bulk_bin[k] >= 0 && limit >= clip->bulk[k].low &&
                              limit <= clip->bulk[k].high);
    }
    if (clip->is_lost) {
        return i;
    }
    sort_bin(clip, b);
    while (i < clip->begin[b + 1] &&
           (clip->binned[i] < limit || (equal && clip->binned[i] <= limit))) {
        i++;
    }
    return i;
}

/* What is not clipped: ranks from `first` on, below `end`, and the bins that hold all of them. */
typedef struct survivors {
    int64_t first, end;
    int32_t first_bin, last_bin;
} survivors;

/* Standard deviation of what is left: whole bins, and the parts at both ends. */
static double deviation(const sqn__clip *clip, const survivors *left)
{
    double sum[2] = {0.0, 0.0};
    int64_t at = left->first;

    for (int32_t b = left->first_bin; b <= left->last_bin; b++) {
        if (clip->begin[b + 1] <= left->first || clip->begin[b] >= left->end) {
            continue;
        }
        const int64_t next =
            clip->begin[b + 1] < left->end ? clip->begin[b + 1] : left->end;

        if (at == clip->begin[b] && next == clip->begin[b + 1]) {
            sum[0] += clip->moments[b][0];
            sum[1] += clip->moments[b][1];
        } else {
            add_moments(sum, clip, at, next);
        }
        at = next;
    }
    const double n = (double)(left->end - left->first), mean = sum[0] / n;

    return sqrt(fmax(sum[1] / n - mean * mean, 0.0));
}

/* Clip what is in the bins; the last standard deviation. */
static double iterate(int64_t *rounds, sqn__clip *clip, int64_t n, double significant)
{
    survivors left = {0, n, 0, BINS - 1};

    for (*rounds = 0;; ++*rounds) {
        const double sigma = deviation(clip, &left);
        const double median = 0.5 * (ranked(clip, (left.first + left.end - 1) / 2) +
                                     ranked(clip, (left.first + left.end) / 2));
        const double reach = significant * sigma;
        const int64_t low = n_within(clip, median - reach, false);
        const int64_t high = n_within(clip, median + reach, true);

        if (clip->is_lost || low <= left.first || high >= left.end) {
            return sigma;
        }
        left = (survivors){low, high, bin_of(clip, median - reach),
                           bin_of(clip, median + reach)};
    }
}

double sqn__clip_tails(int64_t *rounds, sqn__clip *clip, const sqn__order_terms *of,
                       double significant)
{
    double sigma = 0.0;

    *rounds = 0;
    if (of->n == 0) {
        return (double)NAN;
    }
    clip->is_lost = false;
    place_bins(clip, of);
    do { /* with the bulks as a whole; should that not do, with every number */
        for (int64_t i = 0; i < 2 && clip->is_lost; i++) {
            clip->bulk[i].high = clip->bulk[i].low;
            clip->bulk_bin[i] = -1;
        }
        clip->is_lost = false;
        fill_bins(clip,
                  sqn__order_choose()->sift(clip->kept, clip->bulk, of, clip->origin));
        sum_bins(clip);
        sigma = iterate(rounds, clip, of->n, significant);
    } while (clip->is_lost);
    return sigma;
}
