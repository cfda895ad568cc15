/** @file nmf.c @brief Sequential construction (Ren et al. 2018) around one method. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "nmf_internal.h"
#include "nmf_model.h"
#include "raise.h"
#include "warn.h"

sqn_nmf_options sqn_nmf_options_default(void)
{
    return (sqn_nmf_options){
        .n_comp = 10,
        .method = "anls",
        .construction = SQN_NMF_SEQUENTIAL,
        .start = SQN_NMF_START_RESIDUAL,
        .seed = 1,
        .tolerance = 1e-5,
        .max_iterations = 1000,
    };
}

/* One fit on its way. */
typedef struct build {
    sqn__nmf_task task;
    const sqn__nmf_method *method;
    void *state;
    sqn_nmf *model;
    double best; /* chi2 of the factors that the method saved last */
} build;

static sqn_status check_keep(const sqn_nmf_options *options, sqn_error *err)
{
    for (int64_t i = 0; i < options->n_keep; i++) {
        const int64_t k = options->keep[i], before = i > 0 ? options->keep[i - 1] : 0;

        if (k <= before || k > options->n_comp) {
            return SQN_RAISE(err, E_ARG,
                             "keep[%" PRId64 "] = %" PRId64 " is not in %" PRId64
                             "..%" PRId64,
                             i, k, before + 1, options->n_comp);
        }
    }
    return SQN_OK;
}

static sqn_status check_numbers(const sqn_nmf_options *options, sqn_error *err)
{
    if (options->n_comp < 1 || options->max_iterations < 1 || options->seed < 1) {
        return SQN_RAISE(err, E_ARG,
                         "n_comp = %" PRId64 ", max_iterations = %" PRId64
                         ", seed = %" PRIu64 ": all are at least 1",
                         options->n_comp, options->max_iterations, options->seed);
    }
    if (!(options->tolerance >= 0.0) || isinf(options->tolerance)) {
        return SQN_RAISE(err, E_ARG, "tolerance = %g is not a finite number >= 0",
                         options->tolerance);
    }
    if (options->n_keep < 0 || (options->n_keep > 0 && options->keep == NULL)) {
        return SQN_RAISE(err, E_ARG, "keep has no list of %" PRId64 " stages",
                         options->n_keep);
    }
    if ((unsigned)options->construction > SQN_NMF_JOINT ||
        (unsigned)options->start > SQN_NMF_START_RANDOM) {
        return SQN_RAISE(err, E_ARG, "unknown construction %d or start %d",
                         (int)options->construction, (int)options->start);
    }
    return check_keep(options, err);
}

static sqn_status check_arguments(const sqn__nmf_method *method, const sqn_panels *panels,
                                  const sqn_nmf_options *options, sqn_error *err)
{
    if (method == NULL) {
        return SQN_RAISE(err, E_ARG, "unknown method \"%s\"",
                         options->method != NULL ? options->method : "");
    }
    if (!method->any_sign && options->background) {
        return SQN_RAISE(err, E_ARG, "method %s has no background", method->name);
    }
    if (!method->any_sign && panels->negatives == SQN_NEGATIVES_KEEP &&
        panels->info.n_negative > 0) {
        return SQN_RAISE(err, E_ARG, "method %s takes no data below 0, there are %" PRId64,
                         method->name, panels->info.n_negative);
    }
    if (options->n_comp > panels->info.n_frame_used) {
        return SQN_RAISE(err, E_COUNT,
                         "%" PRId64 " components from %" PRId64 " frames with data",
                         options->n_comp, panels->info.n_frame_used);
    }
    return SQN_OK;
}

static void warn_stop(const sqn_log *log, const sqn_nmf_stage *stage)
{
    if (stage->stop == SQN_NMF_MAX_ITERATIONS) {
        sqn__log_warn(log, SQN_W_STOP, "",
                      "the model with %" PRId64 " components stopped at %" PRId64
                      " iterations, before it converged",
                      stage->n_comp, stage->iterations);
    }
}

/* A stage never ends above the one before: its new column is given up instead. */
static void settle(build *b, sqn_nmf_stage *stage, double kkt_before)
{
    const double scale = b->task.panels->chi2_scale;

    if (stage->chi2 <= b->best) {
        b->best = stage->chi2;
        b->method->save(b->state);
    } else {
        sqn__log_warn(b->task.options->log, SQN_W_STAGE, "",
                      "component %" PRId64
                      " is zero: with it chi2 ended at %.9g, above %.9g",
                      stage->n_comp, stage->chi2 * scale, b->best * scale);
        b->method->restore(b->state);
        stage->chi2 = b->best;
        stage->kkt = kkt_before;
    }
    stage->chi2 *= scale;
    warn_stop(b->task.options->log, stage);
}

static sqn_status announce(const build *b, const sqn_nmf_stage *stage, sqn_error *err)
{
    const sqn_nmf_options *options = b->task.options;
    const sqn_nmf_progress now = {
        .n_comp = stage->n_comp,
        .n_comp_total = options->n_comp,
        .iteration = stage->iterations,
        .chi2 = stage->chi2,
        .stage_done = true,
    };

    if (options->progress != NULL &&
        options->progress(options->progress_context, &now) != 0) {
        return SQN_RAISE(err, E_INTERRUPTED,
                         "stopped after %" PRId64 " of %" PRId64 " components",
                         stage->n_comp, options->n_comp);
    }
    return SQN_OK;
}

/* All stages, the factors of the kept ones copied into the model as they end. */
static sqn_status construct(build *b, sqn_error *err)
{
    const int64_t n_comp = b->task.options->n_comp, n_stage = b->model->n_stage;
    sqn_status status = SQN_OK;
    int64_t passes = 0;

    b->best = INFINITY;
    for (int64_t k = 1; k <= n_comp; k++) {
        SQN_TRY(b->method->grow(b->state, &passes, err));
        if (k <= n_comp - n_stage) {
            continue; /* joint: iterate when the last column is there */
        }
        const int64_t index = k - 1 - (n_comp - n_stage);
        sqn_nmf_stage *stage = b->model->stage + index;

        stage->n_comp = k;
        SQN_TRY(b->method->refine(b->state, stage, err));
        stage->passes += passes;
        passes = 0;
        settle(b, stage, index > 0 ? stage[-1].kkt : stage->kkt);
        sqn__nmf_heldout_score(b->model->heldout, &b->task, k, index, b->method, b->state);
        sqn__nmf_model_store(b->model, k, b->task.panels, b->method, b->state);
        SQN_TRY(announce(b, stage, err));
        if (sqn__nmf_heldout_is_past(b->model->heldout, index + 1,
                                     b->task.options->patience)) {
            sqn__nmf_model_cut(b->model, index + 1);
            break;
        }
    }

cleanup:
    return status;
}

sqn_status sqn_nmf_fit(sqn_nmf **out, const sqn_panels *panels,
                       const sqn_nmf_options *options, sqn_error *err)
{
    const sqn_nmf_options chosen = options != NULL ? *options : sqn_nmf_options_default();
    build b = {.task = {panels, &chosen}};
    sqn_status status = SQN_OK;

    if (out == NULL || panels == NULL) {
        return SQN_RAISE(err, E_ARG, "sqn_nmf_fit() needs a result and panels");
    }
    *out = NULL;
    b.method = chosen.method != NULL ? sqn__nmf_method_find(chosen.method) : NULL;
    SQN_TRY(check_numbers(&chosen, err));
    SQN_TRY(check_arguments(b.method, panels, &chosen, err));
    SQN_TRY(sqn__nmf_model_create(&b.model, panels, &chosen, err));
    SQN_TRY(sqn__nmf_heldout_create(&b.model->heldout, &b.task, b.model->n_stage, err));
    SQN_TRY(b.method->create(&b.state, &b.task, err));
    SQN_TRY(construct(&b, err));
    *out = b.model;
    b.model = NULL;

cleanup:
    if (b.method != NULL) {
        b.method->destroy(b.state);
    }
    sqn_nmf_destroy(&b.model);
    return status;
}
