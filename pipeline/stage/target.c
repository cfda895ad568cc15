/** @file target.c @brief Stage 3a: exclusion, and the exact fit of the science frames. */
#include "target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/exclude.h"
#include "warn.h"

static const double uncovered_warning = 0.10, uncovered_error = 0.90, large_warning = 0.5;

/* The shapes of the configuration; the mask is read into `mask`. */
static sqn_status read_shapes(sqn_exclude *shapes, sqn_cube *mask, const observation *obs,
                              const config *settings, sqn_error *err)
{
    const config_model *m = &settings->model;
    sqn_status status = SQN_OK;

    *shapes = (sqn_exclude){
        .has_annulus = m->exclude_annulus.n == 2,
        .has_ellipse = m->exclude_ellipse.given,
        .axis_ratio = m->exclude_ellipse.axis_ratio,
        .position_angle = m->exclude_ellipse.position_angle,
        .n_circle = m->exclude_circles.n / 3,
        .circles = (const double(*)[3])m->exclude_circles.item,
    };
    if (shapes->has_annulus) {
        memcpy(shapes->annulus, m->exclude_annulus.item, sizeof shapes->annulus);
    }
    if (shapes->has_ellipse) {
        memcpy(shapes->semi_major, m->exclude_ellipse.semi_major.item,
               sizeof shapes->semi_major);
    }
    if (m->exclude_mask != NULL) {
        char path[4096];

        (void)config_beside(path, sizeof path, settings, m->exclude_mask);
        SQN_TRY(sqn_fits_image_read(mask, path, err));
        if (mask->ny != obs->science.ny || mask->nx != obs->science.nx) {
            status = SQN_RAISE(err, E_SHAPE,
                               "exclude_mask is %" PRId64 " x %" PRId64
                               ", frames of %s are %" PRId64 " x %" PRId64,
                               mask->nx, mask->ny, obs->science.frames[0].file,
                               obs->science.nx, obs->science.ny);
            sqn__error_at(err, path, -1, NULL);
            goto cleanup;
        }
        shapes->mask = mask->data;
    }

cleanup:
    return status;
}

/* A frame of which nothing is fitted has no model at all. */
static sqn_status check_frames(const uint8_t *excluded, const observation *obs,
                               const char *where, sqn_error *err)
{
    const int64_t n_pix = obs->science.ny * obs->science.nx;

    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        int64_t n_data = 0, n_fitted = 0;

        for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
            const int64_t e = i * n_pix + obs->pixels.index[p];

            n_data += obs->science.flags[e] == 0;
            n_fitted += obs->science.flags[e] == 0 && excluded[e] == 0;
        }
        if (n_data > 0 && n_fitted == 0) {
            const sqn_status status =
                SQN_RAISE(err, E_DATA_EMPTY,
                          "the excluded shapes leave no pixel to fit of frame %" PRId64
                          " (%" PRId64 " with data)",
                          i + 1, n_data);

            sqn__error_at(err, where, -1, NULL);
            sqn__error_mend(err, "make the excluded shape smaller");
            return status;
        }
    }
    return SQN_OK;
}

/* Share of the region that is excluded on average; and, when the science frames are the
 * references, the share of excluded pixels that no frame covers. */
static sqn_status check_coverage(const uint8_t *excluded, const observation *obs,
                                 const char *where, const sqn_log *log, sqn_error *err)
{
    const int64_t n_pix = obs->science.ny * obs->science.nx, n_frame = obs->science.n_frame;
    int64_t n_excluded = 0, n_touched = 0, n_uncovered = 0;

    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        int64_t hits = 0, covered = 0;

        for (int64_t i = 0; i < n_frame; i++) {
            const int64_t e = i * n_pix + obs->pixels.index[p];

            hits += excluded[e];
            covered += excluded[e] == 0 && obs->science.flags[e] == 0;
        }
        n_excluded += hits;
        n_touched += hits > 0;
        n_uncovered += hits > 0 && covered == 0;
    }
    const double share = (double)n_excluded / (double)(obs->pixels.n_pix * n_frame);
    const double lost = n_touched > 0 ? (double)n_uncovered / (double)n_touched : 0.0;

    if (share > large_warning) {
        sqn__log_warn(log, SQN_W_EXCLUDE_LARGE, where,
                      "%.0f %% of the region is excluded from the fit", 100.0 * share);
    }
    if (!obs->references_are_science || lost <= uncovered_warning) {
        return SQN_OK;
    }
    if (lost > uncovered_error) {
        const sqn_status status =
            SQN_RAISE(err, E_EXCLUDE_UNCOVERED,
                      "no frame covers %.0f %% of the excluded pixels: they have no model",
                      100.0 * lost);

        sqn__error_at(err, where, -1, NULL);
        return status;
    }
    sqn__log_warn(log, SQN_W_EXCLUDE_UNCOVERED, where,
                  "no frame covers %.0f %% of the excluded pixels: they have no model",
                  100.0 * lost);
    return SQN_OK;
}

/* True when the shapes exclude a pixel of the region in any frame; `scratch` [ny, nx]. */
static bool takes_pixels(uint8_t *scratch, const observation *obs,
                         const sqn_exclude *shapes, bool sky)
{
    const sqn_fits_stack *sci = &obs->science;

    for (int64_t i = 0; i < (sky ? sci->n_frame : 1); i++) {
        sqn_exclude_frame(scratch, sci->ny, sci->nx, shapes, obs->center,
                          sky ? sci->frames[i].theta : 0.0);
        for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
            if (scratch[obs->pixels.index[p]] != 0) {
                return true;
            }
        }
    }
    return false;
}

/** Where shapes are checked, one by one. */
typedef struct shape_check {
    uint8_t *scratch; /* [ny, nx] */
    const observation *obs;
    const config *settings;
    const sqn_log *log;
    bool sky;
} shape_check;

/* Warn of a shape, called `what`, that lies nowhere. */
static void check_shape(const shape_check *c, const sqn_exclude *shape, const char *key,
                        const char *what)
{
    char where[SQN_ERROR_WHERE_MAX];

    if (!takes_pixels(c->scratch, c->obs, shape, c->sky)) {
        sqn__log_warn(c->log, SQN_W_EXCLUDE, config_where(where, c->settings, key),
                      "%s excludes no pixel of the region (%" PRId64 " of %" PRId64
                      " x %" PRId64 " pixels, star at (%g, %g))",
                      what, c->obs->pixels.n_pix, c->obs->science.nx, c->obs->science.ny,
                      c->obs->center[0], c->obs->center[1]);
    }
}

/* Every shape is there to exclude something: one that does not was given in another unit. */
static void check_shapes(const shape_check *c, const sqn_exclude *all)
{
    char what[128];

    if (all->has_annulus) {
        const sqn_exclude one = {.has_annulus = true,
                                 .annulus = {all->annulus[0], all->annulus[1]}};

        (void)snprintf(what, sizeof what, "the annulus [%g, %g]", one.annulus[0],
                       one.annulus[1]);
        check_shape(c, &one, "model.exclude_annulus", what);
    }
    if (all->has_ellipse) {
        sqn_exclude one = *all;

        one.has_annulus = false;
        one.n_circle = 0;
        one.mask = NULL;
        (void)snprintf(what, sizeof what, "the ellipse of semi_major [%g, %g]",
                       one.semi_major[0], one.semi_major[1]);
        check_shape(c, &one, "model.exclude_ellipse", what);
    }
    for (int64_t k = 0; k < all->n_circle; k++) {
        const double *circle = all->circles[k];
        const sqn_exclude one = {.n_circle = 1, .circles = &all->circles[k]};

        (void)snprintf(what, sizeof what, "the circle [%g, %g, %g]", circle[0], circle[1],
                       circle[2]);
        check_shape(c, &one, "model.exclude_circles", what);
    }
    if (all->mask != NULL) {
        const sqn_exclude one = {.mask = all->mask};

        check_shape(c, &one, "model.exclude_mask", "the mask");
    }
}

bool target_on_sky(const observation *obs, const config *settings)
{
    return settings->model.exclude_frame == CONFIG_FRAME_SKY ||
           (settings->model.exclude_frame == CONFIG_FRAME_AUTO && obs->has_angles);
}

sqn_status target_exclude(uint8_t **out, const observation *obs, const config *settings,
                          const sqn_log *log, sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    const bool sky = target_on_sky(obs, settings);
    sqn_status status = SQN_OK;
    sqn_exclude shapes;
    sqn_cube mask = {0};
    uint8_t *excluded = NULL;

    *out = NULL;
    SQN_TRY(read_shapes(&shapes, &mask, obs, settings, err));
    if (!sqn_exclude_any(&shapes)) {
        goto cleanup;
    }
    excluded = sqn__mem_alloc(sqn__mem_product(sci->n_frame, sci->ny * sci->nx), 1);
    if (excluded == NULL) {
        status = SQN_RAISE(err, E_MEM, "exclusion of %" PRId64 " frames", sci->n_frame);
        goto cleanup;
    }
    const shape_check check = {excluded, obs, settings, log, sky};

    check_shapes(&check, &shapes);
    for (int64_t i = 0; i < sci->n_frame; i++) {
        sqn_exclude_frame(excluded + i * sci->ny * sci->nx, sci->ny, sci->nx, &shapes,
                          obs->center, sky ? sci->frames[i].theta : 0.0);
    }
    SQN_TRY(check_frames(excluded, obs, settings->path, err));
    SQN_TRY(check_coverage(excluded, obs, settings->path, log, err));
    *out = excluded;
    excluded = NULL;

cleanup:
    sqn__mem_free(excluded);
    sqn_cube_clear(&mask);
    return status;
}

sqn_status target_outline(uint8_t **out, const observation *obs, const config *settings,
                          sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_exclude shapes;
    sqn_cube mask = {0};

    *out = NULL;
    SQN_TRY(read_shapes(&shapes, &mask, obs, settings, err));
    if (!sqn_exclude_any(&shapes)) {
        goto cleanup;
    }
    *out = sqn__mem_alloc(obs->science.ny * obs->science.nx, 1);
    if (*out == NULL) {
        status = SQN_RAISE(err, E_MEM, "outline of the exclusion");
        goto cleanup;
    }
    sqn_exclude_frame(*out, obs->science.ny, obs->science.nx, &shapes, obs->center, 0.0);

cleanup:
    sqn_cube_clear(&mask);
    return status;
}

sqn_status target_fit(target *out, const observation *obs, const basis *b,
                      const config *settings, const uint8_t *excluded, sqn_error *err)
{
    sqn_status status = SQN_OK;

    /* The fit keeps a pointer to the basis: it must be where it stays. */
    *out = (target){.basis = {b->n_count, b->components,
                              settings->components.background == CONFIG_BACKGROUND_FLAT}};
    SQN_TRY(weigh_variance(&out->variance, &obs->science, obs, settings, err));
    const weigh_frames frames = {&obs->science, &obs->pixels, obs->noise, out->variance,
                                 excluded};
    const sqn_rows rows = weigh_rows(&frames);

    SQN_TRY(sqn_target_fit(&out->fit, &out->basis, &rows, err));

cleanup:
    if (status != SQN_OK) {
        target_clear(out);
    }
    return status;
}

void target_clear(target *t)
{
    sqn_target_destroy(&t->fit);
    sqn__mem_free(t->variance);
    *t = (target){0};
}
