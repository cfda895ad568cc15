/** @file aperture_scan.c @brief A table of overlaps, and planes interleaved for it. */
#include "aperture_scan.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "aperture.h"
#include "mem.h"
#include "raise.h"

enum {
    LANES = SQN__APERTURE_LANES,
    LINE = 16, /* floats of a line of the cache */
    STEP_BITS = 6,
    STEPS = 1 << STEP_BITS, /* of the table in a pixel */
    MAX_HEIGHT = 24         /* of a kernel in the table (9 MiB of them) */
};

struct sqn__aperture_scan {
    int64_t ny, nx;
    double radius;
    int64_t first;  /* of the pixels that any circle about a place in a pixel can touch */
    int64_t height; /* and width: how many they are; 0 = no table */
    int64_t begin[STEPS];  /* by step: the first that the circle touches, from `first` */
    int64_t skip_y[STEPS]; /* the same in rows of the planes with their border */
    int64_t side;          /* of a kernel: the most that one touches */
    int64_t kernel_size;   /* floats from kernel to kernel: whole lines of the cache */
    int64_t border;        /* pixels around the planes that are missing */
    int64_t wide_y, wide_x;
    float *kernels;  /* [STEPS, STEPS, kernel size] overlaps [side, side] by offset of the
                           centre */
    float *pixels;   /* [wide_y, wide_x, LANES] 0 where missing */
    uint16_t *known; /* [wide_y, wide_x] a bit per plane */
    uint16_t
        *clear; /* [wide_y, wide_x] planes where a kernel that begins here misses nothing */
    const sqn__aperture_lanes *lanes;
    const float *value; /* [n_plane, ny, nx] borrowed */
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

/* The kernel of a centre `y` and `x` steps from that of a pixel. */
static float *kernel_of(const sqn__aperture_scan *scan, int64_t y, int64_t x)
{
    return scan->kernels + (y * STEPS + x) * scan->kernel_size;
}

/* The kernel of a centre `y` and `x` steps from that of a pixel. */
static void fill_kernel(const sqn__aperture_scan *scan, int64_t y, int64_t x)
{
    float *kernel = kernel_of(scan, y, x);
    const int64_t first_y = scan->first + scan->begin[y];
    const int64_t first_x = scan->first + scan->begin[x];

    for (int64_t j = 0; j < scan->side; j++) {
        for (int64_t i = 0; i < scan->side; i++) {
            kernel[j * scan->side + i] = (float)sqn__aperture_overlap(
                (double)(first_x + i) - (double)x / STEPS,
                (double)(first_y + j) - (double)y / STEPS, scan->radius);
        }
    }
}

static void fill_kernels(const sqn__aperture_scan *scan)
{
#pragma omp parallel for schedule(static) default(none) shared(scan)
    for (int64_t y = 0; y < STEPS; y++) {
        for (int64_t x = 0; x < STEPS; x++) {
            fill_kernel(scan, y, x);
        }
    }
}

/* Where kernels begin, and their common side. */
static void plan_kernels(sqn__aperture_scan *scan)
{
    for (int64_t step = 0; step < STEPS; step++) {
        const double at = (double)step / STEPS;
        const int64_t begin = (int64_t)floor(at - scan->radius + 0.5);
        const int64_t end = (int64_t)ceil(at + scan->radius - 0.5) + 1;

        scan->begin[step] = begin - scan->first;
        scan->side = scan->side < end - begin ? end - begin : scan->side;
    }
    scan->kernel_size = (scan->side * scan->side + LINE - 1) / LINE * LINE;
    for (int64_t step = 0; step < STEPS; step++) { /* all of them fit into the height */
        const int64_t last = scan->height - scan->side;

        scan->begin[step] = scan->begin[step] < last ? scan->begin[step] : last;
        scan->skip_y[step] = scan->begin[step] * scan->wide_x;
    }
}

/* Sizes: pixels that a centre from half a step below its own to one pixel beyond can reach. */
static sqn__aperture_scan plan(int64_t ny, int64_t nx, double radius)
{
    const int64_t first = (int64_t)floor(0.5 - radius - 0.5 / STEPS);
    const int64_t height = (int64_t)ceil(radius + 1.5) - first;
    const bool small = height <= MAX_HEIGHT;
    const int64_t border = small ? height : 0;
    sqn__aperture_scan scan = {.ny = ny,
                               .nx = nx,
                               .radius = radius,
                               .first = first,
                               .height = small ? height : 0,
                               .border = border,
                               .wide_y = small ? ny + 2 * border : 0,
                               .wide_x = small ? nx + 2 * border : 0,
                               .lanes = choose_lanes()};

    if (small) {
        plan_kernels(&scan);
    }
    return scan;
}

sqn_status sqn__aperture_scan_create(sqn__aperture_scan **out, int64_t ny, int64_t nx,
                                     double radius, sqn_error *err)
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
    const int64_t n = sqn__mem_product(scan->wide_y, scan->wide_x);

    scan->kernels =
        sqn__mem_alloc((int64_t)STEPS * STEPS * scan->kernel_size, sizeof *scan->kernels);
    scan->pixels = sqn__mem_alloc(n, LANES * sizeof *scan->pixels);
    scan->known = sqn__mem_alloc(n, sizeof *scan->known);
    scan->clear = sqn__mem_alloc(n, sizeof *scan->clear);
    if (scan->kernels == NULL || scan->pixels == NULL || scan->known == NULL ||
        scan->clear == NULL) {
        status = SQN_RAISE(err, E_MEM, "scan of %" PRId64 " x %" PRId64 " pixels", nx, ny);
        goto cleanup;
    }
    fill_kernels(scan);
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

        pixel[l] = isfinite(value) ? value : 0.0F;
        known |= isfinite(value) ? 1U << l : 0U;
    }
    scan->known[at] = (uint16_t)known;
}

/* Where kernels that begin in row `y` miss nothing. */
static void mark_row(const sqn__aperture_scan *scan, int64_t y)
{
    for (int64_t x = 0; x + scan->height <= scan->wide_x; x++) {
        unsigned clear = UINT16_MAX;

        for (int64_t j = 0; j < scan->height; j++) {
            const uint16_t *known = scan->known + (y + j) * scan->wide_x + x;

            for (int64_t i = 0; i < scan->height; i++) {
                clear &= known[i];
            }
        }
        scan->clear[y * scan->wide_x + x] = (uint16_t)clear;
    }
}

void sqn__aperture_scan_load(sqn__aperture_scan *scan, const float *value, int64_t n_plane)
{
    scan->value = value;
    scan->n_plane = n_plane;
    scan->all = (1U << n_plane) - 1U;
    if (scan->height == 0) {
        return;
    }
#pragma omp parallel for schedule(static) default(none) shared(scan)
    for (int64_t y = 0; y < scan->ny; y++) {
        for (int64_t x = 0; x < scan->nx; x++) {
            load_pixel(scan, y, x);
        }
    }
    const int64_t n_begin = scan->wide_y - scan->height + 1;

#pragma omp parallel for schedule(static) default(none) shared(scan, n_begin)
    for (int64_t y = 0; y < n_begin; y++) {
        mark_row(scan, y);
    }
}

/* Planes that know every pixel the circle touches; its box begins at number `begin`. */
static uint32_t touched(const sqn__aperture_scan *scan, const sqn__aperture_spot *spot,
                        int64_t begin)
{
    const int64_t by = begin / scan->wide_x - scan->border;
    const int64_t bx = begin % scan->wide_x - scan->border;
    uint32_t known = scan->all;

    for (int64_t j = by; j < by + scan->height; j++) {
        const uint16_t *row =
            scan->known + (j + scan->border) * scan->wide_x + scan->border;

        for (int64_t i = bx; i < bx + scan->height; i++) {
            if ((row[i] & known) != known &&
                sqn__aperture_overlap((double)i - spot->x, (double)j - spot->y,
                                      scan->radius) > 0.0) {
                known &= row[i];
            }
        }
    }
    return known;
}

bool sqn__aperture_scan_leaves(const sqn__aperture_scan *scan, double x, double y)
{
    const double r = scan->radius;

    return !(y - r >= -0.5 && y + r <= (double)scan->ny - 0.5 && x - r >= -0.5 &&
             x + r <= (double)scan->nx - 0.5);
}

static inline double least(double a, double b)
{
    return a < b ? a : b;
}

void sqn__aperture_scan_place(sqn__aperture_places *out, const sqn__aperture_scan *scan)
{
    enum { N = SQN__APERTURE_PLACES };
    const double r = scan->radius, low = -0.5;
    const double high_y = (double)scan->ny - 0.5, high_x = (double)scan->nx - 0.5;
    const int32_t first = (int32_t)(scan->first + scan->border - 1);
    const int32_t row = (int32_t)scan->wide_x;
    int32_t step_y[N], step_x[N]; /* next to the places, from one pixel below 0 on */

    for (int64_t i = 0; i < N; i++) {
        const double y = out->y[i], x = out->x[i];
        const double margin_y = least(y - r - low, high_y - (y + r));
        const double margin_x = least(x - r - low, high_x - (x + r));

        out->margin[i] = least(margin_y, margin_x);
        step_y[i] = (int32_t)(y * STEPS + 0.5 + STEPS);
        step_x[i] = (int32_t)(x * STEPS + 0.5 + STEPS);
    }
    for (int64_t i = 0; i < N; i++) {
        const int32_t cell_y = step_y[i] >> STEP_BITS, cell_x = step_x[i] >> STEP_BITS;
        const int32_t inside = out->margin[i] >= 0.0 ? 1 : 0; /* else nobody looks there */

        out->begin[i] = inside * (first + cell_y) * row + first + cell_x;
        out->offset[i] = (step_y[i] & (STEPS - 1)) * STEPS + (step_x[i] & (STEPS - 1));
    }
}

/* Plane by plane, without a table. */
static uint32_t measure(float *out, const sqn__aperture_scan *scan,
                        const sqn__aperture_spot *spot)
{
    uint32_t known = 0;

    for (int64_t l = 0; l < scan->n_plane; l++) {
        const sqn__aperture_image image = {scan->ny, scan->nx,
                                           scan->value + l * scan->ny * scan->nx};
        const double flux = sqn__aperture_flux(&image, spot->x, spot->y, scan->radius);

        out[l] = (float)flux;
        known |= isnan(flux) ? 0U : 1U << l;
    }
    return known;
}

/* Ask for the numbers that are needed soon: kernels lie anywhere in the table. */
static void fetch(const sqn__aperture_scan *scan, const float *kernel)
{
    for (int64_t e = 0; e < scan->kernel_size; e += LINE) {
        __builtin_prefetch(kernel + e);
    }
}

bool sqn__aperture_scan_find(sqn__aperture_spot *out, const sqn__aperture_scan *scan,
                             const sqn__aperture_places *places, int64_t i)
{
    const int64_t begin = places->begin[i], offset = places->offset[i];

    out->known = 0;
    if (!(places->margin[i] >= 0.0)) {
        return false;
    }
    out->x = places->x[i];
    out->y = places->y[i];
    out->known = scan->all;
    if (scan->height == 0) {
        return true;
    }
    out->box.kernel = scan->kernels + offset * scan->kernel_size;
    out->box.pixels =
        scan->pixels +
        (begin + scan->skip_y[offset / STEPS] + scan->begin[offset % STEPS]) * LANES;
    out->box.side = scan->side;
    out->box.stride = scan->wide_x * LANES;
    fetch(scan, out->box.kernel);
    if (scan->clear[begin] != scan->all) {
        out->known = touched(scan, out, begin);
    }
    return out->known != 0;
}

uint32_t sqn__aperture_scan_flux(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_spot *spot)
{
    if (spot->known != 0 && scan->height == 0) {
        return measure(out, scan, spot);
    }
    if (spot->known != 0) {
        scan->lanes->flux(out, &spot->box);
    }
    return spot->known;
}

void sqn__aperture_sums_add(sqn__aperture_sums *sums, const float *flux, uint32_t known)
{
    for (int64_t l = 0; l < LANES; l++) {
        const uint32_t bit = 1U << l;

        if ((known & bit) != 0) {
            sums->origin[l] = (sums->begun & bit) != 0 ? sums->origin[l] : flux[l];
            const float d = flux[l] - sums->origin[l];

            sums->one[l] += d;
            sums->two[l] += d * d;
            sums->n[l]++;
        }
    }
    sums->begun |= known;
}

void sqn__aperture_scan_add(sqn__aperture_sums *const *sums, const sqn__aperture_scan *scan,
                            const sqn__aperture_spot *spot, int64_t n)
{
    sqn__aperture_task whole[SQN__APERTURE_PLACES];
    int64_t n_whole = 0;

    for (int64_t i = 0; i < n; i++) {
        if (scan->height != 0 && spot[i].known == scan->all &&
            sums[i]->begun == scan->all) {
            whole[n_whole++] = (sqn__aperture_task){sums[i], &spot[i].box};
            sums[i]->n_whole++;
        } else if (spot[i].known != 0) {
            float flux[LANES];

            sqn__aperture_sums_add(sums[i], flux,
                                   sqn__aperture_scan_flux(flux, scan, &spot[i]));
        }
    }
    scan->lanes->add(whole, n_whole);
}

void sqn__aperture_scan_destroy(sqn__aperture_scan **scan)
{
    if (scan != NULL && *scan != NULL) {
        sqn__mem_free((*scan)->kernels);
        sqn__mem_free((*scan)->pixels);
        sqn__mem_free((*scan)->known);
        sqn__mem_free((*scan)->clear);
        sqn__mem_free(*scan);
        *scan = NULL;
    }
}
