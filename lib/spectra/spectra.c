/** @file spectra.c @brief Storage and order of spectra, and their rows. */
#include "sequin/spectra.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"

sqn_status sqn_spectra_init(sqn_spectra *out, int64_t n_spectrum, int64_t n_wave,
                            bool has_ivar, sqn_error *err)
{
    const int64_t n = sqn__mem_product(n_spectrum, n_wave);

    *out = (sqn_spectra){.n_spectrum = n_spectrum, .n_wave = n_wave};
    out->wave = sqn__mem_alloc(n_wave, sizeof *out->wave);
    out->flux = sqn__mem_alloc(n, sizeof *out->flux);
    out->ivar = has_ivar ? sqn__mem_alloc(n, sizeof *out->ivar) : NULL;
    if (out->wave == NULL || out->flux == NULL || (has_ivar && out->ivar == NULL)) {
        sqn_spectra_clear(out);
        return SQN_RAISE(err, E_MEM, "%" PRId64 " spectra of %" PRId64 " wavelengths",
                         n_spectrum, n_wave);
    }
    return SQN_OK;
}

void sqn_spectra_clear(sqn_spectra *spectra)
{
    if (spectra != NULL) {
        sqn__mem_free(spectra->wave);
        sqn__mem_free(spectra->flux);
        sqn__mem_free(spectra->ivar);
        *spectra = (sqn_spectra){0};
    }
}

static sqn_status check_value(const double *wave, int64_t i, sqn_error *err)
{
    if (!isfinite(wave[i])) {
        return SQN_RAISE(err, E_WAVELENGTH, "wavelength %" PRId64 " is not a finite number",
                         i + 1);
    }
    if (!(wave[i] > 0.0)) {
        return SQN_RAISE(err, E_WAVELENGTH, "wavelength %" PRId64 " is %g", i + 1, wave[i]);
    }
    return SQN_OK;
}

/* The rows of a matrix from their end to their beginning. */
static void turn_rows(float *data, int64_t n_row, int64_t n)
{
    for (int64_t r = 0; r < n_row; r++) {
        float *row = data + r * n;

        for (int64_t i = 0; i < n / 2; i++) {
            const float value = row[i];

            row[i] = row[n - 1 - i];
            row[n - 1 - i] = value;
        }
    }
}

static void turn(sqn_spectra *s)
{
    for (int64_t i = 0; i < s->n_wave / 2; i++) {
        const double value = s->wave[i];

        s->wave[i] = s->wave[s->n_wave - 1 - i];
        s->wave[s->n_wave - 1 - i] = value;
    }
    turn_rows(s->flux, s->n_spectrum, s->n_wave);
    if (s->ivar != NULL) {
        turn_rows(s->ivar, s->n_spectrum, s->n_wave);
    }
}

sqn_status sqn_spectra_order(sqn_spectra *spectra, sqn_error *err)
{
    const double *wave = spectra->wave;
    const int64_t n = spectra->n_wave;

    if (n < 2) {
        return SQN_RAISE(err, E_WAVELENGTH, "a spectrum has %" PRId64 " wavelength%s", n,
                         n == 1 ? "" : "s");
    }
    for (int64_t i = 0; i < n; i++) {
        const sqn_status status = check_value(wave, i, err);

        if (status != SQN_OK) {
            return status;
        }
    }
    const bool falls = wave[0] > wave[1];

    for (int64_t i = 1; i < n; i++) {
        if (falls ? wave[i] >= wave[i - 1] : wave[i] <= wave[i - 1]) {
            return SQN_RAISE(err, E_WAVELENGTH,
                             "wavelengths neither rise nor fall throughout: number %" PRId64
                             " is %.8g, number %" PRId64 " is %.8g",
                             i, wave[i - 1], i + 1, wave[i]);
        }
    }
    if (falls) {
        turn(spectra);
    }
    return SQN_OK;
}

static sqn_status read_row(const void *context, int64_t row, double *value, double *weight,
                           sqn_error *err)
{
    const sqn_spectra *s = context;
    const float *flux = s->flux + row * s->n_wave;
    const float *ivar = s->ivar != NULL ? s->ivar + row * s->n_wave : NULL;

    (void)err;
    for (int64_t j = 0; j < s->n_wave; j++) {
        value[j] = (double)flux[j];
        weight[j] = isnan(flux[j]) ? 0.0 : ivar != NULL ? (double)ivar[j] : 1.0;
    }
    return SQN_OK;
}

sqn_rows sqn_spectra_rows(const sqn_spectra *spectra)
{
    return (sqn_rows){.n_row = spectra->n_spectrum,
                      .n_col = spectra->n_wave,
                      .read = read_row,
                      .context = spectra,
                      .parallel = true};
}
