/** @file templates.c @brief Templates that were built before. */
#include "templates.h"

#include <inttypes.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/survey.h"

/* Templates are not negative, or no coefficient of ours belongs to them. */
static sqn_status check_sign(const sqn_spectra *t, const char *path, sqn_error *err)
{
    for (int64_t e = 0; e < t->n_spectrum * t->n_wave; e++) {
        if (t->flux[e] < 0.0F) {
            const sqn_status status =
                SQN_RAISE(err, E_FITS_TYPE, "template %" PRId64 " is negative (%g)",
                          e / t->n_wave + 1, (double)t->flux[e]);

            sqn__error_at(err, path, -1, NULL);
            sqn__error_mend(err, "name templates of a non-negative factorisation");
            return status;
        }
    }
    return SQN_OK;
}

/* How many of the templates are meant: all, or with model.truncate the first ones. */
static sqn_status choose_count(int64_t *out, int64_t n, const config *settings,
                               sqn_error *err)
{
    const config_integers *counts = &settings->model.counts;
    const int64_t written = settings->components.count;
    const bool other = written > 0 && written != n;
    const char *key = other ? "components.count" : "model.counts";
    int64_t most = 0;

    for (int64_t c = 0; c < counts->n; c++) {
        most = counts->item[c] > most ? counts->item[c] : most;
    }
    *out = most > 0 ? most : n;
    if (!other && *out <= n && (*out == n || settings->model.truncate)) {
        return SQN_OK;
    }
    const sqn_status status =
        SQN_RAISE(err, E_COUNT, "%" PRId64 " asked for, but %s holds %" PRId64 " templates",
                  other ? written : *out, settings->components.load, n);

    (void)config_where(err->where, settings, key);
    sqn__error_mend(err, "leave components.count out; write model.truncate for fewer");
    return status;
}

sqn_status templates_read(sqn_spectra *out, const config *settings, sqn_error *err)
{
    char path[4096];
    char *paths[1] = {path};
    const sqn_fits_files files = {1, paths};
    sqn_survey_source source = {
        .files = &files, .flux_hdu = "COMPONENTS", .ivar_hdu = "none", .mask_hdu = "none"};
    sqn_status status = SQN_OK;
    sqn_survey survey = {0};
    sqn_error absent = {0};
    int64_t n = 0;

    *out = (sqn_spectra){0};
    (void)config_beside(path, sizeof path, settings, settings->components.load);
    status = sqn_survey_read(&survey, &source, NULL, &absent);
    if (absent.id == SQN_E_FITS_HDU) {
        source.flux_hdu = NULL;
        status = sqn_survey_read(&survey, &source, NULL, err);
    } else if (status != SQN_OK) {
        *err = absent;
    }
    SQN_TRY(status);
    SQN_TRY(check_sign(&survey.blocks[0], path, err));
    SQN_TRY(choose_count(&n, survey.n_spectrum, settings, err));
    *out = survey.blocks[0];
    survey.blocks[0] = (sqn_spectra){0};

cleanup:
    sqn_survey_clear(&survey);
    return status;
}

sqn_status templates_basis(basis *out, const sqn_spectra *templates, const config *settings,
                           sqn_error *err)
{
    const int64_t n_wave = templates->n_wave;
    sqn_status status = SQN_OK;
    basis b = {.n_count = 1};

    *out = (basis){0};
    SQN_TRY(choose_count(&b.n_comp, templates->n_spectrum, settings, err));
    SQN_TRY(sqn_cube_init(&b.loaded, b.n_comp, 1, n_wave, err));
    memcpy(b.loaded.data, templates->flux,
           (size_t)(b.n_comp * n_wave) * sizeof *templates->flux);
    b.counts = sqn__mem_alloc(1, sizeof *b.counts);
    b.components = sqn__mem_alloc(1, sizeof *b.components);
    if (b.counts == NULL || b.components == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " templates", b.n_comp);
        goto cleanup;
    }
    b.counts[0] = b.n_comp;
    b.components[0] = (sqn_matrix_const){b.loaded.data, b.n_comp, n_wave, n_wave};
    *out = b;
    b = (basis){0};

cleanup:
    basis_clear(&b);
    return status;
}
