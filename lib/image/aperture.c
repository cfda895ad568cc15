/** @file aperture.c @brief Flux in a circle, with exact overlaps of circle and pixels. */
#include "aperture.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "mem.h"
#include "raise.h"

enum {
    STEPS = 64,      /* of the table in a pixel */
    MAX_HEIGHT = 24, /* of a kernel in the table (9 MiB of them) */
    LANES = 4        /* widths are multiples of it */
};

static const double pi = 3.14159265358979323846;

struct sqn__aperture_scan {
    sqn__aperture_image image;
    double radius;
    int64_t first; /* of a kernel's pixels, from that of the centre; along both axes */
    int64_t height, width; /* of a kernel; height 0 = no table */
    float *kernels; /* [STEPS, STEPS, height, width] overlaps by offset of the centre */
    uint8_t *clear; /* [ny, nx] 1 = a kernel that begins here misses no pixel */
};

/* Integral of sqrt(r^2 - u^2) over u from 0 to x; constant beyond +-r. */
static double half_segment(double x, double radius)
{
    const double u = fmin(fmax(x, -radius), radius);

    return 0.5 * (u * sqrt(radius * radius - u * u) + radius * radius * asin(u / radius));
}

/* Area of the disk to the left of (x, y) and below it. */
static double area_below(double x, double y, double radius)
{
    const double quarter = 0.25 * pi * radius * radius;

    if (x * x + y * y < radius * radius) {
        return x * y + half_segment(x, radius) + half_segment(y, radius) + quarter;
    }
    if (x > 0.0) {
        return 2.0 *
               (half_segment(y, radius) + (y > 0.0 ? half_segment(x, radius) : quarter));
    }
    return y > 0.0 ? 2.0 * (half_segment(x, radius) + quarter) : 0.0;
}

/* Overlap of the disk with the pixel whose centre is (dx, dy) from that of the disk. */
static double overlap(double dx, double dy, double radius)
{
    const double x = fabs(dx), y = fabs(dy), r2 = radius * radius;
    const double near_x = fmax(x - 0.5, 0.0), near_y = fmax(y - 0.5, 0.0);

    if (near_x * near_x + near_y * near_y >= r2) {
        return 0.0;
    }
    if ((x + 0.5) * (x + 0.5) + (y + 0.5) * (y + 0.5) <= r2) {
        return 1.0;
    }
    return area_below(x + 0.5, y + 0.5, radius) - area_below(x - 0.5, y + 0.5, radius) -
           area_below(x + 0.5, y - 0.5, radius) + area_below(x - 0.5, y - 0.5, radius);
}

static bool known(const sqn__aperture_image *image, int64_t y, int64_t x)
{
    return y >= 0 && y < image->ny && x >= 0 && x < image->nx &&
           isfinite(image->value[y * image->nx + x]);
}

double sqn__aperture_flux(const sqn__aperture_image *image, double x, double y,
                          double radius)
{
    const int64_t last_y = (int64_t)floor(y + radius + 0.5);
    const int64_t last_x = (int64_t)floor(x + radius + 0.5);
    double flux = 0.0;

    for (int64_t j = (int64_t)floor(y - radius + 0.5); j <= last_y; j++) {
        for (int64_t i = (int64_t)floor(x - radius + 0.5); i <= last_x; i++) {
            const double share = overlap((double)i - x, (double)j - y, radius);

            if (share > 0.0 && !known(image, j, i)) {
                return (double)NAN;
            }
            if (share > 0.0) {
                flux += share * (double)image->value[j * image->nx + i];
            }
        }
    }
    return flux;
}

/* Mark where kernels may begin: first along rows, then along columns. */
static void mark_clear(const sqn__aperture_scan *scan)
{
    const int64_t ny = scan->image.ny, nx = scan->image.nx;

    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = nx - 1, run = 0; x >= 0; x--) {
            run = known(&scan->image, y, x) ? run + 1 : 0;
            scan->clear[y * nx + x] = run >= scan->width;
        }
    }
    for (int64_t x = 0; x < nx; x++) {
        for (int64_t y = ny - 1, run = 0; y >= 0; y--) {
            run = scan->clear[y * nx + x] != 0 ? run + 1 : 0;
            scan->clear[y * nx + x] = run >= scan->height;
        }
    }
}

/* The kernel of a centre `y` and `x` steps from that of a pixel. */
static float *kernel_of(const sqn__aperture_scan *scan, int64_t y, int64_t x)
{
    return scan->kernels + (y * STEPS + x) * scan->height * scan->width;
}

static void fill_kernel(float *kernel, const sqn__aperture_scan *scan, double y, double x)
{
    for (int64_t j = 0; j < scan->height; j++) {
        for (int64_t i = 0; i < scan->width; i++) {
            kernel[j * scan->width + i] = (float)overlap(
                (double)(scan->first + i) - x, (double)(scan->first + j) - y, scan->radius);
        }
    }
}

static void fill_kernels(const sqn__aperture_scan *scan)
{
    for (int64_t y = 0; y < STEPS; y++) {
        for (int64_t x = 0; x < STEPS; x++) {
            fill_kernel(kernel_of(scan, y, x), scan, (double)y / STEPS, (double)x / STEPS);
        }
    }
}

/* Sizes of the kernels: pixels that a centre up to one pixel beyond theirs can reach. */
static sqn__aperture_scan plan(const sqn__aperture_image *image, double radius)
{
    const int64_t first = (int64_t)floor(0.5 - radius);
    const int64_t height = (int64_t)ceil(radius + 1.5) - first;
    const int64_t width = (height + LANES - 1) / LANES * LANES;
    const bool small = height <= MAX_HEIGHT;

    return (sqn__aperture_scan){.image = *image,
                                .radius = radius,
                                .first = first,
                                .height = small ? height : 0,
                                .width = small ? width : 0};
}

sqn_status sqn__aperture_scan_create(sqn__aperture_scan **out,
                                     const sqn__aperture_image *image, double radius,
                                     sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__aperture_scan *scan = NULL;

    *out = NULL;
    scan = sqn__mem_alloc(1, sizeof *scan);
    if (scan == NULL) {
        status = SQN_RAISE(err, E_MEM, "scan by an aperture");
        goto cleanup;
    }
    *scan = plan(image, radius);
    scan->clear = sqn__mem_alloc(sqn__mem_product(image->ny, image->nx), 1);
    scan->kernels = sqn__mem_alloc((int64_t)STEPS * STEPS * scan->height * scan->width,
                                   sizeof *scan->kernels);
    if (scan->clear == NULL || scan->kernels == NULL) {
        status = SQN_RAISE(err, E_MEM, "scan of %" PRId64 " x %" PRId64 " pixels",
                           image->nx, image->ny);
        goto cleanup;
    }
    mark_clear(scan);
    fill_kernels(scan);
    *out = scan;
    scan = NULL;

cleanup:
    sqn__aperture_scan_destroy(&scan);
    return status;
}

static float product(const float *restrict kernel, const float *restrict pixels,
                     int64_t width)
{
    float sum = 0.0F;

#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; i++) {
        sum += kernel[i] * pixels[i];
    }
    return sum;
}

double sqn__aperture_scan_flux(const sqn__aperture_scan *scan, double x, double y)
{
    const double step_y = floor(y * STEPS + 0.5), step_x = floor(x * STEPS + 0.5);
    const int64_t cell_y = (int64_t)floor(step_y / STEPS);
    const int64_t cell_x = (int64_t)floor(step_x / STEPS);
    const int64_t ny = scan->image.ny, nx = scan->image.nx;
    const int64_t first_y = cell_y + scan->first, first_x = cell_x + scan->first;
    double flux = 0.0;

    if (y - scan->radius < -0.5 || y + scan->radius > (double)ny - 0.5 ||
        x - scan->radius < -0.5 || x + scan->radius > (double)nx - 0.5) {
        return (double)NAN; /* it leaves the image */
    }
    if (scan->height == 0 || first_y < 0 || first_x < 0 ||
        scan->clear[first_y * nx + first_x] == 0) {
        return sqn__aperture_flux(&scan->image, x, y, scan->radius);
    }

    const float *kernel =
        kernel_of(scan, (int64_t)step_y - cell_y * STEPS, (int64_t)step_x - cell_x * STEPS);
    const float *pixels = scan->image.value + first_y * nx + first_x;

    for (int64_t j = 0; j < scan->height; j++) {
        flux += (double)product(kernel + j * scan->width, pixels + j * nx, scan->width);
    }
    return flux;
}

void sqn__aperture_scan_destroy(sqn__aperture_scan **scan)
{
    if (scan != NULL && *scan != NULL) {
        sqn__mem_free((*scan)->clear);
        sqn__mem_free((*scan)->kernels);
        sqn__mem_free(*scan);
        *scan = NULL;
    }
}
