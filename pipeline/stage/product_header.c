/** @file product_header.c @brief Provenance and coordinates that every product carries. */
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "product.h"
#include "provenance.h"
#include "raise.h"

/* Cards that speak of the orientation of the old array. */
static const char *const orientation[] = {"ORIENTAT", "PA_APER", "ROLL_REF",
                                          "PARANTEL", "CROTA1",  "CROTA2"};
enum { N_ORIENTATION = sizeof orientation / sizeof orientation[0] };

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

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_merge(header, r->obs.science.primary, err));
    if (turned) {
        SQN_TRY(forget_orientation(header, err));
    }
    SQN_TRY(provenance_add_step(header, r->settings, step, err));
    SQN_TRY(provenance_add_inputs(header, &r->obs.science, "science", err));
    if (!r->obs.references_are_science) {
        SQN_TRY(provenance_add_inputs(header, &r->obs.reference_stack, "reference", err));
    }
    SQN_TRY(provenance_add_configuration(header, r->settings, err));
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
