/** @file snr.c @brief Small-sample signal to noise (Mawet et al. 2014). */
#include "sequin/snr.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <omp.h>

#include "annulus.h"
#include "aperture.h"
#include "circle.h"
#include "mem.h"
#include "raise.h"
#include "snr_ratio.h"
#include "stats.h"

enum { SAMPLE = 1024 /* pixels of a plane, at most, that its level is found from */ };

double sqn_snr_at(const float *image, int64_t ny, int64_t nx, const double center[2],
                  const double position[2], double fwhm)
{
    const sqn__aperture_image view = {ny, nx, image};
    const double star_x = center[0] - 1.0, star_y = center[1] - 1.0; /* count from 0 */
    const double d[2] = {position[0] - center[0], position[1] - center[1]};
    const int64_t n_all = sqn__circle_n(d, fwhm);
    const double flux = sqn__aperture_flux(&view, star_x + d[0], star_y + d[1], 0.5 * fwhm);
    sqn__snr_sums sums = {0};

    if (n_all == 0 || isnan(flux)) {
        return (double)NAN;
    }
    for (int64_t k = 1; k < n_all; k++) {
        double by[2], to[2];

        sqn__circle_turn(by, k, n_all);
        sqn__circle_go(to, d, by);
        const double other =
            sqn__aperture_flux(&view, star_x + to[0], star_y + to[1], 0.5 * fwhm);

        if (!isnan(other)) {
            sums.origin = sums.n > 0.0 ? sums.origin : other;
            sums.one += other - sums.origin;
            sums.two += (other - sums.origin) * (other - sums.origin);
            sums.n += 1.0;
        }
    }
    return sqn__snr_ratio(flux, &sums, (double)n_all, 2e-11);
}

typedef struct pixel {
    int32_t y, x;
} pixel;

/* Pixels in the order of the annuli they are in. */
typedef struct order {
    int64_t
        limit; /* of apertures of an annulus: where there are more, most of them lie outside */
    int64_t n_most; /* that there are */
    int32_t *n;     /* [ny nx] of the annulus of a pixel */
    int64_t *first; /* [limit + 2] of the pixels of an annulus by its apertures */
    pixel *pixel;   /* [ny nx] */
} order;

typedef struct worker {
    sqn__annulus *annulus;
} worker;

/* Planes scanned together, and where their S/N goes. */
typedef struct batch {
    sqn__annulus_scene scene;
    order order;
    worker *worker; /* [n_thread] */
    int64_t n_thread;
    float nowhere[SQN__APERTURE_LANES]; /* no S/N on any plane */
    float *out;                         /* [n_plane, n_pix] */
    int64_t n_plane, n_pix, ny, nx;
} batch;

/* With more apertures than this most of the circle is outside of the planes: what is inside is no
   longer than their edge. And none fits that is larger than they are. */
static int64_t n_limit(const batch *b)
{
    const double fwhm = b->scene.fwhm, edge = 2.0 * (double)(b->ny + b->nx);

    return fwhm > (double)b->ny || fwhm > (double)b->nx ? 0
                                                        : 9 + (int64_t)(2.0 * edge / fwhm);
}

/* Apertures of the circle of a pixel; 0 where it has no S/N. */
static int64_t n_of(const batch *b, int64_t y, int64_t x)
{
    const double d[2] = {(double)x - b->scene.star_x, (double)y - b->scene.star_y};
    const int64_t n = sqn__circle_n(d, b->scene.fwhm);

    return n > b->order.limit ? 0 : n;
}

/* Count, then place: `first` is where the next of an annulus goes, in the end the first of the
   one behind it. */
static void sort(batch *b)
{
    order *o = &b->order;

#pragma omp parallel for schedule(static) default(none) shared(b, o)
    for (int64_t y = 0; y < b->ny; y++) {
        for (int64_t x = 0; x < b->nx; x++) {
            o->n[y * b->nx + x] = (int32_t)n_of(b, y, x);
        }
    }
    for (int64_t p = 0; p < b->n_pix; p++) {
        o->first[o->n[p] + 1]++;
    }
    for (int64_t n = 0; n <= o->limit; n++) {
        o->n_most = o->first[n + 1] > 0 ? n : o->n_most;
        o->first[n + 1] += o->first[n];
    }
    for (int64_t y = 0; y < b->ny; y++) {
        for (int64_t x = 0; x < b->nx; x++) {
            o->pixel[o->first[o->n[y * b->nx + x]]++] = (pixel){(int32_t)y, (int32_t)x};
        }
    }
    memmove(o->first + 1, o->first, (size_t)(o->limit + 1) * sizeof *o->first);
    o->first[0] = 0;
}

static void clear(batch *b)
{
    for (int64_t i = 0; i < b->n_thread && b->worker != NULL; i++) {
        sqn__annulus_destroy(&b->worker[i].annulus);
    }
    sqn__mem_free(b->worker);
    sqn__mem_free(b->order.n);
    sqn__mem_free(b->order.first);
    sqn__mem_free(b->order.pixel);
}

/* Every thread makes what it will use. */
static sqn_status create_workers(const batch *b, sqn_error *err)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)b->n_thread) default(none) \
    shared(b)
    for (int64_t i = 0; i < b->n_thread; i++) {
        (void)sqn__annulus_create(&b->worker[i].annulus, b->scene.fwhm, b->order.n_most,
                                  NULL);
    }
    for (int64_t i = 0; i < b->n_thread; i++) {
        if (b->worker[i].annulus == NULL) {
            return SQN_RAISE(err, E_MEM, "circles of %" PRId64 " apertures",
                             b->order.n_most);
        }
    }
    return SQN_OK;
}

static sqn_status prepare(batch *b, sqn_error *err)
{
    sqn_status status = SQN_OK;

    b->order.limit = n_limit(b);
    b->order.n = sqn__mem_reserve(b->n_pix, sizeof *b->order.n);
    b->order.first = sqn__mem_alloc(b->order.limit + 2, sizeof *b->order.first);
    b->order.pixel = sqn__mem_reserve(b->n_pix, sizeof *b->order.pixel);
    b->worker = sqn__mem_alloc(b->n_thread, sizeof *b->worker);
    if (b->order.n == NULL || b->order.first == NULL || b->order.pixel == NULL ||
        b->worker == NULL) {
        status = SQN_RAISE(err, E_MEM, "order of %" PRId64 " pixels", b->n_pix);
        goto cleanup;
    }
    sort(b);
    status = create_workers(b, err);

cleanup:
    return status;
}

/* Where these pixels are, up to SQN__APERTURE_PLACES. */
static void place_pixels(sqn__aperture_places *out, const batch *b, const pixel *at,
                         int64_t n)
{
    for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
        out->x[i] = (double)at[i < n ? i : 0].x;
        out->y[i] = (double)at[i < n ? i : 0].y;
    }
    sqn__aperture_scan_place(out, b->scene.scan);
}

/* S/N of a pixel on all planes [lanes]. */
static void put(const batch *b, const pixel *at, const float *snr)
{
    float *out = b->out + at->y * b->nx + at->x;

    for (int64_t l = 0; l < b->n_plane; l++) {
        out[l * b->n_pix] = snr[l];
    }
}

/* Pixels of an annulus that was measured, up to SQN__APERTURE_PLACES. */
static void fill_pixels(const batch *b, const sqn__annulus *annulus, int64_t n_all,
                        const pixel *at, int64_t n)
{
    sqn__aperture_places places;

    place_pixels(&places, b, at, n);
    for (int64_t i = 0; i < n; i++) {
        const double d[2] = {(double)at[i].x - b->scene.star_x,
                             (double)at[i].y - b->scene.star_y};
        float own[SQN__APERTURE_LANES], snr[SQN__APERTURE_LANES];
        sqn__aperture_sums others;
        const uint32_t known =
            sqn__aperture_scan_flux(own, b->scene.scan, &places, i, UINT32_MAX);

        if (known == 0) {
            put(b, &at[i], b->nowhere);
            continue;
        }
        sqn__annulus_others(&others, annulus, &b->scene, d);
        sqn__aperture_scan_lanes(b->scene.scan)->ratio(snr, own, known, &others, n_all);
        put(b, &at[i], snr);
    }
}

/* The pixels of an annulus of `n` apertures. */
static void fill(const batch *b, sqn__annulus *annulus, int64_t n)
{
    enum { STEP = SQN__APERTURE_PLACES };
    const pixel *at = b->order.pixel + b->order.first[n];
    const int64_t n_pixel = b->order.first[n + 1] - b->order.first[n];
    const bool any =
        n > 0 && n_pixel > 0 && sqn__annulus_measure(annulus, &b->scene, n, n_pixel);

    for (int64_t i = 0; any && i < n_pixel; i += STEP) {
        fill_pixels(b, annulus, n, at + i, n_pixel - i < STEP ? n_pixel - i : STEP);
    }
    for (int64_t i = 0; !any && i < n_pixel; i++) {
        put(b, &at[i], b->nowhere);
    }
}

static int64_t count_known(const float *value, int64_t n_pix)
{
    int64_t n = 0;

    for (int64_t p = 0; p < n_pix; p++) {
        n += isfinite(value[p]) ? 1 : 0;
    }
    return n;
}

/* About the median of what is known of a plane: fluxes are those of differences to it. A mean would
   follow a single wild pixel away from all others. */
static float find_level(const float *value, int64_t n_pix)
{
    const int64_t step = count_known(value, n_pix) / SAMPLE + 1;
    double sample[SAMPLE];
    int64_t n = 0, wait = 0;

    for (int64_t p = 0; p < n_pix; p++) {
        if (isfinite(value[p]) && wait-- == 0) {
            sample[n++] = (double)value[p];
            wait = step - 1;
        }
    }
    return n > 0 ? (float)sqn__stats_median(sample, n) : 0.0F;
}

static void load(const batch *b, sqn__aperture_scan *scan, const float *value)
{
    float level[SQN__APERTURE_LANES];

#pragma omp parallel for schedule(static) default(none) shared(level, b, value)
    for (int64_t l = 0; l < b->n_plane; l++) {
        level[l] = find_level(value + l * b->n_pix, b->n_pix);
    }
    sqn__aperture_scan_load(scan, value, level, b->n_plane);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): filled through the batch */
sqn_status sqn_snr_maps(float *out, const sqn_snr_planes *planes, const double center[2],
                        double fwhm, sqn_error *err)
{
    const int64_t ny = planes->ny, nx = planes->nx;
    sqn_status status = SQN_OK;
    sqn__aperture_scan *scan = NULL;
    batch b = {.scene = {NULL, center[0] - 1.0, center[1] - 1.0, fwhm},
               .n_thread = omp_get_max_threads(),
               .n_pix = ny * nx,
               .ny = ny,
               .nx = nx};

    if (!(fwhm > 0.0) || !isfinite(fwhm)) {
        return SQN_RAISE(err, E_ARG, "apertures of %g pixels", fwhm);
    }
    for (int64_t l = 0; l < SQN__APERTURE_LANES; l++) {
        b.nowhere[l] = NAN;
    }
    SQN_TRY(prepare(&b, err));
    SQN_TRY(sqn__aperture_scan_create(&scan, ny, nx, 0.5 * fwhm, planes->spare, err));
    b.scene.scan = scan;
    for (int64_t first = 0; first < planes->n_plane; first += SQN__APERTURE_LANES) {
        const int64_t left = planes->n_plane - first;

        b.out = out + first * ny * nx;
        b.n_plane = left < SQN__APERTURE_LANES ? left : SQN__APERTURE_LANES;
        load(&b, scan, planes->value + first * ny * nx);
#pragma omp parallel for default(none) shared(b) schedule(dynamic)
        for (int64_t i = 0; i <= b.order.n_most; i++) {
            fill(&b, b.worker[omp_get_thread_num()].annulus, b.order.n_most - i);
        }
    }

cleanup:
    clear(&b);
    sqn__aperture_scan_destroy(&scan);
    return status;
}

sqn_status sqn_snr_map(float *out, const float *image, int64_t ny, int64_t nx,
                       const double center[2], double fwhm, sqn_error *err)
{
    const sqn_snr_planes planes = {.n_plane = 1, .ny = ny, .nx = nx, .value = image};

    return sqn_snr_maps(out, &planes, center, fwhm, err);
}
