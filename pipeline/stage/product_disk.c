/** @file product_disk.c @brief disk.fits: the combined images, and derotated.fits. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "product.h"
#include "raise.h"

/* Which number of components each plane has; KLMODEm for readers of pyKLIP's products. */
static sqn_status add_counts(sqn_header *header, const basis *b, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char key[32];

    SQN_TRY(
        sqn_header_set_text(header, "CTYPE3", "NCOMP", "planes differ in components", err));
    for (int64_t c = 0; c < b->n_count; c++) {
        (void)snprintf(key, sizeof key, "NCOMP%" PRId64, c + 1);
        SQN_TRY(sqn_header_set_integer(header, key, b->counts[c],
                                       "components of this plane", err));
        (void)snprintf(key, sizeof key, "KLMODE%" PRId64, c);
        SQN_TRY(sqn_header_set_integer(header, key, b->counts[c],
                                       "the same, counted from 0", err));
    }

cleanup:
    return status;
}

/* Angle that brings the first science frame to the orientation of the disk image. */
static double turn_of_first(const result *r)
{
    return r->obs.derotate ? r->obs.science.frames[0].theta : 0.0;
}

static sqn_status disk_header(sqn_header **out, const result *r, int n_axis, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(product_image_header(out, r, turn_of_first(r), r->obs.derotate, n_axis, err));
    SQN_TRY(add_counts(*out, &r->basis, err));
    if (n_axis == 4) {
        SQN_TRY(sqn_header_set_text(*out, "CTYPE4", "GROUP", "see table GROUPS", err));
    }

cleanup:
    return status;
}

static bool were_turned(const result *r)
{
    bool turned = false;

    for (int64_t i = 0; i < r->obs.science.n_frame; i++) {
        turned = turned || r->obs.science.frames[i].theta != 0.0;
    }
    return r->obs.derotate && turned;
}

/* The same header with what is to be known of values and their noise: not of flags. */
static sqn_status value_header(sqn_header **out, const sqn_header *header, const result *r,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_create(out, err));
    SQN_TRY(sqn_header_merge(*out, header, err));
    if (were_turned(r)) {
        SQN_TRY(sqn_header_add_history(*out,
                                       "noise is correlated between neighbouring pixels: "
                                       "frames were turned",
                                       err));
    }
    if (r->obs.references_are_science || r->basis.nmf == NULL) {
        SQN_TRY(sqn_header_add_history(
            *out, "ERR does not hold the errors of the components", err));
    }

cleanup:
    return status;
}

static sqn_status add_groups(sqn_fits_product *product, const disk *d, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t *group = sqn__mem_alloc(d->n_group, sizeof *group);
    const char **name = sqn__mem_alloc(d->n_group, sizeof *name);

    if (group == NULL || name == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " groups", d->n_group);
        goto cleanup;
    }
    for (int64_t g = 0; g < d->n_group; g++) {
        const char *slash = strrchr(d->group_name[g], '/');

        group[g] = g + 1;
        name[g] = slash != NULL ? slash + 1 : d->group_name[g];
    }
    const sqn_fits_column columns[] = {
        {.name = "group", .integer = group},
        {.name = "file", .text = name},
        {.name = "wavelength", .number = d->group_number},
    };

    SQN_TRY(sqn_fits_product_table(product, "GROUPS", columns, 3, d->n_group, err));

cleanup:
    sqn__mem_free(group);
    sqn__mem_free(name);
    return status;
}

/** One image HDU of disk.fits. */
typedef struct plane {
    const char *extname;
    const void *data;
    sqn_fits_type type;
    bool in_unit;  /* of the data */
    bool is_value; /* interpolated where frames were turned */
    const char *note;
} plane;

enum { N_PLANE = 7 };

static void list_planes(plane out[N_PLANE], const disk *d)
{
    const plane planes[N_PLANE] = {
        {"SCI", d->value.data, SQN_FITS_FLOAT32, true, true, NULL},
        {"ERR", d->error.data, SQN_FITS_FLOAT32, true, true, NULL},
        {"DQ", d->dq, SQN_FITS_UINT32, false, false, NULL},
        {"FLAGS", d->flags, SQN_FITS_UINT8, false, false, NULL},
        {"COVERAGE", d->coverage, SQN_FITS_INT32, false, false, NULL},
        {"SNR", d->snr.data, SQN_FITS_FLOAT32, false, true, NULL},
        {"APERTURE_ERR", d->element.data, SQN_FITS_FLOAT32, true, true,
         "1 sigma of the sum of SCI over a circle of one FWHM about each pixel, with what "
         "neighbours have in common"},
    };

    memcpy(out, planes, sizeof planes);
}

/* Of the last plane: what follows would say so as well. */
static sqn_status add_note(sqn_header *header, const char *note, sqn_error *err)
{
    return note != NULL ? sqn_header_add_history(header, note, err) : SQN_OK;
}

static sqn_status add_planes(sqn_fits_product *product, const result *r,
                             const sqn_header *header, bool grouped, sqn_error *err)
{
    const disk *d = &r->disk;
    const sqn_fits_stack *sci = &r->obs.science;
    plane planes[N_PLANE];
    sqn_header *of_values = NULL;
    sqn_status status = SQN_OK;

    list_planes(planes, d);
    SQN_TRY(value_header(&of_values, header, r, err));
    for (size_t k = 0; k < N_PLANE; k++) {
        const sqn_fits_image image = {.extname = planes[k].extname,
                                      .type = planes[k].type,
                                      .n_axis = grouped ? 4 : 3,
                                      .axes = {d->nx, d->ny, d->n_count, d->n_group},
                                      .data = planes[k].data,
                                      .exponent = planes[k].in_unit ? sci->exponent : 0,
                                      .unit = planes[k].in_unit ? sci->unit : NULL,
                                      .header = planes[k].is_value ? of_values : header};

        if (image.data == NULL) {
            continue;
        }
        SQN_TRY(add_note(of_values, planes[k].note, err));
        SQN_TRY(sqn_fits_product_lent_image(product, &image, err));
    }

cleanup:
    sqn_header_destroy(&of_values);
    return status;
}

sqn_status product_disk(sqn_fits_product **out, const result *r, sqn_error *err)
{
    const bool grouped = r->settings->combine.by != CONFIG_BY_ALL;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    SQN_TRY(product_start(out, r,
                          r->obs.derotate ? "residuals turned North up and combined"
                                          : "residuals combined",
                          r->obs.derotate, err));
    SQN_TRY(disk_header(&header, r, grouped ? 4 : 3, err));
    SQN_TRY(add_planes(*out, r, header, grouped, err));
    SQN_TRY(product_add_frames(*out, r, err));
    if (grouped) {
        SQN_TRY(add_groups(*out, &r->disk, err));
    }

cleanup:
    sqn_header_destroy(&header);
    return status;
}

sqn_status product_derotated(sqn_fits_product **out, const result *r, sqn_error *err)
{
    const sqn_cube *turned = &r->disk.turned;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL, *of_values = NULL;

    SQN_TRY(product_start(out, r, "residuals turned North up", r->obs.derotate, err));
    SQN_TRY(product_image_header(&header, r, turn_of_first(r), r->obs.derotate, 3, err));
    SQN_TRY(value_header(&of_values, header, r, err));
    const sqn_fits_image image = {.extname = "SCI",
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 3,
                                  .axes = {turned->nx, turned->ny, turned->n_frame},
                                  .data = turned->data,
                                  .exponent = r->obs.science.exponent,
                                  .unit = r->obs.science.unit,
                                  .header = of_values};

    SQN_TRY(sqn_fits_product_lent_image(*out, &image, err));
    SQN_TRY(product_add_frames(*out, r, err));

cleanup:
    sqn_header_destroy(&header);
    sqn_header_destroy(&of_values);
    return status;
}
