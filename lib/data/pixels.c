/** @file pixels.c @brief Which pixels of a frame take part. */
#include "sequin/pixels.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "mem.h"
#include "raise.h"

static bool is_let_through(const float *mask, int64_t e)
{
    return mask == NULL || (mask[e] != 0.0F && !isnan(mask[e]));
}

static bool is_within(const sqn_pixels_region *region, int64_t x, int64_t y)
{
    const double r =
        hypot((double)(x + 1) - region->center_x, (double)(y + 1) - region->center_y);

    return r >= region->inner_radius &&
           (!(region->outer_radius > 0.0) || r <= region->outer_radius);
}

/* Pixels inside; their offsets go to `index` [ny * nx]. */
static int64_t collect(int64_t *index, int64_t ny, int64_t nx,
                       const sqn_pixels_region *region)
{
    const bool ranged = region->inner_radius > 0.0 || region->outer_radius > 0.0;
    int64_t n = 0;

    for (int64_t e = 0; e < ny * nx; e++) {
        if (is_let_through(region->mask, e) &&
            (!ranged || is_within(region, e % nx, e / nx))) {
            index[n++] = e;
        }
    }
    return n;
}

sqn_status sqn_pixels_init(sqn_pixels *pixels, int64_t ny, int64_t nx,
                           const sqn_pixels_region *region, sqn_error *err)
{
    *pixels = (sqn_pixels){.ny = ny, .nx = nx};
    pixels->index =
        sqn__mem_reserve(sqn__mem_product(ny, nx), sizeof *pixels->index); /* at most */
    if (pixels->index == NULL) {
        *pixels = (sqn_pixels){0};
        return SQN_RAISE(err, E_MEM, "index of %" PRId64 " x %" PRId64 " pixels", nx, ny);
    }
    pixels->n_pix = collect(pixels->index, ny, nx, region);
    if (pixels->n_pix == 0) {
        sqn_pixels_clear(pixels);
        return SQN_RAISE(err, E_MASK,
                         "no pixel of %" PRId64 " x %" PRId64
                         " lies in the region (centre %g, %g, radii %g to %g)",
                         nx, ny, region->center_x, region->center_y, region->inner_radius,
                         region->outer_radius);
    }
    return SQN_OK;
}

void sqn_pixels_gather(float *out, const sqn_pixels *pixels, const float *image)
{
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        out[p] = image[pixels->index[p]];
    }
}

void sqn_pixels_scatter(float *image, const sqn_pixels *pixels, const float *row)
{
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        image[pixels->index[p]] = row[p];
    }
}

void sqn_pixels_clear(sqn_pixels *pixels)
{
    if (pixels != NULL) {
        sqn__mem_free(pixels->index);
        *pixels = (sqn_pixels){0};
    }
}
