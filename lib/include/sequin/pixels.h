/** @file pixels.h @brief Which pixels of a frame take part; frames <-> rows of pixels. */
#ifndef SEQUIN_PIXELS_H
#define SEQUIN_PIXELS_H

#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Chosen pixels of an image of ny x nx, in storage order. */
typedef struct sqn_pixels {
    int64_t ny, nx, n_pix;
    int64_t *index; /**< [n_pix] rising offsets y * nx + x. Owned. */
} sqn_pixels;

/** A disk or annulus about a centre, and an optional mask: what is common to both is used. */
typedef struct sqn_pixels_region {
    double center_x, center_y; /**< (FITS pixels: the first pixel's centre is 1.0). */
    double inner_radius;       /**< (pixels) inclusive; 0 = no inner limit. */
    double outer_radius;       /**< (pixels) inclusive; 0 = no outer limit. */
    const float *mask; /**< [ny, nx] not 0 and not NaN = use; NULL = all. Borrowed. */
} sqn_pixels_region;

/**
 * Choose pixels whose centre lies in the region. `pixels` must be new or cleared.
 *
 * @retval SQN_ERR_DATA    E_MASK: no pixel is left.
 * @retval SQN_ERR_MEMORY  Needs 8 n_pix bytes.
 */
SQN_API SQN_NODISCARD sqn_status sqn_pixels_init(sqn_pixels *pixels, int64_t ny, int64_t nx,
                                                 const sqn_pixels_region *region,
                                                 sqn_error *err);

/** out[p] = image[index[p]]; out [n_pix]. */
SQN_API void sqn_pixels_gather(float *out, const sqn_pixels *pixels, const float *image);

/** image[index[p]] = row[p]; other pixels of image [ny, nx] keep their value. */
SQN_API void sqn_pixels_scatter(float *image, const sqn_pixels *pixels, const float *row);

/** Free what it owns and zero it. NULL-safe. */
SQN_API void sqn_pixels_clear(sqn_pixels *pixels);

#ifdef __cplusplus
}
#endif
#endif
