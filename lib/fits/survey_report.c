/** @file survey_report.c @brief Remarks and warnings about spectra that were read. */
#include "survey_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "raise.h"
#include "warn.h"

static const double many = 0.2; /* share of the valid data lost to flags */

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static bool is_selected(const sqn_survey_source *source, int bit)
{
    bool found = source->n_bit == 0;

    for (int64_t k = 0; k < source->n_bit; k++) {
        found = found || source->mask_bits[k] == bit;
    }
    return found;
}

static void report_mask(const sqn__survey_job *job, const char *where)
{
    const sqn__survey_tally *t = &job->tally;

    for (int b = 0; b < SQN__SURVEY_BITS; b++) {
        const bool used = is_selected(job->source, b);

        if (t->n_bit[b] > 0) {
            sqn__log_note(job->log,
                          "mask bit %d (value %" PRIu32 "): %.3g %% of the data, %s", b,
                          UINT32_C(1) << b, percent(t->n_bit[b], t->n_entry),
                          used ? "missing" : "not used");
        } else if (used && job->source->n_bit > 0) {
            sqn__log_advise(job->log, SQN_W_FLAGS_UNUSED, where, "check spectra.mask_bits",
                            "bit %d of mask_bits occurs in no spectrum", b);
        }
    }
    if ((double)t->n_masked > many * (double)t->n_entry) {
        sqn__log_advise(job->log, SQN_W_FLAGS_MANY, where,
                        "name the bits that matter in spectra.mask_bits",
                        "%.3g %% of the data are lost to the mask",
                        percent(t->n_masked, t->n_entry));
    }
}

static void report_missing(const sqn__survey_job *job, const char *where)
{
    const sqn__survey_tally *t = &job->tally;

    if (t->n_nonfinite > 0) {
        sqn__log_note(job->log, "%.3g %% of the flux are not finite: missing",
                      percent(t->n_nonfinite, t->n_entry));
    }
    if (t->n_bad_ivar > 0) {
        sqn__log_advise(job->log, SQN_W_ERRPLANE, where,
                        "check the errors or inverse variances",
                        "%" PRId64 " errors or inverse variances are negative, not finite "
                        "or out of range: missing",
                        t->n_bad_ivar);
    }
}

static void report_noise(const sqn_survey *s, const sqn__survey_job *job, const char *where)
{
    const int64_t n = job->tally.n_with_ivar;

    if (job->source->equal_weights) {
        return;
    }
    if (n == 0 && s->n_block > 0) {
        sqn__log_advise(job->log, SQN_W_NOISE_UNIFORM, where,
                        "name ivar_hdu or error_hdu if there is one",
                        "no inverse variances: equal weights");
    } else if (n < s->n_block) {
        sqn__log_advise(
            job->log, SQN_W_NOISE_MIXED, where, "give inverse variances for all spectra",
            "%" PRId64 " of %" PRId64 " files have inverse variances: equal weights", n,
            s->n_block);
    }
}

void sqn__survey_report(const sqn_survey *survey, const sqn__survey_job *job)
{
    const char *where = survey->paths.path[0];

    sqn__log_note(job->log, "%" PRId64 " spectra from %" PRId64 " file%s; wavelengths: %s",
                  survey->n_spectrum, survey->n_block, survey->n_block == 1 ? "" : "s",
                  survey->scale);
    if (survey->n_unselected > 0) {
        sqn__log_note(job->log, "%" PRId64 " spectra are left out by spectra.select",
                      survey->n_unselected);
    }
    if (survey->n_without_redshift > 0) {
        sqn__log_warn(job->log, SQN_W_REDSHIFT, where,
                      "%" PRId64 " spectra have no redshift above -1 and are left out",
                      survey->n_without_redshift);
    }
    if (job->tally.n_other_unit > 0) {
        sqn__log_warn(job->log, SQN_W_UNITS, where,
                      "%" PRId64 " files have a unit other than '%s'",
                      job->tally.n_other_unit, survey->unit);
    }
    report_missing(job, where);
    report_mask(job, where);
    report_noise(survey, job, where);
}

sqn_status sqn__survey_report_check(const sqn_survey *survey, const sqn__survey_job *job,
                                    sqn_error *err)
{
    if (survey->n_spectrum > 0) {
        return SQN_OK;
    }
    const sqn_status status =
        SQN_RAISE(err, E_DATA_EMPTY,
                  "no spectrum is left of %" PRId64 " (%" PRId64 " not selected, %" PRId64
                  " without a redshift)",
                  job->n_seen, survey->n_unselected, survey->n_without_redshift);

    sqn__error_mend(err, "check spectra.select and spectra.redshift");
    sqn__fits_file_at(err, survey->paths.path[0], NULL, NULL);
    return status;
}
