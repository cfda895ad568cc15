/** @file coronagraph.h @brief From the phase in a pupil to the image of a star. */
#ifndef CORONAGRAPH_H
#define CORONAGRAPH_H

#include <complex.h>
#include <stdint.h>

#include "config.h"
#include "fft.h"
#include "sequin/error.h"

/**
 * Pupil, focal-plane mask, Lyot stop. Without coronagraph the stop is open and there is no mask.
 * The stop is the pupil with its rim drawn in, hole and vanes widened, by one factor.
 */
typedef struct coronagraph {
    int64_t n;     /**< Grid, as in pupil.h; one element of the image is one pixel. */
    double origin; /**< Where the star stands beside element 0, both axes (pixels). */
    double *pupil; /**< [n, n] transmission. Owned. */
    double *stop;  /**< [n, n] transmission of the Lyot stop, NULL = none. Owned. */
    double complex
        *mask;   /**< [n, n] amplitude of the focal-plane mask, NULL = none. Owned. */
    double flux; /**< What |image|^2 sums to for a star beside the mask. */
} coronagraph;

/** Size of the grid for a frame and a PSF: the frame twice over, at least 64 elements a pupil. */
int64_t coronagraph_grid(const config_simulate *options);

/**
 * @param[out] out     Filled on success, cleared on failure. Free with coronagraph_clear().
 * @param[in]  origin  (pixels) where in the image the star shall stand, beside element 0.
 * @retval SQN_ERR_MEMORY  Needs 32 n^2 bytes.
 */
SQN_NODISCARD sqn_status coronagraph_init(coronagraph *out, int64_t n, double origin,
                                          const config_simulate *options, sqn_error *err);
void coronagraph_clear(coronagraph *optics);

/**
 * Image of a star. A star beside the mask and without aberrations would sum to 1.
 *
 * @param[out] image  [n, n]
 * @param[in]  phase  [n, n] (radians)
 * @param[in]  tilt   (pixels, x first) pointing: the star moves beside the mask.
 * @param      work   [n, n]
 */
void coronagraph_star(double *image, const coronagraph *optics, const double *phase,
                      const double tilt[2], double complex *work, const sqn__fft *fft);

/**
 * Image of a source far from the mask: sum 1, centred on `origin`.
 *
 * @param[out] image  [n, n]
 */
void coronagraph_off_axis(double *image, const coronagraph *optics, double complex *work,
                          const sqn__fft *fft);

#endif
