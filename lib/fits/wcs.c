/** @file wcs.c @brief Pixels to the sky and back. */
#include "sequin/wcs.h"

#include <math.h>
#include <string.h>
#include <wcslib/wcshdr.h>

#include "mem.h"
#include "raise.h"
#include "warn.h"
#include "wcs_parts.h"

static const double degree = 3.14159265358979323846 / 180.0;

void sqn_wcs_destroy(sqn_wcs **wcs)
{
    if (wcs != NULL && *wcs != NULL) {
        if ((*wcs)->prm != NULL) {
            wcsvfree(&(*wcs)->n_prm, &(*wcs)->prm);
        }
        sqn__mem_free(*wcs);
        *wcs = NULL;
    }
}

void sqn_wcs_sky(double sky[2], const sqn_wcs *wcs, const double pixel[2])
{
    double image[2], world[2], phi = 0.0, theta = 0.0;
    int stat[2] = {0};

    sky[0] = NAN;
    sky[1] = NAN;
    if (isfinite(pixel[0]) && isfinite(pixel[1]) &&
        wcsp2s(wcs->prm, 1, 2, pixel, image, &phi, &theta, world, stat) == 0) {
        sky[0] = world[wcs->prm->lng];
        sky[1] = world[wcs->prm->lat];
    }
}

void sqn_wcs_pixel(double pixel[2], const sqn_wcs *wcs, const double sky[2])
{
    double image[2], world[2], found[2], phi = 0.0, theta = 0.0;
    int stat[2] = {0};

    pixel[0] = NAN;
    pixel[1] = NAN;
    world[wcs->prm->lng] = sky[0];
    world[wcs->prm->lat] = sky[1];
    if (isfinite(sky[0]) && isfinite(sky[1]) &&
        wcss2p(wcs->prm, 1, 2, world, &phi, &theta, image, found, stat) == 0) {
        pixel[0] = found[0];
        pixel[1] = found[1];
    }
}

/* Unit vector of a sky position. */
static void direction(double out[3], const double sky[2])
{
    out[0] = cos(sky[1] * degree) * cos(sky[0] * degree);
    out[1] = cos(sky[1] * degree) * sin(sky[0] * degree);
    out[2] = sin(sky[1] * degree);
}

/* East and North (radians) per pixel along x and y: step[axis][0 = East, 1 = North]. */
static void steps(double step[2][2], const sqn_wcs *wcs, const double pixel[2])
{
    double here[2];

    sqn_wcs_sky(here, wcs, pixel);

    const double east[3] = {-sin(here[0] * degree), cos(here[0] * degree), 0.0};
    const double north[3] = {-sin(here[1] * degree) * cos(here[0] * degree),
                             -sin(here[1] * degree) * sin(here[0] * degree),
                             cos(here[1] * degree)};

    for (int axis = 0; axis < 2; axis++) {
        const double before[2] = {pixel[0] - (axis == 0 ? 1 : 0),
                                  pixel[1] - (axis == 1 ? 1 : 0)};
        const double after[2] = {2.0 * pixel[0] - before[0], 2.0 * pixel[1] - before[1]};
        double sky[2], from[3], to[3];

        sqn_wcs_sky(sky, wcs, before);
        direction(from, sky);
        sqn_wcs_sky(sky, wcs, after);
        direction(to, sky);
        step[axis][0] = 0.0;
        step[axis][1] = 0.0;
        for (int k = 0; k < 3; k++) {
            step[axis][0] += 0.5 * (to[k] - from[k]) * east[k];
            step[axis][1] += 0.5 * (to[k] - from[k]) * north[k];
        }
    }
}

double sqn_wcs_position_angle(const sqn_wcs *wcs, const double pixel[2])
{
    double step[2][2];

    steps(step, wcs, pixel);
    return atan2(step[1][0], step[1][1]) / degree;
}

/* Area of a pixel (radians squared), negative when East is left of North. */
static double signed_area(const sqn_wcs *wcs, const double pixel[2])
{
    double step[2][2];

    steps(step, wcs, pixel);
    return step[0][0] * step[1][1] - step[0][1] * step[1][0];
}

double sqn_wcs_scale(const sqn_wcs *wcs, const double pixel[2])
{
    return sqrt(fabs(signed_area(wcs, pixel))) / degree * 3600.0;
}

int sqn_wcs_is_left_handed(const sqn_wcs *wcs)
{
    const double middle[2] = {0.5 * (double)(wcs->nx + 1), 0.5 * (double)(wcs->ny + 1)};

    return signed_area(wcs, middle) < 0.0;
}

/* Largest error (pixels) of there and back at the middle and four pixels about it. */
static double round_trip(const sqn_wcs *wcs)
{
    static const double places[5][2] = {
        {0.5, 0.5}, {0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}};
    double worst = 0.0;

    for (int i = 0; i < 5; i++) {
        const double pixel[2] = {0.5 + places[i][0] * (double)wcs->nx,
                                 0.5 + places[i][1] * (double)wcs->ny};
        double sky[2], back[2], error = 0.0;

        sqn_wcs_sky(sky, wcs, pixel);
        sqn_wcs_pixel(back, wcs, sky);
        error = hypot(back[0] - pixel[0], back[1] - pixel[1]);
        worst = error <= worst ? worst : error; /* NaN stays */
    }
    return worst;
}

/* PC and CDELT beside CD, telling something else: CD is used. */
static void compare_forms(const sqn__wcs_parts *parts, const sqn_header *header,
                          const char *where, const sqn_log *log)
{
    for (int i = 0; i < 2 && parts->has_cd; i++) {
        char pc[8] = "PC1_1", cdelt[8] = "CDELT1";
        double value = 0.0, scale = 1.0;

        pc[2] = (char)('1' + i);
        pc[4] = (char)('1' + i);
        cdelt[5] = (char)('1' + i);
        if (sqn_header_number(&value, header, pc)) {
            if (!sqn_header_number(&scale, header, cdelt)) {
                scale = 1.0;
            }
            if (!(fabs(value * scale - parts->matrix[i][i]) <=
                  1e-6 * hypot(parts->matrix[i][0], parts->matrix[i][1]))) {
                sqn__log_warn(
                    log, SQN_W_WCS, where,
                    "PC with CDELT and CD exclude each other and differ; CD is used");
                return;
            }
        }
    }
}

sqn_status sqn_wcs_create(sqn_wcs **out, const sqn_header *header, int64_t nx, int64_t ny,
                          const char *where, const sqn_log *log, sqn_error *err)
{
    sqn__wcs_parts parts;
    sqn_wcs *wcs = NULL;
    char why[256];
    const char *place = where != NULL ? where : "";
    const sqn__wcs_read_result found = sqn__wcs_read_parts(&parts, why, header);
    sqn_status status = SQN_OK;

    *out = NULL;
    if (nx < 1 || ny < 1) {
        return SQN_RAISE(err, E_ARG, "an image has at least one pixel");
    }
    if (found == SQN__WCS_GOOD) {
        SQN_TRY(sqn__wcs_build_parts(&wcs, why, &parts, err));
    }
    if (wcs != NULL) {
        wcs->nx = nx;
        wcs->ny = ny;
        if (round_trip(wcs) <= 1e-3) { /* WCSLIB loses digits in NCP and slant SIN */
            compare_forms(&parts, header, place, log);
            *out = wcs;
            return SQN_OK;
        }
        (void)strncpy(why, "pixels do not come back from the sky", sizeof why - 1);
    }
    if (found != SQN__WCS_NONE) {
        sqn__log_warn(log, SQN_W_WCS, place, "the WCS is not used: %s", why);
    }

cleanup:
    sqn_wcs_destroy(&wcs);
    return status;
}
