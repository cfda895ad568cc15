/** @file product_components.c @brief components.fits of an observation. */
#include "basis_product.h"
#include "product.h"
#include "raise.h"

static sqn_status image_header(sqn_header **out, const void *context, int n_axis,
                               sqn_error *err)
{
    return product_image_header(out, context, 0.0, false, n_axis, err);
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

cleanup:
    return status;
}
