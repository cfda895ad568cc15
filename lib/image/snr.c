/** @file snr.c @brief Small-sample signal to noise (Mawet et al. 2014). */
#include "sequin/snr.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "aperture.h"
#include "aperture_scan.h"
#include "raise.h"

enum { TILE = 4 }; /* pixels on a side */

static_assert((int)TILE * TILE == (int)SQN__APERTURE_PLACES, "the circles of a step");

static const double pi = 3.14159265358979323846;

/* (flux - mean) / (s sqrt(1 + 1/n)) of the n others; sums are of differences to one of them. */
static double ratio(double flux, const double sums[2], double origin, int64_t n)
{
    const double mean = sums[0] / (double)n;
    const double variance = (sums[1] - sums[0] * mean) / (double)(n - 1);
    const double signal = flux - origin - mean;
    const double rounding = 1e-12 * (fabs(flux) + fabs(origin + mean));

    if (!(variance > rounding * rounding)) {
        return (double)NAN; /* no noise to compare with */
    }
    return signal / sqrt(variance * (1.0 + 1.0 / (double)n));
}

/* Apertures that share a circle of this radius; 0 too close to the star. */
static int64_t n_aperture(double radius, double fwhm)
{
    return radius < fwhm ? 0 : (int64_t)floor(2.0 * pi * radius / fwhm + 1e-9);
}

/* Too few others that have data: an annulus of which less than half is seen, as in the corner of
   a frame, does not say what its noise is. */
static bool is_unknown(int64_t n, int64_t n_all)
{
    return n < 2 || 2 * n < n_all - 1;
}

/* A turn of (x, y) by one aperture. */
typedef struct turn {
    double x, y, c, s;
} turn;

static turn begin_turn(double dx, double dy, int64_t n)
{
    const double step = 2.0 * pi / (double)n;

    return (turn){dx, dy, cos(step), sin(step)};
}

static void next(turn *t)
{
    const double x = t->c * t->x - t->s * t->y;

    t->y = t->s * t->x + t->c * t->y;
    t->x = x;
}

double sqn_snr_at(const float *image, int64_t ny, int64_t nx, const double center[2],
                  const double position[2], double fwhm)
{
    const sqn__aperture_image view = {ny, nx, image};
    const double star_x = center[0] - 1.0, star_y = center[1] - 1.0; /* count from 0 */
    const double dx = position[0] - center[0], dy = position[1] - center[1];
    const int64_t n_all = n_aperture(hypot(dx, dy), fwhm);
    const double flux = sqn__aperture_flux(&view, star_x + dx, star_y + dy, 0.5 * fwhm);
    double origin = 0.0, sums[2] = {0.0, 0.0};
    int64_t n = 0;

    if (n_all == 0 || isnan(flux)) {
        return (double)NAN;
    }
    turn t = begin_turn(dx, dy, n_all);

    for (int64_t k = 1; k < n_all; k++) {
        next(&t);
        const double other =
            sqn__aperture_flux(&view, star_x + t.x, star_y + t.y, 0.5 * fwhm);

        if (!isnan(other)) {
            origin = n == 0 ? other : origin;
            sums[0] += other - origin;
            sums[1] += (other - origin) * (other - origin);
            n++;
        }
    }
    return is_unknown(n, n_all) ? (double)NAN : ratio(flux, sums, origin, n);
}

/* Planes scanned together, and where their S/N goes. */
typedef struct batch {
    const sqn__aperture_scan *scan;
    float *out; /* [n_plane, n_pix] */
    int64_t n_plane, n_pix, ny, nx;
    double star_x, star_y, fwhm; /* positions count from 0 */
} batch;

/* A flux on every plane. */
typedef struct fluxes {
    float value[SQN__APERTURE_LANES];
    uint32_t known; /* planes that have it */
} fluxes;

/*
 * A pixel of a tile on its way around the star. Where the star stands in the middle of the grid
 * and the number of apertures is even, they are those of the pixel opposite, too.
 */
typedef struct walk {
    int64_t pixel, opposite; /* -1: it goes its own way */
    int64_t n_all;           /* apertures on the circle, 0 without */
    fluxes own, other;       /* of both */
    sqn__aperture_sums sums; /* of the apertures that are neither */
} walk;

/* The walks of a tile: a step of all of them is one of many numbers side by side. */
typedef struct tile {
    int64_t n;
    walk walk[TILE * TILE];
    double x[TILE * TILE], y[TILE * TILE], c[TILE * TILE], s[TILE * TILE]; /* turns */
} tile;

/* The pixel across the star from one at (dx, dy) from it; -1 where none is. */
static int64_t find_opposite(const batch *b, double dx, double dy)
{
    const double x = b->star_x - dx, y = b->star_y - dy;
    const bool is_pixel = x == floor(x) && y == floor(y) && x >= 0.0 && y >= 0.0 &&
                          x < (double)b->nx && y < (double)b->ny;

    return is_pixel ? (int64_t)y * b->nx + (int64_t)x : -1;
}

/* Flux on every plane of the aperture (dx, dy) from the star. */
static void measure(fluxes *out, const batch *b, double dx, double dy)
{
    sqn__aperture_places places = {.x = {b->star_x + dx}, .y = {b->star_y + dy}};
    sqn__aperture_spot spot;

    sqn__aperture_scan_place(&places, b->scan);
    (void)sqn__aperture_scan_find(&spot, b->scan, &places, 0);
    out->known = sqn__aperture_scan_flux(out->value, b->scan, &spot);
}

/* True when too much of the circle lies outside the planes for any of them to tell the noise. */
static bool leaves(const batch *b, double dx, double dy, int64_t n_all)
{
    const double out_x = fmax(-b->star_x, b->star_x - (double)b->nx + 1.0);
    const double out_y = fmax(-b->star_y, b->star_y - (double)b->ny + 1.0);
    turn t = begin_turn(dx, dy, n_all);
    int64_t n = 0;

    if (hypot(dx, dy) + 0.5 * b->fwhm < -fmax(out_x, out_y)) {
        return false; /* none of it, as of most */
    }
    for (int64_t k = 1; k < n_all; k++) {
        next(&t);
        n += sqn__aperture_scan_leaves(b->scan, b->star_x + t.x, b->star_y + t.y) ? 0 : 1;
    }
    return is_unknown(n, n_all);
}

/* Walk number `i` of a tile. */
static void begin_walk(tile *t, int64_t i, const batch *b, int64_t pixel, double dx,
                       double dy)
{
    const int64_t n_all = n_aperture(hypot(dx, dy), b->fwhm);
    walk *w = &t->walk[i];

    *w = (walk){.pixel = pixel, .opposite = -1};
    if (n_all == 0 || leaves(b, dx, dy, n_all)) {
        return;
    }
    const turn begin = begin_turn(dx, dy, n_all);

    t->x[i] = begin.x;
    t->y[i] = begin.y;
    t->c[i] = begin.c;
    t->s[i] = begin.s;
    w->n_all = n_all;
    w->opposite = n_all % 2 == 0 ? find_opposite(b, dx, dy) : -1;
    measure(&w->own, b, dx, dy);
    if (w->opposite >= 0) {
        measure(&w->other, b, -dx, -dy);
    }
}

/* S/N of a pixel on every plane: `others` are the apertures of the walk and one more. */
static void end_pixel(const walk *w, const batch *b, int64_t pixel, const fluxes *own,
                      const fluxes *more)
{
    sqn__aperture_sums sums = w->sums;

    sqn__aperture_sums_add(&sums, more->value, more->known);
    for (int64_t l = 0; l < b->n_plane; l++) {
        const int64_t n = sums.n[l] + sums.n_whole;
        const double both[2] = {sums.one[l], sums.two[l]};

        b->out[l * b->n_pix + pixel] =
            (own->known >> l & 1U) == 0 || is_unknown(n, w->n_all)
                ? NAN
                : (float)ratio((double)own->value[l], both, (double)sums.origin[l], n);
    }
}

static void end_walk(const walk *w, const batch *b)
{
    end_pixel(w, b, w->pixel, &w->own, &w->other);
    if (w->opposite >= 0) {
        end_pixel(w, b, w->opposite, &w->other, &w->own);
    }
}

/* All walks go on by one aperture: next(), side by side. */
static void step(sqn__aperture_places *places, tile *t, const batch *b)
{
    for (int64_t i = 0; i < TILE * TILE; i++) {
        const double x = t->c[i] * t->x[i] - t->s[i] * t->y[i];

        t->y[i] = t->s[i] * t->x[i] + t->c[i] * t->y[i];
        t->x[i] = x;
        places->x[i] = b->star_x + x;
        places->y[i] = b->star_y + t->y[i];
    }
}

/* True where aperture `k` of a walk is one of others. */
static bool is_other(const walk *w, int64_t k)
{
    return k < w->n_all && (w->own.known | w->other.known) != 0 &&
           (w->opposite < 0 || 2 * k != w->n_all);
}

/* Aperture `k` of all walks: first all places, so that what lies there is at hand when it is
   added. */
static void add_all(tile *t, const batch *b, int64_t k)
{
    sqn__aperture_places places;
    sqn__aperture_spot spot[TILE * TILE];
    int64_t of[TILE * TILE], n = 0;

    step(&places, t, b);
    sqn__aperture_scan_place(&places, b->scan);
    for (int64_t i = 0; i < t->n; i++) {
        if (is_other(&t->walk[i], k) &&
            sqn__aperture_scan_find(&spot[n], b->scan, &places, i)) {
            of[n++] = i;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        sqn__aperture_scan_add(&t->walk[of[i]].sums, b->scan, &spot[i]);
    }
}

/* The pixels of a tile go around the star side by side: what they meet lies close together, and
   is still in the first cache for the next of them. */
static void fill_tile(const batch *b, int64_t first_y, int64_t first_x)
{
    tile t = {.n = 0};
    int64_t n_most = 0;

    for (int64_t y = first_y; y < first_y + TILE && y < b->ny; y++) {
        for (int64_t x = first_x; x < first_x + TILE && x < b->nx; x++) {
            const walk *w = &t.walk[t.n];

            begin_walk(&t, t.n, b, y * b->nx + x, (double)x - b->star_x,
                       (double)y - b->star_y);
            if (w->opposite < 0 || w->opposite > w->pixel) {
                n_most = w->n_all > n_most ? w->n_all : n_most;
                t.n++; /* the others are done by those opposite */
            }
        }
    }
    for (int64_t k = 1; k < n_most; k++) {
        add_all(&t, b, k);
    }
    for (int64_t i = 0; i < t.n; i++) {
        end_walk(&t.walk[i], b);
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): filled through the batch */
sqn_status sqn_snr_maps(float *out, const sqn_snr_planes *planes, const double center[2],
                        double fwhm, sqn_error *err)
{
    const int64_t ny = planes->ny, nx = planes->nx;
    sqn_status status = SQN_OK;
    sqn__aperture_scan *scan = NULL;

    if (!(fwhm > 0.0) || !isfinite(fwhm)) {
        return SQN_RAISE(err, E_ARG, "apertures of %g pixels", fwhm);
    }
    SQN_TRY(sqn__aperture_scan_create(&scan, ny, nx, 0.5 * fwhm, err));
    for (int64_t first = 0; first < planes->n_plane; first += SQN__APERTURE_LANES) {
        const int64_t left = planes->n_plane - first;
        const batch b = {.scan = scan,
                         .out = out + first * ny * nx,
                         .n_plane = left < SQN__APERTURE_LANES ? left : SQN__APERTURE_LANES,
                         .n_pix = ny * nx,
                         .ny = ny,
                         .nx = nx,
                         .star_x = center[0] - 1.0,
                         .star_y = center[1] - 1.0,
                         .fwhm = fwhm};

        sqn__aperture_scan_load(scan, planes->value + first * ny * nx, b.n_plane);
#pragma omp parallel for default(none) shared(b, ny, nx) schedule(dynamic)
        for (int64_t y = 0; y < ny; y += TILE) {
            for (int64_t x = 0; x < nx; x += TILE) {
                fill_tile(&b, y, x);
            }
        }
    }

cleanup:
    sqn__aperture_scan_destroy(&scan);
    return status;
}

sqn_status sqn_snr_map(float *out, const float *image, int64_t ny, int64_t nx,
                       const double center[2], double fwhm, sqn_error *err)
{
    const sqn_snr_planes planes = {1, ny, nx, image};

    return sqn_snr_maps(out, &planes, center, fwhm, err);
}
