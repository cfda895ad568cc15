/** @file propagate.c @brief Stage 3c: variances of model and residual. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "target.h"

/* Variances of the models of one count, per unit variance of the data where these are equal. */
typedef struct parts {
    float *from_fit;  /* [n_science, n_pix] */
    float *from_comp; /* [n_science, n_pix] */
} parts;

/* Variance of reference data of weight 1 (uniform): what the stage leaves per datum. */
static double reference_variance(const target_input *in, int64_t i_count)
{
    return in->obs->noise == READ_UNIFORM
               ? basis_variance(in->basis, target_stage(in, i_count))
               : 1.0;
}

static void set_all(float *plane, int64_t n, float value)
{
    for (int64_t e = 0; e < n; e++) {
        plane[e] = value;
    }
}

/* Variances of the model and of the residual of frame `i`, and its reduced chi2; NaN where these
   are, as outside the region. */
static void propagate_frame(subtraction *out, const parts *from, const target_input *in,
                            int64_t i, double sigma2_ref)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t first = i * pixels->ny * pixels->nx, row = i * pixels->n_pix;
    const bool uniform = in->obs->noise == READ_UNIFORM;
    const bool has_model = out->model.data != NULL;
    target_frame *frame = &out->frames[i];
    const double sigma2_frame = uniform ? frame->sigma * frame->sigma : 1.0;
    const double f = frame->factor, f2 = f * f;
    double chi2 = 0.0;

    set_all(out->residual_variance.data + first, pixels->ny * pixels->nx, NAN);
    set_all(out->component_variance.data + first, pixels->ny * pixels->nx, 0.0F);
    if (has_model) {
        set_all(out->model_variance.data + first, pixels->ny * pixels->nx, NAN);
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = first + pixels->index[p];
        const double sigma2 = uniform ? sigma2_frame : target_data_variance(in, i, p);
        const double fit = sigma2_frame * from->from_fit[row + p];
        const bool fitted = target_is_fitted(out->flags[e]);
        const bool own = in->obs->references_are_science && fitted; /* data are in it */
        const double comp = own ? 0.0 : sigma2_ref * from->from_comp[row + p];
        /* data - f m, with m fitted to the data themselves: cov(data, m) = fit */
        const double all = sigma2 + (fitted ? f2 - 2.0 * f : f2) * fit + f2 * comp;
        const double r = out->residual.data[e];

        out->component_variance.data[e] = (float)(f2 * comp);
        out->residual_variance.data[e] = isnan(r) ? NAN : (float)fmax(all, 0.01 * sigma2);
        if (has_model) {
            out->model_variance.data[e] =
                isnan(out->model.data[e]) ? NAN : (float)(f2 * (fit + comp));
        }
        chi2 += fitted && !isnan(r) && sigma2 > 0.0 ? r * r / sigma2 : 0.0;
    }
    frame->chi2_reduced = frame->n_valid > 0 ? chi2 / (double)frame->n_valid : NAN;
}

/* Coefficients of the references with a count; no data: there are none. */
static sqn_dmatrix_const reference_coefficients(const target_input *in, int64_t i_count)
{
    const basis *b = in->basis;
    sqn_dmatrix_const coefficients = {0};

    if (b->nmf != NULL) {
        coefficients = sqn_nmf_coefficients(b->nmf, target_stage(in, i_count));
        coefficients.cols = b->counts[i_count];
    }
    return coefficients;
}

/* How alike the errors of the components are in the residuals of two frames. */
static sqn_status fill_alike(subtraction *out, const target_input *in, int64_t i_count,
                             sqn_error *err)
{
    const int64_t n = in->obs->science.n_frame;
    const sqn_dmatrix_const coefficients = reference_coefficients(in, i_count);
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_target_component_covariance(
        (sqn_dmatrix){out->alike, n, n, n}, in->target->fit, i_count,
        coefficients.data != NULL ? in->basis->panels : NULL, coefficients, err));
    for (int64_t e = 0; e < n * n; e++) {
        out->alike[e] *= out->frames[e / n].factor * out->frames[e % n].factor;
    }

cleanup:
    return status;
}

/* All frames with one count. */
static sqn_status propagate_count(subtraction *out, const parts *from,
                                  const target_input *in, int64_t i_count, sqn_error *err)
{
    const int64_t n_pix = in->obs->pixels.n_pix, n_frame = in->obs->science.n_frame;
    const sqn_matrix fit = {from->from_fit, n_frame, n_pix, n_pix};
    const sqn_matrix comp = {from->from_comp, n_frame, n_pix, n_pix};
    const sqn_dmatrix_const coefficients = reference_coefficients(in, i_count);
    const double sigma2_ref = reference_variance(in, i_count);
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_target_variance(fit, comp, in->target->fit, i_count,
                                coefficients.data != NULL ? in->basis->panels : NULL,
                                coefficients, err));
    SQN_TRY(fill_alike(out, in, i_count, err));
#pragma omp parallel for schedule(dynamic, 1) default(none) \
    shared(out, from, in, sigma2_ref, n_frame, n_pix)
    for (int64_t i = 0; i < n_frame; i++) {
        propagate_frame(out, from, in, i, sigma2_ref);
    }

cleanup:
    return status;
}

sqn_status target_propagate(const subtraction_batch *batch, const target_input *in,
                            sqn_error *err)
{
    const int64_t n = sqn__mem_product(in->obs->science.n_frame, in->obs->pixels.n_pix);
    sqn_status status = SQN_OK;
    parts from = {sqn__mem_reserve(n, sizeof *from.from_fit),
                  sqn__mem_reserve(n, sizeof *from.from_comp)};

    if (from.from_fit == NULL || from.from_comp == NULL) {
        status = SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames",
                           in->obs->science.n_frame);
        goto cleanup;
    }
    for (int64_t c = 0; c < batch->n; c++) {
        SQN_TRY(propagate_count(batch->count[c], &from, in, batch->first + c, err));
    }

cleanup:
    sqn__mem_free(from.from_fit);
    sqn__mem_free(from.from_comp);
    return status;
}
