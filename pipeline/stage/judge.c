/** @file judge.c @brief What a result says against itself. */
#include "judge.h"

#include <inttypes.h>
#include <math.h>

#include "warn.h"

static const double radian = 57.295779513082320877; /* degrees */
static const double scale_low = 0.5, scale_high = 2.0, over_sigma = -3.0;

void judge_rotation(const observation *obs, const config *settings, const sqn_log *log)
{
    const sqn_fits_frame *frames = obs->science.frames;
    const double edge =
        fmin(fmin(obs->center[0] - 1.0, (double)obs->science.nx - obs->center[0]),
             fmin(obs->center[1] - 1.0, (double)obs->science.ny - obs->center[1]));
    const double outer =
        settings->region.outer_radius > 0.0 ? settings->region.outer_radius : edge;
    const double inner = fmax(settings->region.inner_radius, obs->fwhm);
    double at = 0.0, low = 0.0, high = 0.0; /* turned since the first frame, degrees */

    if (!obs->references_are_science || !obs->has_angles) {
        return;
    }
    for (int64_t i = 1; i < obs->science.n_frame; i++) {
        at += remainder(frames[i].theta - frames[i - 1].theta, 360.0);
        low = fmin(low, at);
        high = fmax(high, at);
    }
    const double turn = (high - low) / radian;

    sqn__log_note(
        log,
        "the field turns by %.1f degrees: a source moves %.1f, %.1f, %.1f pixels at "
        "radius %.0f, %.0f, %.0f",
        high - low, turn * inner, 0.5 * turn * (inner + outer), turn * outer, inner,
        0.5 * (inner + outer), outer);
    if (turn * inner < obs->fwhm) {
        sqn__log_warn(
            log, SQN_W_SELF_SUBTRACTION, settings->path,
            "the field turns by %.1f degrees: within %.1f pixels of the star a source "
            "moves less than one fwhm (%.1f pixels) and is subtracted with the star",
            high - low, obs->fwhm / turn, obs->fwhm);
    }
}

static void judge_undetermined(const result *r)
{
    const int64_t count = r->basis.counts[r->basis.n_count - 1];
    const uint8_t *flags =
        r->basis.nmf != NULL ? sqn_nmf_undetermined(r->basis.nmf, count) : NULL;
    int64_t n = 0;

    for (int64_t p = 0; flags != NULL && p < r->obs.pixels.n_pix; p++) {
        n += flags[p] != 0;
    }
    if (n > 0) {
        sqn__log_warn(r->log, SQN_W_UNDETERMINED, r->settings->path,
                      "%" PRId64 " of %" PRId64
                      " pixels have fewer valid references than components (%" PRId64 ")",
                      n, r->obs.pixels.n_pix, count);
    }
}

static void judge_noise(const result *r)
{
    const int64_t n = r->obs.science.n_frame;
    double low = INFINITY, high = -INFINITY;
    int64_t n_off = 0;

    for (int64_t i = 0; i < n && r->obs.noise != READ_UNIFORM; i++) {
        const double chi2 = r->last.frames[i].chi2_reduced;

        if (chi2 < scale_low || chi2 > scale_high) {
            low = fmin(low, chi2);
            high = fmax(high, chi2);
            n_off++;
        }
    }
    if (n_off > 0) {
        sqn__log_warn(r->log, SQN_W_NOISE_SCALE, r->settings->path,
                      "the errors do not explain the residuals of %" PRId64 " of %" PRId64
                      " science frames (reduced chi2 %.2g to %.2g)",
                      n_off, n, low, high);
    }
}

/* Lowest mean of an annulus of one fwhm, in sigma of that mean, and its radius. */
static double lowest_annulus(double *radius, const result *r, int64_t plane)
{
    const disk *d = &r->disk;
    const double width = r->obs.fwhm;
    const int64_t n_ring = (int64_t)(hypot((double)d->nx, (double)d->ny) / width);
    double lowest = 0.0;

    for (int64_t ring = 0; ring < n_ring; ring++) {
        double sum = 0.0, variance = 0.0;

        for (int64_t p = 0; p < r->obs.pixels.n_pix; p++) {
            const int64_t at = r->obs.pixels.index[p], y = at / d->nx, x = at - y * d->nx;
            const double distance = hypot((double)(x + 1) - r->obs.center[0],
                                          (double)(y + 1) - r->obs.center[1]);
            const int64_t e = plane * d->ny * d->nx + at;

            if ((int64_t)(distance / width) == ring && !isnan(d->value.data[e])) {
                sum += d->value.data[e];
                variance += (double)d->error.data[e] * d->error.data[e];
            }
        }
        if (variance > 0.0 && sum / sqrt(variance) < lowest) {
            lowest = sum / sqrt(variance);
            *radius = ((double)ring + 0.5) * width;
        }
    }
    return lowest;
}

static void judge_oversubtraction(const result *r)
{
    /* A source that is its own reference leaves negative lobes whatever is excluded. */
    const char *fix = r->obs.references_are_science
                          ? "use fewer components, frames that turn further, or reference "
                            "stars: here the components hold part of the source"
                          : NULL;

    for (int64_t c = 0; c < r->disk.n_count; c++) {
        const int64_t count = r->basis.counts[c];
        double radius = 0.0;
        const double lowest = lowest_annulus(&radius, r, c); /* of the first group */

        if (lowest < over_sigma) {
            sqn__log_advise(
                r->log, SQN_W_OVERSUBTRACTION, r->settings->path, fix,
                "with %" PRId64 " component%s or more, the mean residual at "
                "%.0f pixels from the star is negative (%.1f sigma of its mean)",
                count, count == 1 ? "" : "s", radius, lowest);
            return;
        }
    }
}

void judge_result(const result *r)
{
    judge_undetermined(r);
    judge_noise(r);
    judge_oversubtraction(r);
}
