/** @file spectra_product.c @brief components.fits, model.fits and residual.fits of spectra. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "provenance.h"
#include "raise.h"
#include "spectra_product.h"

enum { COLUMNS_MAX = 64 };

static const double even =
    1e-4; /* pixels: a WCS says no more than the list of wavelengths */

sqn_status spectra_product_start(sqn_fits_product **out, const spectra_result *r,
                                 const char *step, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_merge(header, r->sample.survey.primary, err));
    SQN_TRY(provenance_add_step(header, r->settings, step, err));
    SQN_TRY(provenance_add_inputs(header, &r->sample.files, "spectra", err));
    SQN_TRY(provenance_add_configuration(header, r->settings, err));
    SQN_TRY(sqn_fits_product_create(out, header, r->log, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

bool spectra_product_is_even(const sqn_spectra *s, bool log)
{
    const int64_t n = s->n_wave;
    const double *wave = s->wave;
    const double first = log ? log10(wave[0]) : wave[0];
    const double step =
        ((log ? log10(wave[n - 1]) : wave[n - 1]) - first) / (double)(n - 1);
    bool all = true;

    for (int64_t i = 0; i < n && all; i++) {
        const double at = log ? log10(wave[i]) : wave[i];

        all = fabs(at - first - (double)i * step) < even * step;
    }
    return all;
}

sqn_status spectra_product_axis(sqn_header **out, const spectra_result *r, sqn_error *err)
{
    const sqn_spectra *s = &r->sample.spectra;
    const bool log = spectra_product_is_even(s, true);
    const double span = (double)(s->n_wave - 1);
    sqn_header *h = NULL;
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(sqn_header_create(&h, err));
    SQN_TRY(sqn_header_set_text(h, "NOISEMOD",
                                r->sample.has_noise ? "errors" : "uniform: measured",
                                "where ERR comes from", err));
    if (log || spectra_product_is_even(s, false)) {
        const double last = s->wave[s->n_wave - 1];
        const double step =
            log ? s->wave[0] * log1p((last - s->wave[0]) / s->wave[0]) / span
                : (last - s->wave[0]) / span;

        SQN_TRY(sqn_header_set_text(h, "CTYPE1", log ? "WAVE-LOG" : "WAVE",
                                    "vacuum or air: as the input", err));
        SQN_TRY(sqn_header_set_text(h, "CUNIT1", "Angstrom", "", err));
        SQN_TRY(sqn_header_set_number(h, "CRPIX1", 1.0, "", err));
        SQN_TRY(sqn_header_set_number(h, "CRVAL1", s->wave[0], "", err));
        SQN_TRY(sqn_header_set_number(h, "CDELT1", step, "", err));
    }
    *out = h;
    h = NULL;

cleanup:
    sqn_header_destroy(&h);
    return status;
}

sqn_status spectra_product_wavelengths(sqn_fits_product *product, const spectra_result *r,
                                       sqn_error *err)
{
    const sqn_fits_image image = {.extname = "WAVELENGTH",
                                  .type = SQN_FITS_FLOAT64,
                                  .n_axis = 1,
                                  .axes = {r->sample.spectra.n_wave},
                                  .data = r->sample.spectra.wave,
                                  .unit = "Angstrom"};

    return sqn_fits_product_image(product, &image, err);
}

static sqn_status add_components(sqn_fits_product *product, const spectra_result *r,
                                 sqn_error *err)
{
    const sqn_matrix_const comp = r->amounts.last;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    SQN_TRY(spectra_product_axis(&header, r, err));
    SQN_TRY(sqn_header_set_text(header, "CTYPE2", "NCOMP", "number of the component", err));
    const sqn_fits_image image = {.extname = "COMPONENTS",
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 2,
                                  .axes = {comp.cols, comp.rows},
                                  .data = comp.data,
                                  .header = header};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/* Coefficients or their errors [n_spectra, k] in the unit of the spectra. */
static sqn_status add_coefficients(sqn_fits_product *product, const char *extname,
                                   const spectra_result *r, sqn_dmatrix_const m,
                                   sqn_error *err)
{
    sqn_status status = SQN_OK;
    double *scaled = sqn__mem_alloc(sqn__mem_product(m.rows, m.cols), sizeof *scaled);

    if (scaled == NULL) {
        return SQN_RAISE(err, E_MEM, "coefficients of %" PRId64 " spectra", m.rows);
    }
    for (int64_t i = 0; i < m.rows; i++) {
        for (int64_t a = 0; a < m.cols; a++) {
            scaled[i * m.cols + a] = m.data[i * m.stride + a] * r->sample.norm[i];
        }
    }
    const sqn_fits_image image = {.extname = extname,
                                  .type = SQN_FITS_FLOAT64,
                                  .n_axis = 2,
                                  .axes = {m.cols, m.rows},
                                  .data = scaled,
                                  .exponent = r->sample.survey.exponent,
                                  .unit = r->sample.survey.unit};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn__mem_free(scaled);
    return status;
}

/** Columns of SPECTRA that are made here. */
typedef struct rows {
    const char **file;
    int64_t *row;
    double *z, *norm, *background;
} rows;

static sqn_status rows_create(rows *t, const spectra_result *r, sqn_error *err)
{
    const int64_t n = r->sample.spectra.n_spectrum;
    const double *background = sqn_target_background(r->amounts.fit, 0);

    t->file = sqn__mem_alloc(n, sizeof *t->file);
    t->row = sqn__mem_alloc(n, sizeof *t->row);
    t->z = sqn__mem_alloc(n, sizeof *t->z);
    t->norm = sqn__mem_alloc(n, sizeof *t->norm);
    t->background = sqn__mem_alloc(n, sizeof *t->background);
    if (t->file == NULL || t->row == NULL || t->z == NULL || t->norm == NULL ||
        t->background == NULL) {
        return SQN_RAISE(err, E_MEM, "a table of %" PRId64 " spectra", n);
    }
    for (int64_t i = 0; i < n; i++) {
        const sqn_survey_spectrum *s = &r->sample.survey.spectra[i];
        const char *slash = strrchr(s->file, '/');

        t->file[i] = slash != NULL ? slash + 1 : s->file;
        t->row[i] = s->row;
        t->z[i] = s->redshift;
        t->norm[i] = sample_unit(&r->sample, i);
        t->background[i] = background != NULL ? background[i] * t->norm[i] : NAN;
    }
    return SQN_OK;
}

static void rows_clear(rows *t)
{
    sqn__mem_free(t->file);
    sqn__mem_free(t->row);
    sqn__mem_free(t->z);
    sqn__mem_free(t->norm);
    sqn__mem_free(t->background);
}

static bool is_ours(const char *name)
{
    static const char *const ours[] = {"file",    "row",  "z",         "norm",
                                       "n_valid", "chi2", "background"};
    bool found = false;

    for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
        found = found || strcasecmp(ours[k], name) == 0;
    }
    return found;
}

/* SPECTRA: file, row, identifiers, z, norm, n_valid, chi2 (and background). */
static sqn_status add_table(sqn_fits_product *product, const spectra_result *r,
                            sqn_error *err)
{
    const sqn_survey *survey = &r->sample.survey;
    sqn_fits_column columns[COLUMNS_MAX];
    sqn_status status = SQN_OK;
    rows t = {0};
    int n = 0;

    SQN_TRY(rows_create(&t, r, err));
    columns[n++] = (sqn_fits_column){.name = "file", .text = t.file};
    columns[n++] = (sqn_fits_column){.name = "row", .integer = t.row};
    for (int64_t k = 0; k < survey->n_column && n < COLUMNS_MAX - 5; k++) {
        const sqn_survey_column *c = &survey->columns[k];

        if (!is_ours(c->name)) {
            columns[n++] = (sqn_fits_column){.name = c->name,
                                             .integer = c->integer,
                                             .number = c->number,
                                             .text = c->text};
        }
    }
    columns[n++] = (sqn_fits_column){.name = "z", .number = t.z};
    columns[n++] =
        (sqn_fits_column){.name = "norm", .unit = survey->unit, .number = t.norm};
    columns[n++] = (sqn_fits_column){.name = "n_valid", .integer = r->amounts.n_valid};
    columns[n++] = (sqn_fits_column){.name = "chi2", .number = r->amounts.chi2};
    if (r->amounts.of.background) {
        columns[n++] = (sqn_fits_column){
            .name = "background", .unit = survey->unit, .number = t.background};
    }
    SQN_TRY(
        sqn_fits_product_table(product, "SPECTRA", columns, n, survey->n_spectrum, err));

cleanup:
    rows_clear(&t);
    return status;
}

/* 1 sigma of the templates: roots of the variances among the covariances. */
static sqn_status add_component_errors(sqn_fits_product *product, const spectra_result *r,
                                       sqn_error *err)
{
    const sqn_matrix_const comp = r->amounts.last;
    const int64_t n = comp.cols;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    float *errors = NULL;

    if (r->amounts.covariance == NULL) {
        return SQN_OK; /* nobody knows what loaded templates were built from */
    }
    errors = sqn__mem_alloc(sqn__mem_product(comp.rows, n), sizeof *errors);
    if (errors == NULL) {
        return SQN_RAISE(err, E_MEM, "errors of %" PRId64 " templates", comp.rows);
    }
    for (int64_t a = 0; a < comp.rows; a++) {
        const double *variance = r->amounts.covariance + (a * (a + 1) / 2 + a) * n;

        for (int64_t j = 0; j < n; j++) {
            errors[a * n + j] = (float)sqrt(variance[j]);
        }
    }
    SQN_TRY(spectra_product_axis(&header, r, err));
    const sqn_fits_image image = {.extname = "COMPONENTS_ERR",
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 2,
                                  .axes = {n, comp.rows},
                                  .data = errors,
                                  .header = header};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn_header_destroy(&header);
    sqn__mem_free(errors);
    return status;
}

sqn_status spectra_product_components(const sqn_fits_sink *sink, const spectra_result *r,
                                      sqn_error *err)
{
    const char *step = r->basis.nmf != NULL ? "sequential components of the spectra"
                                            : "components of an earlier run";
    const sqn_target *fit = r->amounts.fit;
    sqn_fits_product *p = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(spectra_product_start(&p, r, step, err));
    SQN_TRY(add_components(p, r, err));
    SQN_TRY(spectra_product_wavelengths(p, r, err));
    SQN_TRY(add_coefficients(p, "COEFFICIENTS", r, sqn_target_coefficients(fit, 0), err));
    SQN_TRY(add_coefficients(p, "COEFFICIENTS_ERR", r, sqn_target_errors(fit, 0), err));
    SQN_TRY(add_component_errors(p, r, err));
    SQN_TRY(add_table(p, r, err));
    SQN_TRY(curve_add(p, &r->curve, err));
    SQN_TRY(sqn_fits_product_write(p, sink, err));

cleanup:
    sqn_fits_product_destroy(&p);
    return status;
}
