/** @file rotate_desk.c @brief Memory for images that are turned together, groups of them, rows. */
#include "rotate_desk.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    AHEAD = 8 /* rows */
};

typedef sqn__rotate_desk desk;

/* ---- Memory ---------------------------------------------------------------------------- */

/* Beyond the edges there is no variance: rows above and below; sides come with their rows. */
static void clear_border(const desk *d)
{
    const int64_t rows = BORDER * d->stride, last = (d->ny + BORDER) * d->stride;
    const size_t bytes = (size_t)(rows * d->lanes) * sizeof *d->variance;

    memset(d->variance, 0, bytes);
    memset(d->variance + last * d->lanes, 0, bytes);
    memset(d->gaps, 0xff, (size_t)rows);
    memset(d->gaps + last, 0xff, (size_t)rows);
}

bool sqn__rotate_desk_fill(desk *d, sqn__arena *arena, int64_t n)
{
    d->stride = d->nx + 2 * (int64_t)BORDER;
    d->n_pix = sqn__mem_product(d->ny, d->nx);
    d->n_wide = sqn__mem_product(d->ny + 2 * (int64_t)BORDER, d->stride);
    d->n_image = n < SQN__SPLINE_STACK ? n : SQN__SPLINE_STACK;
    d->table = sqn__spline_lanes_choose();
    d->lanes = sqn__spline_stack_lanes(d->table, d->n_image);

    const int64_t n_lane = sqn__mem_product(d->lanes, d->n_pix);
    const int64_t n_lane_wide = sqn__mem_product(d->lanes, d->n_wide);

    d->coeffs = sqn__arena_reserve(arena, n_lane_wide, sizeof *d->coeffs);
    d->variance = sqn__arena_reserve(arena, n_lane_wide, sizeof *d->variance);
    d->ratio = sqn__arena_reserve(arena, n_lane, sizeof *d->ratio);
    d->flags = sqn__arena_reserve(arena, n_lane, sizeof *d->flags);
    d->flagged = sqn__arena_reserve(arena, d->n_pix, sizeof *d->flagged);
    d->round = sqn__arena_reserve(arena, d->n_pix, sizeof *d->round);
    d->missing = sqn__arena_reserve(arena, d->n_pix, sizeof *d->missing);
    d->gaps = sqn__arena_reserve(arena, d->n_wide, sizeof *d->gaps);
    d->broken = sqn__arena_reserve(arena, d->n_wide, sizeof *d->broken);
    if (d->coeffs == NULL || d->variance == NULL || d->ratio == NULL || d->flags == NULL ||
        d->flagged == NULL || d->round == NULL || d->missing == NULL || d->gaps == NULL ||
        d->broken == NULL) {
        return false;
    }
    clear_border(d);
    sqn__turn_taps(&d->planes.value, &d->planes.pixel);
    return true;
}

/* ---- Groups ---------------------------------------------------------------------------- */

static bool is_known(const sqn_image *of, int64_t p)
{
    return fabsf(of->value[p]) <= FLT_MAX;
}

static bool varies(const sqn_image *of, int64_t p)
{
    return of->variance != NULL && is_known(of, p) && fabsf(of->variance[p]) <= FLT_MAX;
}

static bool have_alike(const sqn_image *a, const sqn_image *b)
{
    return (a->variance != NULL) == (b->variance != NULL) &&
           (a->shared != NULL) == (b->shared != NULL);
}

/* True where two images have the same planes and know the same pixels. */
static bool are_alike(const sqn_image *a, const sqn_image *b)
{
    bool alike = have_alike(a, b);

    for (int64_t p = 0; p < a->ny * a->nx && alike; p++) {
        alike = is_known(a, p) == is_known(b, p) && varies(a, p) == varies(b, p);
    }
    return alike;
}

bool sqn__rotate_whole_group(sqn__rotate_group *g, const sqn_image *in, int64_t n)
{
    bool whole = true;

    *g = (sqn__rotate_group){.in = in, .n = n};
    for (int64_t k = 0; k < n; k++) {
        g->member[k] = have_alike(&in[0], &in[k]);
        whole = whole && g->member[k];
    }
    return whole;
}

bool sqn__rotate_next_group(sqn__rotate_group *g, bool *done)
{
    g->first = 0;
    while (g->first < g->n && done[g->first]) {
        g->first++;
    }
    for (int64_t k = 0; k < g->n; k++) {
        g->member[k] = !done[k] && are_alike(&g->in[g->first], &g->in[k]);
    }
    for (int64_t k = 0; k < g->n; k++) {
        done[k] = done[k] || g->member[k];
    }
    return g->first < g->n;
}

/* ---- Rows ------------------------------------------------------------------------------ */

static void set_missing(float *points, int64_t lanes, const sqn__turn_points *of)
{
    for (int64_t i = 0; i < of->n && of->n_valid < of->n; i++) {
        for (int64_t l = 0; l < lanes && of->missing[i]; l++) {
            points[i * lanes + l] = NAN;
        }
    }
}

/* Pixels of the input from a point to one that will be needed some rows later. */
static int64_t look_ahead(const desk *d, const sqn__turn *turn)
{
    return (int64_t)nearbyint(AHEAD * turn->cosine) * d->stride +
           (int64_t)nearbyint(AHEAD * turn->sine);
}

/* The caller will ask for covariances next to these. */
static void fetch_ratios(const desk *d, const sqn__turn_points *of)
{
    for (int64_t i = 0; i < of->n; i++) {
        __builtin_prefetch(d->ratio + (of->nearest[i] < 0 ? 0 : of->nearest[i]) * d->lanes,
                           0, 2);
    }
}

void sqn__rotate_row(float *value, float *variance, sqn__turn_points *found, const desk *d,
                     const sqn__turn *turn, const int64_t first[2], int64_t n)
{
    const sqn__turn_map map = {d->ny, d->nx, d->round};

    sqn__turn_place(found, turn, &map, first, n);

    const sqn__spline_points of = {found->n_valid, found->y, found->x, found->place,
                                   look_ahead(d, turn)};

    fetch_ratios(d, found);
    d->table->stack(value, variance, &d->planes, &of);
    set_missing(value, d->lanes, found);
    if (variance != NULL) {
        set_missing(variance, d->lanes, found);
    }
}
