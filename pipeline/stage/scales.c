/** @file scales.c @brief Pixel scale, resolution element and angles of an observation. */
#include "scales.h"

#include <math.h>

#include "raise.h"
#include "warn.h"

static const double fwhm_assumed = 4.0;
static const double scale_tolerance = 0.02; /* of two scales that are meant to be equal, */
static const double angle_tolerance = 0.5;  /* and of two angles (degrees) */

/* A scale that is written wins over that of the header; one of them may be wrong. */
static void check_scale(const observation *obs, const config *settings, const sqn_log *log)
{
    const double given = settings->science.pixel_scale;
    const double found = obs->wcs != NULL ? sqn_wcs_scale(obs->wcs, obs->center) : NAN;
    char where[SQN_ERROR_WHERE_MAX];

    if (fabs(given / found - 1.0) > scale_tolerance) {
        sqn__log_advise(
            log, SQN_W_WCS, config_where(where, settings, "science.pixel_scale"),
            "correct pixel_scale, or leave it out",
            "pixel_scale is %g arcsec, that of the WCS %.6g arcsec; the first is used",
            given, found);
    }
}

/* The angle that is written wins over the header, too: products then hold a North that their WCS
 * contradicts. */
static void check_angle(const observation *obs, const config *settings, const sqn_log *log)
{
    const double sense = obs->wcs != NULL && sqn_wcs_is_left_handed(obs->wcs) ? 1.0 : -1.0;
    const double found =
        obs->wcs != NULL ? sense * sqn_wcs_position_angle(obs->wcs, obs->center) : NAN;
    const double given = obs->science.frames[0].theta;
    char where[SQN_ERROR_WHERE_MAX];

    if (fabs(remainder(given - found, 360.0)) > angle_tolerance) {
        sqn__log_advise(
            log, SQN_W_WCS, config_where(where, settings, "science.angles"),
            "correct the WCS of the first frame, or angles (kind, offset)",
            "North comes up where the first frame turns by %.1f degrees, by its WCS where "
            "it turns by %.1f; images follow the angles, the WCS of products the header",
            given, found);
    }
}

sqn_status scales_choose(observation *obs, const config *settings, const sqn_log *log,
                         sqn_error *err)
{
    const config_input *sci = &settings->science;
    double scale = NAN;

    if (isfinite(sci->pixel_scale)) {
        scale = sci->pixel_scale;
    } else if (obs->wcs != NULL) {
        scale = sqn_wcs_scale(obs->wcs, obs->center);
    } else {
        (void)read_header_number(&scale, &obs->science, "PIXSCALE");
    }
    obs->pixel_scale = scale;
    check_scale(obs, settings, log);
    obs->fwhm = sci->fwhm;
    if (!isfinite(obs->fwhm)) {
        obs->fwhm = fwhm_assumed;
        sqn__log_warn(log, SQN_W_FWHM_ASSUMED, settings->path,
                      "the resolution element is taken to be %g pixels", obs->fwhm);
    }
    obs->has_angles = sci->angles.given;
    if (obs->has_angles) {
        check_angle(obs, settings, log);
    }
    obs->derotate = settings->combine.derotate == CONFIG_UNSET
                        ? obs->has_angles
                        : settings->combine.derotate == CONFIG_TRUE;
    if (obs->derotate && !obs->has_angles) {
        const sqn_status status =
            SQN_RAISE(err, E_ANGLES, "combine.derotate is true, but no angles are given");

        sqn__error_at(err, settings->path, -1, NULL);
        return status;
    }
    return SQN_OK;
}
