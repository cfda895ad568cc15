/** @file judge.c @brief What a result says against itself. */
#include "judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "peak.h"
#include "raise.h"
#include "scale.h"
#include "sequin/weights.h"
#include "warn.h"

static const double radian = 57.295779513082320877; /* degrees */
static const double over_sigma = -3.0;
static const double factor_low = 0.7, factor_high = 1.3;

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

    if (!obs->references_are_science) {
        return;
    }
    for (int64_t i = 1; i < obs->science.n_frame; i++) {
        at += remainder(frames[i].theta - frames[i - 1].theta, 360.0);
        low = fmin(low, at);
        high = fmax(high, at);
    }
    const double turn = (high - low) / radian;

    if (!(turn > 0.0)) {
        sqn__log_warn(log, SQN_W_SELF_SUBTRACTION, settings->path,
                      "the field does not turn%s: a source is subtracted with the star",
                      obs->has_angles ? "" : ", no science.angles are given");
        return;
    }
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
                      " pixels have too few valid references for %" PRId64 " components",
                      n, r->obs.pixels.n_pix, count);
    }
}

/* The factor that would bring the median frame to a reduced chi2 of 1. */
static sqn_status find_factor(double *factor, const result *r, sqn_error *err)
{
    const int64_t n = r->obs.science.n_frame;
    double *chi2 = sqn__mem_alloc(n, sizeof *chi2);

    if (chi2 == NULL) {
        return SQN_RAISE(err, E_MEM, "chi2 of %" PRId64 " frames", n);
    }
    for (int64_t i = 0; i < n; i++) {
        chi2[i] = r->last.frames[i].chi2_reduced;
    }
    *factor = sqrt(sqn_weights_median(chi2, n));
    sqn__mem_free(chi2);
    return SQN_OK;
}

static sqn_status judge_science_noise(const result *r, sqn_error *err)
{
    const int64_t n = r->obs.science.n_frame;
    double low = INFINITY, high = -INFINITY, factor = NAN;
    sqn_status status = SQN_OK;
    int64_t n_off = 0;

    for (int64_t i = 0; i < n; i++) {
        const double chi2 = r->last.frames[i].chi2_reduced;

        if (scale_is_off(chi2)) {
            low = fmin(low, chi2);
            high = fmax(high, chi2);
            n_off++;
        }
    }
    if (n_off == 0) {
        return SQN_OK;
    }
    SQN_TRY(find_factor(&factor, r, err));
    sqn__log_warn(r->log, SQN_W_NOISE_SCALE, r->settings->path,
                  "the errors do not explain the residuals of %" PRId64 " of %" PRId64
                  " science frames (reduced chi2 %.2g to %.2g; errors %.3g times as large "
                  "would explain the median frame)",
                  n_off, n, low, high, factor);

cleanup:
    return status;
}

static void judge_reference_noise(const result *r)
{
    const sqn_misfit *misfit = &r->basis.misfit;

    if (misfit->n_pix == 0) {
        return; /* the components were loaded */
    }
    scale_note(misfit, "references", r->log);
    if (!r->obs.references_are_science) {
        scale_judge(misfit, "references", r->settings->path, r->log);
    }
}

static sqn_status judge_noise(const result *r, sqn_error *err)
{
    if (r->obs.noise == READ_UNIFORM) {
        return SQN_OK;
    }
    judge_reference_noise(r);
    return judge_science_noise(r, err);
}

/* A factor far from 1 speaks of light that is not the star's. Those at the edge of their range
 * are told where they are found (W_BFF_EDGE). */
static void judge_factors(const result *r)
{
    const int64_t n = r->obs.science.n_frame;
    double low = INFINITY, high = -INFINITY;
    int64_t n_far = 0, first = 0;
    char which[96], range[32];

    for (int64_t i = 0; i < n; i++) {
        const target_frame *t = &r->last.frames[i];

        if (!t->at_edge && (t->factor < factor_low || t->factor > factor_high)) {
            first = n_far++ == 0 ? i + 1 : first;
            low = fmin(low, t->factor);
            high = fmax(high, t->factor);
        }
    }
    if (n_far == 0) {
        return;
    }
    if (n_far == 1) {
        (void)snprintf(which, sizeof which, "frame %" PRId64, first);
        (void)snprintf(range, sizeof range, "%.3g", low);
    } else {
        (void)snprintf(range, sizeof range, "%.3g to %.3g", low, high);
        (void)snprintf(which, sizeof which,
                       "%" PRId64 " of %" PRId64 " frames (first %" PRId64 ")", n_far, n,
                       first);
    }
    sqn__log_warn(r->log, SQN_W_SCALE, r->settings->path,
                  "the model of %s is scaled by %s: far from 1, as if other light than the "
                  "star's were fitted",
                  which, range);
}

/** The annulus of a combined image whose mean is lowest. */
typedef struct lowest {
    double mean;   /* (sigma of that mean) */
    double radius; /* (pixels) */
    int64_t group;
} lowest;

/** Annuli of one fwhm about the star. */
typedef struct annuli {
    int64_t n;
    int64_t *of;           /* [n_pix] annulus of each pixel of the region */
    double *sum, *squares; /* [n_plane, n] of the values and of their errors */
} annuli;

static void find_annuli(annuli *a, const result *r)
{
    const sqn_pixels *pixels = &r->obs.pixels;
    int64_t n = 0;

#pragma omp parallel for schedule(static) default(none) shared(a, r, pixels) \
    reduction(max                                                            \
              : n)
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t at = pixels->index[p], y = at / pixels->nx, x = at - y * pixels->nx;
        const double dx = (double)(x + 1) - r->obs.center[0];
        const double dy = (double)(y + 1) - r->obs.center[1];

        a->of[p] = (int64_t)(sqrt(dx * dx + dy * dy) / r->obs.fwhm);
        n = a->of[p] < n ? n : a->of[p] + 1;
    }
    a->n = n;
}

static sqn_status annuli_create(annuli *a, const result *r, sqn_error *err)
{
    const int64_t n_pix = r->obs.pixels.n_pix, n_plane = r->disk.n_group * r->disk.n_count;

    a->of = sqn__mem_reserve(n_pix, sizeof *a->of);
    if (a->of == NULL) {
        return SQN_RAISE(err, E_MEM, "annuli of %" PRId64 " pixels", n_pix);
    }
    find_annuli(a, r);
    a->sum = sqn__mem_alloc(sqn__mem_product(n_plane, a->n), sizeof *a->sum);
    a->squares = sqn__mem_alloc(sqn__mem_product(n_plane, a->n), sizeof *a->squares);
    return a->sum != NULL && a->squares != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "sums of %" PRId64 " annuli", a->n);
}

static void annuli_clear(annuli *a)
{
    sqn__mem_free(a->of);
    sqn__mem_free(a->sum);
    sqn__mem_free(a->squares);
}

static lowest lowest_annulus(const annuli *a, const result *r, int64_t plane)
{
    const disk *d = &r->disk;
    const float *value = d->value.data + plane * d->ny * d->nx;
    const float *error = d->error.data + plane * d->ny * d->nx;
    double *sum = a->sum + plane * a->n, *squares = a->squares + plane * a->n;
    lowest found = {0.0, 0.0, plane / d->n_count};

    for (int64_t p = 0; p < r->obs.pixels.n_pix; p++) {
        const int64_t e = r->obs.pixels.index[p];

        if (!isnan(value[e])) {
            sum[a->of[p]] += value[e];
            squares[a->of[p]] += (double)error[e] * error[e];
        }
    }
    for (int64_t k = 0; k < a->n; k++) {
        if (squares[k] > 0.0 && sum[k] / sqrt(squares[k]) < found.mean) {
            found.mean = sum[k] / sqrt(squares[k]);
            found.radius = ((double)k + 0.5) * r->obs.fwhm;
        }
    }
    return found;
}

/* Of all planes [n_group, n_count]. */
static void find_lowest(lowest *out, const annuli *a, const result *r)
{
    const int64_t n_plane = r->disk.n_group * r->disk.n_count;

#pragma omp parallel for schedule(static) default(none) shared(out, a, r, n_plane)
    for (int64_t i = 0; i < n_plane; i++) {
        out[i] = lowest_annulus(a, r, i);
    }
}

/* The worst group of the first count at which any is oversubtracted; true when there is one. */
static bool find_oversubtraction(lowest *worst, int64_t *i_count, const lowest *planes,
                                 const disk *d)
{
    for (int64_t c = 0; c < d->n_count; c++) {
        *worst = (lowest){0};
        *i_count = c;
        for (int64_t g = 0; g < d->n_group; g++) {
            const lowest *next = &planes[g * d->n_count + c];

            *worst = next->mean < worst->mean ? *next : *worst;
        }
        if (worst->mean < over_sigma) {
            return true;
        }
    }
    return false;
}

/* What helps with `count` components; a source that is its own reference leaves negative lobes
 * whatever is excluded. NULL: the id's own advice. */
static const char *oversubtraction_fix(const result *r, int64_t count)
{
    if (r->obs.references_are_science) {
        return count > 1 ? "use fewer components, frames that turn further, or reference "
                           "stars: here the components hold part of the source"
                         : "use frames that turn further, or reference stars: here the "
                           "components hold part of the source";
    }
    return r->excluded == NULL ? NULL
           : count > 1
               ? "use fewer components, or a larger exclude_* if light of the source "
                 "lies outside of it"
               : "use a larger exclude_* if light of the source lies outside of it";
}

static sqn_status judge_oversubtraction(const result *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    annuli a = {0};
    lowest worst = {0};
    lowest *planes = sqn__mem_alloc(r->disk.n_group * r->disk.n_count, sizeof *planes);
    int64_t c = 0;
    char where[96];

    if (planes == NULL) {
        status = SQN_RAISE(err, E_MEM, "annuli of the combined images");
        goto cleanup;
    }
    SQN_TRY(annuli_create(&a, r, err));
    find_lowest(planes, &a, r);
    if (find_oversubtraction(&worst, &c, planes, &r->disk)) {
        peak_group_text(where, sizeof where, &r->disk, worst.group);
        const int64_t count = r->basis.counts[c];

        sqn__log_advise(
            r->log, SQN_W_OVERSUBTRACTION, r->settings->path, oversubtraction_fix(r, count),
            "with %" PRId64 " component%s or more, the mean residual at "
            "%.0f pixels from the star is negative%s%s (%.1f sigma of its mean)",
            count, count == 1 ? "" : "s", worst.radius, where[0] != '\0' ? " in " : "",
            where, worst.mean);
    }

cleanup:
    annuli_clear(&a);
    sqn__mem_free(planes);
    return status;
}

sqn_status judge_result(const result *r, sqn_error *err)
{
    judge_undetermined(r);
    sqn_status status = judge_noise(r, err);

    judge_factors(r);
    return status == SQN_OK ? judge_oversubtraction(r, err) : status;
}
