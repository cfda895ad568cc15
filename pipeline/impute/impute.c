/** @file impute.c @brief Filling missing pixels is a list of stages. */
#include "impute.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imputed.h"
#include "mem.h"
#include "raise.h"
#include "result.h"
#include "scale.h"
#include "warn.h"

enum {
    NAME_BYTES = 64,
    FIXED = 8,
    AUTO_ROWS = 4,  /* frames, and */
    AUTO_DATA = 400 /* good pixels, of fewer hidden ones tell no number of components */
};

/** Everything that lives as long as the run. */
typedef struct impute {
    session session;
    int64_t n_file;
    char (*name)[NAME_BYTES]; /* [n_file] of the product of each file */
    const char **products;    /* [n_file + FIXED] */
    config decided; /* the settings, with what the images decided; nothing owned */
    imputation result;
} impute;

/* ---- Names ---------------------------------------------------------------------------- */

/* "imputed.fits", of several files "imputed_<stem>.fits". */
static sqn_status name_product(char out[NAME_BYTES], const char *path, bool alone,
                               sqn_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    size_t stem = strlen(file);

    for (int k = 0; k < 2; k++) { /* "a.fits.gz": two suffixes */
        const size_t end = stem;

        while (stem > 1 && file[stem - 1] != '.') {
            stem--;
        }
        stem = stem > 1 ? stem - 1 : end;
        if (end - stem != 3 || memcmp(file + stem, ".gz", 3) != 0) {
            break;
        }
    }
    if (alone) {
        (void)snprintf(out, NAME_BYTES, "imputed.fits");
    } else if (snprintf(out, NAME_BYTES, "imputed_%.*s.fits", (int)stem, file) >=
               NAME_BYTES) {
        const sqn_status status =
            SQN_RAISE(err, E_PATH, "the name of its product has more than %d characters",
                      NAME_BYTES - 1);

        sqn__error_at(err, path, -1, NULL);
        sqn__error_mend(err, "give the file a shorter name, for instance by a link");
        return status;
    }
    return SQN_OK;
}

/* Two files whose products would have one name. */
static sqn_status refuse_equal(const impute *r, const sqn_fits_files *files, sqn_error *err)
{
    for (int64_t i = 0; i < r->n_file; i++) {
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(r->name[i], r->name[k]) == 0) {
                const sqn_status status =
                    SQN_RAISE(err, E_CFG_SCHEMA, "%.180s and %.180s would both become %s",
                              files->path[k], files->path[i], r->name[i]);

                (void)config_where(err->where, r->session.settings, "images.files");
                sqn__error_mend(err, "give the files different names, or two runs");
                return status;
            }
        }
    }
    return SQN_OK;
}

static sqn_status name_products(impute *r, const sqn_fits_files *files, sqn_error *err)
{
    static const char *const fixed[FIXED] = {"components.fits", "frv.csv", "imputed.png",
                                             "components.png",  "frv.png", "report.html",
                                             "run.yaml",        "run.log"};
    sqn_status status = SQN_OK;

    r->n_file = files->n;
    r->name = sqn__mem_alloc(files->n, sizeof *r->name);
    r->products = sqn__mem_alloc(files->n + FIXED + 1, sizeof *r->products);
    if (r->name == NULL || r->products == NULL) {
        return SQN_RAISE(err, E_MEM, "names of %" PRId64 " products", files->n);
    }
    for (int64_t i = 0; i < files->n; i++) {
        SQN_TRY(name_product(r->name[i], files->path[i], files->n == 1, err));
        r->products[i] = r->name[i];
    }
    memcpy(r->products + files->n, fixed, sizeof fixed);
    r->products[files->n + FIXED] = "manifest.json";
    SQN_TRY(refuse_equal(r, files, err));

cleanup:
    return status;
}

/* ---- Stages --------------------------------------------------------------------------- */

static sqn_status open_directory(void *run, sqn_error *err)
{
    impute *r = run;
    const config_texts *given = &r->session.settings->images.files;
    sqn_fits_files files = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_fits_files_expand(&files, (const char *const *)given->item, given->n,
                                  r->session.settings->folder, NULL, err));
    SQN_TRY(name_products(r, &files, err));
    SQN_TRY(session_open_directory(&r->session, r->products, r->n_file + FIXED + 1, err));

cleanup:
    sqn_fits_files_clear(&files);
    return status;
}

static sqn_status read_images(void *run, sqn_error *err)
{
    impute *r = run;
    sqn_status status = SQN_OK;

    SQN_TRY(images_read(&r->result.images, r->session.settings, &r->session.log, err));
    SQN_TRY(session_guard_inputs(&r->session, &r->result.images.stack, err));
    SQN_TRY(frames_init(&r->result.frames, &r->result.images, r->session.settings, err));

cleanup:
    return status;
}

/* How many components predict hidden pixels best is what this task is about: found, where no
   number is written, if the data can tell. */
static void decide(impute *r)
{
    const images *im = &r->result.images;
    config_components *c = &r->decided.components;

    r->decided = *r->session.settings;
    if (c->count == 0 && c->construction == CONFIG_SEQUENTIAL && c->holdout != 0.0 &&
        r->result.frames.n_row >= AUTO_ROWS && im->n_all - im->n_missing >= AUTO_DATA) {
        c->count = CONFIG_COUNT_AUTO;
    }
}

/* Outliers and wrong errors, before anything else is done with the data. */
static sqn_status screen(void *run, sqn_error *err)
{
    impute *r = run;
    imputation *im = &r->result;
    sqn_status status = SQN_OK;

    SQN_TRY(screen_images(&im->screening, &im->images, &im->frames, r->session.settings,
                          &r->session.log, err));
    if (im->images.n_missing == 0) {
        sqn__log_warn(&r->session.log, SQN_W_IMPUTE_NONE, r->session.settings->path,
                      "no pixel of %" PRId64 " is missing: nothing will be filled",
                      im->images.n_all);
    }
    decide(r);

cleanup:
    return status;
}

static sqn_nmf_options hooks_of(impute *r, session_build *shown)
{
    sqn_nmf_options hooks = sqn_nmf_options_default();

    hooks.log = &r->session.log;
    hooks.progress = session_show_build;
    hooks.progress_context = shown;
    return hooks;
}

/* Whether the errors explain what the components leave; patches hold every pixel many times. */
static void judge(const imputation *im, const config *settings, const sqn_log *log)
{
    if (im->images.noise != IMAGES_UNIFORM && im->frames.side == 0) {
        scale_note(&im->basis.misfit, images_noun(&im->images), log);
        scale_judge(&im->basis.misfit, "images", settings->path, log);
    }
}

static sqn_status build(void *run, sqn_error *err)
{
    impute *r = run;
    imputation *im = &r->result;
    session_build shown = {&r->session, "components", 0};
    const sqn_nmf_options hooks = hooks_of(r, &shown);
    const sqn_rows rows = frames_rows(&im->frames);
    const basis_source source = frames_source(&im->frames, &rows);
    sqn_status status = SQN_OK;

    SQN_TRY(basis_build(&im->basis, &source, &r->decided, &hooks, err));
    SQN_TRY(curve_make(&im->curve, &im->basis, err));
    judge(im, r->session.settings, &r->session.log);

cleanup:
    progress_end(r->session.progress);
    return status;
}

static sqn_status try_hidden(void *run, sqn_error *err)
{
    impute *r = run;
    session_build shown = {&r->session, "hidden pixels", 0};
    const sqn_nmf_options hooks = hooks_of(r, &shown);
    const sqn_status status = trial_run(&r->result.trial, &r->result.frames,
                                        r->result.basis.n_comp, &r->decided, &hooks, err);

    progress_end(r->session.progress);
    return status;
}

static sqn_status fill(void *run, sqn_error *err)
{
    impute *r = run;
    imputation *im = &r->result;
    sqn_status status = SQN_OK;

    im->fate = sqn__mem_alloc(im->images.n_all, 1);
    if (im->fate == NULL) {
        return SQN_RAISE(err, E_MEM, "a map of %" PRId64 " pixels", im->images.n_all);
    }
    for (int64_t e = 0; e < im->images.n_all; e++) {
        im->fate[e] =
            (uint8_t)(isnan(im->images.stack.value.data[e]) ? 1 : 0); /* is wanted */
    }
    SQN_TRY(estimate_fit_make(&im->fit, &im->frames, &im->basis, r->session.settings, err));
    SQN_TRY(estimate_make(&im->estimate, &im->fit, im->fate, err));

cleanup:
    return status;
}

static void count_fates(const impute *r, imputation *im)
{
    for (int64_t e = 0; e < im->images.n_all; e++) {
        im->n_filled += im->fate[e] == IMPUTED_FILLED;
        im->n_left += im->fate[e] == IMPUTED_LEFT;
    }
    sqn__log_note(&r->session.log,
                  "%" PRId64 " of %" PRId64 " missing pixels filled, %" PRId64
                  " left without a value",
                  im->n_filled, im->images.n_missing, im->n_left);
    if (im->n_left > 0) {
        sqn__log_warn(&r->session.log, SQN_W_IMPUTE_LEFT, r->session.settings->path,
                      "%" PRId64 " of %" PRId64
                      " missing pixels have no value: no data tell it, or the type of the "
                      "file cannot hold it",
                      im->n_left, im->images.n_missing);
    }
}

/* One product for every file: planes of the stack that have its name. */
static sqn_status write_images(void *run, sqn_error *err)
{
    impute *r = run;
    imputation *im = &r->result;
    const imputed_source source = {&im->images, &im->estimate, r->session.settings,
                                   &r->session.log};
    const sqn_fits_frame *planes = im->images.stack.frames;
    sqn_status status = SQN_OK;
    sqn_fits_copy *copy = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    for (int64_t first = 0, last = 0; first < im->images.n_plane; first = last + 1) {
        char name[NAME_BYTES];

        last = first;
        while (last + 1 < im->images.n_plane &&
               planes[last + 1].file == planes[first].file) {
            last++;
        }
        SQN_TRY(name_product(name, planes[first].file, r->n_file == 1, err));
        SQN_TRY(imputed_make(&copy, im->fate, &source, first, last, err));
        SQN_TRY(sqn_fits_copy_finish(&bytes, &size, copy, err));
        SQN_TRY(directory_write(r->session.directory, name, bytes, size, err));
        sqn_fits_copy_destroy(&copy);
    }
    count_fates(r, im);

cleanup:
    sqn_fits_copy_destroy(&copy);
    return status;
}

static sqn_status write_components(void *run, sqn_error *err)
{
    impute *r = run;
    sqn_status status = SQN_OK;
    sqn_fits_product *product = NULL;
    char *text = NULL;

    SQN_TRY(result_components(&product, &r->session, &r->result, err));
    SQN_TRY(session_write_product(&r->session, "components.fits", product, err));
    SQN_TRY(curve_text(&text, &r->result.curve, err));
    SQN_TRY(session_write_text(&r->session, "frv.csv", text, err));

cleanup:
    free(text);
    sqn_fits_product_destroy(&product);
    return status;
}

static sqn_status show(void *run, sqn_error *err)
{
    impute *r = run;
    sqn_status status = SQN_OK;

    if (r->session.settings->output.plots) {
        SQN_TRY(result_pictures(&r->session, &r->result, err));
    }
    if (r->session.settings->output.report) {
        SQN_TRY(result_report(&r->session, &r->result, err));
    }

cleanup:
    return status;
}

static sqn_status finish(void *run, sqn_error *err)
{
    impute *r = run;
    sqn_status status = SQN_OK;

    SQN_TRY(result_record(&r->session, &r->result, err));
    SQN_TRY(session_list(&r->session, err));

cleanup:
    return status;
}

static const session_stage stages[] = {
    {"output directory", open_directory}, {"reading", read_images},
    {"outliers and errors", screen},      {"components", build},
    {"hidden pixels", try_hidden},        {"filling", fill},
    {"imputed images", write_images},     {"components and curve", write_components},
    {"pictures and report", show},        {"manifest", finish},
};
enum { N_STAGE = sizeof stages / sizeof stages[0] };

static void clear(impute *r)
{
    imputation *im = &r->result;

    sqn__mem_free(im->fate);
    estimate_clear(&im->estimate);
    estimate_fit_clear(&im->fit);
    curve_clear(&im->curve);
    basis_clear(&im->basis);
    trial_clear(&im->trial);
    frames_clear(&im->frames);
    images_clear(&im->images);
    session_end(&r->session);
    sqn__mem_free(r->products);
    sqn__mem_free(r->name);
}

sqn_status impute_run(const config *settings, const session_options *options,
                      messages *said, sqn_error *err)
{
    impute r = {0};
    sqn_status status = session_begin(&r.session, settings, options, said, err);

    if (status == SQN_OK) {
        status = session_run(&r.session, stages, N_STAGE, &r, err);
    }
    clear(&r);
    return status;
}
