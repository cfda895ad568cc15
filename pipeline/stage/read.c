/** @file read.c @brief Stage 1: read the frames, and decide what headers and defaults leave. */
#include "read.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "mem.h"
#include "raise.h"
#include "scales.h"
#include "sequin/center.h"
#include "warn.h"

enum {
    BLOCK = 1024, /* pixels of which sums stay in the first cache */
    FEW = 4       /* frames added together */
};

/* A frame that is its own reference is modelled with itself. */
static bool share_file(const sqn_fits_stack *sci, const sqn_fits_stack *ref)
{
    for (int64_t i = 0; i < sci->n_frame; i++) {
        for (int64_t j = 0; j < ref->n_frame; j++) {
            if (strcmp(sci->frames[i].file, ref->frames[j].file) == 0) {
                return true;
            }
        }
    }
    return false;
}

static sqn_status compare_roles(const observation *obs, const sqn_log *log, sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science, *ref = &obs->reference_stack;

    if (obs->references_are_science) {
        return SQN_OK;
    }
    if (share_file(sci, ref)) {
        const sqn_status status =
            SQN_RAISE(err, E_DUPLICATE, "is a science file and a reference file");

        sqn__error_at(err, ref->frames[0].file, -1, NULL);
        sqn__error_mend(err,
                        "write 'references: science' for angular differential imaging");
        return status;
    }
    if (sci->ny != ref->ny || sci->nx != ref->nx) {
        const sqn_status status = SQN_RAISE(
            err, E_SHAPE,
            "frames are %" PRId64 " x %" PRId64 ", those of %s are %" PRId64 " x %" PRId64,
            ref->nx, ref->ny, sci->frames[0].file, sci->nx, sci->ny);

        sqn__error_at(err, ref->frames[0].file, ref->frames[0].hdu, NULL);
        return status;
    }
    if (strcmp(sci->unit, ref->unit) != 0) {
        sqn__log_warn(log, SQN_W_UNITS, ref->frames[0].file,
                      "BUNIT is '%s' here and '%s' in %s", ref->unit, sci->unit,
                      sci->frames[0].file);
    }
    return SQN_OK;
}

bool read_header_number(double *out, const sqn_fits_stack *stack, const char *keyword)
{
    return sqn_header_number(out, stack->image, keyword) ||
           sqn_header_number(out, stack->primary, keyword);
}

static sqn_status find_center(observation *obs, const config *settings, const sqn_log *log,
                              sqn_error *err)
{
    const config_region *region = &settings->region;
    const sqn_fits_stack *sci = &obs->science;
    const char *origin = "the middle of the frame";

    obs->center[0] = 0.5 * (double)(sci->nx + 1);
    obs->center[1] = 0.5 * (double)(sci->ny + 1);
    if (region->center.n == 2) {
        memcpy(obs->center, region->center.item, sizeof obs->center);
        origin = "region.center";
    } else if (region->center_from == CONFIG_CENTER_STAR) {
        double x, y;

        if (read_header_number(&x, sci, "STARCENX") &&
            read_header_number(&y, sci, "STARCENY")) {
            obs->center[0] = x;
            obs->center[1] = y;
            origin = "STARCENX/STARCENY";
        } else {
            sqn__log_warn(log, SQN_W_CENTER_ASSUMED, settings->path,
                          "the star is taken to stand in the middle of the frame (%g, %g)",
                          obs->center[0], obs->center[1]);
        }
    } else if (region->center_from == CONFIG_CENTER_CRPIX) {
        if (!read_header_number(&obs->center[0], sci, "CRPIX1") ||
            !read_header_number(&obs->center[1], sci, "CRPIX2")) {
            const sqn_status status = SQN_RAISE(err, E_FITS_HEADER, "no CRPIX1 and CRPIX2");

            sqn__error_at(err, sci->frames[0].file, sci->frames[0].hdu, "CRPIX1");
            return status;
        }
        origin = "CRPIX1/CRPIX2";
    }
    (void)snprintf(obs->center_origin, sizeof obs->center_origin, "%s", origin);
    sqn__log_note(log, "star at (%.2f, %.2f) FITS pixels, from %s", obs->center[0],
                  obs->center[1], origin);
    return SQN_OK;
}

static double valid_or_0(float x)
{
    return (double)(isnan(x) ? 0.0F : x);
}

static int32_t is_valid(float x)
{
    return isnan(x) ? 0 : 1;
}

/* Add the valid ones of n values. */
static void add_valid(double *restrict sum, int32_t *restrict n_valid,
                      const float *restrict x, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        sum[p] += valid_or_0(x[p]);
        n_valid[p] += is_valid(x[p]);
    }
}

/* Those of FEW frames, `step` apart, in order: sums are loaded and stored once for all. */
static void add_few(double *restrict sum, int32_t *restrict n_valid,
                    const float *restrict x, int64_t step, int64_t n)
{
    const float *restrict x1 = x + step, *restrict x2 = x1 + step, *restrict x3 = x2 + step;

    for (int64_t p = 0; p < n; p++) {
        sum[p] = sum[p] + valid_or_0(x[p]) + valid_or_0(x1[p]) + valid_or_0(x2[p]) +
                 valid_or_0(x3[p]);
        n_valid[p] += is_valid(x[p]) + is_valid(x1[p]) + is_valid(x2[p]) + is_valid(x3[p]);
    }
}

/* Mean of `n` pixels from `first` on, at most BLOCK, over all frames. */
static void average_block(float *out, const sqn_fits_stack *stack, int64_t first, int64_t n)
{
    const int64_t n_pix = stack->ny * stack->nx;
    double sum[BLOCK] = {0.0};
    int32_t n_valid[BLOCK] = {0};

    const float *data = stack->value.data + first;
    int64_t i = 0;

    for (; i + FEW <= stack->n_frame; i += FEW) {
        add_few(sum, n_valid, data + i * n_pix, n_pix, n);
    }
    for (; i < stack->n_frame; i++) {
        add_valid(sum, n_valid, data + i * n_pix, n);
    }
    for (int64_t p = 0; p < n; p++) {
        out[first + p] = n_valid[p] > 0 ? (float)(sum[p] / (double)n_valid[p]) : NAN;
    }
}

void read_mean_frame(float *out, const sqn_fits_stack *stack)
{
    const int64_t n_pix = stack->ny * stack->nx;

#pragma omp parallel for schedule(dynamic, 1) default(none) shared(out, stack, n_pix)
    for (int64_t p = 0; p < n_pix; p += BLOCK) {
        average_block(out, stack, p, n_pix - p < BLOCK ? n_pix - p : BLOCK);
    }
}

static double distance_to(const double point[2], const observation *obs)
{
    return hypot(point[0] - obs->center[0], point[1] - obs->center[1]);
}

/* Where the mean frame is symmetric about: a hint that the centre is wrong. */
static sqn_status check_center(const observation *obs, const char *where,
                               const sqn_log *log, sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    double found[2];
    sqn_status status = SQN_OK;
    /* the star without what surrounds it; at half the resolution where that says enough */
    status = sqn_center_estimate(found, obs->reference_mean, sci->ny, sci->nx, err);
    if (status == SQN_ERR_DATA || (status == SQN_OK && !(distance_to(found, obs) <= 1.0))) {
        status = sqn_center_find(found, obs->reference_mean, sci->ny, sci->nx, err);
    }
    if (status == SQN_ERR_DATA) {
        return SQN_OK; /* nothing stands out: nothing to compare with */
    }
    if (status != SQN_OK) {
        return status;
    }
    const double distance = distance_to(found, obs);

    if (distance > 2.0) {
        sqn__log_warn(log, SQN_W_CENTER_MISMATCH, where,
                      "the centre is (%.2f, %.2f), but the mean frame is symmetric about "
                      "(%.2f, %.2f), %.1f pixels away",
                      obs->center[0], obs->center[1], found[0], found[1], distance);
    }
    return SQN_OK;
}

/* Mean frame of the references, which outlives their pixels. */
static sqn_status average_references(observation *obs, sqn_error *err)
{
    const sqn_fits_stack *references = read_references(obs);
    float *mean = sqn__mem_reserve(references->ny * references->nx, sizeof *mean);

    obs->reference_mean = mean;
    if (mean == NULL) {
        return SQN_RAISE(err, E_MEM, "mean frame");
    }
    read_mean_frame(mean, references);
    return SQN_OK;
}

/* Which key left no pixel: the star is elsewhere, the hole or the mask takes all. */
static void blame_region(const observation *obs, const config *settings, sqn_error *err)
{
    const config_region *region = &settings->region;
    const double nx = (double)obs->science.nx, ny = (double)obs->science.ny;
    const double x = obs->center[0], y = obs->center[1];
    const bool inside = x >= 0.5 && x <= nx + 0.5 && y >= 0.5 && y <= ny + 0.5;
    const double farthest = hypot(fmax(x - 1.0, nx - x), fmax(y - 1.0, ny - y));
    const bool hole = region->inner_radius > farthest;

    (void)config_where(err->where, settings,
                       !inside                     ? "region.center"
                       : hole                      ? "region.inner_radius"
                       : region->mask_file != NULL ? "region.mask_file"
                                                   : "region.outer_radius");
    if (!inside) {
        sqn__error_mend(
            err, "give the star in FITS pixels of these frames, x 1 to %g, y 1 to %g", nx,
            ny);
    } else if (hole) {
        sqn__error_mend(err, "write an inner_radius below %.0f pixels, the farthest corner",
                        farthest);
    } else if (region->mask_file == NULL) {
        sqn__error_mend(err, "write a larger outer_radius, in pixels");
    }
}

static sqn_status choose_pixels(observation *obs, const config *settings, sqn_error *err)
{
    const config_region *region = &settings->region;
    char path[4096];
    sqn_cube mask = {0};
    sqn_status status = SQN_OK;

    if (region->mask_file != NULL) {
        SQN_TRY(sqn_fits_image_read(
            &mask, config_beside(path, sizeof path, settings, region->mask_file), err));
        if (mask.ny != obs->science.ny || mask.nx != obs->science.nx) {
            status = SQN_RAISE(err, E_SHAPE,
                               "region mask is %" PRId64 " x %" PRId64
                               ", frames of %s are %" PRId64 " x %" PRId64,
                               mask.nx, mask.ny, obs->science.frames[0].file,
                               obs->science.nx, obs->science.ny);
            sqn__error_at(err, path, -1, NULL);
            goto cleanup;
        }
    }
    const sqn_pixels_region chosen = {obs->center[0], obs->center[1], region->inner_radius,
                                      region->outer_radius, mask.data};

    status = sqn_pixels_init(&obs->pixels, obs->science.ny, obs->science.nx, &chosen, err);
    if (status == SQN_ERR_DATA) {
        blame_region(obs, settings, err);
    }

cleanup:
    sqn_cube_clear(&mask);
    return status;
}

/* Errors where both roles have them, else equal weights; said in either case. */
static sqn_status choose_noise_model(observation *obs, const config *settings,
                                     const sqn_log *log, sqn_error *err)
{
    const bool sci = obs->science.error.data != NULL;
    const bool ref = read_references(obs)->error.data != NULL;
    const config_noise model = settings->noise.model;

    if (model == CONFIG_NOISE_ERRORS && !(sci && ref)) {
        const sqn_status status = SQN_RAISE(
            err, E_ERRPLANE, "noise.model is errors, but the %s have no error planes",
            sci ? "references" : "science frames");

        sqn__error_at(err, settings->path, -1, NULL);
        sqn__error_mend(
            err, "name their error_hdu or error_files, or write noise.model: uniform");
        return status;
    }
    if (model == CONFIG_NOISE_AUTO && sci != ref) {
        sqn__log_warn(log, SQN_W_NOISE_MIXED, settings->path,
                      "only the %s have error planes: equal weights are used",
                      sci ? "science frames" : "references");
    } else if (model == CONFIG_NOISE_AUTO && !sci) {
        sqn__log_warn(log, SQN_W_NOISE_UNIFORM, settings->path,
                      "no error planes: equal weights are used, and the noise is measured "
                      "from the residuals");
    }
    obs->noise = model == CONFIG_NOISE_POISSON                 ? READ_POISSON
                 : model != CONFIG_NOISE_UNIFORM && sci && ref ? READ_ERRORS
                                                               : READ_UNIFORM;
    return SQN_OK;
}

sqn_status read_observation(observation *out, const config *settings, const sqn_log *log,
                            sqn_error *err)
{
    sqn_status status = SQN_OK;
    observation obs = {.references_are_science = settings->references_are_science,
                       .science_scale = 1.0,
                       .reference_scale = 1.0};
    const input_block science = {"science", &settings->science, false};
    const input_block references = {"references", &settings->references, true};

    *out = (observation){0};
    SQN_TRY(input_read(&obs.science, settings, &science, INT_MIN, log, err));
    if (!obs.references_are_science) {
        SQN_TRY(input_read(&obs.reference_stack, settings, &references,
                           obs.science.exponent, log, err));
    }
    SQN_TRY(compare_roles(&obs, log, err));
    SQN_TRY(find_center(&obs, settings, log, err));
    SQN_TRY(average_references(&obs, err));
    SQN_TRY(check_center(&obs, settings->path, log, err));
    SQN_TRY(choose_pixels(&obs, settings, err));
    SQN_TRY(sqn_wcs_create(&obs.wcs, obs.science.image, obs.science.nx, obs.science.ny,
                           obs.science.frames[0].file, log, err));
    SQN_TRY(scales_choose(&obs, settings, log, err));
    SQN_TRY(choose_noise_model(&obs, settings, log, err));
    *out = obs;
    obs = (observation){0};

cleanup:
    read_clear(&obs);
    return status;
}

const sqn_fits_stack *read_references(const observation *obs)
{
    return obs->references_are_science ? &obs->science : &obs->reference_stack;
}

void read_forget_references(observation *obs, int64_t last)
{
    sqn_fits_stack *stack = &obs->reference_stack;
    const int64_t n = (last + 1) * stack->ny * stack->nx;

    sqn__mem_forget(stack->value.data, 0, (size_t)n * sizeof *stack->value.data);
    sqn__mem_forget(stack->error.data, 0, (size_t)n * sizeof *stack->error.data);
}

sqn_rows_room read_reference_room(const observation *obs)
{
    const sqn_fits_stack *stack = &obs->reference_stack;

    return (sqn_rows_room){stack->value.data, stack->error.data, stack->ny * stack->nx};
}

void read_give_references(observation *obs)
{
    obs->reference_stack.value.data = obs->reference_stack.error.data = NULL;
}

void read_release_references(observation *obs)
{
    sqn_cube_clear(&obs->reference_stack.value);
    sqn_cube_clear(&obs->reference_stack.error);
}

void read_clear(observation *obs)
{
    sqn__mem_free(obs->reference_mean);
    sqn_fits_stack_clear(&obs->science);
    sqn_fits_stack_clear(&obs->reference_stack);
    sqn_pixels_clear(&obs->pixels);
    sqn_wcs_destroy(&obs->wcs);
    *obs = (observation){0};
}
