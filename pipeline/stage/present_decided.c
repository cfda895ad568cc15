/** @file present_decided.c @brief What the report says was decided by default. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "count.h"
#include "present.h"

/** Rows being written. */
typedef struct writer {
    present_decided *out;
    const result *r;
} writer;

/* Add a row for a key, unless a value was written (auto is none). */
SQN_PRINTF(3, 4)
static void add(const writer *w, const char *key, const char *format, ...)
{
    present_decided *out = w->out;
    va_list args;

    if ((config_given(w->r->settings, key) && strcmp(key, "model.scaling") != 0) ||
        out->n == PRESENT_DECIDED_MAX) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(out->text[out->n], sizeof out->text[0], format, args);
    va_end(args);
    out->row[out->n] = (report_row){key, out->text[out->n]};
    out->n++;
}

static void add_input(const writer *w)
{
    const observation *obs = &w->r->obs;
    const config_input *given = &w->r->settings->science;
    const bool has_noise = given->variance_hdu != NULL || given->ivar_hdu != NULL ||
                           given->error_files.n > 0 || given->variance_files.n > 0 ||
                           given->ivar_files.n > 0;

    add(w, "science.hdu", "HDU %d of the first file", obs->science.frames[0].hdu);
    if (!has_noise) {
        add(w, "science.error_hdu", "%s",
            obs->science.error.data != NULL ? "errors found beside the data"
                                            : "no errors found");
    }
    if (given->quality_files.n == 0) {
        add(w, "science.quality_hdu", "%s",
            obs->science.dq != NULL ? "flags found beside the data" : "no flags found");
    }
    if (isnan(obs->pixel_scale)) {
        add(w, "science.pixel_scale", "unknown: axes in pixels");
    } else {
        add(w, "science.pixel_scale", "%.6g arcsec, from %s", obs->pixel_scale,
            obs->wcs != NULL ? "the WCS" : "PIXSCALE");
    }
    add(w, "science.fwhm", "%g pixels, assumed", obs->fwhm);
    if (!obs->has_angles) {
        add(w, "science.angles", "none: frames are not turned");
    }
    add(w, "region.center", "(%.2f, %.2f) FITS pixels, from %s", obs->center[0],
        obs->center[1], obs->center_origin);
}

static void add_components(const writer *w)
{
    const basis *b = &w->r->basis;
    const config *c = w->r->settings;
    const int64_t first = b->counts[0], last = b->counts[b->n_count - 1];

    if (c->components.load == NULL) {
        add(w, "components.holdout", "%g", count_holdout(c));
        add(w, "components.count", "%" PRId64 ": the smaller of 10 and %s", b->n_comp,
            w->r->obs.references_are_science ? "half the frames"
                                             : "the number of references");
        add(w, "noise.negatives", "%s",
            c->components.method == CONFIG_METHOD_MU ? "zero, as mu needs" : "keep");
    }
    if (b->n_count == 1) {
        add(w, "model.counts", "%" PRId64, last);
    } else {
        add(w, "model.counts", "all %" PRId64 ", %" PRId64 " to %" PRId64, b->n_count,
            first, last);
    }
}

void present_decide(present_decided *out, const result *r)
{
    static const char *const noise[] = {"errors", "poisson", "uniform"};
    const writer w = {out, r};

    out->n = 0;
    add_input(&w);
    add(&w, "noise.model", "%s", noise[r->obs.noise]);
    add_components(&w);
    if (r->settings->model.scaling == CONFIG_SCALING_AUTO) {
        const config_scaling scaling = target_scaling(&r->obs, r->settings, r->excluded);

        add(&w, "model.scaling", "%s",
            scaling == CONFIG_SCALING_IMPUTATION ? "imputation, as pixels are excluded"
            : scaling == CONFIG_SCALING_NONE ? "none, as frames are their own references"
                                             : "bff, as no pixel is excluded");
    }
    if (r->excluded != NULL) {
        add(&w, "model.exclude_frame", "%s",
            target_on_sky(&r->obs, r->settings) ? "sky, as there are angles"
                                                : "detector, as there are no angles");
    }
    add(&w, "combine.derotate", "%s",
        r->obs.derotate ? "true, as there are angles" : "false, as there are no angles");
}
