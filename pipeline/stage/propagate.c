/** @file propagate.c @brief Stage 3c: variances of model and residual. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "target.h"

enum { STRIP = 64, LANES = 8 }; /* pixels at a time; partial sums */

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

/* Pixels of the region side by side in the planes of all frames. */
typedef struct strip {
    int64_t pixel, at,
        n; /* numbers of the first, in the region and in the planes; how many */
} strip;

/* The pixels of frame `i` from number `pixel` of the region on that lie side by side. */
static strip find_strip(const sqn_pixels *pixels, int64_t i, int64_t pixel)
{
    const int64_t *index = pixels->index + pixel;
    const int64_t left = pixels->n_pix - pixel, most = left < STRIP ? left : STRIP;
    int64_t n = 1;

    while (n < most && index[n] == index[0] + n) {
        n++;
    }
    return (strip){pixel, i * pixels->ny * pixels->nx + index[0], n};
}

/* What the variances of a frame are made of. */
typedef struct shares {
    const float *from_fit, *from_comp; /* [n_pix] */
    double factor, fit, components;    /* of the model; of the two, in (stored unit)^2 */
    bool own;                          /* the components hold the frame's own fitted data */
    double chi2[LANES];                /* partial sums */
} shares;

/* fit and component part of the model's variance, 1 where a pixel is fitted; [STRIP] */
typedef struct terms {
    double sigma2[STRIP], fit[STRIP], components[STRIP], fitted[STRIP];
} terms;

static void load_terms(terms *t, const subtraction *s, const shares *of, const strip *at)
{
    const uint8_t *restrict flags = s->flags + at->at;
    const float *restrict fit = of->from_fit + at->pixel;
    const float *restrict components = of->from_comp + at->pixel;
    const double own = of->own ? 1.0 : 0.0;

    for (int64_t x = 0; x < at->n; x++) {
        t->fitted[x] = target_is_fitted(flags[x]) ? 1.0 : 0.0;
    }
    for (int64_t x = 0; x < at->n; x++) {
        const double variance = of->components * (double)components[x];

        t->fit[x] = of->fit * (double)fit[x];
        t->components[x] = own * t->fitted[x] > 0.0 ? 0.0 : variance; /* data are in it */
    }
}

/* Variance of data - f m; where m is fitted to the data themselves, cov(data, m) = fit. */
static void store_residual(const subtraction *s, const terms *t, double f, const strip *at)
{
    float *restrict out = s->residual_variance.data + at->at;
    float *restrict shared = s->component_variance.data + at->at;
    const float *restrict residual = s->residual.data + at->at;
    const double f2 = f * f;

    for (int64_t x = 0; x < at->n; x++) {
        const double comp = f2 * t->components[x], least = 0.01 * t->sigma2[x];
        const double all = t->sigma2[x] + (f2 - 2.0 * f * t->fitted[x]) * t->fit[x] + comp;
        const double kept = all > least ? all : least;

        shared[x] = (float)comp;
        out[x] = isnan(residual[x]) ? NAN : (float)kept;
    }
}

static void store_model(const subtraction *s, const terms *t, double f, const strip *at)
{
    float *restrict out = s->model_variance.data + at->at;
    const float *restrict model = s->model.data + at->at;

    for (int64_t x = 0; x < at->n; x++) {
        const double variance = f * f * (t->fit[x] + t->components[x]);

        out[x] = isnan(model[x]) ? NAN : (float)variance;
    }
}

/* chi2 of what is fitted, by lanes. */
static void add_chi2(shares *of, const subtraction *s, const terms *t, const strip *at)
{
    const float *restrict residual = s->residual.data + at->at;
    double chi2[STRIP] = {0.0};

    for (int64_t x = 0; x < at->n; x++) {
        const double r = (double)residual[x], one = r * r / t->sigma2[x];

        chi2[x] = t->fitted[x] > 0.0 && r == r && t->sigma2[x] > 0.0 ? one : 0.0;
    }
    for (int64_t x = 0; x < STRIP; x += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            of->chi2[l] += chi2[x + l];
        }
    }
}

/* Planes of frame `i` outside the region. */
static void clear_planes(subtraction *out, int64_t i)
{
    const int64_t n = out->residual.ny * out->residual.nx, first = i * n;

    set_all(out->residual_variance.data + first, n, NAN);
    set_all(out->component_variance.data + first, n, 0.0F);
    if (out->model.data != NULL) {
        set_all(out->model_variance.data + first, n, NAN);
    }
}

/* Variances of the model and of the residual of frame `i`, and its reduced chi2; NaN where these
   are, as outside the region. */
static void propagate_frame(subtraction *out, const parts *from, const target_input *in,
                            int64_t i, double sigma2_ref)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const bool uniform = in->obs->noise == READ_UNIFORM;
    target_frame *frame = &out->frames[i];
    const double sigma2_frame = uniform ? frame->sigma * frame->sigma : 1.0;
    shares of = {from->from_fit + i * pixels->n_pix,
                 from->from_comp + i * pixels->n_pix,
                 frame->factor,
                 sigma2_frame,
                 sigma2_ref,
                 in->obs->references_are_science,
                 {0.0}};
    double chi2 = 0.0;
    terms t;

    if (pixels->n_pix < pixels->ny * pixels->nx) {
        clear_planes(out, i);
    }
    for (int64_t p = 0; p < pixels->n_pix;) {
        const strip at = find_strip(pixels, i, p);

        target_data_variances(t.sigma2, in, i, p, at.n);
        for (int64_t x = 0; x < at.n && uniform; x++) {
            t.sigma2[x] = sigma2_frame;
        }
        load_terms(&t, out, &of, &at);
        store_residual(out, &t, of.factor, &at);
        if (out->model.data != NULL) {
            store_model(out, &t, of.factor, &at);
        }
        add_chi2(&of, out, &t, &at);
        p += at.n;
    }
    for (int64_t l = 0; l < LANES; l++) {
        chi2 += of.chi2[l];
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
