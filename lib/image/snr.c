/** @file snr.c @brief Small-sample signal to noise (Mawet et al. 2014). */
#include "sequin/snr.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "aperture.h"
#include "aperture_scan.h"
#include "raise.h"

enum { ROWS = 4 }; /* whose pixels go around the star together */

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

enum { MOST = 4 }; /* pixels that share a circle */

/*
 * A pixel on its way around the star. Where the star stands in the middle of the grid and the
 * number of apertures is even, they are those of the pixel opposite, too; where four divides it,
 * of those a quarter of a turn away as well.
 */
typedef struct walk {
    int64_t n_all; /* apertures on the circle, 0 without */
    int64_t n;     /* pixels among them */
    int64_t next;  /* the aperture that is one of these */
    int64_t pixel[MOST];
    fluxes flux[MOST];
    uint32_t known;          /* planes that any of the pixels has */
    sqn__aperture_sums sums; /* of the other apertures */
} walk;

enum { TILE = SQN__APERTURE_PLACES };

/* Walks side by side: a step of all of them is one of many numbers. */
typedef struct tile {
    int64_t n, n_most; /* apertures at most */
    walk walk[TILE];
    double x[TILE], y[TILE], c[TILE], s[TILE]; /* turns */
} tile;

/* The pixel at (dx, dy) from the star; -1 where none is. */
static int64_t find_pixel(const batch *b, double dx, double dy)
{
    const double x = b->star_x + dx, y = b->star_y + dy;
    const bool is_pixel = x == floor(x) && y == floor(y) && x >= 0.0 && y >= 0.0 &&
                          x < (double)b->nx && y < (double)b->ny;

    return is_pixel ? (int64_t)y * b->nx + (int64_t)x : -1;
}

/* What is left of (dx, dy) after quarters of a turn. */
static void quarter(double at[2], double dx, double dy, int64_t turns)
{
    const double c[] = {1.0, 0.0, -1.0, 0.0}, s[] = {0.0, 1.0, 0.0, -1.0};

    at[0] = c[turns] * dx - s[turns] * dy;
    at[1] = s[turns] * dx + c[turns] * dy;
}

/* Find the pixels that share the circle of one at (dx, dy), itself first: `n` of them, where all
   are there. */
static bool share(walk *w, const batch *b, double dx, double dy, int64_t n)
{
    if (w->n_all % n != 0) {
        return false;
    }
    for (int64_t j = 0; j < n; j++) {
        double at[2];

        quarter(at, dx, dy, j * MOST / n);
        w->pixel[j] = find_pixel(b, at[0], at[1]);
        if (w->pixel[j] < 0) {
            return false;
        }
    }
    w->n = n;
    return true;
}

/* True for the first of the pixels that share a circle. */
static bool leads(const walk *w)
{
    for (int64_t j = 1; j < w->n; j++) {
        if (w->pixel[j] < w->pixel[0]) {
            return false;
        }
    }
    return true;
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

/* Begin a walk that goes from (dx, dy) on. */
static void measure_all(tile *t, const batch *b, double dx, double dy)
{
    walk *w = &t->walk[t->n];
    const turn begin = begin_turn(dx, dy, w->n_all);

    t->x[t->n] = begin.x;
    t->y[t->n] = begin.y;
    t->c[t->n] = begin.c;
    t->s[t->n] = begin.s;
    t->n_most = w->n_all > t->n_most ? w->n_all : t->n_most;
    w->next = w->n_all / w->n;
    for (int64_t j = 0; j < w->n; j++) {
        double at[2];

        quarter(at, dx, dy, j * MOST / w->n);
        measure(&w->flux[j], b, at[0], at[1]);
        w->known |= w->flux[j].known;
    }
}

/* Add the walk of a pixel to a tile, unless another does it. */
static void begin_walk(tile *t, const batch *b, int64_t y, int64_t x)
{
    const double dx = (double)x - b->star_x, dy = (double)y - b->star_y;
    walk *w = &t->walk[t->n];

    *w = (walk){
        .n_all = n_aperture(hypot(dx, dy), b->fwhm), .n = 1, .pixel = {y * b->nx + x}};
    if (w->n_all > 0 && !share(w, b, dx, dy, 4) && !share(w, b, dx, dy, 2)) {
        w->n = 1;
        w->pixel[0] = y * b->nx + x;
    }
    if (!leads(w)) {
        return;
    }
    if (w->n_all > 0 && leaves(b, dx, dy, w->n_all)) {
        w->n_all = 0;
    }
    if (w->n_all > 0) {
        measure_all(t, b, dx, dy);
    }
    t->n++;
}

/* S/N of pixel `j` of a walk on every plane: the others are apertures like those between. */
static void end_pixel(const walk *w, const batch *b, int64_t j)
{
    const fluxes *own = &w->flux[j];
    sqn__aperture_sums sums = w->sums;

    for (int64_t i = 0; i < w->n; i++) {
        if (i != j) {
            sqn__aperture_sums_add(&sums, w->flux[i].value, w->flux[i].known);
        }
    }
    for (int64_t l = 0; l < b->n_plane; l++) {
        const int64_t n = sums.n[l] + sums.n_whole;
        const double both[2] = {sums.one[l], sums.two[l]};

        b->out[l * b->n_pix + w->pixel[j]] =
            (own->known >> l & 1U) == 0 || is_unknown(n, w->n_all)
                ? NAN
                : (float)ratio((double)own->value[l], both, (double)sums.origin[l], n);
    }
}

/* All walks go on by one aperture: next(), side by side. */
static void step(sqn__aperture_places *places, tile *t, const batch *b)
{
    for (int64_t i = 0; i < TILE; i++) {
        const double x = t->c[i] * t->x[i] - t->s[i] * t->y[i];

        t->y[i] = t->s[i] * t->x[i] + t->c[i] * t->y[i];
        t->x[i] = x;
        places->x[i] = b->star_x + x;
        places->y[i] = b->star_y + t->y[i];
    }
}

/* True where aperture `k` of a walk is none of its pixels. */
static bool is_other(walk *w, int64_t k)
{
    const bool own = k == w->next;

    w->next += own ? w->n_all / w->n : 0;
    return !own && k < w->n_all && w->known != 0;
}

/* Aperture `k` of all walks: first all places, so that what lies there is at hand when it is
   added. */
static void add_all(tile *t, const batch *b, int64_t k)
{
    sqn__aperture_places places;
    sqn__aperture_spot spot[TILE];
    sqn__aperture_sums *sums[TILE];
    int64_t n = 0;

    step(&places, t, b);
    sqn__aperture_scan_place(&places, b->scan);
    for (int64_t i = 0; i < t->n; i++) {
        if (is_other(&t->walk[i], k) &&
            sqn__aperture_scan_find(&spot[n], b->scan, &places, i)) {
            sums[n++] = &t->walk[i].sums;
        }
    }
    sqn__aperture_scan_add(sums, b->scan, spot, n);
}

/* Go around the star with all walks of a tile, which is empty then. */
static void go_around(tile *t, const batch *b)
{
    for (int64_t k = 1; k < t->n_most; k++) {
        add_all(t, b, k);
    }
    for (int64_t i = 0; i < t->n; i++) {
        for (int64_t j = 0; j < t->walk[i].n; j++) {
            end_pixel(&t->walk[i], b, j);
        }
    }
    t->n = t->n_most = 0;
}

/* The pixels of some rows, tile by tile: what neighbours meet lies close together, and is still
   in the first cache for the next of them. */
static void fill_rows(const batch *b, int64_t first, int64_t end)
{
    tile t = {.n = 0};

    for (int64_t x = 0; x < b->nx; x++) {
        for (int64_t y = first; y < end; y++) {
            begin_walk(&t, b, y, x);
            if (t.n == TILE) {
                go_around(&t, b);
            }
        }
    }
    go_around(&t, b);
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
#pragma omp parallel for default(none) shared(b, ny) schedule(dynamic)
        for (int64_t y = 0; y < ny; y += ROWS) {
            fill_rows(&b, y, y + ROWS < ny ? y + ROWS : ny);
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
