/** @file clip.c @brief Outliers of both roles become missing. */
#include "clip.h"

#include <inttypes.h>
#include <math.h>

#include "clip_sky.h"
#include "mem.h"
#include "outliers.h"
#include "raise.h"
#include "sequin/target.h"
#include "warn.h"
#include "weigh.h"

enum { ROUNDS_SCIENCE = 4 /* of fits; each is exact and cheap */ };

static sqn_outlier_options options_of(const observation *obs, const config *settings,
                                      bool on_sky)
{
    sqn_outlier_options options = outliers_options(settings, read_references(obs)->n_frame,
                                                   obs->noise == READ_UNIFORM);

    if (on_sky) {
        options.rule.reduce = clip_sky_reduce;
        options.rule.context = obs;
    }
    return options;
}

/* What is marked is missing from now on. */
static void apply(sqn_fits_stack *stack, const sqn_pixels *pixels, const uint8_t *mask)
{
    for (int64_t i = 0; i < stack->n_frame; i++) {
        for (int64_t p = 0; p < pixels->n_pix; p++) {
            const int64_t e = i * stack->ny * stack->nx + pixels->index[p];

            if (mask[i * pixels->n_pix + p] == 0) {
                continue;
            }
            stack->value.data[e] = NAN;
            if (stack->error.data != NULL) {
                stack->error.data[e] = NAN;
            }
            if (stack->flags != NULL) { /* of references none are kept */
                stack->flags[e] |= SQN_FLAG_NO_SCIENCE | SQN_FLAG_CLIPPED;
            }
            stack->frames[i].n_missing++;
        }
    }
}

sqn_status clip_references(clip_tally *out, observation *obs, const config *settings,
                           const uint8_t *excluded, const sqn_log *log, sqn_error *err)
{
    sqn_fits_stack *stack =
        obs->references_are_science ? &obs->science : &obs->reference_stack;
    const sqn_outlier_options options =
        options_of(obs, settings, obs->references_are_science);
    sqn_status status = SQN_OK;
    double *variance = NULL;
    uint8_t *mask = NULL;

    if (!(settings->noise.clip_sigma > 0.0)) {
        return SQN_OK;
    }
    if (stack->n_frame < OUTLIERS_ROWS_MIN) {
        sqn__log_note(log, "outliers of %" PRId64 " reference frames cannot be told",
                      stack->n_frame);
        return SQN_OK;
    }
    SQN_TRY(weigh_variance(&variance, stack, obs, settings, err));
    const weigh_frames frames = {stack, &obs->pixels, obs->noise, variance, excluded};
    const sqn_rows rows = weigh_rows(&frames);

    mask = sqn__mem_alloc(sqn__mem_product(rows.n_row, rows.n_col), sizeof *mask);
    if (mask == NULL) {
        status = SQN_RAISE(err, E_MEM, "outliers of %" PRId64 " frames", rows.n_row);
        goto cleanup;
    }
    SQN_TRY(sqn_outlier_search(mask, &out->references, &rows, &options, err));
    apply(stack, &obs->pixels, mask);
    outliers_say(&out->references, "reference", settings, log);

cleanup:
    sqn__mem_free(mask);
    sqn__mem_free(variance);
    return status;
}

/** Science frames being judged. All borrowed. */
typedef struct judged {
    const observation *obs;
    const basis *basis;
    const config *settings;
    const uint8_t *excluded;
    sqn_rows fitted, all; /* without and with excluded pixels */
    uint8_t *mask;        /* [n_science, n_pix] */
    sqn_matrix score;     /* [n_science, n_pix] */
    float *model;         /* [n_pix] of one frame, */
    double *value, *weight;
} judged;

static bool is_judged(const judged *d, int64_t i, int64_t p)
{
    const int64_t e = i * d->obs->science.ny * d->obs->science.nx + d->obs->pixels.index[p];

    return !d->obs->references_are_science || (d->excluded != NULL && d->excluded[e] != 0);
}

static sqn_status score_frames(const judged *d, const sqn_target *fit, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < d->all.n_row; i++) {
        SQN_TRY(d->all.read(d->all.context, i, d->value, d->weight, err));
        sqn_target_model(d->model, fit, 0, i);
        for (int64_t p = 0; p < d->all.n_col; p++) {
            const double rest = d->value[p] - (double)d->model[p];

            d->score.data[i * d->score.stride + p] =
                d->weight[p] > 0.0 && is_judged(d, i, p)
                    ? (float)(rest * sqrt(d->weight[p]))
                    : NAN;
        }
    }

cleanup:
    return status;
}

/* Fit without what is marked, and mark again. */
static sqn_status take_round(const judged *d, sqn_outlier_tally *tally, sqn_error *err)
{
    const basis *b = d->basis;
    const sqn_outlier_rule rule = options_of(d->obs, d->settings, true).rule;
    const sqn_target_basis last = {1, b->components + b->n_count - 1,
                                   d->settings->components.background ==
                                       CONFIG_BACKGROUND_FLAT};
    const sqn_outlier_masked masked = {&d->fitted, d->mask};
    const sqn_rows rows = sqn_outlier_rows(&masked);
    sqn_status status = SQN_OK;
    sqn_target *fit = NULL;

    SQN_TRY(sqn_target_fit(&fit, &last, &rows, err));
    SQN_TRY(score_frames(d, fit, err));
    SQN_TRY(sqn_outlier_mark(d->mask, tally, d->score, &rule, err));

cleanup:
    sqn_target_destroy(&fit);
    return status;
}

static sqn_status judged_create(judged *d, sqn_error *err)
{
    const int64_t n = d->all.n_col, size = sqn__mem_product(d->all.n_row, n);

    d->mask = sqn__mem_alloc(size, sizeof *d->mask);
    d->score = (sqn_matrix){sqn__mem_alloc(size, sizeof(float)), d->all.n_row, n, n};
    d->model = sqn__mem_alloc(n, sizeof *d->model);
    d->value = sqn__mem_alloc(n, sizeof *d->value);
    d->weight = sqn__mem_alloc(n, sizeof *d->weight);
    return d->mask != NULL && d->score.data != NULL && d->model != NULL &&
                   d->value != NULL && d->weight != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "outliers of %" PRId64 " frames", d->all.n_row);
}

static void judged_clear(judged *d)
{
    sqn__mem_free(d->weight);
    sqn__mem_free(d->value);
    sqn__mem_free(d->model);
    sqn__mem_free(d->score.data);
    sqn__mem_free(d->mask);
}

static bool has_work(const observation *obs, const config *settings,
                     const uint8_t *excluded, const sqn_log *log)
{
    if (!(settings->noise.clip_sigma > 0.0) ||
        (obs->references_are_science && excluded == NULL)) {
        return false;
    }
    if (obs->science.n_frame < OUTLIERS_ROWS_MIN) {
        sqn__log_note(log,
                      "outliers of %" PRId64
                      " science frames cannot be told from what is on the sky",
                      obs->science.n_frame);
        return false;
    }
    return true;
}

sqn_status clip_science(clip_tally *out, observation *obs, const basis *b,
                        const config *settings, const uint8_t *excluded, const sqn_log *log,
                        sqn_error *err)
{
    sqn_status status = SQN_OK;
    judged d = {.obs = obs, .basis = b, .settings = settings, .excluded = excluded};
    double *variance = NULL;

    if (!has_work(obs, settings, excluded, log)) {
        return SQN_OK;
    }
    SQN_TRY(weigh_variance(&variance, &obs->science, obs, settings, err));
    const weigh_frames fitted = {&obs->science, &obs->pixels, obs->noise, variance,
                                 excluded};
    const weigh_frames all = {&obs->science, &obs->pixels, obs->noise, variance, NULL};

    d.fitted = weigh_rows(&fitted);
    d.all = weigh_rows(&all);
    SQN_TRY(judged_create(&d, err));
    for (int round = 1; round <= ROUNDS_SCIENCE; round++) {
        SQN_TRY(take_round(&d, &out->science, err));
        out->science.rounds = round;
        if (out->science.n_changed == 0) {
            break;
        }
    }
    apply(&obs->science, &obs->pixels, d.mask);
    outliers_say(&out->science, "science", settings, log);

cleanup:
    judged_clear(&d);
    sqn__mem_free(variance);
    return status;
}
