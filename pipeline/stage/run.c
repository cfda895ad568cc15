/** @file run.c @brief The run is a list of stages. */
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "judge.h"
#include "load.h"
#include "mem.h"
#include "present.h"
#include "product.h"
#include "progress.h"
#include "raise.h"

/** Everything that lives as long as the run. */
typedef struct run {
    const config *settings;
    const run_options *options;
    messages *said;
    sqn_log log;
    directory *directory;
    progress *progress;
    int64_t n_built; /* components of the build that is shown; 0 = none yet */
    result result;
} run;

/** FITS products, in the order they are written. */
static const struct {
    const char *name;
    product_maker *make;
    bool optional; /* only with combine.frames */
} fits_products[] = {
    {"components.fits", product_components, false}, {"model.fits", product_model, false},
    {"residual.fits", product_residual, false},     {"disk.fits", product_disk, false},
    {"derotated.fits", product_derotated, true},
};
enum { N_FITS = sizeof fits_products / sizeof fits_products[0] };

static sqn_status open_directory(run *r, sqn_error *err)
{
    static const char *const names[] = {
        "components.fits", "model.fits", "residual.fits", "disk.fits",
        "derotated.fits",  "frv.csv",    "input.png",     "frv.png",
        "components.png",  "disk.png",   "profiles.png",  "frames.png",
        "report.html",     "run.yaml",   "run.log",       "manifest.json"};
    char by_default[512];
    const char *path =
        r->options->output != NULL ? r->options->output : r->settings->output.directory;

    (void)snprintf(by_default, sizeof by_default, "sequin-out/%s", r->settings->name);
    const directory_plan plan = {
        .path = path != NULL ? path : by_default,
        .prefix = r->settings->output.prefix,
        .products = names,
        .n_product = (int64_t)(sizeof names / sizeof names[0]),
        .overwrite = r->options->overwrite || r->settings->output.overwrite,
    };

    return directory_open(&r->directory, &plan, &r->log, err);
}

static sqn_status guard_inputs(const run *r, const sqn_fits_stack *stack, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < stack->n_input && status == SQN_OK; k++) {
        status = directory_guard(r->directory, stack->inputs[k].file, err);
    }
    return status;
}

/* The files of the configuration that no stack lists. */
static sqn_status guard_settings(const run *r, sqn_error *err)
{
    const config *c = r->settings;
    const char *const names[] = {c->region.mask_file, c->model.exclude_mask,
                                 c->components.load};
    sqn_status status = directory_guard(r->directory, c->path, err);

    for (size_t k = 0; k < sizeof names / sizeof names[0] && status == SQN_OK; k++) {
        char path[4096];

        if (names[k] != NULL) {
            status = directory_guard(r->directory,
                                     read_beside(path, sizeof path, c, names[k]), err);
        }
    }
    return status;
}

static sqn_status read_frames(run *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(guard_settings(r, err));

    SQN_TRY(read_observation(&r->result.obs, r->settings, &r->log, err));
    SQN_TRY(guard_inputs(r, &r->result.obs.science, err));
    SQN_TRY(guard_inputs(r, &r->result.obs.reference_stack, err));
    SQN_TRY(target_exclude(&r->result.excluded, &r->result.obs, r->settings, &r->log, err));
    judge_rotation(&r->result.obs, r->settings, &r->log);

cleanup:
    return status;
}

static int show_build(void *context, const sqn_nmf_progress *now)
{
    run *r = context;

    if (now->n_comp > r->n_built && r->n_built > 0) {
        r->n_built = now->n_comp;
    } else if (now->n_comp != r->n_built) { /* the first build, or the next */
        progress_end(r->progress);
        progress_stage(r->progress, "components", now->n_comp_total);
        r->n_built = now->n_comp;
    }
    progress_update(r->progress, now->stage_done ? now->n_comp : now->n_comp - 1,
                    now->iteration, now->chi2);
    return 0;
}

static sqn_status build(run *r, sqn_error *err)
{
    const uint8_t *excluded =
        r->result.obs.references_are_science ? r->result.excluded : NULL;
    sqn_nmf_options hooks = sqn_nmf_options_default();
    sqn_status status = SQN_OK;

    if (r->settings->components.load != NULL) {
        read_release_references(&r->result.obs);
    }
    hooks.log = &r->log;
    hooks.progress = show_build;
    hooks.progress_context = r;
    if (r->settings->components.load != NULL) {
        SQN_TRY(load_basis(&r->result.basis, &r->result.obs, r->settings, &r->log, err));
    } else {
        SQN_TRY(clip_references(&r->result.clipped, &r->result.obs, r->settings, excluded,
                                &r->log, err));
        SQN_TRY(rescale_references(&r->result.rescaled, &r->result.obs, r->settings,
                                   excluded, &r->log, err));
        SQN_TRY(fit_basis(&r->result.basis, &r->result.obs, r->settings, excluded, &hooks,
                          err));
    }
    SQN_TRY(curve_make(&r->result.curve, &r->result.basis, err));

cleanup:
    progress_end(r->progress);
    return status;
}

static sqn_status subtract(run *r, sqn_error *err)
{
    result *res = &r->result;
    const target_input in = {&res->obs,    &res->basis,   r->settings,
                             &res->target, res->excluded, &r->log};
    sqn_status status = SQN_OK;

    SQN_TRY(clip_science(&res->clipped, &res->obs, &res->basis, r->settings, res->excluded,
                         &r->log, err));
    SQN_TRY(rescale_science(&res->rescaled, &res->obs, &res->basis, r->settings,
                            res->excluded, &r->log, err));
    SQN_TRY(
        target_fit(&res->target, &res->obs, &res->basis, r->settings, res->excluded, err));
    SQN_TRY(target_prepare(&res->last, &res->obs, res->basis.n_count, err));
    SQN_TRY(combine_prepare(&res->disk, &res->obs, r->settings, res->basis.n_count, err));
    progress_stage(r->progress, "subtraction", res->basis.n_count);
    for (int64_t c = 0; c < res->basis.n_count; c++) {
        SQN_TRY(target_subtract(&res->last, &in, c, err));
        SQN_TRY(combine_count(&res->disk, &res->obs, r->settings, &res->last, c, err));
        progress_update(r->progress, c + 1, 0,
                        sqn_target_about(res->target.fit, c, 0).chi2);
    }
    SQN_TRY(combine_finish(&res->disk, &res->obs, err));
    SQN_TRY(judge_result(res, err));

cleanup:
    progress_end(r->progress);
    return status;
}

static sqn_status write_fits(run *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_fits_product *product = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    for (int k = 0; k < N_FITS; k++) {
        if (fits_products[k].optional && !r->settings->combine.frames) {
            continue;
        }
        SQN_TRY(fits_products[k].make(&product, &r->result, err));
        SQN_TRY(sqn_fits_product_finish(&bytes, &size, product, err));
        SQN_TRY(directory_write(r->directory, fits_products[k].name, bytes, size, err));
        sqn_fits_product_destroy(&product);
    }

cleanup:
    sqn_fits_product_destroy(&product);
    return status;
}

static sqn_status write_text(run *r, const char *name, const char *text, sqn_error *err)
{
    return directory_write(r->directory, name, text, strlen(text), err);
}

static sqn_status write_curve(run *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(curve_text(&text, &r->result.curve, err));
    SQN_TRY(write_text(r, "frv.csv", text, err));

cleanup:
    free(text);
    return status;
}

static sqn_status show(run *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    if (r->settings->output.plots) {
        SQN_TRY(present_pictures(r->directory, &r->result, err));
    }
    if (r->settings->output.report) {
        SQN_TRY(present_report(r->directory, &r->result, r->said, err));
    }

cleanup:
    return status;
}

static sqn_status finish(run *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(config_dump(&text, r->settings, true, err));
    SQN_TRY(write_text(r, "run.yaml", text, err));
    messages_summary(r->said);
    SQN_TRY(write_text(r, "run.log", messages_text(r->said), err));
    directory_tidy(r->directory);
    SQN_TRY(present_manifest(r->directory, &r->result, r->said, err));
    directory_complete(r->directory);

cleanup:
    free(text);
    return status;
}

static sqn_status list_products(run *r, sqn_error *err)
{
    return directory_list(r->directory, err);
}

static const struct {
    const char *name;
    sqn_status (*work)(run *r, sqn_error *err);
} stages[] = {
    {"output directory", open_directory},
    {"reading", read_frames},
    {"components", build},
    {"subtraction", subtract},
    {"FITS products", write_fits},
    {"curve", write_curve},
    {"pictures and report", show},
    {"manifest", finish},
    {"list", list_products},
};
enum { N_STAGE = sizeof stages / sizeof stages[0] };

/* With --strict a warning of a stage ends the run. */
static sqn_status check_strict(const run *r, const char *stage, sqn_error *err)
{
    const int64_t n = messages_n_warning(r->said);

    return r->options->strict && n > 0
               ? SQN_RAISE(err, E_STRICT, "%s: %" PRId64 " warning%s with --strict", stage,
                           n, n == 1 ? "" : "s")
               : SQN_OK;
}

/* Say the error, and leave the log where it replaces nothing of a complete run. An output that
 * was refused stays as it is. */
static void leave_log(run *r, const sqn_error *error)
{
    const sqn_log problems = messages_problems(r->said);

    messages_summary(r->said);
    problems.warn(problems.context, error);
    if (r->directory != NULL && !directory_is_complete(r->directory) &&
        error->id != SQN_E_OUT_EXISTS) {
        const sqn_status status = write_text(r, "run.log", messages_text(r->said), NULL);

        (void)status; /* the error that ended the run is the one to be told */
    }
}

static void clear(run *r)
{
    progress_destroy(&r->progress);
    directory_close(&r->directory);
    combine_clear(&r->result.disk);
    subtraction_clear(&r->result.last);
    target_clear(&r->result.target);
    curve_clear(&r->result.curve);
    fit_clear(&r->result.basis);
    sqn__mem_free(r->result.excluded);
    read_clear(&r->result.obs);
}

sqn_status run_imaging(const config *settings, const run_options *options, messages *said,
                       sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_error own = {0};
    run r = {settings, options, said, messages_log(said), NULL, NULL, 0, {0}};

    r.result.settings = settings;
    r.result.log = &r.log;
    r.result.command = options->command;
    SQN_TRY(progress_create(&r.progress, options->progress, &own));
    for (int k = 0; k < N_STAGE; k++) {
        messages_note(said, "stage: %s", stages[k].name);
        SQN_TRY(stages[k].work(&r, &own));
        SQN_TRY(check_strict(&r, stages[k].name, &own));
    }

cleanup:
    if (status != SQN_OK) {
        leave_log(&r, &own);
        if (err != NULL) {
            *err = own;
        }
    }
    clear(&r);
    return status;
}
