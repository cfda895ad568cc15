/** @file spread.c @brief Median and median distance lie nearly on a line. */
#include "spread.h"

#include <math.h>

#include "stats.h"

/* How far off that line, in distances: at least, at most, and by how many times what it was when
   it bent last. */
static const double least = 0.015, most = 0.06, times = 3.0;
static const double first_bend = 4.0;
static const double bends = 1e-4; /* of the product: less tells of noise */
static const double steps = 4.0;  /* ahead, as long as between the two */

/* Steps of a mixture that are worth a list, for what follows is likely within one of them; for how
   far a list is, at least. */
static const double small_step = 1.3e-2, least_list = 5e-4;
static const double list_reach[2] = {0.01, 2.0}; /* in distances; times that of one look */

/* What is expected of a mixture, and what `bend` is measured by. */
typedef struct guess {
    sqn__middle_pair pair;
    double product;
} guess;

/* Of the known mixtures other than `but`, the nearest; -1: none. */
static int nearest(const sqn__spread *s, double mixture, double but)
{
    const int n = s->n_found < SQN__SPREAD_KNOWN ? s->n_found : SQN__SPREAD_KNOWN;
    int best = -1;

    for (int i = 0; i < n; i++) {
        const double off = fabs(s->mixture[i] - mixture);

        if (s->mixture[i] != but && (best < 0 || off < fabs(s->mixture[best] - mixture))) {
            best = i;
        }
    }
    return best;
}

/* What lies on the line through the nearest two; false where it would go far beyond. */
static bool expect(guess *out, const sqn__spread *s, double mixture)
{
    const int i = nearest(s, mixture, NAN);
    const int j = i >= 0 ? nearest(s, mixture, s->mixture[i]) : -1;

    if (j < 0) {
        return false;
    }
    const sqn__middle_pair *one = &s->found[i], *two = &s->found[j];
    const double step = s->mixture[i] - s->mixture[j], ahead = mixture - s->mixture[i];
    const double part = ahead / step;

    out->pair.median = one->median + part * (one->median - two->median);
    out->pair.distance = one->distance + part * (one->distance - two->distance);
    out->product = fabs(ahead * (mixture - s->mixture[j]));
    return fabs(part) <= steps;
}

/* How far off the line this was. */
static double bend_of(const guess *expected, const sqn__middle_pair *now)
{
    const double off = fmax(fabs(now->median - expected->pair.median),
                            fabs(now->distance - expected->pair.distance));

    return off / (now->distance * expected->product);
}

void sqn__spread_begin(sqn__spread *s)
{
    s->n_found = 0;
    s->bend = first_bend;
    s->list = (sqn__middle_list){.of = s->list.of, .off = -1.0}; /* for no mixture */
}

/* Find both near what is expected: in the list, if there is one for this mixture. */
static bool find_near(sqn__middle_pair *now, sqn__spread *s, double mixture, double far)
{
    const double step = fabs(mixture - s->mixture[(s->n_found - 1) % SQN__SPREAD_KNOWN]);
    const double reach[2] = {far, far};

    if (sqn__middle_is_listed(&s->list, &s->desk, now, reach)) {
        return sqn__middle_near_listed(now, &s->list, &s->desk, reach);
    }
    if (step > small_step) {
        return sqn__middle_near(now, &s->desk, reach);
    }
    sqn__middle_enlist(&s->list, &s->desk, now, list_reach[0] + list_reach[1] * far,
                       fmax(step, least_list));
    return sqn__middle_near_listed(now, &s->list, &s->desk, reach);
}

sqn__middle_pair sqn__spread_measure(sqn__spread *s, double mixture)
{
    guess expected = {.product = 0.0};
    const bool expects = expect(&expected, s, mixture);
    const double far = fmin(least + times * s->bend * expected.product, most);
    sqn__middle_pair now = expected.pair;

    s->desk.of.p = (float)(1.0 - mixture);
    s->desk.of.q = (float)mixture;
    if (!expects || !find_near(&now, s, mixture, far)) {
        now = sqn__middle_anywhere(&s->desk);
    }
    if (expects && expected.product > bends) {
        s->bend = bend_of(&expected, &now);
    }
    s->mixture[s->n_found % SQN__SPREAD_KNOWN] = mixture;
    s->found[s->n_found % SQN__SPREAD_KNOWN] = now;
    s->n_found++;
    return now;
}

void sqn__spread_above(uint64_t *set, const sqn__spread *s, double sigmas, bool both)
{
    const double sigma =
        SQN__STATS_MAD_TO_SIGMA * s->found[(s->n_found - 1) % SQN__SPREAD_KNOWN].distance;

    sqn__order_choose()->above(set, &s->desk.of, (float)(sigmas * sigma), both);
}
