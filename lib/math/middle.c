/**
 * @file middle.c
 * @brief Bounds about the middle, out of a sample, until few numbers are left between them.
 */
#include "middle.h"

#include <math.h>
#include <string.h>

#include "stats.h"

enum {
    SAMPLE = 256,    /* to find where a rank is */
    MARGIN = 37,     /* 4.6 sigma of the rank of a sample's median */
    FEW = 2048,      /* selected from without a sample */
    MANY_LEFT = 128, /* worth a guess that they lie evenly */
    EVEN_SIGMA = 4,  /* of a rank of such */
    PAIRS = 4096,    /* to find where the median and the distance from it are */
    MANY = 32768     /* worth such a sample */
};

/* How far off, in distances, both are by a sample, but for the root of its size: 4.6 sigma. */
static const double sampled[2] = {8.6, 5.4};
static const double rounding = 1e-6; /* of a distance or a mixture, several times */

/* Numbers among which the middle is, and the ranks in them that make it. */
typedef struct search {
    sqn__order_floats of;
    float bounds[2];   /* all lie within */
    int64_t low, high; /* ranks from 0, of the two in the middle */
    float *spare;      /* [n] where the next ones go */
    float *other;      /* [n] and those after them */
} search;

static const float unbounded[] = {-INFINITY, INFINITY};

/* The float whose bits, in the order of numbers, have this place. */
static float float_at(int32_t place)
{
    const int32_t bits = place >= 0 ? place : place ^ INT32_MAX;
    float number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

static int32_t place_of(float number)
{
    int32_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits >= 0 ? bits : bits ^ INT32_MAX;
}

/* The largest number within the bounds of which no more than `rank` are below: by halves of all
   floats between, for counting takes no branches that would have to be guessed. */
static float select_within(const float *values, int64_t n, int64_t rank,
                           const float bounds[2])
{
    const sqn__order *order = sqn__order_choose();
    int32_t low = place_of(bounds[0]), high = place_of(bounds[1]);

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

float sqn__middle_select(const float *values, int64_t n, int64_t rank)
{
    return select_within(values, n, rank, unbounded);
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
    memcpy(s->bounds, bounds, sizeof s->bounds);
    s->low -= n_below;
    s->high -= n_below;
    s->spare = s->other;
    s->other = kept;
    return true;
}

/* Where number `i` of a sample is taken from, one out of every `step`: off the rows and columns of
   an image. */
static int64_t place_of_sample(int64_t i, int64_t step)
{
    return i * step + (((i * 40503) & 0xFFFF) * step >> 16);
}

/* Bounds about the middle, out of a sample. */
static void guess_bounds(float bounds[2], const search *s)
{
    float sample[SAMPLE];
    const int64_t step = s->of.n / SAMPLE;
    const int64_t rank = s->low * SAMPLE / s->of.n;
    const int64_t first = rank - MARGIN, last = rank + MARGIN;

    for (int64_t i = 0; i < SAMPLE; i++) {
        sample[i] = number_at(&s->of, place_of_sample(i, step));
    }
    bounds[0] = first < 0 ? s->bounds[0] : select_within(sample, SAMPLE, first, s->bounds);
    bounds[1] = last >= SAMPLE ? s->bounds[1]
                               : select_within(sample, SAMPLE, last,
                                               (float[2]){bounds[0], s->bounds[1]});
}

/* Keep what lies about the middle if numbers lie evenly within their bounds, as they do about the
   middle of many. */
static void keep_even(search *s)
{
    const double n = (double)s->of.n, width = (double)s->bounds[1] - (double)s->bounds[0];
    const double part = ((double)s->high + 0.5) / n, margin = EVEN_SIGMA * 0.5 / sqrt(n);
    const double first = fmax(part - margin, 0.0), last = fmin(part + margin, 1.0);
    const float bounds[2] = {(float)((double)s->bounds[0] + first * width),
                             (float)((double)s->bounds[0] + last * width)};

    if (s->of.n > MANY_LEFT && isfinite(width)) {
        (void)keep(s, bounds);
    }
}

/* The middle of all that is left. */
static double select_middle(search *s)
{
    if (!isnan(s->of.origin)) { /* distances are formed first */
        (void)keep(s, s->bounds);
    }
    const float upper = select_within(s->of.a, s->of.n, s->high, s->bounds);
    const float lower = s->low == s->high ? upper
                                          : select_within(s->of.a, s->of.n, s->low,
                                                          (float[2]){s->bounds[0], upper});

    return 0.5 * ((double)upper + (double)lower);
}

/* The search for the middle of all. */
static search begin(const sqn__order_floats *of, float *work)
{
    const float least = isnan(of->origin) ? -INFINITY : 0.0F;

    return (search){*of, {least, INFINITY}, (of->n - 1) / 2, of->n / 2, work, work + of->n};
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
    keep_even(s);
    return select_middle(s);
}

double sqn__middle_median(const sqn__order_floats *of, float *work)
{
    search s = begin(of, work);

    return of->n == 0 ? (double)NAN : finish(&s);
}

/* ---- Both at once: zones about where they should be, verified by counts ------------------ */

int64_t sqn__middle_work_size(int64_t n)
{
    return n + SQN__ORDER_SLACK + 2 * n;
}

sqn__middle_desk sqn__middle_desk_in(float *work, const sqn__order_mix *of, int64_t n_valid)
{
    return (sqn__middle_desk){*of, n_valid, work, work + of->n + SQN__ORDER_SLACK};
}

/* Zones about what is expected. */
static sqn__order_zones zones_about(const sqn__middle_pair *expected, const double reach[2])
{
    const double near = reach[0] * expected->distance, ring = reach[1] * expected->distance;

    return (sqn__order_zones){
        {(float)(expected->median - near), (float)(expected->median + near)},
        (float)expected->median,
        {(float)(expected->distance - ring), (float)(expected->distance + ring)}};
}

/* True where no number can lie in two zones. */
static bool are_apart(const sqn__order_zones *zones)
{
    return zones->near[1] - zones->near[0] < 0.5F * zones->ring[0];
}

static void mark(sqn__order_marked *marked, const sqn__middle_desk *desk,
                 const sqn__order_zones *zones)
{
    *marked = (sqn__order_marked){.value = desk->value};
    sqn__order_choose()->mark(marked, &desk->of, zones);
}

/* Of n numbers, those within two bounds. */
typedef struct kept {
    int64_t n_all, n_below, n;
    const float *bounds;
} kept;

/* The median of all, where those kept are in front of `work`; false where it is not among them. */
static bool median_of_kept(double *median, const kept *k, float *work)
{
    search s = begin(&(sqn__order_floats){work, k->n, NAN}, work);

    s.spare = work + k->n;
    s.other = work;
    memcpy(s.bounds, k->bounds, sizeof s.bounds);
    s.low = (k->n_all - 1) / 2 - k->n_below;
    s.high = k->n_all / 2 - k->n_below;
    if (s.low < 0 || s.high >= k->n) {
        return false;
    }
    *median = finish(&s);
    return true;
}

/* Count on zones that hold what is sought; false where they do not. The distances from the median
   are those from the centre but for the way between the two. */
static bool count(sqn__middle_pair *pair, const sqn__middle_desk *desk,
                  const sqn__order_marked *marked, const sqn__order_zones *zones)
{
    const sqn__order *order = sqn__order_choose();
    sqn__order_floats of = {marked->value, marked->n, NAN};
    int64_t n_before = 0;
    const int64_t n_near = order->between(desk->work, &n_before, &of, zones->near);
    const kept near = {desk->n_valid, marked->n_below, n_near, zones->near};

    if (!median_of_kept(&pair->median, &near, desk->work)) {
        return false;
    }
    of.origin = (float)pair->median;
    const double way = fabs((double)of.origin - (double)zones->centre);
    const double margin = way + rounding * (double)zones->ring[1];
    const float ring[2] = {(float)((double)zones->ring[0] + margin),
                           (float)((double)zones->ring[1] - margin)};
    const int64_t n_ring = order->between(desk->work, &n_before, &of, ring);
    const kept distances = {desk->n_valid, marked->n_within + n_before - n_near, n_ring,
                            ring};

    return median_of_kept(&pair->distance, &distances, desk->work);
}

bool sqn__middle_near(sqn__middle_pair *pair, const sqn__middle_desk *desk,
                      const double reach[2])
{
    const sqn__order_zones zones = zones_about(pair, reach);
    sqn__order_marked marked;

    if (!are_apart(&zones)) {
        return false;
    }
    mark(&marked, desk, &zones);
    return count(pair, desk, &marked, &zones);
}

/* What rounding may move in the zones. */
static double slack_of(const sqn__order_zones *zones)
{
    return rounding * (fabs((double)zones->centre) + (double)zones->ring[1]);
}

void sqn__middle_enlist(sqn__middle_list *list, const sqn__middle_desk *desk,
                        const sqn__middle_pair *expected, double reach, double off)
{
    list->zones = zones_about(expected, (double[2]){reach, reach});
    list->q = (double)desk->of.q;
    list->off = off;
    sqn__order_choose()->list(&list->of, &desk->of, &list->zones,
                              (float)(off + 2.0 * rounding));
}

bool sqn__middle_is_listed(const sqn__middle_list *list, const sqn__middle_desk *desk,
                           const sqn__middle_pair *expected, const double reach[2])
{
    const sqn__order_zones zones = zones_about(expected, reach), *all = &list->zones;
    const double slack = slack_of(all);
    const double moved = fabs((double)zones.centre - (double)all->centre) + slack;

    return fabs((double)desk->of.q - list->q) <= list->off &&
           (double)zones.near[0] - (double)all->near[0] >= slack &&
           (double)all->near[1] - (double)zones.near[1] >= slack &&
           (double)zones.ring[0] - (double)all->ring[0] >= moved &&
           (double)all->ring[1] - (double)zones.ring[1] >= moved;
}

bool sqn__middle_near_listed(sqn__middle_pair *pair, const sqn__middle_list *list,
                             const sqn__middle_desk *desk, const double reach[2])
{
    const sqn__order_zones zones = zones_about(pair, reach);
    const sqn__order_mix of = {list->of.a, list->of.b, desk->of.p, desk->of.q, list->of.n};
    sqn__order_marked marked = {.value = desk->value};

    if (!are_apart(&zones)) {
        return false;
    }
    sqn__order_choose()->mark(&marked, &of, &zones);
    marked.n_below += list->of.n_below;
    marked.n_within += list->of.n_within;
    return count(pair, desk, &marked, &zones);
}

/* Both, of a sample, and how far off those of all may be. */
static sqn__middle_pair sample(double reach[2], const sqn__middle_desk *desk)
{
    const sqn__order_mix *of = &desk->of;
    const int64_t step = of->n / PAIRS;
    float few[PAIRS], *work = desk->work;
    sqn__middle_pair pair;
    int64_t n = 0;

    for (int64_t k = 0; k < PAIRS; k++) {
        const int64_t i = place_of_sample(k, step);

        few[n] = of->b != NULL ? of->p * of->a[i] + of->q * of->b[i] : of->a[i];
        n += isnan(few[n]) ? 0 : 1;
    }
    pair.median = sqn__middle_median(&(sqn__order_floats){few, n, NAN}, work);
    pair.distance =
        sqn__middle_median(&(sqn__order_floats){few, n, (float)pair.median}, work);
    reach[0] = sampled[0] / sqrt((double)n);
    reach[1] = sampled[1] / sqrt((double)n);
    return pair;
}

/* Both, by a look at all. */
static sqn__middle_pair look_at_all(const sqn__middle_desk *desk)
{
    const sqn__order_zones all = {{-INFINITY, INFINITY}, 0.0F, {0.0F, 0.0F}};
    sqn__order_marked marked;
    sqn__middle_pair pair;

    mark(&marked, desk, &all);
    sqn__order_floats of = {marked.value, marked.n, NAN};

    pair.median = sqn__middle_median(&of, desk->work);
    of.origin = (float)pair.median;
    pair.distance = sqn__middle_median(&of, desk->work);
    return pair;
}

sqn__middle_pair sqn__middle_anywhere(const sqn__middle_desk *desk)
{
    if (desk->n_valid >= MANY) {
        double reach[2];
        sqn__middle_pair pair = sample(reach, desk);

        if (sqn__middle_near(&pair, desk, reach)) {
            return pair;
        }
    }
    return look_at_all(desk);
}

double sqn__middle_sigma_valid(double *median, const float *values, int64_t n,
                               int64_t n_valid, float *work)
{
    const sqn__order_mix of = {values, NULL, 0.0F, 0.0F, n};
    const sqn__middle_desk desk = sqn__middle_desk_in(work, &of, n_valid);
    const sqn__middle_pair pair = sqn__middle_anywhere(&desk);

    *median = pair.median;
    return SQN__STATS_MAD_TO_SIGMA * pair.distance;
}

double sqn__middle_sigma(double *median, const float *values, int64_t n, float *work)
{
    return sqn__middle_sigma_valid(median, values, n, n, work);
}
