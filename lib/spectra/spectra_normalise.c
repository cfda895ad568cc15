/** @file spectra_normalise.c @brief Spectra divided by their own brightness. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/spectra.h"
#include "stats.h"

/* Mean or median of the valid flux in the window. */
static double measure(double *scratch, const sqn_spectra *s, int64_t i,
                      sqn_spectra_norm kind, const double window[2])
{
    const bool everywhere = window[0] == 0.0 && window[1] == 0.0;
    const float *flux = s->flux + i * s->n_wave;
    const float *ivar = s->ivar != NULL ? s->ivar + i * s->n_wave : NULL;

    for (int64_t j = 0; j < s->n_wave; j++) {
        const bool is_in =
            everywhere || (s->wave[j] >= window[0] && s->wave[j] <= window[1]);

        scratch[j] = is_in && (ivar == NULL || ivar[j] > 0.0F) ? (double)flux[j] : NAN;
    }
    return kind == SQN_SPECTRA_NORM_MEAN ? sqn__stats_mean(scratch, s->n_wave)
                                         : sqn__stats_median(scratch, s->n_wave);
}

/* Divide by what is positive; give the spectrum up otherwise. */
static void divide(sqn_spectra *s, int64_t i, double norm)
{
    float *flux = s->flux + i * s->n_wave;
    float *ivar = s->ivar != NULL ? s->ivar + i * s->n_wave : NULL;

    for (int64_t j = 0; j < s->n_wave; j++) {
        flux[j] = norm > 0.0 ? (float)((double)flux[j] / norm) : NAN;
        if (ivar != NULL) {
            ivar[j] = norm > 0.0 ? (float)((double)ivar[j] * norm * norm) : 0.0F;
        }
    }
}

sqn_status sqn_spectra_normalise(double *norm, sqn_spectra *spectra, sqn_spectra_norm kind,
                                 const double window[2], sqn_error *err)
{
    double *scratch = sqn__mem_alloc(spectra->n_wave, sizeof *scratch);

    if (scratch == NULL) {
        return SQN_RAISE(err, E_MEM, "a spectrum of %" PRId64 " wavelengths",
                         spectra->n_wave);
    }
    for (int64_t i = 0; i < spectra->n_spectrum; i++) {
        norm[i] = 1.0;
        if (kind != SQN_SPECTRA_NORM_NONE) {
            const double found = measure(scratch, spectra, i, kind, window);

            norm[i] = found > 0.0 ? found : NAN;
            divide(spectra, i, norm[i]);
        }
    }
    sqn__mem_free(scratch);
    return SQN_OK;
}
