/** @file wcs.h @brief Celestial coordinates of an image, and of the image turned. */
#ifndef SEQUIN_WCS_H
#define SEQUIN_WCS_H

#include "sequin/error.h"
#include "sequin/header.h"
#include "sequin/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A celestial WCS with its distortions. Opaque. Pixels are FITS pixels, x first. */
typedef struct sqn_wcs sqn_wcs;

/**
 * Read the celestial part of a header.
 *
 * @param[out] out  New, owned by the caller. NULL with SQN_OK when the header has none, or one
 *                  that is not usable (singular, not finite, no round trip): W_WCS says why.
 * @param[in]  where  For the warning: file and HDU.
 */
SQN_API SQN_NODISCARD sqn_status sqn_wcs_create(sqn_wcs **out, const sqn_header *header,
                                                int64_t nx, int64_t ny, const char *where,
                                                const sqn_log *log, sqn_error *err);

/** Longitude and latitude (degrees) of a pixel; NaN where undefined. */
SQN_API void sqn_wcs_sky(double sky[2], const sqn_wcs *wcs, const double pixel[2]);

/** Pixel of a sky position (degrees); NaN where undefined. */
SQN_API void sqn_wcs_pixel(double pixel[2], const sqn_wcs *wcs, const double sky[2]);

/** Position angle of +y at a pixel, East of North (degrees, -180..180). */
SQN_API double sqn_wcs_position_angle(const sqn_wcs *wcs, const double pixel[2]);

/** Pixel scale (arcsec): square root of the area of a pixel at `pixel`. */
SQN_API double sqn_wcs_scale(const sqn_wcs *wcs, const double pixel[2]);

/** True when East is to the left with North up (the sky seen from inside). */
SQN_API int sqn_wcs_is_left_handed(const sqn_wcs *wcs);

/**
 * Cards of the same sky on an image turned counter-clockwise by `theta` degrees about `center`:
 * CD, or PC with CDELT, as the input has; CRPIX on the center, CRVAL its sky position; SIP
 * turned with the image, or dropped with W_WCS naming the largest shift. With `n_axis` 3 (4)
 * the further axes are linear: CD3_3 = 1 with CD, CDELT3 = 1 with PC (docs/numerics.md, 6).
 *
 * @param[in,out] header  Cards are set here.
 */
SQN_API SQN_NODISCARD sqn_status sqn_wcs_turned(sqn_header *header, const sqn_wcs *wcs,
                                                const double center[2], double theta,
                                                int n_axis, const sqn_log *log,
                                                sqn_error *err);

/**
 * Cards of a linear WCS of offsets from the star (XOFFSET, YOFFSET in arcsec, East = -x), for
 * images with North up and no celestial WCS.
 */
SQN_API SQN_NODISCARD sqn_status sqn_wcs_offsets(sqn_header *header, const double center[2],
                                                 double pixel_scale, int n_axis,
                                                 sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_wcs_destroy(sqn_wcs **wcs);

#ifdef __cplusplus
}
#endif
#endif
