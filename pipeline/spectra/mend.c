/** @file mend.c @brief Outliers and errors of spectra, judged by a model of them. */
#include "mend.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "outliers.h"
#include "raise.h"
#include "scale.h"
#include "sequin/target.h"
#include "sequin/weights.h"
#include "warn.h"

enum { ROUNDS = 4 /* of fits with loaded templates; each is exact and cheap */ };

/** Spectra judged by loaded templates. Borrowed but for the work space. */
typedef struct judge {
    const sqn_rows *rows;
    sqn_target_basis basis;
    sqn_target *fit;
    double *value, *weight; /* [n_wave] */
    float *model;           /* [n_wave] */
} judge;

static sqn_status judge_create(judge *j, const sqn_rows *rows, const basis *loaded,
                               const config *settings, sqn_error *err)
{
    j->rows = rows;
    j->basis =
        (sqn_target_basis){1, &loaded->components[loaded->n_count - 1],
                           settings->components.background == CONFIG_BACKGROUND_FLAT};
    j->value = sqn__mem_alloc(rows->n_col, sizeof *j->value);
    j->weight = sqn__mem_alloc(rows->n_col, sizeof *j->weight);
    j->model = sqn__mem_alloc(rows->n_col, sizeof *j->model);
    return j->value != NULL && j->weight != NULL && j->model != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "a spectrum of %" PRId64 " wavelengths",
                           rows->n_col);
}

static void judge_clear(judge *j)
{
    sqn_target_destroy(&j->fit);
    sqn__mem_free(j->value);
    sqn__mem_free(j->weight);
    sqn__mem_free(j->model);
}

/* (datum - model) / sigma of a spectrum, NaN where it has no weight. */
static sqn_status score(float *out, const judge *j, int64_t i, sqn_error *err)
{
    const sqn_status status = j->rows->read(j->rows->context, i, j->value, j->weight, err);

    sqn_target_model(j->model, j->fit, 0, i);
    for (int64_t p = 0; p < j->rows->n_col; p++) {
        const double rest = j->value[p] - (double)j->model[p];

        out[p] = j->weight[p] > 0.0 ? (float)(rest * sqrt(j->weight[p])) : NAN;
    }
    return status;
}

/* Fit without what is marked, and mark again. */
static sqn_status take_round(judge *j, uint8_t *mask, sqn_matrix scores,
                             sqn_outlier_tally *tally, const sqn_outlier_rule *rule,
                             sqn_error *err)
{
    const sqn_outlier_masked masked = {j->rows, mask};
    const sqn_rows rows = sqn_outlier_rows(&masked);
    sqn_status status = SQN_OK;

    sqn_target_destroy(&j->fit);
    SQN_TRY(sqn_target_fit(&j->fit, &j->basis, &rows, err));
    for (int64_t i = 0; i < scores.rows; i++) {
        SQN_TRY(score(scores.data + i * scores.stride, j, i, err));
    }
    SQN_TRY(sqn_outlier_mark(mask, tally, scores, rule, err));

cleanup:
    return status;
}

/* Outliers against loaded templates. */
static sqn_status search_loaded(uint8_t *mask, sqn_outlier_tally *tally,
                                const sqn_rows *rows, const basis *loaded,
                                const sqn_outlier_rule *rule, const config *settings,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;
    judge j = {0};
    sqn_matrix scores = {
        sqn__mem_alloc(sqn__mem_product(rows->n_row, rows->n_col), sizeof(float)),
        rows->n_row, rows->n_col, rows->n_col};

    if (scores.data == NULL) {
        status = SQN_RAISE(err, E_MEM, "residuals of %" PRId64 " spectra", rows->n_row);
        goto cleanup;
    }
    SQN_TRY(judge_create(&j, rows, loaded, settings, err));
    for (int round = 1; round <= ROUNDS; round++) {
        SQN_TRY(take_round(&j, mask, scores, tally, rule, err));
        tally->rounds = round;
        if (tally->n_changed == 0) {
            break;
        }
    }

cleanup:
    judge_clear(&j);
    sqn__mem_free(scores.data);
    return status;
}

/* What is marked is missing from now on. */
static void apply_marks(sqn_spectra *s, const uint8_t *mask)
{
    for (int64_t e = 0; e < s->n_spectrum * s->n_wave; e++) {
        if (mask[e] != 0) {
            s->flux[e] = NAN;
            if (s->ivar != NULL) {
                s->ivar[e] = 0.0F;
            }
        }
    }
}

static void say(const sqn_outlier_tally *tally, const config *settings, const sqn_log *log)
{
    const double share =
        tally->n_valid > 0 ? (double)tally->n_outlier / (double)tally->n_valid : 0.0;
    char where[SQN_ERROR_WHERE_MAX];

    sqn__log_note(log,
                  "%" PRId64 " of %" PRId64
                  " data (%.3g %%) deviate by more than %g sigma: missing from now on",
                  tally->n_outlier, tally->n_valid, 100.0 * share,
                  settings->noise.clip_sigma);
    if (tally->n_capped > 0) {
        sqn__log_advise(
            log, SQN_W_CLIP_CAP, config_where(where, settings, "noise.clip_max_fraction"),
            "look at these spectra, or raise noise.clip_sigma or clip_max_fraction",
            "%" PRId64 " spectra have more outliers than %g of their data (the "
            "first is number %" PRId64 "): the largest only were clipped",
            tally->n_capped, settings->noise.clip_max_fraction, tally->first_capped + 1);
    }
}

static sqn_status clip(mended *out, sample *s, const basis *loaded, const config *settings,
                       const sqn_log *log, sqn_error *err)
{
    const sqn_rows rows = sqn_spectra_rows(&s->spectra);
    const sqn_outlier_options options =
        outliers_options(settings, rows.n_row, s->spectra.ivar == NULL);

    if (!(options.rule.n_sigma > 0.0)) {
        return SQN_OK;
    }
    if (rows.n_row < OUTLIERS_ROWS_MIN) {
        sqn__log_note(log, "outliers of %" PRId64 " spectra cannot be told", rows.n_row);
        return SQN_OK;
    }
    s->clipped = sqn__mem_alloc(sqn__mem_product(rows.n_row, rows.n_col), 1);
    if (s->clipped == NULL) {
        return SQN_RAISE(err, E_MEM, "outliers of %" PRId64 " spectra", rows.n_row);
    }
    const sqn_status status =
        loaded != NULL
            ? search_loaded(s->clipped, &out->clipped, &rows, loaded, &options.rule,
                            settings, err)
            : sqn_outlier_search(s->clipped, &out->clipped, &rows, &options, err);

    if (status == SQN_OK) {
        apply_marks(&s->spectra, s->clipped);
        say(&out->clipped, settings, log);
    }
    return status;
}

/* The scale that loaded templates leave: median over spectra of the scatter of the scores. */
static sqn_status measure_loaded(double *scale, const sqn_rows *rows, const basis *loaded,
                                 const config *settings, sqn_error *err)
{
    const double k = (double)loaded->counts[loaded->n_count - 1];
    sqn_status status = SQN_OK;
    judge j = {0};
    double *each = sqn__mem_alloc(rows->n_row, sizeof *each);
    float *scores = sqn__mem_alloc(rows->n_col, sizeof *scores);

    if (each == NULL || scores == NULL) {
        status = SQN_RAISE(err, E_MEM, "scatter of %" PRId64 " spectra", rows->n_row);
        goto cleanup;
    }
    SQN_TRY(judge_create(&j, rows, loaded, settings, err));
    SQN_TRY(sqn_target_fit(&j.fit, &j.basis, rows, err));
    for (int64_t i = 0; i < rows->n_row; i++) {
        const double n = (double)sqn_target_about(j.fit, 0, i).n_data;

        SQN_TRY(score(scores, &j, i, err));
        for (int64_t p = 0; p < rows->n_col; p++) {
            j.value[p] = (double)scores[p];
        }
        each[i] = n > k ? sqn_weights_mad_sigma(j.value, rows->n_col) * sqrt(n / (n - k))
                        : (double)NAN;
    }
    *scale = sqn_weights_median(each, rows->n_row);

cleanup:
    judge_clear(&j);
    sqn__mem_free(each);
    sqn__mem_free(scores);
    return status;
}

static sqn_status rescale(mended *out, sample *s, const basis *loaded,
                          const config *settings, const sqn_log *log, sqn_error *err)
{
    const sqn_rows rows = sqn_spectra_rows(&s->spectra);
    const basis_source source = {.rows = &rows, .noun = "spectra", .own = true};
    double scale = NAN;

    if (!settings->noise.rescale || s->spectra.ivar == NULL) {
        return SQN_OK; /* equal weights are measured anyway */
    }
    const sqn_status status = loaded != NULL
                                  ? measure_loaded(&scale, &rows, loaded, settings, err)
                                  : scale_measure(&scale, &source, settings, err);

    if (status != SQN_OK || !scale_is_usable(scale)) {
        return status;
    }
    for (int64_t e = 0; e < s->spectra.n_spectrum * s->spectra.n_wave; e++) {
        s->spectra.ivar[e] = (float)((double)s->spectra.ivar[e] / (scale * scale));
    }
    out->scale = scale;
    sqn__log_note(log, "the errors of the spectra are multiplied by %.4g", scale);
    return SQN_OK;
}

sqn_status mend_sample(mended *out, sample *s, const basis *loaded, const config *settings,
                       const sqn_log *log, sqn_error *err)
{
    *out = (mended){0};
    const sqn_status status = clip(out, s, loaded, settings, log, err);

    return status == SQN_OK ? rescale(out, s, loaded, settings, log, err) : status;
}
