/** @file amounts.c @brief Stage 3 of task spectra: coefficients, and the variances they bring. */
#include "amounts.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

static const double least = 0.01; /* of the variance of the data: what a residual keeps */

static sqn_status create(amounts *a, const sample *s, sqn_error *err)
{
    const int64_t n = s->spectra.n_spectrum;
    const int64_t n_all = sqn__mem_product(n, s->spectra.n_wave);

    a->sigma = sqn__mem_alloc(n, sizeof *a->sigma);
    a->chi2 = sqn__mem_alloc(n, sizeof *a->chi2);
    a->n_valid = sqn__mem_alloc(n, sizeof *a->n_valid);
    a->model_variance = sqn__mem_alloc(n_all, sizeof *a->model_variance);
    a->residual_variance = sqn__mem_alloc(n_all, sizeof *a->residual_variance);
    a->flags = sqn__mem_alloc(n_all, sizeof *a->flags);
    return a->sigma != NULL && a->chi2 != NULL && a->n_valid != NULL &&
                   a->model_variance != NULL && a->residual_variance != NULL &&
                   a->flags != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "models of %" PRId64 " spectra", n);
}

void amounts_model(float *out, const amounts *a, int64_t i)
{
    sqn_target_model(out, a->fit, 0, i);
}

/* The stage that the largest count is modelled with: its own, or the last one cut. */
static int64_t stage_of(const basis *b, bool truncate)
{
    return truncate ? b->n_comp : b->counts[b->n_count - 1];
}

/* Missing data, wavelengths without a template or with an undetermined one. */
static void flag(uint8_t *flags, const sample *s, const amounts *a,
                 const uint8_t *undetermined, int64_t i)
{
    const int64_t n_wave = s->spectra.n_wave;
    const float *flux = s->spectra.flux + i * n_wave;

    for (int64_t j = 0; j < n_wave; j++) {
        flags[j] =
            (uint8_t)((isnan(flux[j]) ? SQN_FLAG_NO_SCIENCE : 0) |
                      (isnan(a->last.data[j]) ? SQN_FLAG_NO_REFERENCE : 0) |
                      (undetermined != NULL && undetermined[j] != 0 ? SQN_FLAG_UNDETERMINED
                                                                    : 0));
    }
}

/* n_valid, chi2 and the measured sigma of a spectrum. */
static void measure(amounts *a, const sample *s, int64_t i, float *model, double *scratch)
{
    const int64_t n_wave = s->spectra.n_wave;
    const float *flux = s->spectra.flux + i * n_wave;
    const sqn_target_record record = sqn_target_about(a->fit, 0, i);
    int64_t n = 0;

    amounts_model(model, a, i);
    for (int64_t j = 0; j < n_wave; j++) {
        if (!isnan(flux[j]) && !isnan(model[j])) {
            scratch[n++] = (double)flux[j] - (double)model[j];
        }
    }
    a->n_valid[i] = record.n_data;
    a->sigma[i] = sqn_weights_mad_sigma(scratch, n);
    a->chi2[i] = record.n_data == 0 ? (double)NAN : record.chi2;
    if (s->spectra.ivar == NULL && a->sigma[i] > 0.0) {
        a->chi2[i] /= a->sigma[i] * a->sigma[i];
    }
}

static sqn_status measure_all(amounts *a, const sample *s, const basis *b, bool truncate,
                              sqn_error *err)
{
    const uint8_t *undetermined =
        b->nmf != NULL ? sqn_nmf_undetermined(b->nmf, stage_of(b, truncate)) : NULL;
    const int64_t n_wave = s->spectra.n_wave;
    float *model = sqn__mem_alloc(n_wave, sizeof *model);
    double *scratch = sqn__mem_alloc(n_wave, sizeof *scratch);
    sqn_status status = SQN_OK;

    if (model == NULL || scratch == NULL) {
        status = SQN_RAISE(err, E_MEM, "a spectrum of %" PRId64 " wavelengths", n_wave);
        goto cleanup;
    }
    for (int64_t i = 0; i < s->spectra.n_spectrum; i++) {
        measure(a, s, i, model, scratch);
        flag(a->flags + i * n_wave, s, a, undetermined, i);
    }

cleanup:
    sqn__mem_free(model);
    sqn__mem_free(scratch);
    return status;
}

/* Variance of data of weight 1 in the build (equal weights): what its stage leaves per datum. */
static double build_variance(const basis *b, bool truncate, bool has_ivar)
{
    for (int64_t k = 0; b->nmf != NULL && !has_ivar && k < sqn_nmf_n_stage(b->nmf); k++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(b->nmf, k);

        if (stage->n_comp >= stage_of(b, truncate)) {
            return stage->chi2 / (double)sqn_panels_about(b->panels)->n_data;
        }
    }
    return 1.0;
}

/* From the two parts to the variances of model and residual of a spectrum, in place. A spectrum
 * of the build is in its templates itself: their error counts where it took no part alone. */
static void propagate(float *fit, float *comp, const amounts *a, const sample *s, int64_t i,
                      double sigma2_build)
{
    const int64_t n_wave = s->spectra.n_wave;
    const float *flux = s->spectra.flux + i * n_wave;
    const float *ivar = s->spectra.ivar != NULL ? s->spectra.ivar + i * n_wave : NULL;
    const double sigma2 = ivar == NULL ? a->sigma[i] * a->sigma[i] : 1.0;

    for (int64_t j = 0; j < n_wave; j++) {
        const bool is_fitted = !isnan(flux[j]);
        const double data = ivar != NULL ? 1.0 / (double)ivar[j] : sigma2;
        const double own = sigma2 * (double)fit[j];
        const double templates = is_fitted ? 0.0 : sigma2_build * (double)comp[j];

        fit[j] = (float)(own + templates);
        comp[j] = is_fitted ? (float)fmax(data - own, least * data) : NAN;
    }
}

static sqn_status find_variances(amounts *a, const sample *s, const basis *b, bool truncate,
                                 sqn_error *err)
{
    const int64_t n = s->spectra.n_spectrum, n_wave = s->spectra.n_wave;
    const sqn_matrix fit = {a->model_variance, n, n_wave, n_wave};
    const sqn_matrix comp = {a->residual_variance, n, n_wave, n_wave};
    const double sigma2_build = build_variance(b, truncate, s->spectra.ivar != NULL);
    sqn_dmatrix_const coefficients = {0};
    sqn_status status = SQN_OK;

    if (b->nmf != NULL) {
        coefficients = sqn_nmf_coefficients(b->nmf, stage_of(b, truncate));
        coefficients.cols = b->counts[b->n_count - 1];
    }
    SQN_TRY(sqn_target_variance(fit, comp, a->fit, 0,
                                coefficients.data != NULL ? b->panels : NULL, coefficients,
                                err));
    for (int64_t i = 0; i < n; i++) {
        propagate(fit.data + i * n_wave, comp.data + i * n_wave, a, s, i, sigma2_build);
    }

cleanup:
    return status;
}

sqn_status amounts_fit(amounts *out, const sample *s, basis *b, const config *settings,
                       sqn_error *err)
{
    const sqn_rows rows = sqn_spectra_rows(&s->spectra);
    const bool truncate = settings->model.truncate;
    sqn_status status = SQN_OK;

    *out = (amounts){.last = b->components[b->n_count - 1]};
    /* The fit keeps a pointer to the basis: it must be where it stays. */
    out->of = (sqn_target_basis){1, &b->components[b->n_count - 1],
                                 settings->components.background == CONFIG_BACKGROUND_FLAT};
    SQN_TRY(sqn_target_fit(&out->fit, &out->of, &rows, err));
    SQN_TRY(create(out, s, err));
    SQN_TRY(measure_all(out, s, b, truncate, err));
    SQN_TRY(find_variances(out, s, b, truncate, err));
    sqn_panels_destroy(&b->panels); /* as large as the spectra themselves */

cleanup:
    if (status != SQN_OK) {
        amounts_clear(out);
    }
    return status;
}

void amounts_clear(amounts *a)
{
    sqn_target_destroy(&a->fit);
    sqn__mem_free(a->sigma);
    sqn__mem_free(a->chi2);
    sqn__mem_free(a->n_valid);
    sqn__mem_free(a->model_variance);
    sqn__mem_free(a->residual_variance);
    sqn__mem_free(a->flags);
    *a = (amounts){0};
}
