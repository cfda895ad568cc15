/**
 * @file sample.h
 * @brief Stage 1 of task spectra: from the configuration to spectra on one grid.
 *
 * In: configuration and FITS files. Out: spectra, who they are, and what was decided about them.
 * Library: survey, spectra.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "config.h"
#include "sequin/survey.h"

/** The spectra of a run. Owned by the run. */
typedef struct sample {
    sqn_survey survey; /**< Who they are; its blocks are empty. */
    sqn_spectra
        spectra;    /**< On one grid, divided by `norm` (unit 2^exponent). Its flux and ivar
                              go when nobody reads them here again (sample_forget()). */
    bool has_noise; /**< There are inverse variances. */
    sqn_spectra_grid_about grid;
    uint8_t
        *clipped; /**< [n_spectrum, n_wave] 1 = an outlier; NULL: none was looked for. */
    double *norm; /**< [n_spectrum] (unit 2^exponent) NaN: could not be normalised. */
    sqn_fits_stack
        files; /**< The survey's inputs alone, for those who list inputs; borrowed. */
} sample;

/** A grid that is given: that of templates that were loaded. Zeroed: the spectra's own. */
typedef struct sample_grid {
    const double *wave; /**< [n_wave] borrowed */
    int64_t n_wave;
} sample_grid;

/** Read files, bring spectra to one grid, normalise. Errors of the readers and of the grid. */
SQN_NODISCARD sqn_status sample_read(sample *out, const config *settings,
                                     const sample_grid *grid, const sqn_log *log,
                                     sqn_error *err);
void sample_clear(sample *s);

/** Give back the flux of the spectra up to number `last`; of all. The grid stays. */
void sample_forget(sample *s, int64_t last);
void sample_forget_all(sample *s);

/** Whether redshifts are taken out of the wavelengths; whether they are those of the rest frame,
 *  by that or in the files already. */
bool sample_moves(const config *settings);
bool sample_is_rest(const config *settings);

/** Flux of a spectrum that was read, in the unit of the products: times norm and 2^exponent. */
double sample_unit(const sample *s, int64_t i);

#endif
