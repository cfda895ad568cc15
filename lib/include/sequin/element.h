/**
 * @file element.h
 * @brief Noise of the sum over one resolution element, whose pixels do not err independently.
 */
#ifndef SEQUIN_ELEMENT_H
#define SEQUIN_ELEMENT_H

#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A circle of one FWHM about the centre of a pixel, and what turned noise does in it. */
typedef struct sqn_element sqn_element;

/**
 * @param[out] out   Owned: sqn_element_destroy().
 * @param[in]  fwhm  Diameter (pixels) > 0, at most 1000.
 *
 * @retval SQN_ERR_ARG     fwhm is out of range.
 * @retval SQN_ERR_MEMORY  Needs about 40 fwhm^2 bytes.
 */
SQN_API SQN_NODISCARD sqn_status sqn_element_create(sqn_element **out, double fwhm,
                                                    sqn_error *err);
SQN_API void sqn_element_destroy(sqn_element **element);

/**
 * Covariance of the sums over the element in two turned frames that hold the same white noise,
 * a detector pixel of one ending up `distance` pixels away in the other; over the variance of a
 * sum of independent pixels. At 0 it is that of a single turned frame: above 1, because turned
 * neighbours correlate. Averaged over directions.
 *
 * @param[in] distance  (pixels) >= 0.
 */
SQN_API double sqn_element_overlap(const sqn_element *element, double distance);

/** Distance from which that is 0 (pixels). */
SQN_API double sqn_element_reach(const sqn_element *element);

/** An image whose elements are judged. Borrowed. */
typedef struct sqn_element_map {
    int64_t ny, nx;
    const float *error; /**< [ny, nx] 1 sigma of the pixels, NaN = missing. */
    double center[2];   /**< Star (FITS pixels, x first). */
    int64_t n_radius;
    const double
        *growth; /**< [n_radius] Noise of the sum over that of independent pixels, by the
                               distance from the star (pixels), rounded; the last one beyond. */
} sqn_element_map;

/**
 * 1 sigma of the sum over the element about every pixel: growth sqrt(sum a^2 error^2), a the
 * overlap of the circle with a pixel.
 *
 * @param[out] out  [ny, nx] NaN where the circle touches a missing pixel or leaves the image.
 */
SQN_API void sqn_element_errors(float *out, const sqn_element *element,
                                const sqn_element_map *map);

#ifdef __cplusplus
}
#endif
#endif
