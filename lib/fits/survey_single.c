/** @file survey_single.c @brief Tables of one spectrum, as SDSS writes them. */
#include "survey_single.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_checksum.h"
#include "mem.h"
#include "raise.h"
#include "survey_data.h"
#include "survey_wave.h"

static const char *const usual_waves[] = {"loglam", "wavelength", "wave", "lambda", NULL};
static const char *const usual_masks[] = {"and_mask", "mask", NULL};
static const char *const usual_ivars[] = {"ivar", NULL};
static const char *const usual_fluxes[] = {"flux", NULL};

/* The name of the table's own column, in its own case; false when it has none such. */
static bool find_column(char out[72], const sqn__survey_table *table, const char *name)
{
    for (int64_t f = 0; f < table->n_field; f++) {
        if (strcasecmp(table->field[f].name, name) == 0) {
            memcpy(out, table->field[f].name, sizeof table->field[f].name);
            return true;
        }
    }
    return false;
}

/* The column that was asked for (false if absent), else the first usual one, else none. */
static bool choose(char out[72], const sqn__survey_table *table, const char *asked,
                   const char *const *usual)
{
    out[0] = '\0';
    if (asked != NULL && strcasecmp(asked, "none") == 0) {
        return true;
    }
    if (asked != NULL) {
        return find_column(out, table, asked);
    }
    for (; *usual != NULL; usual++) {
        if (find_column(out, table, *usual)) {
            return true;
        }
    }
    return true;
}

/* Whether this table holds a spectrum: flux and wavelength, and what else was asked for. */
static bool is_spectrum(sqn__survey_single *out, const sqn__survey_table *table,
                        const sqn_survey_source *s)
{
    out->hdu = table->hdu;
    out->is_error = s->error_column != NULL;
    return choose(out->flux, table, s->flux_column, usual_fluxes) &&
           choose(out->wave, table, s->wavelength_column, usual_waves) &&
           choose(out->noise, table, out->is_error ? s->error_column : s->ivar_column,
                  usual_ivars) &&
           choose(out->mask, table, s->mask_column, usual_masks) && out->flux[0] != '\0' &&
           out->wave[0] != '\0';
}

sqn_status sqn__survey_single_find(sqn__survey_single *out, const sqn__survey_job *job,
                                   const sqn__fits_file *file, sqn_error *err)
{
    const sqn_survey_source *s = job->source;
    const char *noise = s->error_column != NULL ? s->error_column : s->ivar_column;
    sqn__survey_tables tables = {0};
    sqn_status status = SQN_OK;
    bool found = false;

    *out = (sqn__survey_single){0};
    SQN_TRY(sqn__survey_tables_open(&tables, file, -1, err));
    for (int64_t t = 0; t < tables.n && !found; t++) {
        found = sqn__survey_tables_is(tables.table[t].hdu, s->table_hdu) &&
                is_spectrum(out, &tables.table[t], s);
    }
    if (!found) {
        status = SQN_RAISE(
            err, E_FITS_HDU,
            "the file has no image, and no table%s%s with columns %s, %s%s%s%s%s",
            s->table_hdu != NULL ? " " : "", s->table_hdu != NULL ? s->table_hdu : "",
            s->flux_column != NULL ? s->flux_column : "flux",
            s->wavelength_column != NULL ? s->wavelength_column : "loglam or wavelength",
            noise != NULL ? ", " : "", noise != NULL ? noise : "",
            s->mask_column != NULL ? ", " : "",
            s->mask_column != NULL ? s->mask_column : "");
        sqn__error_mend(err, "name HDU and columns in the block spectra");
        sqn__fits_file_at(err, file->path, NULL, NULL);
    }

cleanup:
    sqn__survey_tables_close(&tables);
    return status;
}

/* A column as long as the others, in a buffer that is there; nothing for the name "". */
static sqn_status read_column(double *to, int64_t n, const sqn__fits_file *file,
                              const sqn__survey_single *single, const char *name,
                              sqn_error *err)
{
    double *values = NULL;
    int64_t n_value = 0;
    sqn_status status = SQN_OK;

    if (name[0] == '\0') {
        return SQN_OK;
    }
    SQN_TRY(sqn__fits_table_column(&values, &n_value, file, single->hdu, name, err));
    if (n_value != n) {
        status =
            SQN_RAISE(err, E_SHAPE, "column %s holds %" PRId64 " values, the flux %" PRId64,
                      name, n_value, n);
        goto cleanup;
    }
    memcpy(to, values, (size_t)n * sizeof *to);

cleanup:
    sqn__mem_free(values);
    return status;
}

/* TUNITn of the flux. */
static void find_unit(sqn__survey_file *into, const sqn__survey_single *single,
                      const sqn__fits_file *file)
{
    char keyword[24], text[72];

    for (int f = 1; f <= 999; f++) {
        (void)snprintf(keyword, sizeof keyword, "TTYPE%d", f);
        if (!sqn__fits_preflight_text(text, sizeof text, single->hdu, file->bytes,
                                      keyword)) {
            return;
        }
        if (strcasecmp(text, single->flux) == 0) {
            (void)snprintf(keyword, sizeof keyword, "TUNIT%d", f);
            (void)sqn__fits_preflight_text(into->unit, sizeof into->unit, single->hdu,
                                           file->bytes, keyword);
            return;
        }
    }
}

static sqn_status read_data(sqn_spectra *spectra, const sqn__survey_single *single,
                            sqn__survey_job *job, const sqn__fits_file *file,
                            sqn_error *err)
{
    const int64_t n = spectra->n_wave;
    sqn__survey_data data = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__survey_data_init(&data, n, single->noise[0] != '\0',
                                  single->mask[0] != '\0', err));
    data.is_error = single->is_error;
    SQN_TRY(read_column(data.flux, n, file, single, single->flux, err));
    SQN_TRY(read_column(data.noise, n, file, single, single->noise, err));
    SQN_TRY(read_column(data.mask, n, file, single, single->mask, err));
    SQN_TRY(sqn__survey_data_store(spectra->flux, spectra->ivar, &data, job, err));

cleanup:
    sqn__survey_data_clear(&data);
    return status;
}

sqn_status sqn__survey_single_read(sqn_spectra *spectra, sqn__survey_file *into,
                                   const sqn__survey_single *single, sqn__survey_job *job,
                                   const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_wave wave = {0};

    *spectra = (sqn_spectra){0};
    SQN_TRY(sqn__fits_checksum_verify(&into->datasum, file, single->hdu, err));
    SQN_TRY(sqn__survey_wave_of_column(&wave, file, single->hdu, single->wave, job->source,
                                       err));
    memcpy(into->scale, wave.origin, sizeof into->scale);
    SQN_TRY(sqn_spectra_init(spectra, 1, wave.n, single->noise[0] != '\0', err));
    if (wave.n > 0) {
        memcpy(spectra->wave, wave.value, (size_t)wave.n * sizeof *wave.value);
    }
    SQN_TRY(read_data(spectra, single, job, file, err));
    SQN_TRY(sqn_spectra_order(spectra, err));
    find_unit(into, single, file);

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, single->hdu, NULL);
        sqn_spectra_clear(spectra);
    }
    sqn__survey_wave_clear(&wave);
    return status;
}
