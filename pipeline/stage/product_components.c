/** @file product_components.c @brief components.fits of an observation. */
#include <math.h>

#include "basis_product.h"
#include "product.h"
#include "raise.h"

static sqn_status image_header(sqn_header **out, const void *context, int n_axis,
                               sqn_error *err)
{
    return product_image_header(out, context, 0.0, false, n_axis, err);
}

/* CHI2_REDUCED [ny, nx] of the references, where errors are known. */
static sqn_status add_misfit(sqn_fits_product *product, const result *r, sqn_error *err)
{
    const sqn_pixels *pixels = &r->obs.pixels;
    const sqn_misfit *misfit = &r->basis.misfit;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    sqn_cube cube = {0};

    SQN_TRY(sqn_cube_init(&cube, 1, pixels->ny, pixels->nx, err));
    for (int64_t e = 0; e < pixels->ny * pixels->nx; e++) {
        cube.data[e] = NAN;
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        cube.data[pixels->index[p]] = (float)misfit->pixel[p];
    }
    SQN_TRY(product_image_header(&header, r, 0.0, false, 2, err));
    const sqn_fits_image image = {.extname = "CHI2_REDUCED",
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 2,
                                  .axes = {pixels->nx, pixels->ny},
                                  .data = cube.data,
                                  .header = header};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn_cube_clear(&cube);
    sqn_header_destroy(&header);
    return status;
}

sqn_status product_components(sqn_fits_product **out, const result *r, sqn_error *err)
{
    const sqn_fits_stack *ref = read_references(&r->obs);
    const basis_record record = {&r->basis,
                                 &r->curve,
                                 &r->obs.pixels,
                                 ref->n_frame,
                                 ref->exponent,
                                 ref->unit,
                                 r->settings->components.write_stages,
                                 image_header,
                                 r};
    sqn_status status = SQN_OK;

    SQN_TRY(product_start(out, r,
                          r->basis.nmf != NULL ? "sequential components of the references"
                                               : "components of an earlier run",
                          false, err));
    SQN_TRY(basis_product_fill(*out, &record, err));
    if (r->basis.nmf != NULL && r->obs.noise != READ_UNIFORM) {
        SQN_TRY(add_misfit(*out, r, err));
    }

cleanup:
    return status;
}
