/** @file clip.c @brief Clipping on numbers in bins. */
#include "clip.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats.h"

enum {
    BINS = SQN__CLIP_BINS,
    SAMPLE = 256, /* to place the bins */
    SHORT = 24    /* sorted by insertion */
};

static const double half_range = 24.0; /* of the bins, in quartile distances */

int64_t sqn__clip_work_size(int64_t n_max)
{
    return 2 * n_max + 2 * (int64_t)BINS + (n_max + 1) / 2 + BINS / 2 + 1 + BINS / 8;
}

sqn__clip sqn__clip_carve(double *work, int64_t n_max)
{
    sqn__clip clip = {.value = work, .binned = work + n_max};

    clip.moments = (double(*)[2])(void *)(work + 2 * n_max);
    clip.bin = (int32_t *)(void *)(work + 2 * n_max + 2 * (int64_t)BINS);
    clip.begin =
        (int32_t *)(void *)(work + 2 * n_max + 2 * (int64_t)BINS + (n_max + 1) / 2);
    clip.sorted = (uint8_t *)(clip.begin + BINS + 2);
    return clip;
}

/* Origin and width of the bins, from a sample: any are right, these are quick. */
static void place_bins(sqn__clip *clip, int64_t n)
{
    double sample[SAMPLE];
    const int64_t n_sample = n < SAMPLE ? n : SAMPLE, step = n / n_sample;

    for (int64_t i = 0; i < n_sample; i++) {
        sample[i] = clip->value[i * step + (i * 40503 >> 7) % step];
    }
    sqn__stats_sort(sample, n_sample);
    clip->origin = sample[n_sample / 2];
    const double quartile =
        fmax(0.5 * (sample[n_sample * 3 / 4] - sample[n_sample / 4]), 1e-300);

    clip->low = clip->origin - half_range * quartile;
    clip->per_bin = (double)BINS / (2.0 * half_range * quartile);
}

/* Never falls as `value` rises; all below or above the range share the first or last bin. */
static int32_t bin_of(const sqn__clip *clip, double value)
{
    const double at = (value - clip->low) * clip->per_bin, above = at > 0.0 ? at : 0.0;

    return (int32_t)(above < BINS - 1 ? above : BINS - 1);
}

/* Count, then move every number to its bin, in the order of the numbers. */
static void fill_bins(sqn__clip *clip, int64_t n)
{
    int32_t next[BINS];

    memset(clip->begin, 0, (BINS + 1) * sizeof *clip->begin);
    memset(clip->sorted, 0, BINS);
    for (int64_t i = 0; i < n; i++) {
        clip->bin[i] = bin_of(clip, clip->value[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        clip->begin[clip->bin[i] + 1]++;
    }
    for (int32_t b = 0; b < BINS; b++) {
        next[b] = clip->begin[b];
        clip->begin[b + 1] += clip->begin[b];
    }
    for (int64_t i = 0; i < n; i++) {
        clip->binned[next[clip->bin[i]]++] = clip->value[i];
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

static void sum_bins(sqn__clip *clip)
{
    for (int32_t b = 0; b < BINS; b++) {
        clip->moments[b][0] = clip->moments[b][1] = 0.0;
        add_moments(clip->moments[b], clip, clip->begin[b], clip->begin[b + 1]);
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
    sort_bin(clip, low);
    return clip->binned[rank];
}

/* How many are below `limit` or, with `equal`, not above it. */
static int64_t n_within(sqn__clip *clip, double limit, bool equal)
{
    const int32_t b = bin_of(clip, limit);
    int64_t i = clip->begin[b];

    sort_bin(clip, b);
    while (i < clip->begin[b + 1] &&
           (clip->binned[i] < limit || (equal && clip->binned[i] <= limit))) {
        i++;
    }
    return i;
}

/* Standard deviation of the ranks [first, end): whole bins, and the parts at both ends. */
static double deviation(const sqn__clip *clip, int64_t first, int64_t end)
{
    double sum[2] = {0.0, 0.0};
    int64_t at = first;

    for (int32_t b = 0; b < BINS; b++) {
        if (clip->begin[b + 1] <= first || clip->begin[b] >= end) {
            continue;
        }
        const int64_t next = clip->begin[b + 1] < end ? clip->begin[b + 1] : end;

        if (at == clip->begin[b] && next == clip->begin[b + 1]) {
            sum[0] += clip->moments[b][0];
            sum[1] += clip->moments[b][1];
        } else {
            add_moments(sum, clip, at, next);
        }
        at = next;
    }
    const double n = (double)(end - first), mean = sum[0] / n;

    return sqrt(fmax(sum[1] / n - mean * mean, 0.0));
}

double sqn__clip_tails(int64_t *rounds, sqn__clip *clip, int64_t n, double significant)
{
    int64_t first = 0, end = n;

    *rounds = 0;
    if (n == 0) {
        return (double)NAN;
    }
    place_bins(clip, n);
    fill_bins(clip, n);
    sum_bins(clip);
    for (;; ++*rounds) {
        const double sigma = deviation(clip, first, end);
        const double median =
            0.5 * (ranked(clip, (first + end - 1) / 2) + ranked(clip, (first + end) / 2));
        const double reach = significant * sigma;
        const int64_t low = n_within(clip, median - reach, false);
        const int64_t high = n_within(clip, median + reach, true);

        if (low <= first || high >= end) {
            return sigma;
        }
        first = low;
        end = high;
    }
}
