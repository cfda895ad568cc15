/** @file fits_image.c @brief One 2-D image: a mask, a region, an exclusion. */
#include "fits_checksum.h"
#include "fits_narrow.h"
#include "fits_planes.h"
#include "fits_select.h"
#include "fits_units.h"
#include "mem.h"
#include "raise.h"
#include "sequin/fits.h"

/* The chosen HDU must hold one plane. */
static sqn_status require_plane(const sqn__fits_unit *unit, sqn_error *err)
{
    char text[128];

    if (unit->n_plane == 1) {
        return SQN_OK;
    }
    sqn__fits_shape_text(text, sizeof text, &unit->hdu);

    const sqn_status status =
        SQN_RAISE(err, E_SHAPE, "the image is %s, one plane is expected", text);

    sqn__fits_file_at(err, unit->path, &unit->hdu, NULL);
    return status;
}

/* The plane of an HDU into a new cube. */
static sqn_status read_plane(sqn_cube *out, const sqn__fits_file *file,
                             const sqn__fits_unit *unit, sqn_error *err)
{
    const int64_t n_pix = unit->shape.ny * unit->shape.nx;
    double *values = sqn__mem_alloc(n_pix, sizeof *values);
    sqn__fits_planes planes = {0};
    sqn_status status = SQN_OK;
    int64_t n_faded = 0;

    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "an image of %zu bytes", unit->hdu.n_byte);
    }
    SQN_TRY(sqn__fits_planes_open(&planes, file, &file->hdu[unit->hdu.number], err));
    SQN_TRY(sqn__fits_planes_read(values, &planes, 0, err));
    SQN_TRY(sqn_cube_init(out, 1, unit->shape.ny, unit->shape.nx, err));
    (void)sqn__fits_narrow_row(out->data, &n_faded, values, n_pix, 0);

cleanup:
    sqn__fits_planes_close(&planes);
    sqn__mem_free(values);
    return status;
}

sqn_status sqn_fits_image_read(sqn_cube *out, const char *path, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file file = {0};
    sqn__fits_unit unit;
    int number = 0;

    *out = (sqn_cube){0};
    SQN_TRY(sqn__fits_file_open(&file, path, NULL, err));
    SQN_TRY(sqn__fits_select_one(&number, &file, NULL, "MASK", err));
    SQN_TRY(sqn__fits_units_describe(&unit, &file, number, false, err));
    SQN_TRY(sqn__fits_checksum_verify(NULL, &file, &unit.hdu, err));
    SQN_TRY(require_plane(&unit, err));
    SQN_TRY(read_plane(out, &file, &unit, err));

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, path, NULL, NULL);
    }
    sqn__fits_file_close(&file);
    return status;
}
