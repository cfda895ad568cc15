/**
 * @file snr.h
 * @brief Signal to noise of an aperture against the others at its separation.
 *
 * Small-sample statistics of Mawet et al. 2014, ApJ 792, 97.
 */
#ifndef SEQUIN_SNR_H
#define SEQUIN_SNR_H

#include <stdint.h>

#include "sequin/error.h"
#include "sequin/spare.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * S/N of an aperture of diameter `fwhm` against the others at its separation r:
 * (flux - mean of the others) / (their standard deviation sqrt(1 + 1/n)), n = number of others.
 *
 * floor(2 pi r / fwhm) apertures, this one the first, share the circle evenly; those that touch
 * a missing pixel are left out. The standard deviation is that of a sample (n - 1).
 *
 * @param[in] image     [ny, nx] NaN = missing.
 * @param[in] center    Star (FITS pixels, x first).
 * @param[in] position  (FITS pixels, x first).
 * @param[in] fwhm      (pixels) > 0.
 * @returns NaN where the aperture itself misses a pixel, fewer than 2 or half of the others have
 *          data, they do not differ from each other, or inside one fwhm of the star.
 */
SQN_API double sqn_snr_at(const float *image, int64_t ny, int64_t nx,
                          const double center[2], const double position[2], double fwhm);

/** Images of one size about one star; borrowed. */
typedef struct sqn_snr_planes {
    int64_t n_plane, ny, nx;
    const float *value; /**< [n_plane, ny, nx] NaN = missing. */
    sqn_spare spare;    /**< Memory to be used before new one is asked for. */
} sqn_snr_planes;

/**
 * sqn_snr_at() at every pixel of every plane, with mean and scatter of the other apertures, where
 * they are many, interpolated between circles that are close: at a fwhm of 4 the S/N of white noise
 * differs by 0.0055 sqrt((1 + S/N^2 / 2) / n), where n apertures know it to the root alone.
 * Sixteen planes take little longer than one, and none depends on the others.
 *
 * @param[out] out  [n_plane, ny, nx]
 *
 * @retval SQN_ERR_ARG     fwhm is not positive.
 * @retval SQN_ERR_MEMORY  Needs 80 bytes per pixel, a table of at most 9.5 MB (twice that to
 *                         make it), and in each thread 2.4 kB fwhm r, r the largest distance
 *                         from the star that has S/N (pixels).
 * @see Mawet et al. 2014, ApJ 792, 97
 */
SQN_API SQN_NODISCARD sqn_status sqn_snr_maps(float *out, const sqn_snr_planes *planes,
                                              const double center[2], double fwhm,
                                              sqn_error *err);

/** sqn_snr_maps() of one plane; out and image [ny, nx]. */
SQN_API SQN_NODISCARD sqn_status sqn_snr_map(float *out, const float *image, int64_t ny,
                                             int64_t nx, const double center[2],
                                             double fwhm, sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
