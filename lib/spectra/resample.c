/** @file resample.c @brief A spectrum on other pixels: averages by overlap. */
#include "resample.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double least = 0.5; /* share of a pixel that valid ones must cover */

/** Sums over the valid pixels that overlap with one. */
typedef struct sums {
    double weight, flux, variance;
} sums;

static bool is_valid(const sqn__resample_row *row, int64_t i)
{
    return !isnan(row->flux[i]) && (row->ivar == NULL || row->ivar[i] > 0.0F);
}

static void add(sums *s, const sqn__resample_row *from, int64_t i, double overlap)
{
    if (is_valid(from, i) && overlap > 0.0) {
        s->weight += overlap;
        s->flux += overlap * (double)from->flux[i];
        s->variance += from->ivar != NULL ? overlap * overlap / (double)from->ivar[i] : 0.0;
    }
}

void sqn__resample(const sqn__resample_row *to, const sqn__resample_row *from)
{
    int64_t first = 0;

    for (int64_t j = 0; j < to->n; j++) {
        const double low = to->edge[j], high = to->edge[j + 1];
        sums s = {0};

        while (first < from->n && from->edge[first + 1] <= low) {
            first++;
        }
        for (int64_t i = first; i < from->n && from->edge[i] < high; i++) {
            add(&s, from, i, fmin(high, from->edge[i + 1]) - fmax(low, from->edge[i]));
        }
        const bool is_covered = s.weight >= least * (high - low);

        to->flux[j] = is_covered ? (float)(s.flux / s.weight) : NAN;
        if (to->ivar != NULL) {
            to->ivar[j] = is_covered ? (float)(s.weight * s.weight / s.variance) : 0.0F;
        }
    }
}

void sqn__resample_shift(const sqn__resample_row *to, const sqn__resample_row *from,
                         int64_t offset)
{
    for (int64_t j = 0; j < to->n; j++) {
        const int64_t i = j - offset;
        const bool is_there = i >= 0 && i < from->n && is_valid(from, i);

        to->flux[j] = is_there ? from->flux[i] : NAN;
        if (to->ivar != NULL) {
            to->ivar[j] = is_there ? from->ivar[i] : 0.0F;
        }
    }
}
