/** @file wcs_offsets.c @brief The WCS of an image that knows only its star and North. */
#include <math.h>

#include "raise.h"
#include "wcs_cards.h"

static sqn_status set_axis(sqn_header *header, int i, double center, double pixel_scale,
                           sqn_error *err)
{
    static const struct {
        const char *type, *type_text, *unit, *pixel, *value, *step;
    } names[] = {
        {"CTYPE1", "from the star, East is -x", "CUNIT1", "CRPIX1", "CRVAL1", "CDELT1"},
        {"CTYPE2", "from the star, North is +y", "CUNIT2", "CRPIX2", "CRVAL2", "CDELT2"}};
    sqn_status status = sqn_header_set_text(
        header, names[i].type, i == 0 ? "XOFFSET" : "YOFFSET", names[i].type_text, err);

    if (status == SQN_OK) {
        status =
            sqn_header_set_text(header, names[i].unit, "arcsec", "unit of the offset", err);
    }
    if (status == SQN_OK) {
        status = sqn_header_set_number(header, names[i].pixel, center, "the star", err);
    }
    if (status == SQN_OK) {
        status = sqn_header_set_number(header, names[i].value, 0.0, "its offset", err);
    }
    if (status == SQN_OK) {
        status =
            sqn_header_set_number(header, names[i].step, pixel_scale, "step (arcsec)", err);
    }
    return status;
}

sqn_status sqn_wcs_offsets(sqn_header *header, const double center[2], double pixel_scale,
                           int n_axis, sqn_error *err)
{
    sqn_status status = SQN_OK;

    if (!isfinite(center[0]) || !isfinite(center[1]) || !(pixel_scale > 0.0) ||
        !isfinite(pixel_scale) || n_axis < 2 || n_axis > 4) {
        return SQN_RAISE(err, E_ARG, "%g arcsec per pixel on %d axes is no scale",
                         pixel_scale, n_axis);
    }
    sqn__wcs_cards_remove(header);
    SQN_TRY(set_axis(header, 0, center[0], pixel_scale, err));
    SQN_TRY(set_axis(header, 1, center[1], pixel_scale, err));
    SQN_TRY(sqn__wcs_cards_set_planes(header, n_axis, false, err));

cleanup:
    return status;
}
