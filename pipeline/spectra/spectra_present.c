/** @file spectra_present.c @brief Names and typical numbers of spectra, and the record of a run. */
#include "spectra_present.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

void spectra_present_title(char *out, size_t size, const spectra_result *r)
{
    const sqn_header *primary = r->sample.survey.primary;
    const char *file = r->sample.survey.spectra[0].file, *slash = strrchr(file, '/');

    if (r->settings->title != NULL && r->settings->title[0] != '\0') {
        (void)snprintf(out, size, "%s", r->settings->title);
    } else if (r->sample.spectra.n_spectrum > 1 ||
               !sqn_header_text(out, size, primary, "OBJECT")) {
        (void)snprintf(out, size, "%s", slash != NULL ? slash + 1 : file);
    }
}

/* One identifier as text. */
static void print_id(char *out, size_t size, const sqn_survey_column *c, int64_t i)
{
    if (c->integer != NULL) {
        (void)snprintf(out, size, "%s %" PRId64, c->name, c->integer[i]);
    } else if (c->number != NULL) {
        (void)snprintf(out, size, "%s %g", c->name, c->number[i]);
    } else {
        (void)snprintf(out, size, "%s", c->text[i]);
    }
}

void spectra_present_name(char *out, size_t size, const spectra_result *r, int64_t i)
{
    const sqn_survey *survey = &r->sample.survey;
    const sqn_survey_spectrum *s = &survey->spectra[i];
    const char *slash = strrchr(s->file, '/');
    size_t used = 0;

    (void)snprintf(out, size, "%s, row %" PRId64, slash != NULL ? slash + 1 : s->file,
                   s->row);
    for (int64_t k = 0; k < survey->n_column && used + 8 < size; k++) {
        char id[96];

        print_id(id, sizeof id, &survey->columns[k], i);
        const int n = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", id);

        used += n > 0 ? (size_t)n : 0;
    }
}

double spectra_present_chi2(const spectra_result *r, int64_t i)
{
    return r->amounts.n_valid[i] > 0 ? r->amounts.chi2[i] / (double)r->amounts.n_valid[i]
                                     : (double)NAN;
}

sqn_status spectra_present_typical(double *out, const spectra_result *r, sqn_error *err)
{
    const int64_t n = r->sample.spectra.n_spectrum;
    double *values = sqn__mem_alloc(n, sizeof *values);

    *out = NAN;
    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "chi2 of %" PRId64 " spectra", n);
    }
    for (int64_t i = 0; i < n; i++) {
        values[i] = spectra_present_chi2(r, i);
    }
    *out = sqn_weights_median(values, n);
    sqn__mem_free(values);
    return SQN_OK;
}

static int64_t count_with_data(const spectra_result *r)
{
    int64_t n = 0;

    for (int64_t i = 0; i < r->sample.spectra.n_spectrum; i++) {
        n += r->amounts.n_valid[i] > 0;
    }
    return n;
}

sqn_status spectra_present_record(session *s, const spectra_result *r, sqn_error *err)
{
    const sqn_spectra *spectra = &r->sample.spectra;
    sqn_status status = SQN_OK;
    double typical = NAN;
    char title[128];

    SQN_TRY(spectra_present_typical(&typical, r, err));
    const manifest_number numbers[] = {
        {"n_spectrum", (double)spectra->n_spectrum},
        {"n_with_data", (double)count_with_data(r)},
        {"n_wave", (double)spectra->n_wave},
        {"wave_first", spectra->wave[0]},
        {"wave_last", spectra->wave[spectra->n_wave - 1]},
        {"n_comp", (double)r->amounts.last.rows},
        {"chi2_reduced_median", typical},
        {"n_clipped", (double)r->mended.clipped.n_outlier},
        {"error_scale", r->mended.scale > 0.0 ? r->mended.scale : (double)NAN},
        {"count_best_heldout",
         r->basis.heldout.n > 0 ? (double)r->basis.heldout.best : (double)NAN},
    };
    const manifest_series series[] = {
        {"chi2", r->curve.n, r->curve.chi2},
        {"frv", r->curve.n, r->curve.frv},
        {"frv_heldout", r->basis.heldout.n, r->curve.heldout},
        {"frv_heldout_err", r->basis.heldout.n, r->curve.heldout_err},
    };

    spectra_present_title(title, sizeof title, r);
    const manifest summary = {
        .task = "spectra",
        .title = title,
        .n_number = sizeof numbers / sizeof numbers[0],
        .n_series = sizeof series / sizeof series[0],
        .numbers = numbers,
        .series = series,
    };

    SQN_TRY(session_write_record(s, &summary, err));

cleanup:
    return status;
}
