/** @file result_components.c @brief components.fits of images. */
#include "basis_product.h"
#include "provenance.h"
#include "raise.h"
#include "result.h"

static sqn_status image_header(sqn_header **out, const void *context, int n_axis,
                               sqn_error *err)
{
    const images *im = context;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    (void)n_axis;
    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_set_text(header, "NOISEMOD", images_noise_word(im),
                                "where the errors of the data come from", err));
    SQN_TRY(
        sqn_header_set_text(header, "FRAMES", images_noun(im), "what was factorised", err));
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    return status;
}

sqn_status result_components(sqn_fits_product **out, const session *s, const imputation *im,
                             sqn_error *err)
{
    const sqn_fits_stack *stack = &im->images.stack;
    const basis_record record = {&im->basis,
                                 &im->curve,
                                 &im->frames.pixels,
                                 im->frames.n_row,
                                 stack->exponent,
                                 stack->unit,
                                 s->settings->components.write_stages,
                                 image_header,
                                 &im->images};
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_merge(header, stack->primary, err));
    SQN_TRY(provenance_add_step(header, s->settings, "sequential components of the images",
                                err));
    SQN_TRY(provenance_add_inputs(header, stack, "images", err));
    SQN_TRY(provenance_add_configuration(header, s->settings, err));
    SQN_TRY(sqn_fits_product_create(out, header, &s->log, err));
    SQN_TRY(basis_product_fill(*out, &record, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}
