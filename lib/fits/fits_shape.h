/** @file fits_shape.h @brief What the axes of an image mean to us: planes of frames. */
#ifndef SQN_FITS_SHAPE_H
#define SQN_FITS_SHAPE_H

#include "fits_preflight.h"

/** Planes in storage order: wavelength outside time. Each extent is at least 1. */
typedef struct sqn__fits_shape {
    int64_t n_wave, n_time, ny, nx;
} sqn__fits_shape;

/**
 * Axes of length 1 beyond the second are dropped. With `spectral` one further axis is the
 * wavelength, two are [wavelength, time]; without, one further axis is time.
 *
 * @retval SQN_ERR_DATA  E_FITS_HDU: not an image; E_DATA_EMPTY: an axis of 0; E_SHAPE: fewer
 *                       than 2 axes or too many; E_FITS_SIZE: an axis or a plane is too long.
 */
SQN_NODISCARD sqn_status sqn__fits_shape_of(sqn__fits_shape *out, const sqn__fits_hdu *hdu,
                                            bool spectral, sqn_error *err);

/** "[61, 101, 101]", in the order of NumPy. */
void sqn__fits_shape_text(char *out, size_t size, const sqn__fits_hdu *hdu);

#endif
