/** @file annulus.c @brief A lattice on one block, the same in all blocks around the star. */
#include "annulus.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "circle.h"
#include "mem.h"
#include "raise.h"
#include "snr_ratio.h"

enum {
    LANES = SQN__APERTURE_LANES,
    PLACES = SQN__APERTURE_PLACES,
    STENCIL = 4, /* angles that a circle is interpolated from: cubic, */
    BEFORE = 1,  /* one of them before it */
    MIN_ANGLES = 8,
    MIN_RADII = 3,
    MAX_RADII = 28 /* at a fwhm of 21, beyond which there is no table of overlaps */
};

static const double pi = 3.14159265358979323846;
static const double angle_step = 0.22, radius_step = 0.13; /* pixels, at most */

/* A block that some planes neither see whole nor miss. */
typedef struct ragged {
    int64_t block;
    uint32_t lanes;
} ragged;

struct sqn__annulus {
    int64_t n_angle;           /* of the lattice on a block, */
    sqn__annulus_grid lattice; /* with those of its neighbours that interpolation needs */
    sqn__annulus_grid
        sight; /* all places in a block are within half a pixel of one of these */
    double scale[MAX_RADII]; /* of Lagrange's weights between its radii */
    bool has_lattice;        /* and of this annulus: */
    int64_t n;               /* apertures of a circle = blocks */
    double (*turn)[2];       /* [n] by whole apertures: cosine and sine */
    uint32_t *clear; /* [n] planes of which a block misses nothing: they are summed */
    ragged *rag;     /* [n_ragged] */
    int64_t n_ragged;
    float *flux;              /* [n n_angle + STENCIL - 1, n_radius, LANES] all around */
    sqn__aperture_sums whole; /* origin and number of clear blocks */
    float *mean, *spread; /* [lattice, LANES] of their differences to the origin, sums of
                                  squares of those to the mean */
};

/* ---- Memory ------------------------------------------------------------------------------ */

/* Points at both ends and between, at most 0.7 pixels from each other. */
static int64_t n_point(double length)
{
    return (int64_t)ceil(length / 0.7) + 1;
}

static double width_of(double fwhm)
{
    return fwhm / (2.0 * pi);
}

/* Angles of a block, with those of its neighbours, that sight needs where it holds `n`. */
static int64_t n_sight(const sqn__annulus *a, double fwhm, int64_t n)
{
    const double length = fwhm * (double)(n + 1) / (double)n;

    return n_point(length * (double)a->lattice.n_angle / (double)a->n_angle);
}

static int64_t most(double a, int64_t b)
{
    return a > (double)b ? (int64_t)a : b;
}

static void plan(sqn__annulus *a, double fwhm)
{
    const double n_radius = fmin(ceil(width_of(fwhm) / radius_step), MAX_RADII);

    a->n_angle = most(ceil(fwhm / angle_step), MIN_ANGLES);
    a->lattice.n_angle = a->n_angle + STENCIL - 1;
    a->lattice.n_radius = most(n_radius, MIN_RADII);
    a->sight.n_angle = n_sight(a, fwhm, 6); /* the fewest have the longest blocks */
    a->sight.n_radius = n_point(width_of(fwhm));
}

static bool allocate(sqn__annulus *a, int64_t n_most)
{
    const int64_t n_radius = a->lattice.n_radius, n_column = a->lattice.n_angle;
    const int64_t n_angle = sqn__mem_product(n_most, a->n_angle) + STENCIL - 1;
    const size_t lanes = LANES * sizeof *a->flux;

    a->turn = sqn__mem_reserve(n_most, sizeof *a->turn);
    a->clear = sqn__mem_reserve(n_most, sizeof *a->clear);
    a->rag = sqn__mem_reserve(n_most, sizeof *a->rag);
    /* 0 where nothing is measured: pages that are read before they are written are taken twice */
    a->flux = sqn__mem_alloc(sqn__mem_product(n_angle, n_radius) + PLACES, lanes);
    a->mean = sqn__mem_reserve(n_column * n_radius, lanes);
    a->spread = sqn__mem_reserve(n_column * n_radius, lanes);
    return sqn__annulus_grid_allocate(&a->lattice) &&
           sqn__annulus_grid_allocate(&a->sight) && a->turn != NULL && a->clear != NULL &&
           a->rag != NULL && a->flux != NULL && a->mean != NULL && a->spread != NULL;
}

sqn_status sqn__annulus_create(sqn__annulus **out, double fwhm, int64_t n_most,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__annulus *a = NULL;

    *out = NULL;
    a = sqn__mem_alloc(1, sizeof *a);
    if (a != NULL) {
        plan(a, fwhm);
    }
    if (a == NULL || !allocate(a, n_most)) {
        status = SQN_RAISE(err, E_MEM, "circles of %" PRId64 " apertures", n_most);
        goto cleanup;
    }
    *out = a;
    a = NULL;

cleanup:
    sqn__annulus_destroy(&a);
    return status;
}

void sqn__annulus_destroy(sqn__annulus **annulus)
{
    sqn__annulus *a = annulus != NULL ? *annulus : NULL;

    if (a != NULL) {
        sqn__annulus_grid_clear(&a->lattice);
        sqn__annulus_grid_clear(&a->sight);
        sqn__mem_free(a->turn);
        sqn__mem_free(a->clear);
        sqn__mem_free(a->rag);
        sqn__mem_free(a->flux);
        sqn__mem_free(a->mean);
        sqn__mem_free(a->spread);
        sqn__mem_free(a);
        *annulus = NULL;
    }
}

/* ---- Blocks ------------------------------------------------------------------------------ */

/* Over the annulus and over a block with its neighbours, in equal steps. */
static void place_sight(sqn__annulus *a, double fwhm)
{
    const double width = width_of(fwhm), step = 2.0 * pi / (double)(a->n * a->n_angle);
    sqn__annulus_grid *g = &a->sight;

    g->n_angle = n_sight(a, fwhm, a->n);
    for (int64_t i = 0; i < g->n_radius; i++) {
        g->radius[i] = width * ((double)a->n + (double)i / (double)(g->n_radius - 1));
    }
    sqn__annulus_grid_fill(g, -BEFORE * step,
                           (double)a->lattice.n_angle * step / (double)(g->n_angle - 1));
}

/* Chebyshev's nodes over the annulus; whole columns of a block from one before it on. */
static void place_lattice(sqn__annulus *a, double fwhm)
{
    const double half = 0.5 * width_of(fwhm), step = 2.0 * pi / (double)(a->n * a->n_angle);
    const int64_t n = a->lattice.n_radius;
    double *radius = a->lattice.radius;

    for (int64_t i = 0; i < n; i++) {
        radius[i] =
            half * ((double)(2 * a->n + 1) - cos(pi * ((double)i + 0.5) / (double)n));
    }
    for (int64_t i = 0; i < n; i++) {
        a->scale[i] = 1.0;
        for (int64_t j = 0; j < n; j++) {
            a->scale[i] /= j == i ? 1.0 : radius[i] - radius[j];
        }
    }
    sqn__annulus_grid_fill(&a->lattice, -BEFORE * step, step);
}

/* What planes know of a block. */
static sqn__aperture_view view_block(sqn__annulus *a, const sqn__annulus_scene *scene,
                                     int64_t block)
{
    sqn__annulus_grid *g = &a->sight;
    const int64_t n = g->n_angle * g->n_radius;
    sqn__aperture_view view = {sqn__aperture_scan_all(scene->scan), 0};

    sqn__annulus_grid_place(g, scene, a->turn[block], 0, n);
    for (int64_t p = 0; p < n; p += PLACES) {
        const sqn__aperture_view part = sqn__aperture_scan_view(
            scene->scan, &g->tile[p / PLACES], n - p < PLACES ? n - p : PLACES);

        view.clear &= part.clear;
        view.seen |= part.seen;
    }
    return view;
}

/* Which blocks are clear, which ragged. Returns how many are seen by any plane. */
static int64_t view_blocks(sqn__annulus *a, const sqn__annulus_scene *scene)
{
    int64_t n_seen = 0;

    a->n_ragged = 0;
    for (int64_t k = 0; k < a->n; k++) {
        const sqn__aperture_view view = view_block(a, scene, k);

        a->clear[k] = a->has_lattice ? view.clear : 0;
        n_seen += view.seen != 0 ? 1 : 0;
        const uint32_t rag = view.seen & ~a->clear[k];

        if (rag != 0) {
            a->rag[a->n_ragged++] = (ragged){k, rag};
        }
    }
    return n_seen;
}

/* Fluxes on the lattice of a block; those of the last places overflow into the next. */
static void measure_block(sqn__annulus *a, const sqn__annulus_scene *scene, int64_t block)
{
    const int64_t n = a->n_angle * a->lattice.n_radius;
    const int64_t before = BEFORE * a->lattice.n_radius;
    float *flux = a->flux + (block * n + before) * LANES;

    sqn__annulus_grid_place(&a->lattice, scene, a->turn[block], before, n);
    for (int64_t p = 0; p < n; p += PLACES) {
        sqn__aperture_scan_flux_all(flux + p * LANES, scene->scan,
                                    &a->lattice.tile[p / PLACES]);
    }
}

/* Where the circle closes, the first block and the last are neighbours. */
static void close_circle(sqn__annulus *a)
{
    const int64_t row = a->lattice.n_radius * LANES, around = a->n * a->n_angle * row;
    const int64_t before = BEFORE * row, behind = (STENCIL - 1 - BEFORE) * row;

    memcpy(a->flux, a->flux + around, (size_t)before * sizeof *a->flux);
    memcpy(a->flux + around + before, a->flux + before, (size_t)behind * sizeof *a->flux);
}

/* Clear blocks, and those that these interpolate into. */
static void measure_blocks(sqn__annulus *a, const sqn__annulus_scene *scene)
{
    const int64_t n = a->n;

    for (int64_t k = 0; k < n; k++) {
        if ((a->clear[(k + n - 1) % n] | a->clear[k] | a->clear[(k + 1) % n]) != 0) {
            measure_block(a, scene, k);
        }
    }
    close_circle(a);
}

/* Sums over clear blocks [n, LANES] become means. */
static void divide(float *sum, int64_t n, const int32_t *by)
{
    for (int64_t e = 0; e < n * LANES; e++) {
        const int32_t n_clear = by[e % LANES];

        sum[e] /= n_clear > 0 ? (float)n_clear : 1.0F;
    }
}

/* The mean at one point of clear blocks: differences to it are small. */
static void find_origin(sqn__annulus *a, const sqn__aperture_lanes *lanes)
{
    sqn__aperture_sums *whole = &a->whole;
    const int64_t row = a->lattice.n_radius * LANES;
    const float zero[LANES] = {0.0F};

    memset(whole, 0, sizeof *whole);
    for (int64_t k = 0; k < a->n; k++) {
        lanes->add_all(whole->origin, a->flux + (k * a->n_angle + BEFORE) * row, zero, 1,
                       a->clear[k]);
        whole->begun |= a->clear[k];
        for (int64_t l = 0; l < LANES; l++) {
            whole->n[l] += (int32_t)(a->clear[k] >> l & 1U);
        }
    }
    divide(whole->origin, 1, whole->n);
}

static void sum_blocks(sqn__annulus *a, const sqn__aperture_lanes *lanes)
{
    const int64_t n = a->lattice.n_angle * a->lattice.n_radius;
    const int64_t block = a->n_angle * a->lattice.n_radius * LANES;

    memset(a->mean, 0, (size_t)(n * LANES) * sizeof *a->mean);
    memset(a->spread, 0, (size_t)(n * LANES) * sizeof *a->spread);
    for (int64_t k = 0; k < a->n; k++) {
        if (a->clear[k] != 0) {
            lanes->add_all(a->mean, a->flux + k * block, a->whole.origin, n, a->clear[k]);
        }
    }
    divide(a->mean, n, a->whole.n);
    for (int64_t k = 0; k < a->n; k++) {
        if (a->clear[k] != 0) {
            lanes->square_all(a->spread, a->flux + k * block, a->whole.origin, a->mean, n,
                              a->clear[k]);
        }
    }
}

bool sqn__annulus_measure(sqn__annulus *annulus, const sqn__annulus_scene *scene, int64_t n,
                          int64_t n_circle)
{
    sqn__annulus *a = annulus;

    a->n = n;
    a->has_lattice = sqn__aperture_scan_has_table(scene->scan) &&
                     n_circle > a->n_angle * a->lattice.n_radius;
    for (int64_t k = 0; k < n; k++) {
        sqn__circle_turn(a->turn[k], k, n);
    }
    place_sight(a, scene->fwhm);
    if (sqn__snr_is_unknown((double)(view_blocks(a, scene) - 1), (double)n)) {
        return false;
    }
    if (a->has_lattice) {
        place_lattice(a, scene->fwhm);
        measure_blocks(a, scene);
        find_origin(a, sqn__aperture_scan_lanes(scene->scan));
        sum_blocks(a, sqn__aperture_scan_lanes(scene->scan));
    }
    return true;
}

/* ---- A circle ---------------------------------------------------------------------------- */

/* Where a circle is on the lattice. */
typedef struct site {
    int64_t block, column; /* of the first angle it is interpolated from */
    double rest;           /* to the second, in steps */
} site;

static site find_site(const sqn__annulus *a, const double d[2])
{
    const int64_t n_around = a->n * a->n_angle;
    const double turns = atan2(d[1], d[0]) / (2.0 * pi);
    const double at = (turns < 0.0 ? turns + 1.0 : turns) * (double)n_around;
    const int64_t step = (int64_t)at < n_around ? (int64_t)at : n_around - 1;

    return (site){step / a->n_angle, step % a->n_angle, at - (double)step};
}

/* Lagrange's weights at `x` between nodes one step apart, the second at 0. */
static void weigh_angles(float weight[STENCIL], double x)
{
    const double low = x + 1.0, high = x - 1.0, top = x - 2.0;

    weight[0] = (float)(-x * high * top / 6.0);
    weight[1] = (float)(low * high * top / 2.0);
    weight[2] = (float)(-low * x * top / 2.0);
    weight[3] = (float)(low * x * high / 6.0);
}

/* The same between the radii of the lattice. */
static void weigh_radii(float *weight, const sqn__annulus *a, double radius)
{
    const int64_t n = a->lattice.n_radius;
    double below[MAX_RADII], above = 1.0; /* products of differences */

    below[0] = 1.0;
    for (int64_t i = 1; i < n; i++) {
        below[i] = below[i - 1] * (radius - a->lattice.radius[i - 1]);
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        weight[i] = (float)(below[i] * above * a->scale[i]);
        above *= radius - a->lattice.radius[i];
    }
}

/* Clear blocks but that of the circle's own aperture. */
static void sum_clear(sqn__aperture_sums *out, const sqn__annulus *a, const site *at,
                      const double d[2], const sqn__aperture_lanes *lanes)
{
    const int64_t row = a->lattice.n_radius * LANES;
    float by_angle[STENCIL], by_radius[MAX_RADII];
    const sqn__aperture_points points = {
        .n_angle = STENCIL,
        .n_radius = a->lattice.n_radius,
        .by_angle = by_angle,
        .by_radius = by_radius,
        .mean = a->mean + at->column * row,
        .spread = a->spread + at->column * row,
        .flux = a->flux + (at->block * a->n_angle + at->column) * row,
        .lanes = a->clear[at->block]};

    weigh_angles(by_angle, at->rest);
    weigh_radii(by_radius, a, sqrt(d[0] * d[0] + d[1] * d[1]));
    *out = a->whole;
    lanes->blend(out, &points);
}

/* Apertures [PLACES] in ragged blocks; `own` is the block of the one at d. */
static void place_ragged(sqn__aperture_places *out, const sqn__annulus *a,
                         const sqn__annulus_scene *scene, const double d[2], int64_t own,
                         const ragged *rag, int64_t n)
{
    for (int64_t i = 0; i < PLACES; i++) {
        const int64_t block = rag[i < n ? i : 0].block;
        const int64_t k = block < own ? block - own + a->n : block - own;
        double to[2];

        sqn__circle_go(to, d, a->turn[k]);
        out->x[i] = scene->star_x + to[0];
        out->y[i] = scene->star_y + to[1];
    }
    sqn__aperture_scan_place(out, scene->scan);
}

/* Apertures in ragged blocks, one by one, but the own. */
static void add_ragged(sqn__aperture_sums *sums, const sqn__annulus *a,
                       const sqn__annulus_scene *scene, const double d[2], int64_t own)
{
    for (int64_t e = 0; e < a->n_ragged; e += PLACES) {
        const int64_t n = a->n_ragged - e < PLACES ? a->n_ragged - e : PLACES;
        sqn__aperture_places places;

        place_ragged(&places, a, scene, d, own, a->rag + e, n);
        for (int64_t i = 0; i < n; i++) {
            float flux[LANES];
            const uint32_t lanes = a->rag[e + i].block == own ? 0 : a->rag[e + i].lanes;
            const uint32_t known =
                sqn__aperture_scan_flux(flux, scene->scan, &places, i, lanes);

            if (known != 0) {
                sqn__aperture_scan_lanes(scene->scan)->add(sums, flux, known);
            }
        }
    }
}

void sqn__annulus_others(sqn__aperture_sums *out, const sqn__annulus *annulus,
                         const sqn__annulus_scene *scene, const double d[2])
{
    const site at = find_site(annulus, d);

    if (annulus->has_lattice) {
        sum_clear(out, annulus, &at, d, sqn__aperture_scan_lanes(scene->scan));
    } else {
        memset(out, 0, sizeof *out);
    }
    add_ragged(out, annulus, scene, d, at.block);
}
