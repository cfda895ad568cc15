/** @file spectra_task.c @brief Factorising spectra is a list of stages. */
#include "spectra_task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "raise.h"
#include "sequin/smooth.h"
#include "spectra_result.h"
#include "templates.h"
#include "warn.h"

/** Everything that lives as long as the run. */
typedef struct spectra {
    session session;
    bool building; /* the number of templates is known */
    spectra_result result;
} spectra;

/** FITS products, in the order they are written. */
static const struct {
    const char *name;
    spectra_product_writer *write;
    bool optional; /* only with spectra.template */
} fits_products[] = {
    {"components.fits", spectra_product_components, false},
    {"model.fits", spectra_product_model, false},
    {"residual.fits", spectra_product_residual, false},
    {"rrtemplate.fits", spectra_product_template, true},
};
enum { N_FITS = sizeof fits_products / sizeof fits_products[0] };

static sqn_status open_directory(void *run, sqn_error *err)
{
    static const char *const names[] = {"components.fits", "model.fits", "residual.fits",
                                        "rrtemplate.fits", "frv.csv",    "spectra.png",
                                        "components.png",  "frv.png",    "report.html",
                                        "run.yaml",        "run.log",    "manifest.json"};
    spectra *r = run;

    return session_open_directory(&r->session, names,
                                  (int64_t)(sizeof names / sizeof names[0]), err);
}

static sqn_status read_spectra(void *run, sqn_error *err)
{
    spectra *r = run;
    const config *c = r->session.settings;
    const char *const names[] = {c->components.load};
    sample_grid grid = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(session_guard(&r->session, names, 1, err));
    if (c->components.load != NULL) {
        SQN_TRY(templates_read(&r->result.loaded, c, err));
        grid = (sample_grid){r->result.loaded.wave, r->result.loaded.n_wave};
    }
    SQN_TRY(sample_read(&r->result.sample, c, &grid, &r->session.log, err));
    SQN_TRY(session_guard_inputs(&r->session, &r->result.sample.files, err));

cleanup:
    return status;
}

static int show_build(void *context, const sqn_nmf_progress *now)
{
    spectra *r = context;

    if (!r->building) {
        progress_stage(r->session.progress, "templates", now->n_comp_total);
        r->building = true;
    }
    progress_update(r->session.progress, now->stage_done ? now->n_comp : now->n_comp - 1,
                    now->iteration, now->chi2);
    return 0;
}

/* The components of the largest count under the penalty take the place of those of the solver. */
static sqn_status smooth(spectra *r, const sqn_rows *rows, sqn_error *err)
{
    const config_components *c = &r->session.settings->components;
    basis *b = &r->result.basis;
    sqn_matrix_const *last = &b->components[b->n_count - 1];
    sqn_smooth_options options = sqn_smooth_options_default();
    sqn_smooth_record record;
    sqn_status status = SQN_OK;

    options.strength = c->smooth;
    options.tolerance = c->tolerance;
    options.max_iterations = c->max_iterations;
    SQN_TRY(sqn_cube_init(&b->loaded, last->rows, 1, last->cols, err));
    for (int64_t a = 0; a < last->rows; a++) {
        memcpy(b->loaded.data + a * last->cols, last->data + a * last->stride,
               (size_t)last->cols * sizeof *last->data);
    }
    const sqn_matrix components = {b->loaded.data, last->rows, last->cols, last->cols};

    SQN_TRY(sqn_smooth_fit(&record, components, rows, &options, err));
    *last = (sqn_matrix_const){b->loaded.data, last->rows, last->cols, last->cols};
    messages_note(r->session.said,
                  "smoothed in %" PRId64 " iterations: chi2 %.6g, penalty %.6g",
                  record.iterations, record.chi2, record.penalty);
    if (!record.converged) {
        sqn__log_warn(&r->session.log, SQN_W_STOP, r->session.settings->path,
                      "smoothing ended after %" PRId64 " iterations short of the tolerance",
                      record.iterations);
    }

cleanup:
    return status;
}

static void forget_spectra(void *owner, int64_t last)
{
    sample_forget(owner, last);
}

static void forget_all(void *owner)
{
    sample_forget_all(owner);
}

static sqn_status mend(void *run, sqn_error *err)
{
    spectra *r = run;
    spectra_result *result = &r->result;
    const config *c = r->session.settings;
    sqn_status status = SQN_OK;

    if (c->components.load != NULL) {
        SQN_TRY(templates_basis(&result->basis, &result->loaded, c, err));
    }
    SQN_TRY(mend_sample(&result->mended, &result->sample,
                        c->components.load != NULL ? &result->basis : NULL, c,
                        &r->session.log, err));
    result->data = sqn_spectra_rows(&result->sample.spectra);

cleanup:
    return status;
}

static sqn_status build(void *run, sqn_error *err)
{
    spectra *r = run;
    spectra_result *result = &r->result;
    const config *c = r->session.settings;
    /* panels of changed data are no record of the spectra: then both are kept */
    const bool hands_over = basis_negatives(c) == SQN_NEGATIVES_KEEP;
    sqn_rows rows = result->data;
    const basis_source source = {.rows = &rows,
                                 .noun = "spectra",
                                 .own = true,
                                 .packed = hands_over ? forget_all : NULL,
                                 .owner = &result->sample,
                                 .entries = "wavelengths",
                                 .last_only = true};
    sqn_nmf_options hooks = sqn_nmf_options_default();

    hooks.log = &r->session.log;
    hooks.progress = show_build;
    hooks.progress_context = r;
    rows.release = hands_over ? forget_spectra : NULL;
    rows.owner = &result->sample;
    sqn_status status = c->components.load != NULL
                            ? SQN_OK
                            : basis_build(&result->basis, &source, c, &hooks, err);

    progress_end(r->session.progress);
    SQN_TRY(status);
    if (hands_over && result->basis.panels != NULL) {
        result->data = sqn_panels_rows(result->basis.panels);
    }
    if (c->components.smooth > 0.0) {
        SQN_TRY(smooth(r, &result->data, err));
    }
    SQN_TRY(curve_make(&result->curve, &result->basis, err));

cleanup:
    return status;
}

static sqn_status fit(void *run, sqn_error *err)
{
    spectra *r = run;

    return amounts_fit(&r->result.amounts, &r->result.data, r->result.sample.has_noise,
                       &r->result.basis, r->session.settings, err);
}

static sqn_status write_fits(void *run, sqn_error *err)
{
    spectra *r = run;
    sqn_status status = SQN_OK;

    for (int k = 0; k < N_FITS; k++) {
        directory_file file;
        const sqn_fits_sink sink = session_sink(&file);

        if (fits_products[k].optional && !r->session.settings->spectra.template.given) {
            continue;
        }
        SQN_TRY(directory_begin(&file, r->session.directory, fits_products[k].name, err));
        status = directory_end(&file, fits_products[k].write(&sink, &r->result, err), err);
        SQN_TRY(status);
    }

cleanup:
    return status;
}

static sqn_status write_curve(void *run, sqn_error *err)
{
    spectra *r = run;
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(curve_text(&text, &r->result.curve, err));
    SQN_TRY(session_write_text(&r->session, "frv.csv", text, err));

cleanup:
    free(text);
    return status;
}

static sqn_status show(void *run, sqn_error *err)
{
    spectra *r = run;
    sqn_status status = SQN_OK;

    if (r->session.settings->output.plots) {
        SQN_TRY(spectra_present_pictures(&r->session, &r->result, err));
    }
    if (r->session.settings->output.report) {
        SQN_TRY(spectra_present_report(&r->session, &r->result, err));
    }

cleanup:
    return status;
}

static sqn_status finish(void *run, sqn_error *err)
{
    spectra *r = run;

    return spectra_present_record(&r->session, &r->result, err);
}

static sqn_status list_products(void *run, sqn_error *err)
{
    const spectra *r = run;

    return session_list(&r->session, err);
}

static const session_stage stages[] = {
    {"output directory", open_directory},
    {"reading", read_spectra},
    {"outliers and errors", mend},
    {"templates", build},
    {"coefficients", fit},
    {"FITS products", write_fits},
    {"curve", write_curve},
    {"pictures and report", show},
    {"manifest", finish},
    {"list", list_products},
};
enum { N_STAGE = sizeof stages / sizeof stages[0] };

static void clear(spectra *r)
{
    amounts_clear(&r->result.amounts);
    curve_clear(&r->result.curve);
    basis_clear(&r->result.basis);
    sample_clear(&r->result.sample);
    sqn_spectra_clear(&r->result.loaded);
    session_end(&r->session);
}

sqn_status spectra_run(const config *settings, const session_options *options,
                       messages *said, sqn_error *err)
{
    spectra r = {0};
    sqn_status status = session_begin(&r.session, settings, options, said, err);

    r.result.settings = settings;
    r.result.log = &r.session.log;
    if (status == SQN_OK) {
        status = session_run(&r.session, stages, N_STAGE, &r, err);
    }
    clear(&r);
    return status;
}
