/** @file wcs_turn.c @brief The WCS of an image turned about its star. */
#include <inttypes.h>
#include <math.h>
#include <wcslib/wcs.h>
#include <wcslib/wcstrig.h>

#include "raise.h"
#include "warn.h"
#include "wcs_cards.h"
#include "wcs_parts.h"

enum { GRID = 9 /* places along each side where positions are compared */ };

/* Largest shift of a source that a moved reference point may cause (pixels), ... */
static const double tolerance = 0.005;

/* ... and the largest that no one is warned of. */
static const double visible = 0.01;

/* A turn of the image: p' = center + matrix (p - center). */
typedef struct turn {
    const sqn_wcs *wcs;
    double center[2];
    double matrix[2][2];
    bool drop; /* write no SIP */
} turn;

static void apply(double out[2], const turn *t, const double pixel[2])
{
    const double u = pixel[0] - t->center[0], v = pixel[1] - t->center[1];

    out[0] = t->center[0] + t->matrix[0][0] * u + t->matrix[0][1] * v;
    out[1] = t->center[1] + t->matrix[1][0] * u + t->matrix[1][1] * v;
}

/* Place `k` of the grid over the image, corners included. */
static void place(double pixel[2], const turn *t, int k)
{
    const int column = k % GRID, row = k / GRID;
    const double step = 1.0 / (GRID - 1);

    pixel[0] = 1.0 + column * step * (double)(t->wcs->nx - 1);
    pixel[1] = 1.0 + row * step * (double)(t->wcs->ny - 1);
}

/*
 * The same projection seen in the turned image, with `reference` (a pixel of the input) as
 * reference pixel: exact when that is the input's own. False: the distortion is singular there.
 */
static bool turn_parts(sqn__wcs_parts *out, const turn *t, const double reference[2])
{
    const sqn__wcs_parts *in = &t->wcs->parts;
    const double shift[2] = {reference[0] - in->pixel[0], reference[1] - in->pixel[1]};
    double linear[2][2];

    *out = *in;
    apply(out->pixel, t, reference);
    if (!sqn__wcs_sip_turn(out->sip, linear, in, shift, t->matrix)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            out->matrix[i][j] =
                in->matrix[i][0] * linear[0][j] + in->matrix[i][1] * linear[1][j];
        }
    }
    if (t->drop) {
        out->order = 0;
        out->sip[0] = (sqn__wcs_polynomial){0};
        out->sip[1] = (sqn__wcs_polynomial){0};
    }
    return true;
}

/*
 * Least squares for the matrix that maps the turned and undistorted pixels of the grid to
 * their projection about the new reference point; `about` has that point.
 */
static void fit_matrix(sqn__wcs_parts *out, const turn *t, const sqn_wcs *about)
{
    double vv[2][2] = {{0}}, xv[2][2] = {{0}}, det = 0.0;

    for (int k = 0; k < GRID * GRID; k++) {
        double pixel[2], turned[2], sky[2], world[2], x[2], unused[2], v[2];
        double phi = 0.0, theta = 0.0;
        int stat[2];

        place(pixel, t, k);
        sqn_wcs_sky(sky, t->wcs, pixel);
        world[about->prm->lng] = sky[0];
        world[about->prm->lat] = sky[1];
        if (!isfinite(sky[0]) ||
            wcss2p(about->prm, 1, 2, world, &phi, &theta, x, unused, stat) != 0) {
            continue;
        }
        apply(turned, t, pixel);
        sqn__wcs_sip_apply(
            v, out, (double[2]){turned[0] - out->pixel[0], turned[1] - out->pixel[1]});
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                vv[i][j] += v[i] * v[j];
                xv[i][j] += x[i] * v[j];
            }
        }
    }
    det = vv[0][0] * vv[1][1] - vv[0][1] * vv[1][0];
    for (int i = 0; i < 2 && det > 0.0; i++) {
        out->matrix[i][0] = (xv[i][0] * vv[1][1] - xv[i][1] * vv[1][0]) / det;
        out->matrix[i][1] = (xv[i][1] * vv[0][0] - xv[i][0] * vv[0][1]) / det;
    }
}

/* Largest shift (pixels) of a position under the new cards; infinite where it is lost. */
static sqn_status measure(double *worst, const sqn__wcs_parts *parts, const turn *t,
                          sqn_error *err)
{
    sqn_wcs *turned = NULL;
    char why[256];
    const sqn_status status = sqn__wcs_build_parts(&turned, why, parts, err);

    *worst = INFINITY;
    if (turned == NULL) {
        return status;
    }
    *worst = 0.0;
    for (int k = 0; k < GRID * GRID; k++) {
        double pixel[2], expected[2], sky[2], found[2], shift = 0.0;

        place(pixel, t, k);
        sqn_wcs_sky(sky, t->wcs, pixel);
        if (isfinite(sky[0])) {
            apply(expected, t, pixel);
            sqn_wcs_pixel(found, turned, sky);
            shift = hypot(found[0] - expected[0], found[1] - expected[1]);
            *worst = shift <= *worst ? *worst : isnan(shift) ? INFINITY : shift;
        }
    }
    sqn_wcs_destroy(&turned);
    return SQN_OK;
}

/* Parts with the star as reference point; `*worst` infinite when they cannot be made. */
static sqn_status refer_to_star(sqn__wcs_parts *out, double *worst, const turn *t,
                                sqn_error *err)
{
    sqn_wcs *about = NULL;
    double sky[2];
    char why[256];
    const int longitude = t->wcs->prm->lng;
    sqn_status status = SQN_OK;

    *worst = INFINITY;
    sqn_wcs_sky(sky, t->wcs, t->center);
    if (!isfinite(sky[0]) || !turn_parts(out, t, t->center)) {
        return SQN_OK;
    }
    out->value[longitude] = sky[0];
    out->value[1 - longitude] = sky[1];
    out->pole[0] = NAN; /* the default belongs to the new reference point */
    out->pole[1] = NAN;
    for (int m = 0; m < 5; m++) {
        out->pv[longitude][m] = NAN; /* likewise */
    }
    SQN_TRY(sqn__wcs_build_parts(&about, why, out, err));
    if (about != NULL) {
        fit_matrix(out, t, about);
        SQN_TRY(measure(worst, out, t, err));
    }

cleanup:
    sqn_wcs_destroy(&about);
    return status;
}

/* Say what the choice costs. */
static void report(const turn *t, double star, double kept, const sqn_log *log)
{
    const double worst = star <= tolerance || star < kept ? star : kept;

    if (t->drop && worst > visible) {
        sqn__log_warn(log, SQN_W_WCS, "",
                      "the distortion (SIP) is left out of an image of more than two axes, "
                      "where readers refuse it: positions are off by up to %.3g pixels",
                      worst);
    } else if (t->drop) {
        sqn__log_note(log,
                      "the distortion (SIP) is left out of an image of more than two axes: "
                      "positions are off by up to %.3g pixels",
                      worst);
    } else if (worst > visible) {
        sqn__log_warn(log, SQN_W_WCS, "",
                      "the WCS of the turned image is off by up to %.3g pixels", worst);
    } else if (star > tolerance && isfinite(star)) {
        sqn__log_note(
            log,
            "the reference pixel of the WCS stays where it was on the sky: on the "
            "star it would move sources by up to %.3g pixels",
            star);
    }
}

/* The star as reference point where that moves no source; else the input's, turned. */
static sqn_status choose_parts(sqn__wcs_parts *out, const turn *t, const sqn_log *log,
                               sqn_error *err)
{
    const sqn__wcs_parts *in = &t->wcs->parts;
    sqn__wcs_parts kept = {.order = 0};
    double star = INFINITY, kept_worst = INFINITY;
    sqn_status status = SQN_OK;

    if (t->drop || hypot(t->center[0] - in->pixel[0], t->center[1] - in->pixel[1]) > 1e-9) {
        SQN_TRY(refer_to_star(out, &star, t, err));
    }
    if (star > tolerance) {
        if (!turn_parts(&kept, t, in->pixel)) {
            return SQN_RAISE(err, E_NUM,
                             "the distortion is singular at the reference pixel");
        }
        SQN_TRY(measure(&kept_worst, &kept, t, err));
        if (!(star < kept_worst)) {
            *out = kept;
        }
    }
    report(t, star, kept_worst, log);

cleanup:
    return status;
}

sqn_status sqn_wcs_turned(sqn_header *header, const sqn_wcs *wcs, const double center[2],
                          double theta, int n_axis, const sqn_log *log, sqn_error *err)
{
    turn t = {.wcs = wcs,
              .center = {center[0], center[1]},
              .drop = wcs->parts.order > 0 && n_axis > 2};
    sqn__wcs_parts parts = {.order = 0};
    sqn_status status = SQN_OK;

    if (!isfinite(center[0]) || !isfinite(center[1]) || !isfinite(theta) || n_axis < 2 ||
        n_axis > 4) {
        return SQN_RAISE(err, E_ARG, "an image of %d axes cannot be turned by %g degrees",
                         n_axis, theta);
    }
    sincosd(theta, &t.matrix[1][0], &t.matrix[0][0]); /* exact at multiples of 90 */
    t.matrix[1][1] = t.matrix[0][0];
    t.matrix[0][1] = -t.matrix[1][0];
    SQN_TRY(choose_parts(&parts, &t, log, err));
    sqn__wcs_cards_remove(header);
    SQN_TRY(sqn__wcs_cards_set(header, &parts, err));
    SQN_TRY(sqn__wcs_cards_set_planes(header, n_axis, parts.has_cd, err));

cleanup:
    return status;
}
