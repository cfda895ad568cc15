/** @file aperture_scan.c @brief A table of overlaps, and planes interleaved for it. */
#include "aperture_scan.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "aperture.h"
#include "aperture_kernels.h"
#include "arena.h"
#include "mem.h"
#include "raise.h"

enum {
    LANES = SQN__APERTURE_LANES,
    MAX_SIDE = 23 /* of a kernel in the table (9 MiB of them) */
};

struct sqn__aperture_scan {
    int64_t ny, nx;
    double radius;
    bool has_table;
    sqn__arena arena;              /* of the arrays */
    sqn__aperture_kernels kernels; /* where there is a table, as are the rest: */
    int64_t border;                /* pixels around the planes that are missing */
    int64_t wide_y, wide_x;
    float *pixels;   /* [wide_y, wide_x, LANES] 0 where missing */
    uint16_t *known; /* [wide_y, wide_x] a bit per plane, all around them */
    uint16_t *clear; /* [wide_y, wide_x] planes that know all pixels that circles about this
                        one touch, and those around them */
    sqn__aperture_field field;
    const sqn__aperture_lanes *lanes;
    const float *value; /* [n_plane, ny, nx] borrowed */
    float level[LANES]; /* that their pixels lack */
    int64_t n_plane;
    uint32_t all; /* a bit for every plane */
};

static const sqn__aperture_lanes *choose_lanes(void)
{
    const sqn__aperture_lanes *widest = sqn__aperture_lanes_avx512();

    if (widest == NULL) {
        widest = sqn__aperture_lanes_avx2();
    }
    return widest != NULL ? widest : &sqn__aperture_lanes_base;
}

static sqn__aperture_scan plan(int64_t ny, int64_t nx, double radius)
{
    const sqn__aperture_kernels kernels = sqn__aperture_kernels_plan(radius);
    const bool small = kernels.side <= MAX_SIDE;
    const int64_t border = small ? 2 * kernels.reach : 0;

    return (sqn__aperture_scan){.ny = ny,
                                .nx = nx,
                                .radius = radius,
                                .has_table = small,
                                .kernels = kernels,
                                .border = border,
                                .wide_y = small ? ny + 2 * border : 0,
                                .wide_x = small ? nx + 2 * border : 0,
                                .lanes = choose_lanes()};
}

static sqn__aperture_field field_of(const sqn__aperture_scan *scan)
{
    const sqn__aperture_kernels *k = &scan->kernels;

    return (sqn__aperture_field){.kernels = k->value,
                                 .kernel_size = k->size,
                                 .pixels = scan->pixels,
                                 .row = scan->wide_x,
                                 .side = k->side,
                                 .radius = scan->radius,
                                 .high_y = (double)scan->ny - 0.5,
                                 .high_x = (double)scan->nx - 0.5,
                                 .first = scan->border * (scan->wide_x + 1),
                                 .begin = k->begin,
                                 .further = k->further};
}

sqn_status sqn__aperture_scan_create(sqn__aperture_scan **out, int64_t ny, int64_t nx,
                                     double radius, sqn_spare spare, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__aperture_scan *scan = NULL;

    *out = NULL;
    scan = sqn__mem_alloc(1, sizeof *scan);
    if (scan == NULL) {
        status = SQN_RAISE(err, E_MEM, "scan by an aperture");
        goto cleanup;
    }
    *scan = plan(ny, nx, radius);
    scan->arena.spare = spare;
    const int64_t n = sqn__mem_product(scan->wide_y, scan->wide_x);

    scan->pixels = sqn__arena_reserve(&scan->arena, n, LANES * sizeof *scan->pixels);
    scan->known = sqn__arena_reserve(&scan->arena, n, sizeof *scan->known);
    scan->clear = sqn__arena_reserve(&scan->arena, n, sizeof *scan->clear);
    if (scan->pixels == NULL || scan->known == NULL || scan->clear == NULL) {
        status = SQN_RAISE(err, E_MEM, "scan of %" PRId64 " x %" PRId64 " pixels", nx, ny);
        goto cleanup;
    }
    if (scan->has_table) {
        SQN_TRY(sqn__aperture_kernels_fill(&scan->kernels, radius, err));
    }
    /* what leaves the planes is found by their edges */
    memset(scan->known, 0xff, (size_t)n * sizeof *scan->known);
    memset(scan->clear, 0xff, (size_t)n * sizeof *scan->clear);
    scan->field = field_of(scan);
    *out = scan;
    scan = NULL;

cleanup:
    sqn__aperture_scan_destroy(&scan);
    return status;
}

/* One pixel of all planes. */
static void load_pixel(const sqn__aperture_scan *scan, int64_t y, int64_t x)
{
    const int64_t at = (y + scan->border) * scan->wide_x + x + scan->border;
    float *pixel = scan->pixels + at * LANES;
    unsigned known = 0;

    for (int64_t l = 0; l < LANES; l++) {
        const float value =
            l < scan->n_plane ? scan->value[(l * scan->ny + y) * scan->nx + x] : NAN;

        pixel[l] = isfinite(value) ? value - scan->level[l] : 0.0F;
        known |= isfinite(value) ? 1U << l : 0U;
    }
    scan->known[at] = (uint16_t)known;
}

/* One row of the pixels, of the planes or outside of them. */
static void load_row(const sqn__aperture_scan *scan, int64_t y)
{
    const int64_t border = scan->border, wide_x = scan->wide_x;
    const bool outside = y < border || y >= border + scan->ny;
    const int64_t n = outside ? wide_x : border; /* that are missing, at each end */
    float *row = scan->pixels + y * wide_x * LANES;

    memset(row, 0, (size_t)(n * LANES) * sizeof *row);
    memset(row + (wide_x - n) * LANES, 0, (size_t)(n * LANES) * sizeof *row);
    for (int64_t x = 0; x < scan->nx && !outside; x++) {
        load_pixel(scan, y - border, x);
    }
}

/* Planes that know all pixels near those of row `y`. */
static void mark_row(const sqn__aperture_scan *scan, int64_t y)
{
    const int64_t far = scan->kernels.reach + 1, size = 2 * far + 1, wide_x = scan->wide_x;
    uint16_t *clear = scan->clear + y * wide_x;

    for (int64_t x = far; x < wide_x - far; x++) {
        clear[x] = UINT16_MAX;
    }
    for (int64_t j = 0; j < size * size; j++) {
        const uint16_t *known =
            scan->known + (y + j / size - far) * wide_x + j % size - far;

        for (int64_t x = far; x < wide_x - far; x++) {
            clear[x] &= known[x];
        }
    }
}

void sqn__aperture_scan_load(sqn__aperture_scan *scan, const float *value,
                             const float *level, int64_t n_plane)
{
    scan->value = value;
    for (int64_t l = 0; l < LANES; l++) {
        scan->level[l] = level != NULL && l < n_plane ? level[l] : 0.0F;
    }
    scan->n_plane = n_plane;
    scan->all = (1U << n_plane) - 1U;
    if (!scan->has_table) {
        return;
    }
#pragma omp parallel for schedule(static) default(none) shared(scan)
    for (int64_t y = 0; y < scan->wide_y; y++) {
        load_row(scan, y);
    }
    const int64_t begin = scan->border, end = begin + scan->ny;

#pragma omp parallel for schedule(static) default(none) shared(scan, begin, end)
    for (int64_t y = begin; y < end; y++) {
        mark_row(scan, y);
    }
}

/* Whether a circle overlaps the pixel (dx, dy) from its centre: without the area, but where it is
   so small that rounding decides. */
static bool touches(double dx, double dy, double radius)
{
    const double x = fmax(fabs(dx) - 0.5, 0.0), y = fmax(fabs(dy) - 0.5, 0.0);
    const double near = x * x + y * y, r2 = radius * radius;

    return near < 0.9999 * r2 || (near < r2 && sqn__aperture_overlap(dx, dy, radius) > 0.0);
}

/* Those of the planes that know every pixel the circle touches. */
static uint32_t touched(const sqn__aperture_scan *scan, const sqn__aperture_places *places,
                        int64_t i, uint32_t known)
{
    const int64_t reach = scan->kernels.reach;
    const int64_t y = places->under[i] / scan->wide_x, x = places->under[i] % scan->wide_x;

    for (int64_t j = -reach; j <= reach && known != 0; j++) {
        const uint16_t *row = scan->known + (y + j) * scan->wide_x + x;
        const double dy = (double)(y + j - scan->border) - places->y[i];

        for (int64_t k = -reach; k <= reach; k++) {
            const double dx = (double)(x + k - scan->border) - places->x[i];

            if ((row[k] & known) != known && touches(dx, dy, scan->radius)) {
                known &= row[k];
            }
        }
    }
    return known;
}

void sqn__aperture_scan_place(sqn__aperture_places *out, const sqn__aperture_scan *scan)
{
    scan->lanes->place(out, &scan->field);
}

/* Planes that know all pixels near `n` places, of circles which have a table. */
static uint32_t clear_of(const sqn__aperture_scan *scan, const sqn__aperture_places *places,
                         int64_t n)
{
    uint32_t clear = scan->all;

    for (int64_t i = 0; i < n; i++) {
        clear &= places->margin[i] >= 0.5 ? scan->clear[places->under[i]] : 0U;
    }
    return clear;
}

/* Planes that may know a circle near one of `n` places. */
static uint32_t seen_of(const sqn__aperture_scan *scan, const sqn__aperture_places *places,
                        int64_t n)
{
    /* a circle half a pixel away still touches the pixel in the middle */
    const bool large = scan->has_table && scan->radius > 1.0;
    uint32_t seen = 0;

    for (int64_t i = 0; i < n; i++) {
        if (large && places->margin[i] >= 0.0) {
            seen |= scan->known[places->under[i]];
        } else if (places->margin[i] >= -0.5) {
            seen = scan->all;
        }
    }
    return seen & scan->all;
}

sqn__aperture_view sqn__aperture_scan_view(const sqn__aperture_scan *scan,
                                           const sqn__aperture_places *places, int64_t n)
{
    const uint32_t clear = scan->has_table ? clear_of(scan, places, n) : 0;

    return (sqn__aperture_view){clear,
                                clear == scan->all ? clear : seen_of(scan, places, n)};
}

bool sqn__aperture_scan_has_table(const sqn__aperture_scan *scan)
{
    return scan->has_table;
}

void sqn__aperture_scan_flux_all(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_places *places)
{
    scan->lanes->flux(out, &scan->field, places, 0, SQN__APERTURE_PLACES);
}

/* Plane by plane, without a table. */
static uint32_t measure(float *out, const sqn__aperture_scan *scan, double x, double y)
{
    uint32_t known = 0;

    for (int64_t l = 0; l < scan->n_plane; l++) {
        const sqn__aperture_image image = {scan->ny, scan->nx,
                                           scan->value + l * scan->ny * scan->nx};
        const double flux = sqn__aperture_flux(&image, x, y, scan->radius);

        out[l] = (float)flux;
        known |= isnan(flux) ? 0U : 1U << l;
    }
    return known;
}

uint32_t sqn__aperture_scan_flux(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_places *places, int64_t i,
                                 uint32_t wanted)
{
    uint32_t known = wanted & scan->all;

    if (!(places->margin[i] >= 0.0)) {
        return 0;
    }
    if (!scan->has_table) {
        return known & measure(out, scan, places->x[i], places->y[i]);
    }
    if ((scan->clear[places->under[i]] & known) != known) {
        known = touched(scan, places, i, known);
    }
    if (known != 0) {
        scan->lanes->flux(out, &scan->field, places, i, 1);
    }
    return known;
}

uint32_t sqn__aperture_scan_all(const sqn__aperture_scan *scan)
{
    return scan->all;
}

const sqn__aperture_lanes *sqn__aperture_scan_lanes(const sqn__aperture_scan *scan)
{
    return scan->lanes;
}

void sqn__aperture_scan_destroy(sqn__aperture_scan **scan)
{
    if (scan != NULL && *scan != NULL) {
        sqn__aperture_kernels_clear(&(*scan)->kernels);
        sqn__arena_clear(&(*scan)->arena);
        sqn__mem_free(*scan);
        *scan = NULL;
    }
}
