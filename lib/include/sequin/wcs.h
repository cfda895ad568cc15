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

/**
 * Position angle of +y at a pixel, East of North of the WCS's own coordinates (degrees,
 * -180..180).
 */
SQN_API double sqn_wcs_position_angle(const sqn_wcs *wcs, const double pixel[2]);

/** Pixel scale (arcsec): square root of the area of a pixel at `pixel`. */
SQN_API double sqn_wcs_scale(const sqn_wcs *wcs, const double pixel[2]);

/** True when East is to the left with North up (the sky seen from inside). */
SQN_API int sqn_wcs_is_left_handed(const sqn_wcs *wcs);

/**
 * Cards of the same sky on an image turned counter-clockwise by `theta` degrees about `center`:
 * CD, or PC with CDELT, as the input has; CRPIX on the center, CRVAL its sky position, unless
 * that would move a source by more than 0.005 pixel (projections far from linear): then the
 * input's reference point is kept and turned. SIP is turned with the image; with `n_axis` over
 * 2, where readers such as astropy refuse it, it is dropped, the linear part fitted anew, and
 * W_WCS names the largest shift if over 0.01 pixel. Further axes are linear and counted from 1:
 * CD3_3 = 1 with CD, CDELT3 = 1 with PC, CTYPE3 = 'INDEX' until the caller sets another
 * (docs/numerics.md, 6). WCS cards that `header` had before are removed, alternate ones too.
 *
 * @param[in,out] header  Cards are set here.
 */
SQN_API SQN_NODISCARD sqn_status sqn_wcs_turned(sqn_header *header, const sqn_wcs *wcs,
                                                const double center[2], double theta,
                                                int n_axis, const sqn_log *log,
                                                sqn_error *err);

/**
 * Cards of a linear WCS of offsets from the star (XOFFSET, YOFFSET in arcsec, growing with x
 * and y: East = -x), for images with North up and no celestial WCS. Further axes as in
 * sqn_wcs_turned(). WCS cards that `header` had before are removed.
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
