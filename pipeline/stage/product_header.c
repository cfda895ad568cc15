/** @file product_header.c @brief Provenance and coordinates that every product carries. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "product.h"
#include "raise.h"
#include "sequin/version.h"

/* Cards that speak of the orientation of the old array. */
static const char *const orientation[] = {"ORIENTAT", "PA_APER", "ROLL_REF",
                                          "PARANTEL", "CROTA1",  "CROTA2"};
enum { N_ORIENTATION = sizeof orientation / sizeof orientation[0] };

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

const char *product_role(char out[PRODUCT_ROLE_MAX], const char *role,
                         const sqn_fits_input *input)
{
    const bool is_frames = strcmp(input->kind, "frames") == 0;
    const bool is_angles = strcmp(input->kind, "angles") == 0; /* those of science */

    (void)snprintf(out, PRODUCT_ROLE_MAX, "%s%s%s", is_angles ? "" : role,
                   is_frames || is_angles ? "" : " ", is_frames ? "" : input->kind);
    return out;
}

static sqn_status add_inputs(sqn_header *header, const sqn_fits_stack *stack,
                             const char *role, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char line[512], what[PRODUCT_ROLE_MAX];

    for (int64_t i = 0; i < stack->n_input; i++) {
        (void)snprintf(line, sizeof line, "sequin input %s: %s DATASUM %s",
                       product_role(what, role, &stack->inputs[i]),
                       last_part(stack->inputs[i].file), stack->inputs[i].datasum);
        SQN_TRY(sqn_header_add_history(header, line, err));
    }

cleanup:
    return status;
}

/* The configuration, one HISTORY card a line. */
static sqn_status add_configuration(sqn_header *header, const config *settings,
                                    sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(config_dump(&text, settings, false, err));
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        char card[1024];

        if (end != NULL) {
            *end++ = '\0';
        }
        (void)snprintf(card, sizeof card, "sequin config: %s", line);
        SQN_TRY(sqn_header_add_history(header, card, err));
        line = end;
    }

cleanup:
    free(text);
    return status;
}

/* Take the old orientation out of a header and into its HISTORY. */
static sqn_status forget_orientation(sqn_header *header, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char value[80], line[160];

    for (int k = 0; k < N_ORIENTATION; k++) {
        if (!sqn_header_text(value, sizeof value, header, orientation[k])) {
            continue;
        }
        (void)snprintf(line, sizeof line, "sequin: input %s = %s (before turning)",
                       orientation[k], value);
        (void)sqn_header_remove(header, orientation[k]);
        SQN_TRY(sqn_header_add_history(header, line, err));
    }

cleanup:
    return status;
}

sqn_status product_start(sqn_fits_product **out, const result *r, const char *step,
                         bool turned, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    char line[160];

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_merge(header, r->obs.science.primary, err));
    if (turned) {
        SQN_TRY(forget_orientation(header, err));
    }
    (void)snprintf(line, sizeof line, "sequin %s", sqn_version());
    SQN_TRY(
        sqn_header_set_text(header, "CREATOR", line, "program that made this file", err));
    SQN_TRY(sqn_header_set_integer(header, "SEED", r->settings->components.seed,
                                   "seed of the random start", err));
    (void)snprintf(line, sizeof line, "sequin %s: %s", sqn_version(), step);
    SQN_TRY(sqn_header_add_history(header, line, err));
    SQN_TRY(add_inputs(header, &r->obs.science, "science", err));
    if (!r->obs.references_are_science) {
        SQN_TRY(add_inputs(header, &r->obs.reference_stack, "reference", err));
    }
    SQN_TRY(add_configuration(header, r->settings, err));
    SQN_TRY(sqn_fits_product_create(out, header, r->log, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

static const char *noise_word(read_noise noise)
{
    switch (noise) {
    case READ_ERRORS:
        return "errors";
    case READ_POISSON:
        return "poisson";
    case READ_UNIFORM:
        break;
    }
    return "uniform: measured";
}

static sqn_status add_star(sqn_header *header, const double center[2], sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_set_number(header, "STARCENX", center[0], "star, FITS pixels", err));
    SQN_TRY(sqn_header_set_number(header, "STARCENY", center[1], "star, FITS pixels", err));
    SQN_TRY(sqn_header_set_number(header, "PSFCENTX", center[0] - 1.0,
                                  "star, counted from 0", err));
    SQN_TRY(sqn_header_set_number(header, "PSFCENTY", center[1] - 1.0,
                                  "star, counted from 0", err));

cleanup:
    return status;
}

/* Without a sky: offsets from the star in pixels, further axes counted from 1. */
static sqn_status add_pixel_axes(sqn_header *header, const double center[2], int n_axis,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    char key[16];

    for (int a = 1; a <= n_axis && status == SQN_OK; a++) {
        const double crpix = a <= 2 ? center[a - 1] : 1.0;

        (void)snprintf(key, sizeof key, "CRPIX%c", '0' + a);
        status = sqn_header_set_number(header, key, crpix, a <= 2 ? "star" : "", err);
        (void)snprintf(key, sizeof key, "CRVAL%c", '0' + a);
        status = status != SQN_OK
                     ? status
                     : sqn_header_set_number(header, key, a <= 2 ? 0.0 : 1.0, "", err);
        (void)snprintf(key, sizeof key, "CDELT%c", '0' + a);
        status =
            status != SQN_OK ? status : sqn_header_set_number(header, key, 1.0, "", err);
    }
    SQN_TRY(status);
    SQN_TRY(sqn_header_set_text(header, "CTYPE1", "XPIXEL", "offset from the star (pixels)",
                                err));
    SQN_TRY(sqn_header_set_text(header, "CTYPE2", "YPIXEL", "offset from the star (pixels)",
                                err));

cleanup:
    return status;
}

sqn_status product_image_header(sqn_header **out, const result *r, double theta,
                                bool north_up, int n_axis, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    const observation *obs = &r->obs;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(add_star(header, obs->center, err));
    SQN_TRY(sqn_header_set_text(header, "NOISEMOD", noise_word(obs->noise),
                                "where ERR comes from", err));
    if (obs->wcs != NULL) {
        SQN_TRY(sqn_wcs_turned(header, obs->wcs, obs->center, theta, n_axis, r->log, err));
    } else if (north_up && isfinite(obs->pixel_scale)) {
        SQN_TRY(sqn_wcs_offsets(header, obs->center, obs->pixel_scale, n_axis, err));
    } else {
        SQN_TRY(add_pixel_axes(header, obs->center, n_axis, err));
    }
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    return status;
}

sqn_status product_sigma(sqn_cube *out, const sqn_cube *variance, sqn_error *err)
{
    const int64_t n = variance->n_frame * variance->ny * variance->nx;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_cube_init(out, variance->n_frame, variance->ny, variance->nx, err));
    for (int64_t e = 0; e < n; e++) {
        out->data[e] = sqrtf(variance->data[e]);
    }

cleanup:
    return status;
}
