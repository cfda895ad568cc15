/** @file subtract.c @brief Stage 3b: model, scale and subtract with some counts of components. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "arena.h"
#include "mem.h"
#include "middle.h"
#include "raise.h"
#include "sequin/scaling.h"
#include "stats.h"
#include "subtract.h"
#include "warn.h"

/* How far off median and median distance of a residual may be from those with the count before, in
   distances: as off as those of a sample are. */
static const double near_before[2] = {0.14, 0.08};

/** Work space of one thread, with what it knows of the frame at work. */
typedef struct slot {
    float *gap;      /* [ny, nx] 0 of those that count, NaN elsewhere */
    float *middle;   /* of medians */
    uint8_t *fitted; /* [ny, nx] 1 = counts, of the frame */
    double *weight;  /* [ny, nx] */
    double *scaling; /* of the best fraction; NULL = none of ours is sought */
    bool begun;      /* what follows is of this frame and of these fitted pixels */
    int64_t n_valid;
    double median;
    bool subtracted;       /* a count of this frame: */
    sqn__middle_pair left; /* what is in the middle of its residual */
} slot;

/** Work space of all threads. */
typedef struct work {
    sqn__arena arena; /* of what follows */
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

static sqn_status work_create(work *w, const target_input *in, const sqn_spare *spare,
                              sqn_error *err)
{
    const observation *obs = in->obs;
    const int64_t ny = obs->science.ny, nx = obs->science.nx, n_all = ny * nx;
    const int64_t n_float = n_all + sqn__middle_work_size(n_all);
    const int64_t n_scaling = choose_scaling(in) == CONFIG_SCALING_BFF
                                  ? sqn_scaling_work_size(ny, nx, obs->fwhm)
                                  : 0;

    w->n_slot = omp_get_max_threads();
    w->arena.spare = *spare;
    w->slot = sqn__arena_alloc(&w->arena, w->n_slot, sizeof *w->slot);
    w->doubles = sqn__arena_reserve(
        &w->arena, sqn__mem_product(w->n_slot, n_all + n_scaling), sizeof *w->doubles);
    w->floats = sqn__arena_reserve(&w->arena, sqn__mem_product(w->n_slot, n_float),
                                   sizeof *w->floats);
    w->fitted = sqn__arena_reserve(&w->arena, sqn__mem_product(w->n_slot, n_all), 1);
    if (w->slot == NULL || w->floats == NULL || w->doubles == NULL || w->fitted == NULL) {
        return SQN_RAISE(err, E_MEM, "work space of %" PRId64 " pixels", n_all);
    }
    for (int64_t i = 0; i < w->n_slot; i++) {
        slot *s = &w->slot[i];

        s->gap = w->floats + i * n_float;
        s->middle = s->gap + n_all;
        s->weight = w->doubles + i * (n_all + n_scaling);
        s->scaling = n_scaling > 0 ? s->weight + n_all : NULL;
        s->fitted = w->fitted + i * n_all;
    }
    return SQN_OK;
}

static void work_clear(work *w)
{
    sqn__arena_clear(&w->arena);
}

int64_t target_stage(const target_input *in, int64_t i_count)
{
    return in->settings->model.truncate ? in->basis->n_comp : in->basis->counts[i_count];
}

/* Squares of the given errors. */
static void square_errors(double *restrict out, const target_input *in, int64_t i,
                          int64_t first, int64_t n)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const int64_t *index = in->obs->pixels.index + first;
    const float *restrict error = in->obs->science.error.data + i * n_all;
    const bool side_by_side = index[n - 1] - index[0] == n - 1; /* they rise */

    for (int64_t p = 0; p < n && side_by_side; p++) {
        const double sigma = error[index[0] + p];

        out[p] = sigma * sigma;
    }
    for (int64_t p = 0; p < n && !side_by_side; p++) {
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

/* 1 = counts: fitted, and the model has a value. */
static uint8_t takes_part(uint8_t flags, float model)
{
    return (uint8_t)((target_is_fitted(flags) ? 1 : 0) & (isnan(model) ? 0 : 1));
}

/* Find the pixels that count. True where they are others than those of the count before. */
static bool mark_fitted(slot *w, const uint8_t *restrict flags, const float *restrict model,
                        int64_t n_all)
{
    uint8_t *restrict fitted = w->fitted;
    uint8_t differs = 0;

    for (int64_t e = 0; e < n_all && w->begun; e++) {
        differs |= (uint8_t)(fitted[e] ^ takes_part(flags[e], model[e]));
    }
    if (w->begun && differs == 0) {
        return false;
    }
    w->begun = true;
    for (int64_t e = 0; e < n_all; e++) {
        fitted[e] = takes_part(flags[e], model[e]);
    }
    return true;
}

/* What it takes to look for the middle of the values of the pixels that count. */
static sqn__middle_desk desk_of(const slot *w, const float *value, int64_t n_all)
{
    const sqn__order_mix of = {value, w->gap, 1.0F, 1.0F, n_all};

    return sqn__middle_desk_in(w->middle, &of, w->n_valid);
}

/* How many pixels count and have a value, and the median of these values. */
static void measure_frame(slot *w, const float *restrict value, int64_t n_all)
{
    float *restrict gap = w->gap;
    int64_t n_valid = 0;

    for (int64_t e = 0; e < n_all; e++) {
        gap[e] = w->fitted[e] != 0 ? 0.0F : NAN;
    }
    for (int64_t e = 0; e < n_all; e++) {
        n_valid += isnan(value[e] + gap[e]) ? 0 : 1;
    }
    w->n_valid = n_valid;

    const sqn__middle_desk desk = desk_of(w, value, n_all);

    w->median = sqn__middle_anywhere(&desk).median;
}

/* Robust sigma of the residuals of the pixels that count: with most counts near that of the one
   before. */
static double measure_sigma(slot *w, const float *residual, int64_t n_all)
{
    const sqn__middle_desk desk = desk_of(w, residual, n_all);

    if (!w->subtracted || !sqn__middle_near(&w->left, &desk, near_before)) {
        w->left = sqn__middle_anywhere(&desk);
    }
    w->subtracted = true;
    return SQN__STATS_MAD_TO_SIGMA * w->left.distance;
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
            const int64_t e = pixels->index[first + p];

            if (w->fitted[e] != 0) {
                w->weight[e] = isnan(variance[p]) ? 1.0 : 1.0 / variance[p];
            }
        }
    }
}

/* A frame with one count of the batch. */
typedef struct sitter {
    int64_t i, c;
    target_frame *frame;
    const uint8_t *flags; /* [ny, nx] */
    float *model;         /* [ny, nx] */
} sitter;

static sitter find_sitter(const subtraction_batch *batch, const target_input *in, int64_t i,
                          int64_t c)
{
    const int64_t from = i * in->obs->science.ny * in->obs->science.nx;
    const subtraction *s = batch->count[c];

    return (sitter){i, c, &s->frames[i], s->flags + from, target_models(s)->data + from};
}

/* The pixels of a frame that count; what depends on these is found only when they change. */
static sqn_scaling_frame begin_frame(slot *w, const sitter *of,
                                     const subtraction_batch *batch, const target_input *in)
{
    const int64_t ny = in->obs->science.ny, nx = in->obs->science.nx;
    const int64_t i_count = batch->first + of->c;
    const float *value = in->obs->science.value.data + of->i * ny * nx;
    const double *background = sqn_target_background(in->target->fit, i_count);
    const sqn_scaling_frame scene = {ny, nx, value, of->model, w->weight, in->obs->fwhm};

    if (mark_fitted(w, of->flags, of->model, ny * nx)) {
        measure_frame(w, value, ny * nx);
        weigh(w, in, of->i);
        if (w->scaling != NULL) {
            sqn_scaling_prepare(w->scaling, &scene);
        }
    }
    *of->frame = (target_frame){.factor = of->frame->factor,
                                .background = background != NULL ? background[of->i] : 0.0,
                                .n_valid = w->n_valid,
                                .median = w->median,
                                .at_edge = of->frame->at_edge};
    return scene;
}

/* From model to residual = data - factor model. */
static void subtract_model(float *restrict plane, const float *restrict value,
                           double factor, int64_t n_all)
{
    for (int64_t e = 0; e < n_all; e++) {
        plane[e] = value[e] - (float)(factor * (double)plane[e]);
    }
}

/* The residual of a frame, and the scaled model where it is kept; sigma measured over the fitted
   pixels. */
static void subtract_frame(float *residual, const sitter *of, slot *w,
                           const target_input *in)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const double factor = of->frame->factor;
    const bool kept = of->model != residual;

    for (int64_t e = 0; e < n_all && in->excluded != NULL; e++) {
        of->model[e] = (of->flags[e] & SQN_FLAG_NO_REFERENCE) == 0 ? of->model[e] : NAN;
    }
    if (kept) {
        memcpy(residual, of->model, (size_t)n_all * sizeof *residual);
    }
    for (int64_t e = 0; e < n_all && kept; e++) {
        of->model[e] = (float)(factor * (double)of->model[e]);
    }
    subtract_model(residual, in->obs->science.value.data + of->i * n_all, factor, n_all);
    of->frame->sigma = measure_sigma(w, residual, n_all);
}

/* Everything of frame `i` with the counts [first, end) of the batch. */
static void subtract_counts(const subtraction_batch *batch, slot *w, const target_input *in,
                            int64_t i, const int64_t counts[2])
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;

    w->begun = w->subtracted = false;
    for (int64_t c = counts[0]; c < counts[1]; c++) {
        const sitter of = find_sitter(batch, in, i, c);
        const sqn_scaling_frame scene = begin_frame(w, &of, batch, in);

        if (w->scaling != NULL && of.frame->n_valid > 0) {
            sqn_scaling found;

            of.frame->factor =
                sqn_scaling_find(&found, &scene, w->scaling) ? found.factor : NAN;
            of.frame->at_edge = found.at_edge;
        }
        subtract_frame(batch->count[c]->residual.data + i * n_all, &of, w, in);
    }
}

/* The factor of the published rule for frame `i` with count `c` of the batch. */
static sqn_status scale_frame(const subtraction_batch *batch, slot *w,
                              const target_input *in, int64_t i, int64_t c, sqn_error *err)
{
    const sitter of = find_sitter(batch, in, i, c);
    sqn_scaling found = {.factor = 1.0};
    sqn_status status = SQN_OK;
    const sqn_scaling_frame scene = begin_frame(w, &of, batch, in);

    if (of.frame->n_valid > 0) {
        status = sqn_scaling_bff_published(&found, &scene, err);
    }
    of.frame->factor = found.factor;
    of.frame->at_edge = found.at_edge;
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

    SQN_TRY(work_create(&w, in, &batch->spare, err));
    SQN_TRY(target_flag(batch, in, err));
    SQN_TRY(target_model(batch, in, err));
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
