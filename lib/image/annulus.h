/**
 * @file annulus.h
 * @brief The apertures of a circle about the star, for all circles that hold as many.
 *
 * Circles of n apertures fill an annulus as wide as fwhm / (2 pi), and their apertures stand one
 * nth of a turn apart. So mean and spread of the fluxes of a circle depend on where its apertures
 * stand within a small block alone, an aperture long: they are measured at the points of a lattice
 * on that block, at most 0.22 pixel apart along the circle (between them cubic) and 0.13 across
 * (between Chebyshev's nodes), and interpolated; the aperture that is compared is taken off at each
 * point. Only blocks of which nothing is missing are summed like this; in the others each aperture
 * is measured. With the rounding of places (aperture_scan.h) the S/N of white noise is off by 0.0055
 * of what n apertures know of it, sqrt((1 + S/N^2 / 2) / n), at a fwhm of 4, by 0.007 at 2.5, 0.004
 * at 6.3: less than by rounding to 1/64 pixel alone. Where pixels are correlated, as after a turn,
 * it is a third of that.
 */
#ifndef SQN_ANNULUS_H
#define SQN_ANNULUS_H

#include <stdbool.h>
#include <stdint.h>

#include "annulus_grid.h"

/** Work space of one annulus at a time. Opaque. */
typedef struct sqn__annulus sqn__annulus;

/**
 * @param[in] n_most  Apertures at most.
 * @retval SQN_ERR_MEMORY  Needs 0.4 kB fwhm^2 (pixels) an aperture.
 */
SQN_NODISCARD sqn_status sqn__annulus_create(sqn__annulus **out, double fwhm,
                                             int64_t n_most, sqn_error *err);

/**
 * Measure the annulus of n apertures.
 *
 * @param[in] n         At least 6.
 * @param[in] n_circle  Circles that will be asked for: there is a lattice where they are many.
 * @returns False where no circle of it knows the noise of any plane: too little is seen.
 */
bool sqn__annulus_measure(sqn__annulus *annulus, const sqn__annulus_scene *scene, int64_t n,
                          int64_t n_circle);

/** Sums of the other apertures than the one at d (x, y) from the star, in this annulus. */
void sqn__annulus_others(sqn__aperture_sums *out, const sqn__annulus *annulus,
                         const sqn__annulus_scene *scene, const double d[2]);

/** Free and set to NULL. NULL-safe. */
void sqn__annulus_destroy(sqn__annulus **annulus);

#endif
