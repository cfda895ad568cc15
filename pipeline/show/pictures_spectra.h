/**
 * @file pictures_spectra.h
 * @brief The pictures of task spectra: arrays in, one PNG out. As pictures.h.
 */
#ifndef PICTURES_SPECTRA_H
#define PICTURES_SPECTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

/** components.png: templates one below the other over one axis of wavelengths. */
typedef struct plot_templates_data {
    int64_t n, n_wave;
    const double *wave;     /**< [n_wave] (Angstrom) rising */
    const float *templates; /**< [n, n_wave] NaN = missing; the first 12 are drawn. */
    const double *share;    /**< [n] of the modelled light, 0..1; NULL or NaN = unknown. */
    bool is_rest;           /**< Emission lines of quasars and galaxies are marked. */
    const char *title;      /**< May be NULL. */
} plot_templates_data;

/** One spectrum with its model. */
typedef struct plot_spectrum {
    const float *flux;  /**< [n_wave] NaN = missing */
    const float *model; /**< [n_wave] NaN = none */
    const char *label;
} plot_spectrum;

enum { PLOT_SPECTRA_MAX = 3 };

/** spectra.png: spectra with model and residual, and how coefficients are distributed. */
typedef struct plot_spectra_data {
    int64_t n_wave;
    const double *wave; /**< [n_wave] (Angstrom) rising */
    plot_spectrum spectra[PLOT_SPECTRA_MAX];
    int64_t n_spectrum, n_comp;
    const double
        *share;        /**< [n_spectrum, n_comp] of each template in the light of the model;
                              NaN = none. */
    const char *unit;  /**< NULL or "" = none. */
    const char *title; /**< May be NULL. */
    int n;             /**< Of `spectra`, at most PLOT_SPECTRA_MAX. */
    bool is_rest;      /**< Emission lines are marked. */
} plot_spectra_data;

SQN_NODISCARD sqn_status plot_templates(const char *png_path,
                                        const plot_templates_data *data, sqn_error *err);
SQN_NODISCARD sqn_status plot_spectra(const char *png_path, const plot_spectra_data *data,
                                      sqn_error *err);

#endif
