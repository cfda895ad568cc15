/** @file basis.c @brief Panels, the sequential build, the curves. */
#include "basis.h"

#include <inttypes.h>
#include <math.h>

#include "count.h"
#include "mem.h"
#include "overlap.h"
#include "raise.h"
#include "sequin/curve.h"
#include "warn.h"

void basis_sort_counts(int64_t *counts, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        for (int64_t k = i; k > 0 && counts[k - 1] > counts[k]; k--) {
            const int64_t larger = counts[k - 1];

            counts[k - 1] = counts[k];
            counts[k] = larger;
        }
    }
}

/* How many of the written counts there are to model; those above an `auto` count, which nobody
   could know, are left out, and the chosen one is always among them. */
static int64_t count_given(const basis *b, const config *settings)
{
    const config_integers *given = &settings->model.counts;
    int64_t n = 0;

    if (settings->components.count != CONFIG_COUNT_AUTO) {
        return given->n;
    }
    for (int64_t c = 0; c < given->n; c++) {
        n += given->item[c] < b->n_comp ? 1 : 0;
    }
    return n + 1;
}

static void take_given(int64_t *counts, const basis *b, const config *settings)
{
    const config_integers *given = &settings->model.counts;
    const bool chosen = settings->components.count == CONFIG_COUNT_AUTO;
    int64_t n = 0;

    for (int64_t c = 0; c < given->n; c++) {
        if (!chosen || given->item[c] < b->n_comp) {
            counts[n++] = given->item[c];
        }
    }
    if (chosen) {
        counts[n] = b->n_comp;
    }
}

static sqn_status check_counts(const basis *b, const config *settings, sqn_error *err)
{
    const int64_t last = b->counts[b->n_count - 1];
    sqn_status status = SQN_OK;

    if (last > b->n_comp) {
        status = SQN_RAISE(err, E_COUNT,
                           "model.counts asks for %" PRId64 " of %" PRId64 " components",
                           last, b->n_comp);
        sqn__error_at(err, settings->path, -1, NULL);
    }
    return status;
}

/* The counts to model: as written, or all; views are filled later. */
static sqn_status choose_counts(basis *b, const config *settings, bool last_only,
                                sqn_error *err)
{
    const bool all = settings->model.counts.n == 0;
    const bool single = last_only || settings->components.construction == CONFIG_JOINT;

    b->n_count = !all ? count_given(b, settings) : single ? 1 : b->n_comp;
    b->counts = sqn__mem_alloc(b->n_count, sizeof *b->counts);
    b->components = sqn__mem_alloc(b->n_count, sizeof *b->components);
    if (b->counts == NULL || b->components == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " counts", b->n_count);
    }
    if (all) {
        for (int64_t c = 0; c < b->n_count; c++) {
            b->counts[c] = single ? b->n_comp : c + 1;
        }
    } else {
        take_given(b->counts, b, settings);
    }
    basis_sort_counts(b->counts, b->n_count);
    return check_counts(b, settings, err);
}

sqn_negatives basis_negatives(const config *settings)
{
    switch (settings->noise.negatives) {
    case CONFIG_NEGATIVES_ZERO:
        return SQN_NEGATIVES_ZERO;
    case CONFIG_NEGATIVES_MISSING:
        return SQN_NEGATIVES_MISSING;
    case CONFIG_NEGATIVES_AUTO:
    case CONFIG_NEGATIVES_KEEP:
        break;
    }
    return settings->components.method == CONFIG_METHOD_MU ? SQN_NEGATIVES_ZERO
                                                           : SQN_NEGATIVES_KEEP;
}

static void describe_data(const sqn_panels_info *info, sqn_negatives negatives,
                          const basis_source *source, const char *where, const sqn_log *log)
{
    const char *entries =
        source->entries != NULL ? source->entries : "pixels of the region";

    sqn__log_note(log,
                  "%" PRId64 " of %" PRId64 " %s, %" PRId64 " of %" PRId64 " %s, %" PRId64
                  " data",
                  info->n_frame_used, info->n_frame, source->noun, info->n_pix_used,
                  info->n_pix, entries, info->n_data);
    if (info->n_pix_used < info->n_pix) {
        sqn__log_warn(log, SQN_W_DATA_PIXEL, where,
                      "%" PRId64 " of %" PRId64
                      " %s are missing in all %s: no component there",
                      info->n_pix - info->n_pix_used, info->n_pix, entries, source->noun);
    }
    if (info->n_frame_used < info->n_frame && !source->overlap) {
        sqn__log_warn(log, SQN_W_DATA_FRAME, where,
                      "%" PRId64 " of %" PRId64 " %s hold no valid data and are left out",
                      info->n_frame - info->n_frame_used, info->n_frame, source->noun);
    }
    if (info->n_negative > 0 && negatives != SQN_NEGATIVES_KEEP) {
        sqn__log_warn(log, SQN_W_NEGATIVES, where,
                      "%.3g %% of the data of %s are negative and %s",
                      100.0 * (double)info->n_negative / (double)info->n_data, source->noun,
                      negatives == SQN_NEGATIVES_ZERO ? "set to 0" : "left out");
    }
}

/* The solver's options out of the configuration; callbacks out of `hooks`. */
static sqn_nmf_options solver_options(const basis *b, const config *settings,
                                      const sqn_nmf_options *hooks)
{
    const config_components *c = &settings->components;
    sqn_nmf_options options = *hooks;

    options.n_comp = b->n_comp;
    options.method = c->method == CONFIG_METHOD_MU ? "mu" : "anls";
    options.construction =
        c->construction == CONFIG_JOINT ? SQN_NMF_JOINT : SQN_NMF_SEQUENTIAL;
    options.start =
        c->start == CONFIG_START_RANDOM ? SQN_NMF_START_RANDOM : SQN_NMF_START_RESIDUAL;
    options.seed = (uint64_t)c->seed;
    options.tolerance = c->tolerance;
    options.max_iterations = c->max_iterations;
    options.background = c->background == CONFIG_BACKGROUND_FLAT;
    return options;
}

/* Views of the bases: stage k, or the first k rows of the last stage. */
static void view_components(basis *b, bool truncate)
{
    for (int64_t c = 0; c < b->n_count; c++) {
        if (truncate) {
            b->components[c] = sqn_nmf_components(b->nmf, b->n_comp);
            b->components[c].rows = b->counts[c];
        } else {
            b->components[c] = sqn_nmf_components(b->nmf, b->counts[c]);
        }
    }
}

/* Which stages the build must keep. */
static void choose_kept(sqn_nmf_options *options, const basis *b, const config *settings)
{
    if (!settings->components.write_stages || settings->model.counts.n > 0) {
        options->keep = b->counts;
        options->n_keep = b->n_count;
    }
}

/* A component of next to no shape and a background of the other sign grow against each other, for an
   ever smaller gain, until float32 no longer tells (docs/numerics.md, section 5). */
static void judge_background(const basis *b, const config *settings, const sqn_log *log)
{
    const double converged = 1e-2; /* KKT residual; stages that converge end below 1e-3 */
    const sqn_nmf_stage *last = sqn_nmf_stage_at(b->nmf, sqn_nmf_n_stage(b->nmf) - 1);

    if (settings->components.background == CONFIG_BACKGROUND_FLAT &&
        last->stop == SQN_NMF_ROUNDING && last->kkt > converged) {
        sqn__log_advise(log, SQN_W_STAGE, settings->path,
                        "use fewer components, or background: none",
                        "with %" PRId64 " components, one of them and the background grew "
                        "against each other until rounding ended the stage (KKT residual "
                        "%.2g)",
                        last->n_comp, last->kkt);
    }
}

static sqn_status draw_curves(basis *b, sqn_error *err)
{
    sqn_status status = SQN_OK;

    b->pca = sqn__mem_alloc(b->n_comp, sizeof *b->pca);
    b->overlap = sqn__mem_alloc(sqn__mem_product(b->n_comp, b->n_comp), sizeof *b->overlap);
    if (b->pca == NULL || b->overlap == NULL) {
        return SQN_RAISE(err, E_MEM, "curves");
    }
    overlap_measure(b->overlap, b->nmf, b->n_comp);
    SQN_TRY(sqn_misfit_measure(&b->misfit, b->panels, b->nmf, b->n_comp, err));
    SQN_TRY(sqn_curve_pca(b->pca, &b->sum_centered, b->n_comp, b->panels, err));

cleanup:
    return status;
}

/* Panels of all data, the number of components, and the held-out curve where one is asked for.
   Panels of the curve's own build and of the other are never in memory together. */
static sqn_status choose_n_comp(basis *b, const basis_source *source,
                                const config *settings, const sqn_nmf_options *hooks,
                                sqn_error *err)
{
    const sqn_negatives negatives = basis_negatives(settings);
    const bool hides = count_holdout(settings) > 0.0;
    sqn_rows again = *source->rows;
    sqn_status status = SQN_OK;

    again.release = NULL; /* only who reads the rows last may give them up */
    again.room = (sqn_rows_room){0};
    SQN_TRY(sqn_panels_create(&b->panels, hides ? &again : source->rows, negatives, err));
    describe_data(sqn_panels_about(b->panels), negatives, source, settings->path,
                  hooks->log);
    SQN_TRY(count_limit(&b->n_comp, source, sqn_panels_about(b->panels), settings, err));
    if (hides) {
        const sqn_nmf_options options = solver_options(b, settings, hooks);

        sqn_panels_destroy(&b->panels);
        SQN_TRY(count_search(&b->heldout, &again, &options, negatives, settings, err));
        SQN_TRY(sqn_panels_create(&b->panels, source->rows, negatives, err));
    }
    if (settings->components.count == CONFIG_COUNT_AUTO) {
        b->n_comp = b->heldout.chosen;
    }

cleanup:
    return status;
}

sqn_status basis_build(basis *out, const basis_source *source, const config *settings,
                       const sqn_nmf_options *hooks, sqn_error *err)
{
    sqn_status status = SQN_OK;
    basis b = {0};

    *out = b;
    SQN_TRY(choose_n_comp(&b, source, settings, hooks, err));
    SQN_TRY(choose_counts(&b, settings, source->last_only, err));
    sqn_nmf_options options = solver_options(&b, settings, hooks);

    choose_kept(&options, &b, settings);
    if (source->packed != NULL) {
        source->packed(source->owner);
    }
    SQN_TRY(sqn_nmf_fit(&b.nmf, b.panels, &options, err));
    judge_background(&b, settings, hooks->log);
    view_components(&b, settings->model.truncate);
    SQN_TRY(draw_curves(&b, err));
    *out = b;
    b = (basis){0};

cleanup:
    basis_clear(&b);
    return status;
}

sqn_matrix_const basis_last(const basis *b)
{
    return b->nmf != NULL
               ? sqn_nmf_components(b->nmf, b->n_comp)
               : (sqn_matrix_const){b->loaded.data, b->n_comp, b->loaded.nx, b->loaded.nx};
}

double basis_variance(const basis *b, int64_t n_comp)
{
    for (int64_t k = 0; b->nmf != NULL && k < sqn_nmf_n_stage(b->nmf); k++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(b->nmf, k);

        if (stage->n_comp >= n_comp) {
            return stage->chi2 / (double)sqn_panels_about(b->panels)->n_data;
        }
    }
    return 0.0;
}

void basis_clear(basis *b)
{
    sqn_panels_destroy(&b->panels);
    sqn_nmf_destroy(&b->nmf);
    sqn_cube_clear(&b->loaded);
    sqn_misfit_clear(&b->misfit);
    sqn_count_clear(&b->heldout);
    sqn__mem_free(b->counts);
    sqn__mem_free(b->components);
    sqn__mem_free(b->pca);
    sqn__mem_free(b->overlap);
    *b = (basis){0};
}
