/** @file spread.c @brief Median and median distance lie nearly on a line. */
#include "spread.h"

#include <math.h>

#include "stats.h"

/* How far off that line, in distances: at least, and by how many times what it was last. */
static const double least = 0.006, times = 4.0, most = 0.05;
static const double steps = 2.0; /* ahead, as long as the last */

/* What lies on the line through the last two; true where it does not go far beyond. */
static bool follow(sqn__middle_pair *out, const sqn__spread *s, double mixture)
{
    const sqn__middle_pair *last = &s->found[0], *first = &s->found[1];
    const double step = s->mixture[0] - s->mixture[1], ahead = mixture - s->mixture[0];
    const double part = ahead != 0.0 ? ahead / step : 0.0;

    out->median = last->median + part * (last->median - first->median);
    out->distance = last->distance + part * (last->distance - first->distance);
    return s->n_found == 2 && fabs(ahead) <= steps * fabs(step);
}

void sqn__spread_begin(sqn__spread *s)
{
    s->n_found = 0;
    s->off = least;
}

sqn__middle_pair sqn__spread_measure(sqn__spread *s, double mixture)
{
    const double far = fmin(least + times * s->off, most), reach[2] = {far, far};
    sqn__middle_pair expected, now;
    const bool follows = follow(&expected, s, mixture);

    s->desk.of.p = (float)(1.0 - mixture);
    s->desk.of.q = (float)mixture;
    now = expected;
    if (!follows || !sqn__middle_near(&now, &s->desk, reach)) {
        now = sqn__middle_anywhere(&s->desk);
    }
    if (follows) {
        s->off = fmax(fabs(now.median - expected.median),
                      fabs(now.distance - expected.distance)) /
                 now.distance;
    }
    s->mixture[1] = s->mixture[0];
    s->mixture[0] = mixture;
    s->found[1] = s->found[0];
    s->found[0] = now;
    s->n_found = s->n_found < 2 ? s->n_found + 1 : 2;
    return now;
}

void sqn__spread_above(uint64_t *set, const sqn__spread *s, double sigmas, bool both)
{
    const double sigma = SQN__STATS_MAD_TO_SIGMA * s->found[0].distance;

    sqn__order_choose()->above(set, &s->desk.of, (float)(sigmas * sigma), both);
}
