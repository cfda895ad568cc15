/** @file present.c @brief Stage 6a: the pictures of a run. */
#include "present.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "basis_picture.h"
#include "basis_product.h"
#include "gallery.h"
#include "mem.h"
#include "outline.h"
#include "peak.h"
#include "pictures.h"
#include "plot_frames.h"
#include "plot_profiles.h"
#include "profile.h"
#include "raise.h"

void present_title(char *out, size_t size, const result *r)
{
    session_title(out, size, r->settings, &r->obs.science);
}

/* Where images of a group (-1: of all frames) lie on the sky: turned North up, or as the
 * detector saw them. */
static plot_sky sky_of(const result *r, bool turned, int64_t group)
{
    const observation *obs = &r->obs;
    plot_sky sky = {.star_x = obs->center[0],
                    .star_y = obs->center[1],
                    .pixel_scale = obs->pixel_scale,
                    .north_angle = NAN,
                    .turns = !turned && outline_turns(r, group)};

    if (turned) {
        sky.north_angle = 0.0;
    } else if (obs->has_angles && !sky.turns) {
        sky.north_angle = -obs->science.frames[outline_first(r, group)]
                               .theta; /* that turn brings North to +y */
    } else if (obs->wcs != NULL && !sky.turns) {
        const double pa = sqn_wcs_position_angle(obs->wcs, obs->center);

        sky.north_angle = sqn_wcs_is_left_handed(obs->wcs) ? -pa : pa;
    }
    if (!isnan(sky.north_angle)) {
        sky.mirrored = obs->wcs != NULL && !sqn_wcs_is_left_handed(obs->wcs);
    }
    return sky;
}

/* Write n values times 2^exponent. */
static void to_true_unit(float *out, const float *values, int64_t n, int exponent)
{
    const double unit = ldexp(1.0, exponent); /* products are exact: ldexpf(), but quick */

    for (int64_t e = 0; e < n; e++) {
        out[e] = (float)((double)values[e] * unit);
    }
}

static sqn_status draw_curve(const char *path, const void *of, const char *title,
                             sqn_error *err)
{
    const result *r = of;

    return basis_picture_curve(path, &r->basis, &r->curve, title, err);
}

static sqn_status draw_components(const char *path, const void *of, const char *title,
                                  sqn_error *err)
{
    const result *r = of;
    sqn_status status = SQN_OK;
    sqn_cube cube = {0};

    SQN_TRY(basis_product_images(&cube, &r->basis, &r->obs.pixels, err));
    SQN_TRY(basis_picture_components(path, &r->basis, &cube, title, err));

cleanup:
    sqn_cube_clear(&cube);
    return status;
}

/* Of several groups the one that the verdict speaks of. */
static sqn_status draw_disk(const char *path, const void *of, const char *title,
                            sqn_error *err)
{
    const result *r = of;
    const disk *d = &r->disk;
    const int64_t n_pix = d->ny * d->nx, group = peak_of_count(d, d->n_count - 1).group;
    const int64_t first = group * d->n_count * n_pix;
    sqn_status status = SQN_OK;
    uint8_t *excluded = NULL;
    float *images = sqn__mem_alloc(d->n_count * n_pix, sizeof *images);
    char where[96], heading[224];

    if (images == NULL) {
        return SQN_RAISE(err, E_MEM, "picture of %d x %d pixels", (int)d->nx, (int)d->ny);
    }
    to_true_unit(images, d->value.data + first, d->n_count * n_pix,
                 r->obs.science.exponent);
    peak_group_text(where, sizeof where, d, group);
    (void)snprintf(heading, sizeof heading, "%s%s%s", title, where[0] != '\0' ? ", " : "",
                   where);
    SQN_TRY(outline_make(&excluded, r, group, err));
    const plot_disk_data data = {
        d->n_count,      d->ny,
        d->nx,           images,
        r->basis.counts, d->snr.data + first + (d->n_count - 1) * n_pix,
        excluded,        r->obs.science.unit,
        heading,         sky_of(r, r->obs.derotate, group)};

    SQN_TRY(plot_disk(path, &data, err));

cleanup:
    sqn__mem_free(excluded);
    sqn__mem_free(images);
    return status;
}

static sqn_status draw_input(const char *path, const void *of, const char *title,
                             sqn_error *err)
{
    const result *r = of;
    const sqn_fits_stack *sci = &r->obs.science;
    const int64_t n_pix = sci->ny * sci->nx;
    sqn_status status = SQN_OK;
    float *science = sqn__mem_alloc(n_pix, sizeof *science);
    float *reference = sqn__mem_alloc(n_pix, sizeof *reference);

    if (science == NULL || reference == NULL) {
        status = SQN_RAISE(err, E_MEM, "mean frames");
        goto cleanup;
    }
    read_mean_frame(science, sci);
    to_true_unit(science, science, n_pix, sci->exponent);
    to_true_unit(reference, r->obs.reference_mean, n_pix, sci->exponent);
    const plot_input_data data = {sci->ny,
                                  sci->nx,
                                  science,
                                  r->obs.references_are_science ? NULL : reference,
                                  r->excluded, /* of the first frame */
                                  r->settings->region.inner_radius,
                                  r->settings->region.outer_radius,
                                  sci->unit,
                                  title,
                                  sky_of(r, false, -1)};

    SQN_TRY(plot_input(path, &data, err));

cleanup:
    sqn__mem_free(science);
    sqn__mem_free(reference);
    return status;
}

static sqn_status draw_profiles(const char *path, const void *of, const char *title,
                                sqn_error *err)
{
    const result *r = of;
    sqn_status status = SQN_OK;
    profile p = {0};

    SQN_TRY(profile_make(&p, &r->obs, &r->last, err));
    const plot_profiles_data data = {p.n,
                                     p.radius,
                                     p.data,
                                     p.model,
                                     p.residual,
                                     p.noise,
                                     r->obs.pixel_scale,
                                     r->obs.science.unit,
                                     title};

    SQN_TRY(plot_profiles(path, &data, err));

cleanup:
    profile_clear(&p);
    return status;
}

static sqn_status draw_frames(const char *path, const void *of, const char *title,
                              sqn_error *err)
{
    const result *r = of;
    enum { FACTOR, CHI2, SIGMA, MISSING, SHIFT, N_SERIES };
    const sqn_fits_stack *sci = &r->obs.science;
    const int64_t n = sci->n_frame;
    const double unit = ldexp(1.0, sci->exponent);
    double *values = sqn__mem_alloc(sqn__mem_product(N_SERIES, n), sizeof *values);
    sqn_status status = SQN_OK;

    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "picture of %" PRId64 " frames", n);
    }
    for (int64_t i = 0; i < n; i++) {
        const target_frame *t = &r->last.frames[i];

        values[FACTOR * n + i] = t->factor;
        values[CHI2 * n + i] = t->chi2_reduced;
        values[SIGMA * n + i] = t->sigma * unit;
        values[MISSING * n + i] = (double)sci->frames[i].n_missing;
        values[SHIFT * n + i] = NAN; /* frames come aligned: nothing measures shifts */
    }
    const plot_frames_data data = {.n = n,
                                   .factor = values + FACTOR * n,
                                   .chi2_reduced = values + CHI2 * n,
                                   .sigma = values + SIGMA * n,
                                   .missing = values + MISSING * n,
                                   .shift_x = values + SHIFT * n,
                                   .shift_y = values + SHIFT * n,
                                   .unit = sci->unit,
                                   .title = title};

    SQN_TRY(plot_frames(path, &data, err));

cleanup:
    sqn__mem_free(values);
    return status;
}

/** The dearest first. */
static const gallery_picture pictures[] = {
    {"components.png", draw_components}, {"disk.png", draw_disk},
    {"input.png", draw_input},           {"profiles.png", draw_profiles},
    {"frames.png", draw_frames},         {"frv.png", draw_curve},
};

sqn_status present_pictures(directory *dir, const result *r, sqn_error *err)
{
    char title[128];
    const gallery all = {pictures, sizeof pictures / sizeof pictures[0], r, title};

    present_title(title, sizeof title, r);
    return gallery_draw(dir, &all, r->log, err);
}
