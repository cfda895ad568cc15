/** @file propagate.c @brief Stage 3c: variances of model and residual. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "target.h"

enum { PIECE = SQN_TARGET_PIECE };

/* Of a frame with one count: factors of both parts of the model's variance, in (stored unit)^2. */
typedef struct shares {
    float fit, both,
        components; /* of h C h^T, of its covariance with the data, of w M w^T */
    float sigma2;   /* of the data, where it is the same for all */
} shares;

/* What the variances of the counts at work are made of. */
typedef struct propagation {
    const subtraction_batch *batch;
    const target_input *in;
    shares *share; /* [n, n_frame] */
} propagation;

/* Variance of reference data of weight 1 (uniform): what the stage leaves per datum. */
static double reference_variance(const target_input *in, int64_t i_count)
{
    return in->obs->noise == READ_UNIFORM
               ? basis_variance(in->basis, target_stage(in, i_count))
               : 1.0;
}

/* ---- Pixel by pixel -------------------------------------------------------------------- */

/* Pixels of the region that lie side by side in the planes: numbers of the first, in the region
   and in a plane; how many. */
typedef struct run {
    int64_t pixel, at, n;
} run;

static run find_run(const int64_t *index, int64_t pixel, int64_t end)
{
    int64_t next = pixel + 1;

    if (index[end - 1] - index[pixel] == end - 1 - pixel) { /* they rise */
        next = end;
    }
    while (next < end && index[next] == index[next - 1] + 1) {
        next++;
    }
    return (run){pixel, index[pixel], next - pixel};
}

/* Ask for what the next count needs of its planes while this one is at work. */
static void ask_ahead(const subtraction *s, int64_t at, int64_t n)
{
    enum { LINE = 16 }; /* floats of a cache line */

    for (int64_t x = 0; x < n; x += LINE) {
        __builtin_prefetch(s->residual.data + at + x);
        __builtin_prefetch(s->residual_variance.data + at + x, 1);
        __builtin_prefetch(s->component_variance.data + at + x, 1);
        __builtin_prefetch(s->flags + at + x);
    }
}

/* 1 where a pixel is fitted, else 0. */
static void find_fitted(float fitted[PIECE], const uint8_t *restrict flags, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        fitted[x] = target_is_fitted(flags[x]) ? 1.0F : 0.0F;
    }
}

/* The components' part; 0 where these hold the frame's own data, once these are fitted. */
static void store_components(float *restrict out, float factor, const float *restrict part,
                             const float fitted[PIECE], bool own, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        out[x] = factor * part[x];
    }
    for (int64_t x = 0; x < n && own; x++) {
        out[x] = fitted[x] > 0.0F ? 0.0F : out[x];
    }
}

/* Variance of data - f m; where m is fitted to the data themselves, cov(data, m) = fit. Not below
   a hundredth of that of the data; NaN where the residual is. */
static void store_residual(const subtraction *s, const shares *of,
                           const float sigma2[PIECE], const float *restrict fit,
                           const float fitted[PIECE], int64_t at, int64_t n)
{
    const float *restrict residual = s->residual.data + at;
    const float *restrict comp = s->component_variance.data + at;
    float *restrict out = s->residual_variance.data + at;
    const float of_fit = of->fit, of_both = of->both;

    for (int64_t x = 0; x < n; x++) {
        const float least = 0.01F * sigma2[x];
        const float all = sigma2[x] + (of_fit - of_both * fitted[x]) * fit[x] + comp[x];
        const float kept = all > least ? all : least;

        out[x] = isnan(residual[x]) ? NAN : kept;
    }
}

/* Variance of f m, once that of the residual is stored; NaN where the model is. */
static void store_model(const subtraction *s, const shares *of, const float *fit,
                        int64_t at, int64_t n)
{
    const float *restrict model = s->model.data + at;
    const float *restrict comp = s->component_variance.data + at;
    float *restrict out = s->model_variance.data + at;
    const float of_fit = of->fit;

    for (int64_t x = 0; x < n; x++) {
        const float variance = of_fit * fit[x] + comp[x];

        out[x] = isnan(model[x]) ? NAN : variance;
    }
}

/* Frame `i` at some pixels, with every count of a part. */
static void store_frame(const propagation *of, const sqn_target_variance_part *part,
                        int64_t i, const run *at)
{
    const sqn_pixels *pixels = &of->in->obs->pixels;
    const int64_t n_frame = of->in->obs->science.n_frame, n_all = pixels->ny * pixels->nx;
    const bool uniform = of->in->obs->noise == READ_UNIFORM;
    const bool own = of->in->obs->references_are_science;
    double variance[PIECE];
    float sigma2[PIECE], fitted[PIECE];

    target_data_variances(variance, of->in, i, at->pixel, at->n);
    for (int64_t x = 0; x < at->n; x++) {
        sigma2[x] = (float)variance[x];
    }
    for (int64_t c = 0; c < part->n_asked; c++) {
        const subtraction *s = of->batch->count[part->i_asked + c];
        const shares *share = &of->share[(part->i_asked + c) * n_frame + i];
        const int64_t from = (c * n_frame + i) * PIECE + at->pixel - part->first;
        const int64_t to = i * n_all + at->at;

        for (int64_t x = 0; x < at->n && uniform; x++) {
            sigma2[x] = share->sigma2;
        }
        if (c + 1 < part->n_asked) {
            ask_ahead(of->batch->count[part->i_asked + c + 1], to, at->n);
        }
        find_fitted(fitted, s->flags + to, at->n);
        store_components(s->component_variance.data + to, share->components,
                         part->from_components + from, fitted, own, at->n);
        store_residual(s, share, sigma2, part->from_fit + from, fitted, to, at->n);
        if (s->model.data != NULL) {
            store_model(s, share, part->from_fit + from, to, at->n);
        }
    }
}

/* Variances of the models at some pixels, per unit variance of the data where these are equal:
   nothing but what they are needed for is kept. */
static void take_part(void *context, const sqn_target_variance_part *part)
{
    const propagation *of = context;
    const int64_t end = part->first + part->n;

    for (int64_t p = part->first; p < end;) {
        const run at = find_run(of->in->obs->pixels.index, p, end);

        for (int64_t i = 0; i < of->in->obs->science.n_frame; i++) {
            store_frame(of, part, i, &at);
        }
        p += at.n;
    }
}

/* ---- Plane by plane -------------------------------------------------------------------- */

static void set_all(float *plane, int64_t n, float value)
{
    for (int64_t e = 0; e < n; e++) {
        plane[e] = value;
    }
}

/* Numbers first to end - 1 of the planes of all counts. */
static void clear_planes(const subtraction_batch *batch, int64_t first, int64_t end)
{
    for (int64_t c = 0; c < batch->n; c++) {
        const subtraction *s = batch->count[c];

        set_all(s->residual_variance.data + first, end - first, NAN);
        set_all(s->component_variance.data + first, end - first, 0.0F);
        if (s->model.data != NULL) {
            set_all(s->model_variance.data + first, end - first, NAN);
        }
    }
}

/* What lies outside the region in frame `i`. */
static void clear_outside(const subtraction_batch *batch, const sqn_pixels *pixels,
                          int64_t i)
{
    const int64_t n_all = pixels->ny * pixels->nx, first = i * n_all;
    int64_t done = 0;

    for (int64_t p = 0; p < pixels->n_pix && pixels->n_pix < n_all; p++) {
        if (pixels->index[p] > done) {
            clear_planes(batch, first + done, first + pixels->index[p]);
        }
        done = pixels->index[p] + 1;
    }
    clear_planes(batch, first + (pixels->n_pix < n_all ? done : n_all), first + n_all);
}

/* Reduced chi2 of what is fitted of frame `i`. */
static double find_chi2(const subtraction *s, const target_input *in, int64_t i)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    const target_frame *frame = &s->frames[i];
    const uint8_t *flags = s->flags + i * n_all;
    const float *residual = s->residual.data + i * n_all;
    double chi2 = 0.0;

    for (int64_t first = 0; first < pixels->n_pix; first += PIECE) {
        const int64_t left = pixels->n_pix - first, n = left < PIECE ? left : PIECE;
        double sigma2[PIECE];

        target_data_variances(sigma2, in, i, first, n);
        for (int64_t x = 0; x < n; x++) {
            const int64_t e = pixels->index[first + x];
            const double r = residual[e];
            const double variance =
                in->obs->noise == READ_UNIFORM ? frame->sigma * frame->sigma : sigma2[x];

            if (target_is_fitted(flags[e]) && !isnan(r) && variance > 0.0) {
                chi2 += r * r / variance;
            }
        }
    }
    return frame->n_valid > 0 ? chi2 / (double)frame->n_valid : NAN;
}

/* What is left to do of frame `i`. */
static void finish_frame(const subtraction_batch *batch, const target_input *in, int64_t i)
{
    clear_outside(batch, &in->obs->pixels, i);
    for (int64_t c = 0; c < batch->n; c++) {
        const subtraction *s = batch->count[c];

        if (s->model.data != NULL) {
            s->frames[i].chi2_reduced = find_chi2(s, in, i);
        }
    }
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

/* What is the same for all pixels of the frames with count `c` of the batch. */
static void fill_shares(shares *out, const subtraction_batch *batch, const target_input *in,
                        int64_t c)
{
    const double reference = reference_variance(in, batch->first + c);

    for (int64_t i = 0; i < in->obs->science.n_frame; i++) {
        const target_frame *frame = &batch->count[c]->frames[i];
        const double f = frame->factor, f2 = f * f;
        const double sigma2 =
            in->obs->noise == READ_UNIFORM ? frame->sigma * frame->sigma : 1.0;

        out[i] = (shares){(float)(f2 * sigma2), (float)(2.0 * f * sigma2),
                          (float)(f2 * reference), (float)sigma2};
    }
}

sqn_status target_propagate(const subtraction_batch *batch, const target_input *in,
                            sqn_error *err)
{
    const int64_t n_frame = in->obs->science.n_frame;
    propagation of = {batch, in, sqn__mem_alloc(batch->n * n_frame, sizeof *of.share)};
    sqn_target_variance_of asked[TARGET_BATCH];
    sqn_status status = SQN_OK;

    if (of.share == NULL) {
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames", n_frame);
    }
    for (int64_t c = 0; c < batch->n; c++) {
        SQN_TRY(fill_alike(batch->count[c], in, batch->first + c, err));
        fill_shares(of.share + c * n_frame, batch, in, c);
        asked[c] = (sqn_target_variance_of){batch->first + c,
                                            reference_coefficients(in, batch->first + c)};
    }
    SQN_TRY(sqn_target_variances(asked, batch->n, in->target->fit, reference_panels(in),
                                 take_part, &of, err));
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(batch, in, n_frame)
    for (int64_t i = 0; i < n_frame; i++) {
        finish_frame(batch, in, i);
    }

cleanup:
    sqn__mem_free(of.share);
    return status;
}
