/** @file imaging.c @brief Reducing an observation is a list of stages. */
#include "imaging.h"

#include <omp.h>
#include <stdlib.h>

#include "judge.h"
#include "load.h"
#include "mem.h"
#include "present.h"
#include "product.h"
#include "raise.h"
#include "support.h"

/** Everything that lives as long as the run. */
typedef struct imaging {
    session session;
    result result;
} imaging;

/** FITS products, the dearest first. */
static const struct {
    const char *name;
    product_maker *make;
    bool optional; /* only with combine.frames */
} fits_products[] = {
    {"disk.fits", product_disk, false},
    {"derotated.fits", product_derotated, true},
    {"model.fits", product_model, false},
    {"residual.fits", product_residual, false},
    {"components.fits", product_components, false},
};
enum { N_FITS = sizeof fits_products / sizeof fits_products[0] };

static sqn_status open_directory(void *run, sqn_error *err)
{
    static const char *const names[] = {
        "components.fits", "model.fits", "residual.fits", "disk.fits",
        "derotated.fits",  "frv.csv",    "input.png",     "frv.png",
        "components.png",  "disk.png",   "profiles.png",  "frames.png",
        "report.html",     "run.yaml",   "run.log",       "manifest.json"};
    imaging *r = run;

    return session_open_directory(&r->session, names,
                                  (int64_t)(sizeof names / sizeof names[0]), err);
}

static sqn_status read_frames(void *run, sqn_error *err)
{
    imaging *r = run;
    const config *c = r->session.settings;
    const char *const names[] = {c->region.mask_file, c->model.exclude_mask,
                                 c->components.load};
    sqn_status status = SQN_OK;

    SQN_TRY(session_guard(&r->session, names, sizeof names / sizeof names[0], err));
    SQN_TRY(read_observation(&r->result.obs, r->session.settings, &r->session.log, err));
    SQN_TRY(session_guard_inputs(&r->session, &r->result.obs.science, err));
    SQN_TRY(session_guard_inputs(&r->session, &r->result.obs.reference_stack, err));
    SQN_TRY(target_exclude(&r->result.excluded, &r->result.obs, r->session.settings,
                           &r->session.log, err));
    judge_rotation(&r->result.obs, r->session.settings, &r->session.log);

cleanup:
    return status;
}

static sqn_status build(void *run, sqn_error *err)
{
    imaging *r = run;
    result *res = &r->result;
    const config *settings = r->session.settings;
    const sqn_log *log = &r->session.log;
    const uint8_t *excluded = res->obs.references_are_science ? res->excluded : NULL;
    session_build shown = {&r->session, "components", 0};
    sqn_nmf_options hooks = sqn_nmf_options_default();
    sqn_status status = SQN_OK;

    hooks.log = log;
    hooks.progress = session_show_build;
    hooks.progress_context = &shown;
    if (settings->components.load != NULL) {
        read_release_references(&res->obs);
        SQN_TRY(load_basis(&res->basis, &res->obs, settings, log, err));
    } else {
        SQN_TRY(clip_references(&res->clipped, &res->obs, settings, excluded, log, err));
        SQN_TRY(
            rescale_references(&res->rescaled, &res->obs, settings, excluded, log, err));
        SQN_TRY(fit_basis(&res->basis, &res->obs, settings, excluded, &hooks, err));
    }
    SQN_TRY(curve_make(&res->curve, &res->basis, err));

cleanup:
    progress_end(r->session.progress);
    return status;
}

static sqn_status subtract(void *run, sqn_error *err)
{
    imaging *r = run;
    result *res = &r->result;
    const target_input in = {&res->obs,    &res->basis,   r->session.settings,
                             &res->target, res->excluded, &r->session.log};
    subtraction_batch batch = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(clip_science(&res->clipped, &res->obs, &res->basis, r->session.settings,
                         res->excluded, &r->session.log, err));
    SQN_TRY(rescale_science(&res->rescaled, &res->obs, &res->basis, r->session.settings,
                            res->excluded, &r->session.log, err));
    SQN_TRY(target_fit(&res->target, &res->obs, &res->basis, r->session.settings,
                       res->excluded, err));
    SQN_TRY(target_prepare(&batch, &res->last, &res->obs, res->basis.n_count, err));
    SQN_TRY(combine_prepare(&res->disk, &res->obs, r->session.settings, res->basis.n_count,
                            err));
    batch.spare = sqn_panels_spare_values(res->basis.panels);
    progress_stage(r->session.progress, "subtraction", res->basis.n_count);
    while (target_next(&batch, res->basis.n_count)) {
        SQN_TRY(target_subtract(&batch, &in, err));
        SQN_TRY(target_propagate(&batch, &in, err));
        if (batch.first + batch.n == res->basis.n_count) {
            batch.spare = sqn_panels_spare(res->basis.panels); /* nobody asks them again */
        }
        SQN_TRY(combine_batch(&res->disk, &res->obs, r->session.settings, &batch, err));
        for (int64_t c = batch.first; c < batch.first + batch.n; c++) {
            progress_update(r->session.progress, c + 1, 0,
                            sqn_target_about(res->target.fit, c, 0).chi2);
        }
    }
    SQN_TRY(combine_finish(&res->disk, &res->obs, batch.spare, err));
    sqn_panels_destroy(&res->basis.panels);
    SQN_TRY(support_judge(&res->leverage, &in, err));
    SQN_TRY(judge_result(res, err));

cleanup:
    target_end(&batch);
    progress_end(r->session.progress);
    return status;
}

/** What became of a product. */
typedef struct outcome {
    sqn_status status;
    sqn_error why;
    directory_file file; /* fd -1: there is none */
} outcome;

/* All of a product but waiting for the disk. */
static void put_product(outcome *out, const imaging *r, int k, sqn_fits_product *product)
{
    if (product != NULL && out->status == SQN_OK) {
        out->status = session_put_product(&out->file, &r->session, fits_products[k].name,
                                          product, &out->why);
    }
    sqn_fits_product_destroy(&product);
}

/* The rest. */
static void end_product(outcome *out)
{
    if (out->file.fd >= 0) {
        out->status = directory_end(&out->file, out->status, &out->why);
    }
}

/** What is to be done with the products. */
typedef struct queue {
    omp_lock_t lock;
    int next;            /* to be made */
    bool is_put[N_FITS]; /* and not taken to its end yet */
} queue;

/* Make the next product, while nobody else does: that says things, which have an order. Returns its
   number, N_FITS behind the last. */
static int make_next(outcome out[N_FITS], sqn_fits_product **product, queue *q,
                     const imaging *r)
{
    omp_set_lock(&q->lock);
    const int k = q->next < N_FITS ? q->next++ : N_FITS;

    *product = NULL;
    if (k < N_FITS) {
        const bool wanted =
            !fits_products[k].optional || r->session.settings->combine.frames;

        out[k].status =
            wanted ? fits_products[k].make(product, &r->result, &out[k].why) : SQN_OK;
    }
    omp_unset_lock(&q->lock);
    return k;
}

static void mark_put(queue *q, int k)
{
    omp_set_lock(&q->lock);
    q->is_put[k] = true;
    omp_unset_lock(&q->lock);
}

/* One that is put, N_FITS where none is: who puts another ends it. */
static int end_next(queue *q)
{
    int k = 0;

    omp_set_lock(&q->lock);
    while (k < N_FITS && !q->is_put[k]) {
        k++;
    }
    if (k < N_FITS) {
        q->is_put[k] = false;
    }
    omp_unset_lock(&q->lock);
    return k;
}

/* Products are made one after the other and written side by side. For the disk those wait who have
   nothing else to do. */
static void write_products(outcome out[N_FITS], const imaging *r)
{
    queue q = {.next = 0};

    omp_init_lock(&q.lock);
#pragma omp parallel default(none) shared(out, r, q)
    {
        sqn_fits_product *product = NULL;

        for (int k = make_next(out, &product, &q, r); k < N_FITS;
             k = make_next(out, &product, &q, r)) {
            put_product(&out[k], r, k, product);
            mark_put(&q, k);
        }
        for (int k = end_next(&q); k < N_FITS; k = end_next(&q)) {
            end_product(&out[k]);
        }
    }
    omp_destroy_lock(&q.lock);
}

static sqn_status write_fits(void *run, sqn_error *err)
{
    outcome out[N_FITS];

    for (int k = 0; k < N_FITS; k++) {
        out[k] = (outcome){.file.fd = -1};
    }
    write_products(out, run);
    for (int k = 0; k < N_FITS; k++) {
        if (out[k].status != SQN_OK) {
            *err = out[k].why;
            return out[k].status;
        }
    }
    return SQN_OK;
}

static sqn_status write_curve(void *run, sqn_error *err)
{
    imaging *r = run;
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
    imaging *r = run;
    sqn_status status = SQN_OK;

    if (r->session.settings->output.plots) {
        SQN_TRY(present_pictures(r->session.directory, &r->result, err));
    }
    if (r->session.settings->output.report) {
        SQN_TRY(present_report(&r->session, &r->result, err));
    }

cleanup:
    return status;
}

static sqn_status finish(void *run, sqn_error *err)
{
    imaging *r = run;

    return present_record(&r->session, &r->result, err);
}

static sqn_status list_products(void *run, sqn_error *err)
{
    const imaging *r = run;

    return session_list(&r->session, err);
}

static const session_stage stages[] = {
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

static void clear(imaging *r)
{
    combine_clear(&r->result.disk);
    subtraction_clear(&r->result.last);
    target_clear(&r->result.target);
    curve_clear(&r->result.curve);
    basis_clear(&r->result.basis);
    sqn__mem_free(r->result.excluded);
    read_clear(&r->result.obs);
    session_end(&r->session);
}

sqn_status imaging_run(const config *settings, const session_options *options,
                       messages *said, sqn_error *err)
{
    imaging r = {0};
    sqn_status status = session_begin(&r.session, settings, options, said, err);

    r.result.settings = settings;
    r.result.log = &r.session.log;
    if (status == SQN_OK) {
        status = session_run(&r.session, stages, N_STAGE, &r, err);
    }
    clear(&r);
    return status;
}
