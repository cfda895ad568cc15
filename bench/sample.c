/** @file sample.c @brief Order statistics of a few measurements. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double sample_clock(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void sample_add(sample *s, double value)
{
    if (s->n < SAMPLE_MAX) {
        s->value[s->n++] = value;
    }
}

static int rising(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

double sample_quantile(const sample *s, double fraction)
{
    double sorted[SAMPLE_MAX];

    if (s->n == 0) {
        return NAN;
    }
    memcpy(sorted, s->value, (size_t)s->n * sizeof *sorted);
    qsort(sorted, (size_t)s->n, sizeof *sorted, rising);
    const double rank = fraction * (double)(s->n - 1);
    const int below = (int)rank, above = below + 1 < s->n ? below + 1 : below;

    return sorted[below] + (rank - (double)below) * (sorted[above] - sorted[below]);
}
