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

#ifdef __cplusplus
extern "C" {
#endif

/**
 * S/N of a 1-fwhm aperture at (x, y): (flux - mean of the others) / (their standard deviation
 * sqrt(1 + 1/n)), n apertures side by side on the circle of its separation.
 *
 * @param[in] image   [ny, nx] NaN = missing.
 * @param[in] center  Star, and position (FITS pixels, x first).
 * @returns NaN where fewer than 2 other apertures have data, or inside one fwhm of the star.
 */
SQN_API double sqn_snr_at(const float *image, int64_t ny, int64_t nx,
                          const double center[2], const double position[2], double fwhm);

/** sqn_snr_at() at every pixel: out [ny, nx]. */
SQN_API SQN_NODISCARD sqn_status sqn_snr_map(float *out, const float *image, int64_t ny,
                                             int64_t nx, const double center[2],
                                             double fwhm, sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
