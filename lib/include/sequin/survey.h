/**
 * @file survey.h
 * @brief Spectra as surveys publish them, read from FITS files.
 *
 * Understood: images [n_spectra, n_wave] (one axis: one spectrum) with wavelengths in an HDU of
 * their own or in the WCS of axis 1; the arms of a spectrograph, an image each; tables of one
 * spectrum. Files are opened as in sequin/fits.h.
 */
#ifndef SEQUIN_SURVEY_H
#define SEQUIN_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/fits.h"
#include "sequin/header.h"
#include "sequin/log.h"
#include "sequin/spectra.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the numbers called wavelengths are. */
typedef enum sqn_survey_scale {
    SQN_SURVEY_AUTO, /**< log10 where name or CTYPE holds LOG or DC-FLAG is 1, else linear. */
    SQN_SURVEY_LINEAR,
    SQN_SURVEY_LOG10,
    SQN_SURVEY_LN
} sqn_survey_scale;

/** Where redshifts come from. */
typedef struct sqn_survey_redshift {
    bool needed;        /**< Spectra without one (none, or <= -1) are left out. */
    const char *file;   /**< NULL = a table of the spectrum's own file. */
    const char *hdu;    /**< Of the table; NULL = the first with the column. */
    const char *column; /**< NULL = Z. */
    const char
        *match; /**< Column of `file` and of the spectra's own tables that says which row is
                             whose; NULL = row by row. */
} sqn_survey_redshift;

/** What to read; pointers are borrowed. Zeroed fields mean the documented default. */
typedef struct sqn_survey_source {
    const sqn_fits_files *files;
    const char *flux_hdu;  /**< NULL: FLUX, else the first image. With arms "{arm}_FLUX". */
    const char *ivar_hdu;  /**< NULL: IVAR where present; "none". */
    const char *error_hdu; /**< 1 sigma, in place of ivar_hdu; NULL = none. */
    const char *mask_hdu;  /**< Integer flags. NULL: MASK where present; "none". */
    const char
        *wavelength_hdu;     /**< NULL: LOGLAM, WAVELENGTH or WAVE where present, else the
                                     WCS of axis 1. */
    const char *const *arms; /**< [n_arm] they replace {arm} in the names above. */
    int64_t n_arm;
    const char *table_hdu; /**< NULL: the first table with flux and wavelength. */
    const char *flux_column, *ivar_column, *error_column, *mask_column, *wavelength_column;
    const int64_t *mask_bits; /**< [n_bit] that mean missing; none = all. */
    int64_t n_bit;
    sqn_survey_scale scale;
    double unit; /**< Angstrom per unit of wavelength; 0 = as the header says, else 1. */
    const char *const *id_columns; /**< [n_id]; none: PLATE, MJD, FIBERID or TARGETID. */
    int64_t n_id;
    sqn_survey_redshift redshift;
    bool equal_weights; /**< They are wanted: absent inverse variances are no warning. */
    const char *select_column; /**< NULL = all. */
    double select_range[2];    /**< Inclusive. */
} sqn_survey_source;

/** One spectrum: where it came from. */
typedef struct sqn_survey_spectrum {
    const char *file; /**< Borrowed from the survey. */
    int64_t row;      /**< From 1. */
    double redshift;  /**< NaN where there is none. */
} sqn_survey_spectrum;

/** A column that identifies spectra; exactly one list is not NULL. Owned. */
typedef struct sqn_survey_column {
    char name[72];
    int64_t *integer;  /**< [n_spectrum] */
    double *number;    /**< [n_spectrum] NaN where absent. */
    const char **text; /**< [n_spectrum] "" where absent; into `cells`. */
    void *cells;
} sqn_survey_column;

/** Everything that was read. Flux is in units of 2^exponent (see sqn_fits_stack). */
typedef struct sqn_survey {
    int64_t n_block, n_spectrum, n_column, n_input;
    sqn_spectra *blocks;          /**< [n_block] ordered, one a file at most. Owned. */
    sqn_survey_spectrum *spectra; /**< [n_spectrum] in the order of the blocks. Owned. */
    sqn_survey_column *columns;   /**< [n_column] owned. */
    sqn_fits_input *inputs; /**< [n_input] every file read: "frames", "redshifts". Owned. */
    bool has_redshift;      /**< Of any spectrum. */
    int64_t n_unselected, n_without_redshift; /**< Spectra left out. */
    int exponent;
    char unit[72];        /**< BUNIT or TUNIT of the flux, "" = none. */
    char scale[96];       /**< Where the wavelengths came from, for people. */
    sqn_header *primary;  /**< Of the first file. Owned. */
    sqn_fits_files paths; /**< Owned; spectra and inputs point into it. */
} sqn_survey;

/**
 * Read all spectra of a source.
 *
 * Flux that is not finite, ivar (error) that is not finite or not above 0, and selected bits of
 * the mask become missing. Counts and shares are reported through `log`.
 *
 * @param[out] out  Filled on success, cleared on failure. Free with sqn_survey_clear().
 *
 * @retval SQN_ERR_INPUT, SQN_ERR_PERMISSION, SQN_ERR_IO, SQN_ERR_MEMORY, SQN_ERR_UNAVAILABLE
 * @retval SQN_ERR_DATA  E_FITS_HDU (an HDU or column is absent), E_SHAPE, E_WAVELENGTH,
 *                       E_DATA_EMPTY (no spectrum is left), and those of every reader.
 */
SQN_API SQN_NODISCARD sqn_status sqn_survey_read(sqn_survey *out,
                                                 const sqn_survey_source *source,
                                                 const sqn_log *log, sqn_error *err);
SQN_API void sqn_survey_clear(sqn_survey *survey);

#ifdef __cplusplus
}
#endif
#endif
