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
    float *values;   /* [ny, nx] of those that count, NaN elsewhere */
    float *middle;   /* of medians */
    uint8_t *fitted; /* [ny, nx] 1 = counts, of the frame */
    uint8_t *before; /* [ny, nx] with the count before */
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
    uint8_t *basis; /* [n of the batch, ny, nx] flags of every frame with a count */
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

static sqn_status work_create(work *w, const target_input *in, int64_t n_count,
                              sqn_error *err)
{
    const observation *obs = in->obs;
    const int64_t ny = obs->science.ny, nx = obs->science.nx, n_all = ny * nx;
    const int64_t n_pix = obs->pixels.n_pix;
    const int64_t n_middle = sqn_weights_sigma_work_size(n_all);
    const int64_t n_float = n_pix + 2 * n_all + n_middle;
    const int64_t n_scaling = choose_scaling(in) == CONFIG_SCALING_BFF
                                  ? sqn_scaling_work_size(ny, nx, obs->fwhm)
                                  : 0;

    w->n_slot = omp_get_max_threads();
    w->slot = sqn__mem_alloc(w->n_slot, sizeof *w->slot);
    w->floats = sqn__mem_reserve(sqn__mem_product(w->n_slot, n_float), sizeof *w->floats);
    w->doubles = sqn__mem_reserve(sqn__mem_product(w->n_slot, n_all + n_scaling),
                                  sizeof *w->doubles);
    w->fitted = sqn__mem_reserve(sqn__mem_product(2 * (int64_t)w->n_slot, n_all), 1);
    w->basis = sqn__mem_reserve(sqn__mem_product(n_count, n_all), 1);
    if (w->slot == NULL || w->floats == NULL || w->doubles == NULL || w->fitted == NULL ||
        w->basis == NULL) {
        return SQN_RAISE(err, E_MEM, "work space of %" PRId64 " pixels", n_all);
    }
    for (int64_t i = 0; i < w->n_slot; i++) {
        slot *s = &w->slot[i];

        s->row = w->floats + i * n_float;
        s->plane = s->row + n_pix;
        s->values = s->plane + n_all;
        s->middle = s->values + n_all;
        s->weight = w->doubles + i * (n_all + n_scaling);
        s->scaling = n_scaling > 0 ? s->weight + n_all : NULL;
        s->fitted = w->fitted + 2 * i * n_all;
        s->before = s->fitted + n_all;
    }
    return SQN_OK;
}

static void work_clear(work *w)
{
    sqn__mem_free(w->slot);
    sqn__mem_free(w->floats);
    sqn__mem_free(w->doubles);
    sqn__mem_free(w->fitted);
    sqn__mem_free(w->basis);
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

/* Flags that all frames have with a count: the region's and the basis'. */
static void flag_basis(uint8_t *flags, const target_input *in, int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const sqn_matrix_const comp = in->basis->components[i_count];
    const uint8_t *undetermined =
        in->basis->nmf != NULL
            ? sqn_nmf_undetermined(in->basis->nmf, target_stage(in, i_count))
            : NULL;

    memset(flags, SQN_FLAG_OUTSIDE, (size_t)(pixels->ny * pixels->nx));
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int of_stage =
            undetermined != NULL && undetermined[p] != 0 ? SQN_FLAG_UNDETERMINED : 0;

        flags[pixels->index[p]] =
            (uint8_t)(of_stage | (isnan(comp.data[p]) ? SQN_FLAG_NO_REFERENCE : 0));
    }
}

static void flag_bases(const work *w, const subtraction_batch *batch,
                       const target_input *in)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;

#pragma omp parallel for schedule(static) num_threads(w->n_slot) default(none) \
    shared(w, batch, in, n_all)
    for (int64_t c = 0; c < batch->n; c++) {
        flag_basis(w->basis + c * n_all, in, batch->first + c);
    }
}

/* Flags of frame `i`: the reader's, and the exclusion's within the region, besides. */
static void flag_frame(uint8_t *flags, const uint8_t *common, const target_input *in,
                       int64_t i)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const uint8_t *read = in->obs->science.flags + i * n_all;

    for (int64_t e = 0; e < n_all; e++) {
        flags[e] = read[e] | common[e];
    }
    for (int64_t e = 0; e < n_all && in->excluded != NULL; e++) {
        if (in->excluded[i * n_all + e] != 0 && (common[e] & SQN_FLAG_OUTSIDE) == 0) {
            const int flag = flags[e] | SQN_FLAG_EXCLUDED;

            flags[e] =
                (uint8_t)(flag |
                          (is_beyond_reference(in, flag) ? SQN_FLAG_NO_REFERENCE : 0));
        }
    }
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

/* Find the pixels that count: fitted, and the model has a value. True where they are others
   than those of the count before. */
static bool mark_fitted(slot *w, const uint8_t *flags, const float *model, int64_t n_all)
{
    const bool begun = w->begun;
    uint8_t *restrict now = w->before;

    w->before = w->fitted;
    w->fitted = now;
    w->begun = true;
    for (int64_t e = 0; e < n_all; e++) {
        now[e] = target_is_fitted(flags[e]) ? 1 : 0;
    }
    for (int64_t e = 0; e < n_all; e++) {
        now[e] = isnan(model[e]) ? 0 : now[e];
    }
    return !begun || memcmp(now, w->before, (size_t)n_all) != 0;
}

/* Take of a plane the pixels that count. */
static void pick_fitted(slot *w, const float *plane, int64_t n_all)
{
    for (int64_t e = 0; e < n_all; e++) {
        w->values[e] = w->fitted[e] != 0 ? plane[e] : NAN;
    }
}

/* How many pixels count and have a value in a plane. */
static int64_t count_fitted(slot *w, const float *plane, int64_t n_all)
{
    int64_t n = 0;

    pick_fitted(w, plane, n_all);
    for (int64_t e = 0; e < n_all; e++) {
        n += isnan(w->values[e]) ? 0 : 1;
    }
    return n;
}

/* Median and robust sigma of a plane over the pixels that count. */
static double measure_sigma(double *median, slot *w, const float *plane, int64_t n_all)
{
    pick_fitted(w, plane, n_all);
    return sqn_weights_sigma(median, w->values, n_all, w->n_valid, w->middle);
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

/* The model of frame `i`, NaN outside the region. */
static void model_frame(float *model, const slot *w, const target_input *in, int64_t i,
                        int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_all = pixels->ny * pixels->nx;
    const bool whole = pixels->n_pix == n_all;

    sqn_target_model(whole ? model : w->row, in->target->fit, i_count, i);
    if (!whole) {
        for (int64_t e = 0; e < n_all; e++) {
            model[e] = NAN;
        }
        sqn_pixels_scatter(model, pixels, w->row);
    }
}

/* A frame with one count of the batch. */
typedef struct sitter {
    int64_t i, c;
    target_frame *frame;
    uint8_t *flags; /* [ny, nx] */
    float *model;   /* [ny, nx] */
} sitter;

static sitter find_sitter(const subtraction_batch *batch, const slot *w,
                          const target_input *in, int64_t i, int64_t c)
{
    const int64_t from = i * in->obs->science.ny * in->obs->science.nx;
    const subtraction *s = batch->count[c];

    return (sitter){i, c, &s->frames[i], s->flags + from,
                    s->model.data != NULL ? s->model.data + from : w->plane};
}

/* The model of a frame and the pixels that count; what depends on these is found only when
   they change. */
static sqn_scaling_frame begin_frame(slot *w, const sitter *of, const work *all,
                                     const subtraction_batch *batch, const target_input *in)
{
    const int64_t ny = in->obs->science.ny, nx = in->obs->science.nx;
    const int64_t i_count = batch->first + of->c;
    const float *value = in->obs->science.value.data + of->i * ny * nx;
    const double *background = sqn_target_background(in->target->fit, i_count);
    const sqn_scaling_frame scene = {ny, nx, value, of->model, w->weight, in->obs->fwhm};

    flag_frame(of->flags, all->basis + of->c * ny * nx, in, of->i);
    model_frame(of->model, w, in, of->i, i_count);
    if (mark_fitted(w, of->flags, of->model, ny * nx)) {
        w->n_valid = count_fitted(w, value, ny * nx);
        (void)measure_sigma(&w->median, w, value, ny * nx);
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

/* residual = data - factor model; sigma measured over the fitted pixels. */
static void subtract_frame(float *restrict residual, const sitter *of, slot *w,
                           const target_input *in)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const float *restrict value = in->obs->science.value.data + of->i * n_all;
    float *restrict model = of->model;
    const double factor = of->frame->factor;
    double median = NAN;

    for (int64_t e = 0; e < n_all && in->excluded != NULL; e++) {
        model[e] = (of->flags[e] & SQN_FLAG_NO_REFERENCE) == 0 ? model[e] : NAN;
    }
    for (int64_t e = 0; e < n_all; e++) {
        model[e] = (float)(factor * (double)model[e]);
        residual[e] = value[e] - model[e];
    }
    of->frame->sigma = measure_sigma(&median, w, residual, n_all);
}

/* Everything of frame `i` with the counts [first, end) of the batch. */
static void subtract_counts(const subtraction_batch *batch, slot *w, const work *all,
                            const target_input *in, int64_t i, const int64_t counts[2])
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;

    w->begun = false;
    for (int64_t c = counts[0]; c < counts[1]; c++) {
        const sitter of = find_sitter(batch, w, in, i, c);
        const sqn_scaling_frame scene = begin_frame(w, &of, all, batch, in);

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
static sqn_status scale_frame(const subtraction_batch *batch, slot *w, const work *all,
                              const target_input *in, int64_t i, int64_t c, sqn_error *err)
{
    sitter of = find_sitter(batch, w, in, i, c);
    sqn_scaling found = {.factor = 1.0};
    sqn_status status = SQN_OK;

    of.model = w->plane;
    const sqn_scaling_frame scene = begin_frame(w, &of, all, batch, in);

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
        SQN_TRY(scale_frame(batch, &w->slot[0], w, in, i, c, err));
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

        subtract_counts(batch, &w->slot[omp_get_thread_num()], w, in, task / n_part,
                        counts);
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

    SQN_TRY(work_create(&w, in, batch->n, err));
    flag_bases(&w, batch, in);
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
