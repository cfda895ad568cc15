/** @file simulate_product.c @brief A simulation as FITS products. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"
#include "scene.h"
#include "sequin/header.h"
#include "simulate.h"

static const double degree = 3.141592653589793 / 180.0;

/* --- Cards ----------------------------------------------------------------------------- */

/* The block of the configuration, one HISTORY card a key. */
static sqn_status add_numbers(sqn_header *header, const config_simulate *o, sqn_error *err)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"size", (double)o->size},
        {"n_references", (double)o->n_references},
        {"n_science", (double)o->n_science},
        {"seed", (double)o->seed},
        {"fwhm", o->fwhm},
        {"pixel_scale", o->pixel_scale},
        {"obstruction", o->obstruction},
        {"spiders", (double)o->spiders},
        {"spider_width", o->spider_width},
        {"static_rms", o->static_rms},
        {"drift_rms", o->drift_rms},
        {"drift_correlation", o->drift_correlation},
        {"power_law", o->power_law},
        {"mask_radius", o->mask_radius},
        {"lyot_stop", o->lyot_stop},
        {"charge", (double)o->charge},
        {"jitter", o->jitter},
        {"star_flux", o->star_flux},
        {"reference_flux", o->reference_flux},
        {"exposure", o->exposure},
        {"background", o->background},
        {"gain", o->gain},
        {"read_noise", o->read_noise},
        {"cosmic_rays", o->cosmic_rays},
        {"bad_pixels", o->bad_pixels},
        {"ring.contrast", o->ring_contrast},
        {"ring.radius", o->ring_radius},
        {"ring.width", o->ring_width},
        {"ring.axis_ratio", o->ring_axis_ratio},
        {"ring.position_angle", o->ring_position_angle},
        {"ring.g", o->ring_g},
    };
    char line[72];
    sqn_status status = SQN_OK;

    for (size_t k = 0; k < sizeof numbers / sizeof *numbers && status == SQN_OK; k++) {
        (void)snprintf(line, sizeof line, "simulate.%s: %.15g", numbers[k].key,
                       numbers[k].value);
        status = sqn_header_add_history(header, line, err);
    }
    return status;
}

static sqn_status add_list(sqn_header *header, const char *key, const config_numbers *list,
                           sqn_error *err)
{
    char line[72];
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < list->n && status == SQN_OK; i++) {
        (void)snprintf(line, sizeof line, "simulate.%s[%" PRId64 "]: %.15g", key, i + 1,
                       list->item[i]);
        status = sqn_header_add_history(header, line, err);
    }
    return status;
}

static sqn_status add_settings(sqn_header *header, const config_simulate *options,
                               sqn_error *err)
{
    static const char *const words[] = {"none", "lyot", "vortex"};
    char line[72];
    sqn_status status = SQN_OK;

    (void)snprintf(line, sizeof line, "simulate.coronagraph: %s",
                   words[options->coronagraph]);
    SQN_TRY(sqn_header_add_history(header, line, err));
    SQN_TRY(add_numbers(header, options, err));
    SQN_TRY(add_list(header, "rotation", &options->rotation, err));
    SQN_TRY(add_list(header, "sky", &options->sky, err));
    SQN_TRY(add_list(header, "sources", &options->sources, err));

cleanup:
    return status;
}

static sqn_status make_primary(sqn_header **out, const simulation *made, const char *object,
                               sqn_error *err)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_set_text(header, "TELESCOP", "SIMULATOR", "not a real one", err));
    SQN_TRY(sqn_header_set_text(header, "INSTRUME", "SEQUIN", "sequin simulate", err));
    SQN_TRY(sqn_header_set_text(header, "OBJECT", object, "", err));
    SQN_TRY(sqn_header_set_number(header, "EXPTIME", made->options->exposure,
                                  "(s) of one frame", err));
    SQN_TRY(sqn_header_set_integer(header, "SIMSEED", made->options->seed,
                                   "seed of all random numbers", err));
    SQN_TRY(add_settings(header, made->options, err));
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/* Tangential projection with the star on CRPIX and +y at position angle `angle`. */
static sqn_status add_wcs(sqn_header *header, const simulation *made, double angle,
                          double declination, sqn_error *err)
{
    const double scale = made->options->pixel_scale / 3600.0;
    const double c = scale * cos(angle * degree), s = scale * sin(angle * degree);
    const struct {
        const char *keyword;
        double value;
        const char *comment;
    } cards[] = {
        {"CRPIX1", made->center, "star"},
        {"CRPIX2", made->center, "star"},
        {"CRVAL1", made->options->sky.item[0], "(deg) right ascension of the star"},
        {"CRVAL2", declination, "(deg) declination of the star"},
        {"CD1_1", -c, "East is to the left of North"},
        {"CD1_2", s, ""},
        {"CD2_1", s, ""},
        {"CD2_2", c, ""},
    };
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_set_text(header, "CTYPE1", "RA---TAN", "", err));
    SQN_TRY(sqn_header_set_text(header, "CTYPE2", "DEC--TAN", "", err));
    SQN_TRY(sqn_header_set_text(header, "CUNIT1", "deg", "", err));
    SQN_TRY(sqn_header_set_text(header, "CUNIT2", "deg", "", err));
    for (size_t k = 0; k < sizeof cards / sizeof *cards; k++) {
        SQN_TRY(sqn_header_set_number(header, cards[k].keyword, cards[k].value,
                                      cards[k].comment, err));
    }
    SQN_TRY(sqn_header_set_text(header, "RADESYS", "ICRS", "", err));

cleanup:
    return status;
}

/* A third axis that counts frames: without CD3_3 the matrix would be singular. */
static sqn_status add_frame_axis(sqn_header *header, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_set_text(header, "CTYPE3", "FRAME", "", err));
    SQN_TRY(sqn_header_set_number(header, "CRPIX3", 1.0, "", err));
    SQN_TRY(sqn_header_set_number(header, "CRVAL3", 1.0, "", err));
    SQN_TRY(sqn_header_set_number(header, "CD3_3", 1.0, "", err));

cleanup:
    return status;
}

/* Cards of an image. The sky of a cube is that of its first frame. */
static sqn_status make_image_header(sqn_header **out, const simulation *made, double angle,
                                    double declination, int n_axis, sqn_error *err)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(add_wcs(header, made, angle, declination, err));
    if (n_axis == 3) {
        SQN_TRY(add_frame_axis(header, err));
    }
    SQN_TRY(
        sqn_header_set_number(header, "STARCENX", made->center, "star (FITS pixels)", err));
    SQN_TRY(
        sqn_header_set_number(header, "STARCENY", made->center, "star (FITS pixels)", err));
    SQN_TRY(sqn_header_set_number(header, "EXPTIME", made->options->exposure,
                                  "(s) of one frame", err));
    SQN_TRY(sqn_header_set_number(header, "GAIN", made->options->gain, "electrons per adu",
                                  err));
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/* Position angle of +y in the first and the last frame, for `keyword` and `keyword_end`. */
static sqn_status add_angles(sqn_header *header, const simulation *made, sqn_error *err)
{
    const int64_t last = made->options->n_science - 1;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_set_number(header, "PA_START", made->angle[0],
                                  "(deg) of +y, East of North, first frame", err));
    SQN_TRY(sqn_header_set_number(header, "PA_END", made->angle[last],
                                  "(deg) of +y, last frame; linear between", err));

cleanup:
    return status;
}

/* --- HDUs ------------------------------------------------------------------------------ */

static sqn_fits_image image_of(const char *extname, const sqn_cube *cube, int n_axis,
                               const sqn_header *header)
{
    return (sqn_fits_image){.extname = extname,
                            .type = SQN_FITS_FLOAT32,
                            .n_axis = n_axis,
                            .axes = {cube->nx, cube->ny, cube->n_frame},
                            .data = cube->data,
                            .unit = "adu",
                            .header = header};
}

static sqn_status add_frames(sqn_fits_product *product, const simulation *made,
                             const simulate_frames *frames, const sqn_header *header,
                             sqn_error *err)
{
    const sqn_fits_image value = image_of("SCI", &frames->value, 3, header);
    sqn_fits_image error = image_of("ERR", &frames->error, 3, NULL);
    sqn_fits_image dq = image_of("DQ", &frames->value, 3, NULL);
    sqn_status status = SQN_OK;

    error.compress = dq.compress = made->options->compress == CONFIG_COMPRESS_GZIP;
    dq.type = SQN_FITS_INT32;
    dq.data = frames->dq;
    dq.unit = NULL;
    SQN_TRY(sqn_fits_product_image(product, &value, err));
    SQN_TRY(sqn_fits_product_image(product, &error, err));
    SQN_TRY(sqn_fits_product_image(product, &dq, err));

cleanup:
    return status;
}

/* Another star: a degree away, on the side where there is sky. */
static double reference_declination(const simulation *made)
{
    const double declination = made->options->sky.item[1];

    return declination > 0.0 ? declination - 1.0 : declination + 1.0;
}

static sqn_status add_references(sqn_fits_product *product, const simulation *made,
                                 sqn_error *err)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(make_image_header(&header, made, made->angle[0], reference_declination(made), 3,
                              err));
    SQN_TRY(add_frames(product, made, &made->reference, header, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

static sqn_status add_science(sqn_fits_product *product, const simulation *made,
                              sqn_error *err)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(make_image_header(&header, made, made->angle[0], made->options->sky.item[1], 3,
                              err));
    SQN_TRY(add_angles(header, made, err));
    SQN_TRY(add_frames(product, made, &made->science, header, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/* x, y on the image with North up; separation; position angle; flux. */
enum { N_SOURCE_COLUMN = 5 };

static void fill_source(double *column[N_SOURCE_COLUMN], int64_t row,
                        const simulation *made)
{
    const config_simulate *options = made->options;
    const double *source = options->sources.item + 3 * row;
    double offset[2];

    scene_offset(offset, source[0], source[1], 0.0);
    column[0][row] = made->center + offset[0];
    column[1][row] = made->center + offset[1];
    column[2][row] = source[0];
    column[3][row] = source[1];
    column[4][row] = source[2] * options->star_flux / options->gain;
}

static sqn_status add_sources(sqn_fits_product *product, const simulation *made,
                              sqn_error *err)
{
    const int64_t n_row = made->options->sources.n / 3;
    double *number = sqn__mem_alloc(N_SOURCE_COLUMN * n_row, sizeof *number);
    double *column[N_SOURCE_COLUMN];

    if (number == NULL) {
        return SQN_RAISE(err, E_MEM, "table of %" PRId64 " sources", n_row);
    }
    for (int64_t c = 0; c < N_SOURCE_COLUMN; c++) {
        column[c] = number + c * n_row;
    }
    for (int64_t row = 0; row < n_row; row++) {
        fill_source(column, row, made);
    }
    const sqn_fits_column columns[N_SOURCE_COLUMN] = {
        {.name = "x", .unit = "pixel", .number = column[0]},
        {.name = "y", .unit = "pixel", .number = column[1]},
        {.name = "separation", .unit = "pixel", .number = column[2]},
        {.name = "position_angle", .unit = "deg", .number = column[3]},
        {.name = "flux", .unit = "adu", .number = column[4]},
    };
    const sqn_status status =
        sqn_fits_product_table(product, "SOURCES", columns, N_SOURCE_COLUMN, n_row, err);

    sqn__mem_free(number);
    return status;
}

static sqn_status add_truth(sqn_fits_product *product, const simulation *made,
                            sqn_error *err)
{
    const double declination = made->options->sky.item[1];
    sqn_header *turned = NULL, *upright = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(make_image_header(&turned, made, made->angle[0], declination, 3, err));
    SQN_TRY(make_image_header(&upright, made, 0.0, declination, 2, err));
    const sqn_fits_image star = image_of("STAR", &made->star, 3, turned);
    const sqn_fits_image disk = image_of("DISK", &made->disk, 2, upright);

    SQN_TRY(sqn_fits_product_image(product, &star, err));
    SQN_TRY(sqn_fits_product_image(product, &disk, err));
    SQN_TRY(add_sources(product, made, err));

cleanup:
    sqn_header_destroy(&upright);
    sqn_header_destroy(&turned);
    return status;
}

/* --- Products -------------------------------------------------------------------------- */

/* What each product is called, and what it holds. */
static const struct {
    const char *object;
    sqn_status (*add)(sqn_fits_product *product, const simulation *made, sqn_error *err);
} products[] = {
    [SIMULATE_REFERENCES] = {"Simulated reference star", add_references},
    [SIMULATE_SCIENCE] = {"Simulated star with disk", add_science},
    [SIMULATE_TRUTH] = {"Simulated star with disk", add_truth},
};

sqn_status simulate_product(const void **bytes, size_t *size, sqn_fits_product **owner,
                            const simulation *made, simulate_which which, sqn_error *err)
{
    sqn_header *primary = NULL;
    sqn_status status = SQN_OK;

    *bytes = NULL;
    *size = 0;
    *owner = NULL;
    SQN_TRY(make_primary(&primary, made, products[which].object, err));
    SQN_TRY(sqn_fits_product_create(owner, primary, NULL, err));
    SQN_TRY(products[which].add(*owner, made, err));
    SQN_TRY(sqn_fits_product_finish(bytes, size, *owner, err));

cleanup:
    sqn_header_destroy(&primary);
    if (status != SQN_OK) {
        sqn_fits_product_destroy(owner);
    }
    return status;
}
