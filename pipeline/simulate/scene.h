/** @file scene.h @brief What stands around the star: a scattering ring and point sources. */
#ifndef SCENE_H
#define SCENE_H

#include <complex.h>
#include <stdint.h>

#include "config.h"
#include "coronagraph.h"
#include "fft.h"
#include "sequin/error.h"

/**
 * The scene and the transfer function it is seen through.
 *
 * The ring is flat and round about the star, seen at inclination acos(axis_ratio): Gaussian of
 * FWHM `width` across, brightness after Henyey & Greenstein (1941), the side nearer to us at
 * position angle + 90 degrees. Sources are points.
 */
typedef struct scene_view {
    int64_t n;                /**< Grid, as in pupil.h. */
    double complex *transfer; /**< [n, n] of the off-axis PSF, 0 beyond its band. Owned. */
    const config_simulate *options; /**< Borrowed. */
} scene_view;

/**
 * @param[out] out  Filled on success, cleared on failure. Free with scene_clear().
 * @retval SQN_ERR_MEMORY  Needs 24 n^2 bytes.
 */
SQN_NODISCARD sqn_status scene_init(scene_view *out, const coronagraph *optics,
                                    const config_simulate *options, const sqn__fft *fft,
                                    sqn_error *err);
void scene_clear(scene_view *scene);

/**
 * Draw the ring before convolution, centred on element 0, its sum the ring's contrast.
 *
 * Each element holds the mean over SCENE_FINE x SCENE_FINE points.
 *
 * @param[out] image  [n, n]
 * @param[in]  angle  (degrees) position angle of +y.
 */
void scene_ring(double *image, const scene_view *scene, double angle);

enum { SCENE_FINE = 5 };

/**
 * The scene through the instrument: ring and sources, convolved with the off-axis PSF, as shares
 * of the star's flux. The star stands where coronagraph_star() puts it.
 *
 * @param[out] image  [n, n]
 * @param[in]  angle  (degrees) position angle of +y.
 * @param[in]  tilt   (pixels, x first) pointing.
 * @param      work   [n, n]
 */
void scene_image(double *image, const scene_view *scene, double angle, const double tilt[2],
                 double complex *work, const sqn__fft *fft);

/** Offset from the star (pixels, x first) of a source, +y at position angle `angle`. */
void scene_offset(double offset[2], double separation, double position_angle, double angle);

#endif
