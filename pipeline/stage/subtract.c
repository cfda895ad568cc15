/** @file subtract.c @brief Stage 3b: model, scale and subtract with some counts of components. */
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

/** Work space of one thread, with what it knows of the frame at work. */
typedef struct slot {
    float *row;      /* [n_pix] */
    float *plane;    /* [ny, nx] the model, where nobody keeps it */
    float *values;   /* [n_pix] */
    float *middle;   /* of medians */
    uint8_t *fitted; /* [n_pix] pixels that count of the frame */
    double *weight;  /* [ny, nx] */
    double *scaling; /* of the best fraction; NULL = none of ours is sought */
    bool begun;      /* what follows is of this frame and of these fitted pixels */
    int64_t n_valid;
    double median;
} slot;

/** Work space of all threads. */
typedef struct work {
    int n_slot;
    slot *slot;
    float *floats;
    double *doubles;
    uint8_t *fitted;
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
    const int64_t n_middle = sqn_weights_sigma_work_size(n_pix);
    const int64_t n_float = n_all + 2 * n_pix + n_middle;
    const int64_t n_scaling = choose_scaling(in) == CONFIG_SCALING_BFF
                                  ? sqn_scaling_work_size(ny, nx, obs->fwhm)
                                  : 0;

    w->n_slot = omp_get_max_threads();
    w->slot = sqn__mem_alloc(w->n_slot, sizeof *w->slot);
    w->floats = sqn__mem_reserve(sqn__mem_product(w->n_slot, n_float), sizeof *w->floats);
    w->doubles = sqn__mem_reserve(sqn__mem_product(w->n_slot, n_all + n_scaling),
                                  sizeof *w->doubles);
    w->fitted = sqn__mem_alloc(sqn__mem_product(w->n_slot, n_pix), sizeof *w->fitted);
    if (w->slot == NULL || w->floats == NULL || w->doubles == NULL || w->fitted == NULL) {
        return SQN_RAISE(err, E_MEM, "work space of %" PRId64 " pixels", n_all);
    }
    for (int64_t i = 0; i < w->n_slot; i++) {
        slot *s = &w->slot[i];

        s->row = w->floats + i * n_float;
        s->plane = s->row + n_pix;
        s->values = s->plane + n_all;
        s->middle = s->values + n_pix;
        s->weight = w->doubles + i * (n_all + n_scaling);
        s->scaling = n_scaling > 0 ? s->weight + n_all : NULL;
        s->fitted = w->fitted + i * n_pix;
    }
    return SQN_OK;
}

static void work_clear(work *w)
{
    sqn__mem_free(w->slot);
    sqn__mem_free(w->floats);
    sqn__mem_free(w->doubles);
    sqn__mem_free(w->fitted);
}

int64_t target_stage(const target_input *in, int64_t i_count)
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
        in->basis->nmf != NULL
            ? sqn_nmf_undetermined(in->basis->nmf, target_stage(in, i_count))
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

/* Squares of the given errors. */
static void square_errors(double *out, const target_input *in, int64_t i, int64_t first,
                          int64_t n)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const int64_t *index = in->obs->pixels.index + first;
    const float *error = in->obs->science.error.data + i * n_all;

    for (int64_t p = 0; p < n; p++) {
        const double sigma = error[index[p]];

        out[p] = sigma * sigma;
    }
}

void target_data_variances(double *out, const target_input *in, int64_t i, int64_t first,
                           int64_t n)
{
    if (in->obs->noise == READ_ERRORS) {
        square_errors(out, in, i, first, n);
        return;
    }
    for (int64_t p = 0; p < n; p++) {
        out[p] = in->obs->noise == READ_POISSON ? in->target->variance[first + p] : NAN;
    }
}

/* Find the pixels that count: fitted, and the model has a value. True where they are others
   than those of the count before. */
static bool mark_fitted(slot *w, const uint8_t *flags, const sqn_pixels *pixels)
{
    int64_t n_other = w->begun ? 0 : 1;

    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const uint8_t fitted =
            target_is_fitted(flags[pixels->index[p]]) && !isnan(w->row[p]) ? 1 : 0;

        n_other += fitted != w->fitted[p] ? 1 : 0;
        w->fitted[p] = fitted;
    }
    w->begun = true;
    return n_other > 0;
}

/* Values of a plane at the pixels that count; returns how many. */
static int64_t gather(const slot *w, const float *plane, const sqn_pixels *pixels)
{
    int64_t n = 0;

    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const float value = plane[pixels->index[p]];

        w->values[n] = value;
        n += w->fitted[p] != 0 && !isnan(value) ? 1 : 0;
    }
    return n;
}

/* Inverse variances of the pixels of frame `i` that count. */
static void weigh(const slot *w, const target_input *in, int64_t i)
{
    enum { STRIP = 64 }; /* pixels at a time */
    const sqn_pixels *pixels = &in->obs->pixels;

    memset(w->weight, 0, (size_t)(pixels->ny * pixels->nx) * sizeof *w->weight);
    for (int64_t first = 0; first < pixels->n_pix; first += STRIP) {
        const int64_t left = pixels->n_pix - first, n = left < STRIP ? left : STRIP;
        double variance[STRIP];

        target_data_variances(variance, in, i, first, n);
        for (int64_t p = 0; p < n; p++) {
            if (w->fitted[first + p] != 0) {
                w->weight[pixels->index[first + p]] =
                    isnan(variance[p]) ? 1.0 : 1.0 / variance[p];
            }
        }
    }
}

/* The model of frame `i` and the pixels that count; what depends on these is found only when
   they change. */
static sqn_scaling_frame begin_frame(slot *w, target_frame *frame, uint8_t *flags,
                                     float *model, const target_input *in, int64_t i,
                                     int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    const float *value = in->obs->science.value.data + i * n_all;
    const double *background = sqn_target_background(in->target->fit, i_count);
    const sqn_scaling_frame scene = {pixels->ny, pixels->nx, value,
                                     model,      w->weight,  in->obs->fwhm};

    flag_frame(flags, in, i, i_count);
    sqn_target_model(w->row, in->target->fit, i_count, i);
    for (int64_t e = 0; e < n_all; e++) {
        model[e] = NAN;
    }
    sqn_pixels_scatter(model, pixels, w->row);
    if (mark_fitted(w, flags, pixels)) {
        w->n_valid = gather(w, value, pixels);
        (void)sqn_weights_sigma(&w->median, w->values, w->n_valid, w->middle);
        weigh(w, in, i);
        if (w->scaling != NULL) {
            sqn_scaling_prepare(w->scaling, &scene);
        }
    }
    *frame = (target_frame){.factor = frame->factor,
                            .background = background != NULL ? background[i] : 0.0,
                            .n_valid = w->n_valid,
                            .median = w->median,
                            .at_edge = frame->at_edge};
    return scene;
}

/* residual = data - factor model; sigma measured over the fitted pixels. */
static void subtract_frame(float *residual, float *model, slot *w, target_frame *frame,
                           const uint8_t *flags, const target_input *in, int64_t i)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    const float *value = in->obs->science.value.data + i * n_all;
    double median = NAN;

    for (int64_t e = 0; e < n_all; e++) {
        const bool known = (flags[e] & SQN_FLAG_NO_REFERENCE) == 0;

        model[e] = known ? (float)(frame->factor * model[e]) : NAN;
        residual[e] = value[e] - model[e];
    }
    const int64_t n = gather(w, residual, pixels);

    frame->sigma = sqn_weights_sigma(&median, w->values, n, w->middle);
}

/* Everything of frame `i` with the counts [first, end) of the batch. */
static void subtract_counts(const subtraction_batch *batch, slot *w, const target_input *in,
                            int64_t i, const int64_t counts[2])
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;

    w->begun = false;
    for (int64_t c = counts[0]; c < counts[1]; c++) {
        subtraction *out = batch->count[c];
        target_frame *frame = &out->frames[i];
        float *model = out->model.data != NULL ? out->model.data + i * n_all : w->plane;
        const sqn_scaling_frame scene =
            begin_frame(w, frame, out->flags + i * n_all, model, in, i, batch->first + c);

        if (w->scaling != NULL && frame->n_valid > 0) {
            sqn_scaling found;

            frame->factor =
                sqn_scaling_find(&found, &scene, w->scaling) ? found.factor : NAN;
            frame->at_edge = found.at_edge;
        }
        subtract_frame(out->residual.data + i * n_all, model, w, frame,
                       out->flags + i * n_all, in, i);
    }
}

/* The factor of the published rule for frame `i` with count `c` of the batch. */
static sqn_status scale_frame(const subtraction_batch *batch, slot *w,
                              const target_input *in, int64_t i, int64_t c, sqn_error *err)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    target_frame *frame = &batch->count[c]->frames[i];
    const sqn_scaling_frame scene = begin_frame(
        w, frame, batch->count[c]->flags + i * n_all, w->plane, in, i, batch->first + c);
    sqn_scaling found = {.factor = 1.0};
    sqn_status status = SQN_OK;

    if (frame->n_valid > 0) {
        status = sqn_scaling_bff_published(&found, &scene, err);
    }
    frame->factor = found.factor;
    frame->at_edge = found.at_edge;
    return status;
}

/* Frame by frame and count by count: the fractions of the published rule go side by side. */
static sqn_status scale_published(const subtraction_batch *batch, const work *w,
                                  const target_input *in, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t e = 0; e < in->obs->science.n_frame * batch->n; e++) {
        const int64_t i = e / batch->n, c = e % batch->n;

        w->slot[0].begun = c > 0;
        SQN_TRY(scale_frame(batch, &w->slot[0], in, i, c, err));
    }

cleanup:
    return status;
}

static void warn_scaling(const subtraction *out, const target_input *in)
{
    const config_scaling scaling = choose_scaling(in);
    int64_t n_edge = 0;

    for (int64_t i = 0; i < in->obs->science.n_frame; i++) {
        n_edge += out->frames[i].at_edge;
    }
    if (n_edge > 0) {
        sqn__log_warn(in->log, SQN_W_BFF_EDGE, in->settings->path,
                      "the factor of %" PRId64 " of %" PRId64
                      " frames lies at the edge of its range",
                      n_edge, in->obs->science.n_frame);
    }
    if (in->obs->references_are_science &&
        (scaling == CONFIG_SCALING_BFF || scaling == CONFIG_SCALING_BFF_PUBLISHED)) {
        sqn__log_warn(
            in->log, SQN_W_BFF_ADI, in->settings->path,
            "a best fraction with references: science scales up what the components "
            "have taken of the source");
    }
}

/* Frames and counts side by side: few frames leave threads to the counts. */
static void subtract_all(const subtraction_batch *batch, const work *w,
                         const target_input *in)
{
    const int64_t n_frame = in->obs->science.n_frame;
    const int64_t wanted = (4 * (int64_t)w->n_slot + n_frame - 1) / n_frame;
    const int64_t n_part = wanted < batch->n ? wanted : batch->n;

#pragma omp parallel for schedule(dynamic, 1) num_threads(w->n_slot) default(none) \
    shared(batch, w, in, n_frame, n_part)
    for (int64_t task = 0; task < n_frame * n_part; task++) {
        const int64_t part = task % n_part;
        const int64_t counts[2] = {part * batch->n / n_part,
                                   (part + 1) * batch->n / n_part};

        subtract_counts(batch, &w->slot[omp_get_thread_num()], in, task / n_part, counts);
    }
}

/* Sigma of every frame is kept; a factor that nothing tells is an error. */
static sqn_status finish(const subtraction_batch *batch, const target_input *in,
                         sqn_error *err)
{
    const int64_t n_frame = in->obs->science.n_frame;

    for (int64_t c = 0; c < batch->n; c++) {
        const target_frame *frames = batch->count[c]->frames;

        for (int64_t i = 0; i < n_frame; i++) {
            if (isnan(frames[i].factor)) {
                return SQN_RAISE(err, E_DATA_EMPTY,
                                 "frame %" PRId64 ": no pixel has data, model and weight",
                                 i + 1);
            }
            batch->last->sigma[(batch->first + c) * n_frame + i] = frames[i].sigma;
        }
    }
    return SQN_OK;
}

sqn_status target_subtract(const subtraction_batch *batch, const target_input *in,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    work w = {0};

    SQN_TRY(work_create(&w, in, err));
    for (int64_t e = 0; e < batch->n * in->obs->science.n_frame; e++) {
        batch->count[e % batch->n]->frames[e / batch->n] = (target_frame){.factor = 1.0};
    }
    if (choose_scaling(in) == CONFIG_SCALING_BFF_PUBLISHED) {
        SQN_TRY(scale_published(batch, &w, in, err));
    }
    subtract_all(batch, &w, in);
    SQN_TRY(finish(batch, in, err));
    if (batch->count[batch->n - 1] == batch->last) {
        warn_scaling(batch->last, in); /* said once, for the largest count */
    }

cleanup:
    work_clear(&w);
    return status;
}
