/**
 * @file measure_target.c
 * @brief New frames modelled with every count of components, against the build before it.
 */
#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "measure.h"
#include "mem.h"
#include "raise.h"
#include "sequin/nmf.h"
#include "sequin/scaling.h"
#include "sequin/target.h"
#include "subject.h"

enum { COUNT_MAX = 64 };

/* Bases of all counts: of the stages, or the first columns of the last one. */
typedef struct bases {
    sqn_matrix_const of_stage[COUNT_MAX], truncated[COUNT_MAX];
    int64_t n;
} bases;

/* One set of target frames. */
typedef struct targets {
    scene made;
    sqn_rows_pair pair;
    sqn_rows rows;
} targets;

/* What all measurements of a set share. */
typedef struct setting {
    const request *request;
    const bases *bases;
    table_key key;
    double build_s;
} setting;

static void find_bases(bases *out, const sqn_nmf *model, int64_t k)
{
    out->n = k;
    for (int64_t c = 0; c < k; c++) {
        out->of_stage[c] = sqn_nmf_components(model, c + 1);
        out->truncated[c] = sqn_nmf_components(model, k);
        out->truncated[c].rows = c + 1;
    }
}

static sqn_status make_targets(targets *out, const request *r, const scene_size *size,
                               int64_t n_frame, sqn_error *err)
{
    scene_size wanted = *size;

    wanted.n_frame = n_frame;
    const sqn_status status = scene_make(&out->made, &wanted, r->weights, 1, err);

    if (status == SQN_OK) {
        out->rows = scene_rows(&out->made, &out->pair);
    }
    return status;
}

/* Coefficients of all counts, then the model images of each. */
static sqn_status fit_once(sample *fit, sample *all, const sqn_target_basis *basis,
                           const targets *t, sqn_error *err)
{
    sqn_target *target = NULL;
    const int64_t n_frame = t->rows.n_row, n_pix = t->made.n_pix;
    float *image = sqn__mem_alloc(sqn__mem_product(n_frame, n_pix), sizeof *image);
    const double start = sample_clock();
    sqn_status status = SQN_OK;

    if (image == NULL) {
        return SQN_RAISE(err, E_MEM, "images of %" PRId64 " frames", n_frame);
    }
    SQN_TRY(sqn_target_fit(&target, basis, &t->rows, err));
    sample_add(fit, sample_clock() - start);
    for (int64_t c = 0; c < basis->n_count; c++) {
        sqn_target_model_rows((sqn_matrix){image, n_frame, n_pix, n_pix}, target, c, 0);
    }
    sample_add(all, sample_clock() - start);

cleanup:
    sqn_target_destroy(&target);
    sqn__mem_free(image);
    return status;
}

static sqn_status measure_fit(const setting *at, const char *kind,
                              const sqn_matrix_const *components, const targets *t,
                              sqn_error *err)
{
    const request *r = at->request;
    const sqn_target_basis basis = {at->bases->n, components, false};
    sample fit[REQUEST_MAX] = {{.n = 0}}, all[REQUEST_MAX] = {{.n = 0}};
    table_key key = at->key;
    sqn_status status = SQN_OK;

    for (int run = 0; run < request_runs(r, 5) && status == SQN_OK; run++) {
        for (int i = 0; i < r->n_thread && status == SQN_OK; i++) {
            omp_set_num_threads(r->threads[i]);
            status = fit_once(&fit[i], &all[i], &basis, t, err);
        }
    }
    key.kind = kind;
    key.n_frame = t->rows.n_row;
    for (int i = 0; i < r->n_thread && status == SQN_OK; i++) {
        key.threads = r->threads[i];
        table_line(&key, "fit", "s", &fit[i]);
        table_line(&key, "fit_and_models", "s", &all[i]);
        table_number(&key, "of_build", "1", sample_quantile(&fit[i], 0.5) / at->build_s);
    }
    return status;
}

/* The factor of the model of one frame, by both rules. */
static sqn_status measure_factor(const setting *at, const targets *t, sqn_error *err)
{
    const sqn_target_basis basis = {at->bases->n, at->bases->truncated, false};
    const int64_t n = t->made.n_pix;
    float *model = sqn__mem_alloc(n, sizeof *model);
    double *weight = sqn__mem_alloc(n, sizeof *weight);
    sqn_target *target = NULL;
    sqn_scaling found;
    sample published = {.n = 0}, own = {.n = 0};
    sqn_status status = SQN_OK;

    if (model == NULL || weight == NULL) {
        status = SQN_RAISE(err, E_MEM, "an image");
        goto cleanup;
    }
    SQN_TRY(sqn_target_fit(&target, &basis, &t->rows, err));
    sqn_target_model(model, target, basis.n_count - 1, 0);
    for (int64_t p = 0; p < n; p++) {
        weight[p] = isfinite(model[p]) ? (double)t->made.weight[p] : 0.0;
    }
    const sqn_scaling_frame frame = {t->made.size.ny, t->made.size.nx, t->made.value,
                                     model,           weight,          4.0};

    for (int run = 0; run < request_runs(at->request, 5); run++) {
        const double start = sample_clock();

        SQN_TRY(sqn_scaling_bff_published(&found, &frame, err));
        const double middle = sample_clock();

        SQN_TRY(sqn_scaling_bff(&found, &frame, err));
        sample_add(&published, middle - start);
        sample_add(&own, sample_clock() - middle);
    }
    table_key key = at->key;

    key.n_frame = 1;
    key.threads = 1;
    key.kind = "bff-published";
    table_line(&key, "scaling", "s", &published);
    key.kind = "bff";
    table_line(&key, "scaling", "s", &own);

cleanup:
    sqn_target_destroy(&target);
    sqn__mem_free(weight);
    sqn__mem_free(model);
    return status;
}

static sqn_status measure_frames(const setting *at, const scene_size *size, int64_t n_frame,
                                 sqn_error *err)
{
    targets t = {.made = {.n_pix = 0}};
    sqn_status status = SQN_OK;

    SQN_TRY(make_targets(&t, at->request, size, n_frame, err));
    SQN_TRY(measure_fit(at, "truncate", at->bases->truncated, &t, err));
    SQN_TRY(measure_fit(at, "stages", at->bases->of_stage, &t, err));
    if (n_frame == 1 && size->ny > 1) {
        SQN_TRY(measure_factor(at, &t, err));
    }

cleanup:
    scene_clear(&t.made);
    return status;
}

static sqn_status measure_count(const request *r, const subject *s, int64_t k,
                                sqn_error *err)
{
    sqn_nmf_options options = sqn_nmf_options_default();
    sqn_nmf *model = NULL;
    setting at = {r, NULL, s->key, 0.0};
    bases found;
    sqn_status status = SQN_OK;

    if (k > COUNT_MAX) {
        return SQN_RAISE(err, E_ARG, "at most %d components", COUNT_MAX);
    }
    options.n_comp = k;
    options.tolerance = r->tolerance;
    omp_set_num_threads(r->threads[r->n_thread - 1]);
    const double start = sample_clock();

    SQN_TRY(sqn_nmf_fit(&model, s->panels, &options, err));
    at.build_s = sample_clock() - start;
    at.key.measure = "target";
    at.key.k = k;
    at.key.kind = "build";
    at.key.threads = r->threads[r->n_thread - 1];
    table_number(&at.key, "build", "s", at.build_s);
    find_bases(&found, model, k);
    at.bases = &found;
    const int64_t n_target = r->n_target > 0 ? r->n_target : r->quick ? 2 : 100;

    SQN_TRY(measure_frames(&at, &s->size, 1, err));
    SQN_TRY(measure_frames(&at, &s->size, n_target, err));

cleanup:
    sqn_nmf_destroy(&model);
    return status;
}

static sqn_status measure_set(const request *r, const subject *s, sqn_error *err)
{
    const int64_t own[] = {r->quick ? 2 : 30};
    int64_t counts[REQUEST_MAX];
    const int n_count = request_counts(r, counts, own, 1);
    sqn_status status = SQN_OK;

    for (int i = 0; i < n_count && status == SQN_OK; i++) {
        status = measure_count(r, s, counts[i], err);
    }
    return status;
}

sqn_status measure_target(const request *r, sqn_error *err)
{
    return subject_each(r, measure_set, err);
}
