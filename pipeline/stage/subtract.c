/** @file subtract.c @brief Stage 3b: model, scale and subtract with one count of components. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/scaling.h"
#include "sequin/weights.h"
#include "target.h"
#include "warn.h"

/** Work space of one thread. */
typedef struct slot {
    float *row;               /* [n_pix] */
    double *weight, *scratch; /* [ny * nx] */
    double *scaling;          /* of the best fraction; NULL = none of ours is sought */
} slot;

/** Work space of one count. */
typedef struct work {
    int n_slot;
    slot *slot;
    float *rows;      /* [n_slot, n_pix] */
    double *numbers;  /* of all slots */
    float *from_fit;  /* [n_science, n_pix] */
    float *from_comp; /* [n_science, n_pix] */
} work;

/* The scaling that is meant by `auto`. */
config_scaling target_scaling(const observation *obs, const config *settings,
                              const uint8_t *excluded)
{
    if (settings->model.scaling != CONFIG_SCALING_AUTO) {
        return settings->model.scaling;
    }
    return excluded != NULL              ? CONFIG_SCALING_IMPUTATION
           : obs->references_are_science ? CONFIG_SCALING_NONE
                                         : CONFIG_SCALING_BFF;
}

static config_scaling choose_scaling(const target_input *in)
{
    return target_scaling(in->obs, in->settings, in->excluded);
}

static sqn_status work_create(work *w, const target_input *in, sqn_error *err)
{
    const observation *obs = in->obs;
    const int64_t ny = obs->science.ny, nx = obs->science.nx, n_all = ny * nx;
    const int64_t n_pix = obs->pixels.n_pix;
    const int64_t n_row = sqn__mem_product(obs->science.n_frame, n_pix);
    const int64_t n_scaling = choose_scaling(in) == CONFIG_SCALING_BFF
                                  ? sqn_scaling_work_size(ny, nx, obs->fwhm)
                                  : 0;

    w->n_slot = omp_get_max_threads();
    w->slot = sqn__mem_alloc(w->n_slot, sizeof *w->slot);
    w->rows = sqn__mem_alloc(sqn__mem_product(w->n_slot, n_pix), sizeof *w->rows);
    w->numbers = sqn__mem_alloc(sqn__mem_product(w->n_slot, 2 * n_all + n_scaling),
                                sizeof *w->numbers);
    w->from_fit = sqn__mem_alloc(n_row, sizeof *w->from_fit);
    w->from_comp = sqn__mem_alloc(n_row, sizeof *w->from_comp);
    if (w->slot == NULL || w->rows == NULL || w->numbers == NULL || w->from_fit == NULL ||
        w->from_comp == NULL) {
        return SQN_RAISE(err, E_MEM, "work space of %" PRId64 " frames",
                         obs->science.n_frame);
    }
    for (int64_t i = 0; i < w->n_slot; i++) {
        slot *s = &w->slot[i];

        s->row = w->rows + i * n_pix;
        s->weight = w->numbers + i * (2 * n_all + n_scaling);
        s->scratch = s->weight + n_all;
        s->scaling = n_scaling > 0 ? s->scratch + n_all : NULL;
    }
    return SQN_OK;
}

static void work_clear(work *w)
{
    sqn__mem_free(w->slot);
    sqn__mem_free(w->rows);
    sqn__mem_free(w->numbers);
    sqn__mem_free(w->from_fit);
    sqn__mem_free(w->from_comp);
}

sqn_status target_prepare(subtraction *out, const observation *obs, int64_t n_count,
                          sqn_error *err)
{
    const int64_t n = obs->science.n_frame, ny = obs->science.ny, nx = obs->science.nx;
    sqn_status status = SQN_OK;

    *out = (subtraction){0};
    SQN_TRY(sqn_cube_init(&out->model, n, ny, nx, err));
    SQN_TRY(sqn_cube_init(&out->residual, n, ny, nx, err));
    SQN_TRY(sqn_cube_init(&out->model_variance, n, ny, nx, err));
    SQN_TRY(sqn_cube_init(&out->residual_variance, n, ny, nx, err));
    SQN_TRY(sqn_cube_init(&out->component_variance, n, ny, nx, err));
    out->alike = sqn__mem_alloc(sqn__mem_product(n, n), sizeof *out->alike);
    out->flags = sqn__mem_alloc(sqn__mem_product(n, ny * nx), 1);
    out->frames = sqn__mem_alloc(n, sizeof *out->frames);
    out->sigma = sqn__mem_alloc(sqn__mem_product(n_count, n), sizeof *out->sigma);
    if (out->flags == NULL || out->frames == NULL || out->sigma == NULL ||
        out->alike == NULL) {
        status = SQN_RAISE(err, E_MEM, "flags of %" PRId64 " frames", n);
    }

cleanup:
    if (status != SQN_OK) {
        subtraction_clear(out);
    }
    return status;
}

void subtraction_clear(subtraction *s)
{
    sqn_cube_clear(&s->model);
    sqn_cube_clear(&s->residual);
    sqn_cube_clear(&s->model_variance);
    sqn_cube_clear(&s->residual_variance);
    sqn_cube_clear(&s->component_variance);
    sqn__mem_free(s->alike);
    sqn__mem_free(s->flags);
    sqn__mem_free(s->frames);
    sqn__mem_free(s->sigma);
    *s = (subtraction){0};
}

/* The stage a count is modelled with: its own, or the last one cut to its first columns. */
static int64_t stage_of(const target_input *in, int64_t i_count)
{
    return in->settings->model.truncate ? in->basis->n_comp : in->basis->counts[i_count];
}

/* Excluded where the other frames, which are all the references there are, do not determine
   the components: nothing predicts the starlight. */
static bool is_beyond_reference(const target_input *in, int flag)
{
    return in->obs->references_are_science && (flag & SQN_FLAG_EXCLUDED) != 0 &&
           (flag & SQN_FLAG_UNDETERMINED) != 0;
}

/* Flags of frame `i`: the reader's, the region's, the exclusion's, the basis'. */
static void flag_frame(uint8_t *flags, const target_input *in, int64_t i, int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    const sqn_matrix_const comp = in->basis->components[i_count];
    const uint8_t *undetermined =
        in->basis->nmf != NULL ? sqn_nmf_undetermined(in->basis->nmf, stage_of(in, i_count))
                               : NULL;
    const uint8_t *read = in->obs->science.flags + i * n_all;

    for (int64_t e = 0; e < n_all; e++) {
        flags[e] = (uint8_t)(read[e] | SQN_FLAG_OUTSIDE);
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = pixels->index[p];
        int flag = read[e];

        flag |= isnan(comp.data[p]) ? SQN_FLAG_NO_REFERENCE : 0;
        flag |= in->excluded != NULL && in->excluded[i * n_all + e] != 0 ? SQN_FLAG_EXCLUDED
                                                                         : 0;
        flag |= undetermined != NULL && undetermined[p] != 0 ? SQN_FLAG_UNDETERMINED : 0;
        flags[e] =
            (uint8_t)(flag | (is_beyond_reference(in, flag) ? SQN_FLAG_NO_REFERENCE : 0));
    }
}

/* Given or modelled variance of a datum; NaN where it is to be measured (uniform). */
static double data_variance(const target_input *in, int64_t i, int64_t p)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;

    if (in->obs->noise == READ_ERRORS) {
        const double sigma =
            in->obs->science.error.data[i * n_all + in->obs->pixels.index[p]];

        return sigma * sigma;
    }
    return in->obs->noise == READ_POISSON ? in->target->variance[p] : NAN;
}

static bool is_fitted(uint8_t flags)
{
    return (flags & (SQN_FLAG_NO_SCIENCE | SQN_FLAG_NO_REFERENCE | SQN_FLAG_OUTSIDE |
                     SQN_FLAG_EXCLUDED)) == 0;
}

/* The frame that a best fraction judges; weights are filled. */
static sqn_scaling_frame weigh_scene(const subtraction *out, const slot *w,
                                     const target_input *in, int64_t i)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;

    memset(w->weight, 0, (size_t)n_all * sizeof *w->weight);
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = pixels->index[p];
        const double variance = data_variance(in, i, p);

        if (is_fitted(out->flags[i * n_all + e])) {
            w->weight[e] = isnan(variance) ? 1.0 : 1.0 / variance;
        }
    }
    return (sqn_scaling_frame){pixels->ny,
                               pixels->nx,
                               in->obs->science.value.data + i * n_all,
                               out->model.data + i * n_all,
                               w->weight,
                               in->obs->fwhm};
}

/* The factor of the published rule for every frame: its fractions go side by side. */
static sqn_status scale_published(subtraction *out, const work *w, const target_input *in,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < out->model.n_frame && status == SQN_OK; i++) {
        target_frame *frame = &out->frames[i];
        sqn_scaling found = {.factor = 1.0};

        if (frame->n_valid > 0) {
            const sqn_scaling_frame scene = weigh_scene(out, &w->slot[0], in, i);

            status = sqn_scaling_bff_published(&found, &scene, err);
        }
        frame->factor = found.factor;
        frame->at_edge = found.at_edge;
    }
    return status;
}

/* The best fraction of the model of frame `i`, NaN where nothing tells. */
static void scale_frame(subtraction *out, const slot *w, const target_input *in, int64_t i)
{
    target_frame *frame = &out->frames[i];
    sqn_scaling found;

    if (frame->n_valid > 0) {
        const sqn_scaling_frame scene = weigh_scene(out, w, in, i);

        sqn_scaling_prepare(w->scaling, &scene);
        frame->factor = sqn_scaling_find(&found, &scene, w->scaling) ? found.factor : NAN;
        frame->at_edge = found.at_edge;
    }
}

/* model and residual of frame `i`, and what is fitted of it. */
static void model_frame(subtraction *out, const slot *w, const target_input *in, int64_t i,
                        int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    float *model = out->model.data + i * n_all;
    target_frame *frame = &out->frames[i];

    *frame = (target_frame){.factor = 1.0, .background = 0.0};
    for (int64_t e = 0; e < n_all; e++) {
        model[e] = NAN;
    }
    sqn_target_model(w->row, in->target->fit, i_count, i);
    sqn_pixels_scatter(model, pixels, w->row);
    if (sqn_target_background(in->target->fit, i_count) != NULL) {
        frame->background = sqn_target_background(in->target->fit, i_count)[i];
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = pixels->index[p];

        if (is_fitted(out->flags[i * n_all + e]) && !isnan(model[e])) {
            w->scratch[frame->n_valid++] = in->obs->science.value.data[i * n_all + e];
        }
    }
    frame->median = sqn_weights_median(w->scratch, frame->n_valid);
}

/* residual = data - factor model; sigma measured over the fitted pixels. */
static void subtract_frame(subtraction *out, const slot *w, const target_input *in,
                           int64_t i)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    float *model = out->model.data + i * n_all;
    float *residual = out->residual.data + i * n_all;
    target_frame *frame = &out->frames[i];
    int64_t n = 0;

    for (int64_t e = 0; e < n_all; e++) {
        const bool known = (out->flags[i * n_all + e] & SQN_FLAG_NO_REFERENCE) == 0;

        model[e] = known ? (float)(frame->factor * model[e]) : NAN;
        residual[e] = in->obs->science.value.data[i * n_all + e] - model[e];
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = pixels->index[p];

        if (is_fitted(out->flags[i * n_all + e]) && !isnan(residual[e])) {
            w->scratch[n++] = residual[e];
        }
    }
    frame->sigma = sqn_weights_mad_sigma(w->scratch, n);
}

/* Variance of reference data of weight 1 (uniform): what the stage leaves per datum. */
static double reference_variance(const target_input *in, int64_t i_count)
{
    return in->obs->noise == READ_UNIFORM ? basis_variance(in->basis, stage_of(in, i_count))
                                          : 1.0;
}

/* Variances of the model and of the residual of frame `i`, and its reduced chi2. */
static void propagate_frame(subtraction *out, const work *w, const target_input *in,
                            int64_t i, double sigma2_ref)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    target_frame *frame = &out->frames[i];
    const bool uniform = in->obs->noise == READ_UNIFORM;
    const double sigma2_frame = uniform ? frame->sigma * frame->sigma : 1.0;
    const double f = frame->factor;
    double chi2 = 0.0;

    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int64_t e = i * n_all + pixels->index[p];
        const double given = data_variance(in, i, p);
        const double sigma2 = uniform ? sigma2_frame : given;
        const double fit = sigma2_frame * w->from_fit[i * pixels->n_pix + p];
        const bool fitted = is_fitted(out->flags[e]);
        const bool own = in->obs->references_are_science && fitted; /* data are in it */
        const double comp = own ? 0.0 : sigma2_ref * w->from_comp[i * pixels->n_pix + p];
        /* data - f m, with m fitted to the data themselves: cov(data, m) = fit */
        const double all = sigma2 + (fitted ? f * f - 2.0 * f : f * f) * fit + f * f * comp;

        out->component_variance.data[e] = (float)(f * f * comp);
        out->model_variance.data[e] = (float)(f * f * (fit + comp));
        out->residual_variance.data[e] = (float)fmax(all, 0.01 * sigma2);
        if (fitted && !isnan(out->residual.data[e]) && sigma2 > 0.0) {
            chi2 += (double)out->residual.data[e] * out->residual.data[e] / sigma2;
        }
    }
    frame->chi2_reduced = frame->n_valid > 0 ? chi2 / (double)frame->n_valid : NAN;
}

/* Variances of frame `i` are NaN where the value is, and outside the region. */
static void blank_variances(subtraction *out, int64_t i)
{
    const int64_t n_all = out->model.ny * out->model.nx;

    for (int64_t e = i * n_all; e < (i + 1) * n_all; e++) {
        if (isnan(out->model.data[e])) {
            out->model_variance.data[e] = NAN;
        }
        if (isnan(out->residual.data[e])) {
            out->residual_variance.data[e] = NAN;
        }
    }
}

static void warn_scaling(const subtraction *out, const target_input *in, int64_t i_count)
{
    const config_scaling scaling = choose_scaling(in);
    int64_t n_edge = 0;

    if (i_count + 1 < in->basis->n_count) {
        return; /* said once, for the largest count */
    }
    for (int64_t i = 0; i < out->model.n_frame; i++) {
        n_edge += out->frames[i].at_edge;
    }
    if (n_edge > 0) {
        sqn__log_warn(in->log, SQN_W_BFF_EDGE, in->settings->path,
                      "the factor of %" PRId64 " of %" PRId64
                      " frames lies at the edge of its range",
                      n_edge, out->model.n_frame);
    }
    if (in->obs->references_are_science &&
        (scaling == CONFIG_SCALING_BFF || scaling == CONFIG_SCALING_BFF_PUBLISHED)) {
        sqn__log_warn(
            in->log, SQN_W_BFF_ADI, in->settings->path,
            "a best fraction with references: science scales up what the components "
            "have taken of the source");
    }
}

/* model and residual of every frame, side by side. */
static sqn_status subtract_all(subtraction *out, const work *w, const target_input *in,
                               int64_t i_count, sqn_error *err)
{
    const int64_t n_frame = in->obs->science.n_frame;
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const bool published = choose_scaling(in) == CONFIG_SCALING_BFF_PUBLISHED;
    sqn_status status = SQN_OK;

#pragma omp parallel for schedule(dynamic, 1) num_threads(w->n_slot) default(none) \
    shared(out, w, in, i_count, n_frame, n_all)
    for (int64_t i = 0; i < n_frame; i++) {
        const slot *own = &w->slot[omp_get_thread_num()];

        flag_frame(out->flags + i * n_all, in, i, i_count);
        model_frame(out, own, in, i, i_count);
        if (own->scaling != NULL) {
            scale_frame(out, own, in, i);
        }
    }
    if (published) {
        status = scale_published(out, w, in, err);
    }
    for (int64_t i = 0; i < n_frame && status == SQN_OK; i++) {
        if (isnan(out->frames[i].factor)) {
            status =
                SQN_RAISE(err, E_DATA_EMPTY,
                          "frame %" PRId64 ": no pixel has data, model and weight", i + 1);
        }
    }
    if (status != SQN_OK) {
        return status;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(w->n_slot) default(none) \
    shared(out, w, in, i_count, n_frame)
    for (int64_t i = 0; i < n_frame; i++) {
        subtract_frame(out, &w->slot[omp_get_thread_num()], in, i);
        out->sigma[i_count * n_frame + i] = out->frames[i].sigma;
    }
    return SQN_OK;
}

/* Variances of every frame. */
static sqn_status propagate_all(subtraction *out, const work *w, const target_input *in,
                                int64_t i_count, sqn_error *err)
{
    const int64_t n_pix = in->obs->pixels.n_pix, n_frame = in->obs->science.n_frame;
    const basis *b = in->basis;
    const sqn_matrix fit = {w->from_fit, n_frame, n_pix, n_pix};
    const sqn_matrix comp = {w->from_comp, n_frame, n_pix, n_pix};
    const double sigma2_ref = reference_variance(in, i_count);
    sqn_dmatrix_const coefficients = {0};
    sqn_status status = SQN_OK;

    if (b->nmf != NULL) {
        coefficients = sqn_nmf_coefficients(b->nmf, stage_of(in, i_count));
        coefficients.cols = b->counts[i_count];
    }
    const sqn_panels *references = coefficients.data != NULL ? b->panels : NULL;

    SQN_TRY(sqn_target_variance(fit, comp, in->target->fit, i_count, references,
                                coefficients, err));
    SQN_TRY(sqn_target_component_covariance(
        (sqn_dmatrix){out->alike, n_frame, n_frame, n_frame}, in->target->fit, i_count,
        references, coefficients, err));
    for (int64_t e = 0; e < n_frame * n_frame; e++) {
        out->alike[e] *= out->frames[e / n_frame].factor * out->frames[e % n_frame].factor;
    }
#pragma omp parallel for schedule(dynamic, 1) default(none) \
    shared(out, w, in, sigma2_ref, n_frame)
    for (int64_t i = 0; i < n_frame; i++) {
        propagate_frame(out, w, in, i, sigma2_ref);
        blank_variances(out, i);
    }

cleanup:
    return status;
}

sqn_status target_subtract(subtraction *out, const target_input *in, int64_t i_count,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    work w = {0};

    SQN_TRY(work_create(&w, in, err));
    SQN_TRY(subtract_all(out, &w, in, i_count, err));
    SQN_TRY(propagate_all(out, &w, in, i_count, err));
    warn_scaling(out, in, i_count);

cleanup:
    work_clear(&w);
    return status;
}
