/** @file propagate.c @brief Stage 3c: variances of model and residual. */
#include <math.h>

#include "raise.h"
#include "target.h"

enum { STRIP = 64, LANES = 8 }; /* pixels at a time; partial sums */

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

/* The last pixels of frame `i` below number `end` of the region that lie side by side. */
static strip find_strip(const sqn_pixels *pixels, int64_t i, int64_t end)
{
    const int64_t *index = pixels->index;
    const int64_t least = end > STRIP ? end - STRIP : 0;
    const bool whole = index[end - 1] - index[least] == end - 1 - least; /* they rise */
    int64_t pixel = whole ? least : end - 1;

    while (pixel > least && index[pixel - 1] == index[pixel] - 1) {
        pixel--;
    }
    return (strip){pixel, i * pixels->ny * pixels->nx + index[pixel], end - pixel};
}

/* What the variances of a frame are made of. */
typedef struct shares {
    const float *from_fit, *from_comp; /* [n_pix] where the variances will be */
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
    const float *fit = of->from_fit + at->pixel;
    const float *components = of->from_comp + at->pixel;
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

/* What lies outside the region: pixels first to end - 1 of the planes. */
static void clear_planes(const subtraction *s, int64_t first, int64_t end)
{
    set_all(s->residual_variance.data + first, end - first, NAN);
    set_all(s->component_variance.data + first, end - first, 0.0F);
    if (s->model.data != NULL) {
        set_all(s->model_variance.data + first, end - first, NAN);
    }
}

/* Variances of the pixels of a strip. */
static void propagate_strip(subtraction *out, shares *of, const target_input *in, int64_t i,
                            const strip *at)
{
    const double sigma2_frame = of->fit;
    terms t;

    target_data_variances(t.sigma2, in, i, at->pixel, at->n);
    for (int64_t x = 0; x < at->n && in->obs->noise == READ_UNIFORM; x++) {
        t.sigma2[x] = sigma2_frame;
    }
    load_terms(&t, out, of, at);
    store_residual(out, &t, of->factor, at);
    if (out->model.data != NULL) {
        store_model(out, &t, of->factor, at);
    }
    add_chi2(of, out, &t, at);
}

/* Variances of the model and of the residual of frame `i`, and its reduced chi2; NaN where these
   are, as outside the region. What they are made of stands in front of the planes that take
   them, pixel by pixel of the region: no pixel goes to where one before it still is. */
static void propagate_frame(subtraction *out, const target_input *in, int64_t i,
                            double sigma2_ref)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx, first = i * n_all;
    target_frame *frame = &out->frames[i];
    const double sigma2_frame =
        in->obs->noise == READ_UNIFORM ? frame->sigma * frame->sigma : 1.0;
    shares of = {out->residual_variance.data + first,
                 out->component_variance.data + first,
                 frame->factor,
                 sigma2_frame,
                 sigma2_ref,
                 in->obs->references_are_science,
                 {0.0}};
    int64_t end = first + n_all; /* of what is not done */
    double chi2 = 0.0;

    for (int64_t p = pixels->n_pix; p > 0;) {
        const strip at = find_strip(pixels, i, p);

        propagate_strip(out, &of, in, i, &at);
        clear_planes(out, at.at + at.n, end);
        end = at.at;
        p = at.pixel;
    }
    clear_planes(out, first, end);
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

static const sqn_panels *reference_panels(const target_input *in)
{
    return in->basis->nmf != NULL ? in->basis->panels : NULL;
}

/* How alike the errors of the components are in the residuals of two frames. */
static sqn_status fill_alike(subtraction *out, const target_input *in, int64_t i_count,
                             sqn_error *err)
{
    const int64_t n = in->obs->science.n_frame;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_target_component_covariance((sqn_dmatrix){out->alike, n, n, n},
                                            in->target->fit, i_count, reference_panels(in),
                                            reference_coefficients(in, i_count), err));
    for (int64_t e = 0; e < n * n; e++) {
        out->alike[e] *= out->frames[e / n].factor * out->frames[e % n].factor;
    }

cleanup:
    return status;
}

/* Variances of the models with all counts at work, per unit variance of the data where these are
   equal: in front of the planes of every frame. */
static sqn_status fill_parts(const subtraction_batch *batch, const target_input *in,
                             sqn_error *err)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx, n_frame = in->obs->science.n_frame;
    sqn_target_variance_of asked[TARGET_BATCH];

    for (int64_t c = 0; c < batch->n; c++) {
        const subtraction *s = batch->count[c];

        asked[c] = (sqn_target_variance_of){
            batch->first + c,
            {s->residual_variance.data, n_frame, pixels->n_pix, n_all},
            {s->component_variance.data, n_frame, pixels->n_pix, n_all},
            reference_coefficients(in, batch->first + c)};
    }
    return sqn_target_variances(asked, batch->n, in->target->fit, reference_panels(in),
                                err);
}

sqn_status target_propagate(const subtraction_batch *batch, const target_input *in,
                            sqn_error *err)
{
    const int64_t n_frame = in->obs->science.n_frame;
    sqn_status status = SQN_OK;

    SQN_TRY(fill_parts(batch, in, err));
    for (int64_t c = 0; c < batch->n; c++) {
        SQN_TRY(fill_alike(batch->count[c], in, batch->first + c, err));
    }
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(batch, in, n_frame)
    for (int64_t task = 0; task < batch->n * n_frame; task++) {
        const int64_t c = task / n_frame;

        propagate_frame(batch->count[c], in, task % n_frame,
                        reference_variance(in, batch->first + c));
    }

cleanup:
    return status;
}
