/** @file spectra_report.c @brief The report of task spectra. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "count.h"
#include "mem.h"
#include "page.h"
#include "raise.h"
#include "spectra_present.h"

enum {
    FINDINGS_MAX = 8,
    RESULT_COLUMNS = 8,
    SPECTRUM_COLUMNS = 6,
    SPECTRA_SHOWN = 200, /* of a survey; the rest stands in the table SPECTRA */
    INPUTS_SHOWN = 200
};

static const page_picture pictures[] = {
    {"spectra.png",
     "A strong, a typical and a weak spectrum with their models and "
     "residuals. Right: what share of the modelled light each template has; "
     "disc, thick and thin bar: median, half and nine tenths of the spectra."},
    {"components.png", "The templates in the order in which they were added, with their "
                       "shares of the modelled light."},
    {"frv.png", "Fractional residual variance against the number of templates, for NMF and "
                "for PCA."},
};

/** Tables of the page. */
typedef struct tables {
    slots words, counts, spectra;
    page_inputs inputs;
} tables;

/* "-" where a number is not known. */
static void put_number(slots *s, double value)
{
    if (isnan(value)) {
        (void)slots_put(s, "-");
    } else {
        (void)slots_put(s, "%.4g", value);
    }
}

static void fill_counts(slots *s, const curve *c)
{
    for (int64_t k = 0; k < c->n; k++) {
        (void)slots_put(s, "%" PRId64, c->n_comp[k]);
        put_number(s, c->chi2_reduced[k]);
        put_number(s, c->frv[k]);
        put_number(s, c->frv_centered[k]);
        put_number(s, c->frv_pca[k]);
        put_number(s, c->heldout[k]);
        put_number(s, c->heldout_err[k]);
        (void)slots_put(s, "%s", c->stop[k]);
    }
}

static void fill_spectra(slots *s, const spectra_result *r, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const sqn_survey_spectrum *from = &r->sample.survey.spectra[i];
        char name[128];

        spectra_present_name(name, sizeof name, r, i);
        (void)slots_put(s, "%" PRId64, i + 1);
        (void)slots_put(s, "%s", name);
        put_number(s, from->redshift);
        put_number(s, sample_unit(&r->sample, i));
        (void)slots_put(s, "%" PRId64, r->amounts.n_valid[i]);
        put_number(s, spectra_present_chi2(r, i));
    }
}

static sqn_status tables_create(tables *t, const spectra_result *r, sqn_error *err)
{
    const int64_t n = r->sample.spectra.n_spectrum;
    const int64_t n_shown = n < SPECTRA_SHOWN ? n : SPECTRA_SHOWN;
    sqn_fits_stack files = r->sample.files;
    sqn_status status = SQN_OK;

    files.n_input = files.n_input < INPUTS_SHOWN ? files.n_input : INPUTS_SHOWN;
    SQN_TRY(slots_create(&t->words, 32, err));
    SQN_TRY(slots_create(&t->counts, r->curve.n * RESULT_COLUMNS, err));
    SQN_TRY(slots_create(&t->spectra, n_shown * SPECTRUM_COLUMNS, err));
    SQN_TRY(page_inputs_create(&t->inputs, files.n_input, err));
    fill_counts(&t->counts, &r->curve);
    fill_spectra(&t->spectra, r, n_shown);
    page_inputs_add(&t->inputs, &files, "spectra");

cleanup:
    return status;
}

static void tables_clear(tables *t)
{
    slots_clear(&t->words);
    slots_clear(&t->counts);
    slots_clear(&t->spectra);
    page_inputs_clear(&t->inputs);
}

static double missing_percent(const spectra_result *r)
{
    const sqn_spectra *s = &r->sample.spectra;
    int64_t n_valid = 0;

    for (int64_t i = 0; i < s->n_spectrum; i++) {
        n_valid += r->amounts.n_valid[i];
    }
    return 100.0 * (1.0 - (double)n_valid / (double)(s->n_spectrum * s->n_wave));
}

static int64_t find(const char *findings[FINDINGS_MAX], slots *s, const spectra_result *r)
{
    const sqn_spectra *spectra = &r->sample.spectra;
    int64_t n = 0;

    findings[n++] = slots_put(
        s,
        "%" PRId64 " spectra in the %s frame, %.6g to %.6g Angstrom; %.3g %% of the data "
        "are missing.",
        spectra->n_spectrum, sample_is_rest(r->settings) ? "rest" : "observed",
        spectra->wave[0], spectra->wave[spectra->n_wave - 1], missing_percent(r));
    findings[n++] = slots_put(s, "Wavelengths: %s.", r->sample.survey.scale);
    if (r->sample.grid.n_resampled > 0) {
        findings[n++] = slots_put(
            s,
            "%" PRId64 " spectra were resampled: errors of neighbours are correlated, "
            "which ERR does not say.",
            r->sample.grid.n_resampled);
    }
    findings[n++] =
        slots_put(s, "Noise: %s.",
                  r->sample.has_noise ? "the inverse variances (or errors) of the input"
                                      : "equal weights, sigma measured");
    if (r->mended.clipped.n_outlier > 0) {
        findings[n++] = slots_put(s, "%" PRId64 " data were taken out as outliers.",
                                  r->mended.clipped.n_outlier);
    }
    if (r->mended.scale > 0.0) {
        findings[n++] =
            slots_put(s, "The errors were multiplied by %.4g.", r->mended.scale);
    }
    if (r->basis.heldout.n > 0) {
        char reason[COUNT_REASON_MAX];

        findings[n++] =
            slots_put(s, "%s; %" PRId64 " data of %" PRId64 " spectra were hidden.",
                      count_reason(reason, &r->basis.heldout), r->basis.heldout.n_hidden,
                      r->basis.heldout.n_frame);
    }
    if (r->basis.nmf == NULL) {
        findings[n++] = slots_put(s, "The templates are those of an earlier run.");
    }
    return n;
}

static sqn_status write_page(session *s, tables *t, const spectra_result *r, sqn_error *err)
{
    static const char *const count_heads[RESULT_COLUMNS] = {
        "templates",          "chi2/n",    "FRV", "FRV about the mean", "FRV of PCA",
        "FRV of hidden data", "its error", "stop"};
    static const char *const heads[SPECTRUM_COLUMNS] = {"spectrum", "identifier", "z",
                                                        "norm",     "valid",      "chi2/n"};
    const report_table results = {"By number of templates", RESULT_COLUMNS,
                                  t->counts.n / RESULT_COLUMNS, count_heads,
                                  t->counts.pointer};
    const report_table spectra = {"Spectra", SPECTRUM_COLUMNS,
                                  t->spectra.n / SPECTRUM_COLUMNS, heads,
                                  t->spectra.pointer};
    const report_section sections[] = {
        {.title = "Result", .n_table = t->counts.n > 0, .tables = &results},
        {.title = "Diagnostics",
         .note = "chi2/n near 1 means that the errors explain the residual. Of a large "
                 "sample the first spectra stand here, all of them in the table SPECTRA of "
                 "components.fits.",
         .n_table = 1,
         .tables = &spectra},
        {.title = "Inputs", .n_table = 1, .tables = &t->inputs.table},
    };
    const char *findings[FINDINGS_MAX];
    sqn_status status = SQN_OK;
    double typical = NAN;
    char title[128];

    SQN_TRY(spectra_present_typical(&typical, r, err));
    spectra_present_title(title, sizeof title, r);
    const report data = {
        .title = title,
        .subtitle = slots_put(&t->words, "%" PRId64 " spectra x %" PRId64 " wavelengths",
                              r->sample.spectra.n_spectrum, r->sample.spectra.n_wave),
        .verdict = slots_put(&t->words,
                             "With %" PRId64 " templates, half of the spectra have a "
                             "reduced chi2 below %.2f.",
                             r->amounts.last.rows, typical),
        .findings = findings,
        .n_finding = find(findings, &t->words, r),
        .sections = sections,
        .n_section = sizeof sections / sizeof sections[0],
    };

    SQN_TRY(page_write(s, &data, pictures, (int64_t)(sizeof pictures / sizeof pictures[0]),
                       err));

cleanup:
    return status;
}

sqn_status spectra_present_report(session *s, const spectra_result *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    tables t = {0};

    SQN_TRY(tables_create(&t, r, err));
    SQN_TRY(write_page(s, &t, r, err));

cleanup:
    tables_clear(&t);
    return status;
}
