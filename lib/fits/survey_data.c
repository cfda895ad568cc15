/** @file survey_data.c @brief Sifting one spectrum: what is missing, and what it weighs. */
#include "survey_data.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "fits_narrow.h"
#include "mem.h"
#include "raise.h"

sqn_status sqn__survey_data_init(sqn__survey_data *out, int64_t n, bool has_noise,
                                 bool has_mask, sqn_error *err)
{
    *out = (sqn__survey_data){.n = n};
    out->flux = sqn__mem_alloc(n, sizeof *out->flux);
    out->noise = has_noise ? sqn__mem_alloc(n, sizeof *out->noise) : NULL;
    out->mask = has_mask ? sqn__mem_alloc(n, sizeof *out->mask) : NULL;
    if (out->flux == NULL || (has_noise && out->noise == NULL) ||
        (has_mask && out->mask == NULL)) {
        sqn__survey_data_clear(out);
        return SQN_RAISE(err, E_MEM, "a spectrum of %" PRId64 " wavelengths", n);
    }
    return SQN_OK;
}

void sqn__survey_data_clear(sqn__survey_data *data)
{
    sqn__mem_free(data->flux);
    sqn__mem_free(data->noise);
    sqn__mem_free(data->mask);
    *data = (sqn__survey_data){0};
}

/* 1 sigma to inverse variance, and what weighs nothing to 0. */
static void weigh(sqn__survey_data *d, sqn__survey_tally *tally)
{
    for (int64_t i = 0; d->noise != NULL && i < d->n; i++) {
        const double v = d->is_error && d->noise[i] > 0.0
                             ? 1.0 / (d->noise[i] * d->noise[i])
                             : d->noise[i];
        const bool is_bad = !(isfinite(v) && v > 0.0);

        tally->n_bad_ivar += is_bad && d->noise[i] != 0.0;
        d->noise[i] = is_bad ? 0.0 : v;
    }
}

/* Bits of a mask that count as missing. */
static uint32_t selected(const sqn_survey_source *source)
{
    uint32_t bits = source->n_bit > 0 ? 0 : UINT32_MAX;

    for (int64_t k = 0; k < source->n_bit; k++) {
        bits |= UINT32_C(1) << source->mask_bits[k];
    }
    return bits;
}

/* Flags of one entry as an unsigned word; false for what is none. */
static bool read_flags(uint32_t *out, double value)
{
    if (!(value >= (double)INT32_MIN && value <= (double)UINT32_MAX) ||
        value != floor(value)) {
        return false;
    }
    *out = (uint32_t)((uint64_t)(int64_t)value & UINT32_MAX);
    return true;
}

static sqn_status apply_mask(sqn__survey_data *d, sqn__survey_job *job, sqn_error *err)
{
    const uint32_t missing = selected(job->source);

    for (int64_t i = 0; d->mask != NULL && i < d->n; i++) {
        uint32_t bits = 0;

        if (!isnan(d->mask[i]) && !read_flags(&bits, d->mask[i])) {
            return SQN_RAISE(err, E_FITS_TYPE, "flag %g is no integer of 32 bits",
                             d->mask[i]);
        }
        for (int b = 0; bits != 0 && b < SQN__SURVEY_BITS; b++) {
            job->tally.n_bit[b] += bits >> b & 1U;
        }
        if ((bits & missing) != 0) {
            job->tally.n_masked +=
                isfinite(d->flux[i]) && (d->noise == NULL || d->noise[i] > 0.0);
            d->flux[i] = NAN;
        }
    }
    return SQN_OK;
}

/* What has no weight has no value; the first spectrum with a size decides the exponent. */
static void settle(sqn__survey_data *d, sqn__survey_job *job)
{
    for (int64_t i = 0; i < d->n; i++) {
        if (!isfinite(d->flux[i]) || (d->noise != NULL && d->noise[i] == 0.0)) {
            d->flux[i] = NAN;
        }
    }
    if (!job->decided) {
        job->decided = sqn__fits_narrow_exponent(&job->exponent, d->flux, d->n);
    }
}

sqn_status sqn__survey_data_store(float *flux, float *ivar, sqn__survey_data *data,
                                  sqn__survey_job *job, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t n_faded = 0;

    for (int64_t i = 0; i < data->n; i++) {
        job->tally.n_nonfinite += !isfinite(data->flux[i]);
    }
    job->tally.n_entry += data->n;
    weigh(data, &job->tally);
    SQN_TRY(apply_mask(data, job, err));
    settle(data, job);
    const int64_t overflow =
        sqn__fits_narrow_row(flux, &n_faded, data->flux, data->n, job->exponent);

    if (overflow >= 0) {
        status = SQN_RAISE(err, E_FITS_TYPE,
                           "flux %.6g at pixel %" PRId64
                           " exceeds float32 beside the others (unit 2^%d)",
                           data->flux[overflow], overflow + 1, job->exponent);
        goto cleanup;
    }
    for (int64_t i = 0; ivar != NULL && i < data->n; i++) {
        const double v = ldexp(data->noise[i], 2 * job->exponent);
        const bool fits = v >= (double)FLT_MIN && v <= (double)FLT_MAX && !isnan(flux[i]);

        job->tally.n_bad_ivar += !fits && !isnan(flux[i]);
        ivar[i] = fits ? (float)v : 0.0F;
        flux[i] = fits ? flux[i] : NAN;
    }

cleanup:
    return status;
}
