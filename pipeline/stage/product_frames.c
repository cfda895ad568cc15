/** @file product_frames.c @brief model.fits and residual.fits. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "product.h"
#include "raise.h"

/* The square root of a variance cube. */
static sqn_status make_sigma(void *context, void *values, int64_t first, int64_t n,
                             sqn_error *err)
{
    const sqn_cube *variance = context;
    const float *from = variance->data + first * variance->nx;
    float *to = values;

    (void)err;
    for (int64_t e = 0; e < n * variance->nx; e++) {
        to[e] = sqrtf(from[e]);
    }
    return SQN_OK;
}

static sqn_fits_maker sigma_of(const sqn_cube *variance)
{
    enum { AT_ONCE = 1 << 16 /* values: they stay in cache */ };
    const union {
        const sqn_cube *variance;
        void *context; /* other makers write into theirs */
    } of = {variance};

    return (sqn_fits_maker){
        .make = make_sigma, .context = of.context, .n_row = AT_ONCE / variance->nx + 1};
}

/* SCI, ERR, DQ, FLAGS and FRAMES of the largest count, as the detector saw them. */
static sqn_status add_planes(sqn_fits_product *product, const result *r,
                             const sqn_cube *value, const sqn_cube *variance,
                             sqn_error *err)
{
    const sqn_fits_stack *sci = &r->obs.science;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    SQN_TRY(product_image_header(&header, r, 0.0, false, 3, err));
    SQN_TRY(sqn_header_set_integer(header, "NCOMP", r->basis.counts[r->basis.n_count - 1],
                                   "components in the model", err));
    const sqn_fits_maker sigma = sigma_of(variance);
    sqn_fits_image image = {.extname = "SCI",
                            .type = SQN_FITS_FLOAT32,
                            .n_axis = 3,
                            .axes = {value->nx, value->ny, value->n_frame},
                            .data = value->data,
                            .exponent = sci->exponent,
                            .unit = sci->unit,
                            .header = header};

    SQN_TRY(sqn_fits_product_lent_image(product, &image, err));
    image.extname = "ERR";
    image.data = NULL;
    SQN_TRY(sqn_fits_product_made_image(product, &image, &sigma, err));
    image.unit = NULL;
    image.exponent = 0;
    if (sci->dq != NULL) {
        image.extname = "DQ";
        image.type = SQN_FITS_UINT32;
        image.data = sci->dq;
        SQN_TRY(sqn_fits_product_lent_image(product, &image, err));
    }
    image.extname = "FLAGS";
    image.type = SQN_FITS_UINT8;
    image.data = r->last.flags;
    SQN_TRY(sqn_fits_product_lent_image(product, &image, err));
    SQN_TRY(product_add_frames(product, r, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/* Coefficients of every count, [n_counts, n_science, k], NaN beyond the count. */
static sqn_status add_coefficients(sqn_fits_product *product, const result *r,
                                   const char *extname, bool errors, sqn_error *err)
{
    const basis *b = &r->basis;
    const sqn_fits_stack *sci = &r->obs.science;
    const int64_t k = b->counts[b->n_count - 1];
    sqn_status status = SQN_OK;
    double *all = sqn__mem_alloc(
        sqn__mem_product(sqn__mem_product(b->n_count, sci->n_frame), k), sizeof *all);

    if (all == NULL) {
        return SQN_RAISE(err, E_MEM, "coefficients of %" PRId64 " counts", b->n_count);
    }
    for (int64_t c = 0; c < b->n_count; c++) {
        const sqn_dmatrix_const m = errors ? sqn_target_errors(r->target.fit, c)
                                           : sqn_target_coefficients(r->target.fit, c);

        for (int64_t i = 0; i < sci->n_frame; i++) {
            /* uniform weights: the coefficients' errors are in units of the frame's sigma */
            const double scale = errors && r->obs.noise == READ_UNIFORM
                                     ? r->last.sigma[c * sci->n_frame + i]
                                     : 1.0;

            for (int64_t a = 0; a < k; a++) {
                all[(c * sci->n_frame + i) * k + a] =
                    a < m.cols ? scale * m.data[i * m.stride + a] : NAN;
            }
        }
    }
    const sqn_fits_image image = {.extname = extname,
                                  .type = SQN_FITS_FLOAT64,
                                  .n_axis = 3,
                                  .axes = {k, sci->n_frame, b->n_count},
                                  .data = all,
                                  .exponent = sci->exponent,
                                  .unit = sci->unit};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn__mem_free(all);
    return status;
}

sqn_status product_model(sqn_fits_product **out, const result *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(
        product_start(out, r, "model of the starlight in the science frames", false, err));
    SQN_TRY(add_planes(*out, r, &r->last.model, &r->last.model_variance, err));
    SQN_TRY(add_coefficients(*out, r, "COEFFICIENTS", false, err));
    SQN_TRY(add_coefficients(*out, r, "COEFFICIENTS_ERR", true, err));

cleanup:
    return status;
}

sqn_status product_residual(sqn_fits_product **out, const result *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(
        product_start(out, r, "science frames without the modelled starlight", false, err));
    SQN_TRY(add_planes(*out, r, &r->last.residual, &r->last.residual_variance, err));

cleanup:
    return status;
}
