/** @file sample.c @brief Stage 1 of task spectra: reading, one grid, normalisation. */
#include "sample.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "warn.h"

enum { PATH_BYTES = 4096 };

/* Angstrom per unit of the configuration; 0 = as the header says. */
static double unit_of(const char *name)
{
    return name == NULL              ? 0.0
           : strcmp(name, "nm") == 0 ? 10.0
           : strcmp(name, "um") == 0 ? 1e4
                                     : 1.0;
}

static sqn_survey_scale scale_of(config_scale scale)
{
    static const sqn_survey_scale scales[] = {[CONFIG_SCALE_AUTO] = SQN_SURVEY_AUTO,
                                              [CONFIG_SCALE_LINEAR] = SQN_SURVEY_LINEAR,
                                              [CONFIG_SCALE_LOG10] = SQN_SURVEY_LOG10,
                                              [CONFIG_SCALE_LN] = SQN_SURVEY_LN};

    return scales[scale];
}

/* The block of the configuration in the words of the library. */
static sqn_survey_source source_of(const config *settings)
{
    const config_spectra *c = &settings->spectra;
    sqn_survey_source source = {
        .flux_hdu = c->flux_hdu,
        .ivar_hdu = c->ivar_hdu,
        .error_hdu = c->error_hdu,
        .mask_hdu = c->mask_hdu,
        .wavelength_hdu = c->wavelength_hdu,
        .arms = (const char *const *)c->arms.item,
        .n_arm = c->arms.n,
        .table_hdu = c->table_hdu,
        .flux_column = c->flux_column,
        .ivar_column = c->ivar_column,
        .error_column = c->error_column,
        .mask_column = c->mask_column,
        .wavelength_column = c->wavelength_column,
        .mask_bits = c->mask_bits.item,
        .n_bit = c->mask_bits.n,
        .scale = scale_of(c->wavelength_scale),
        .unit = unit_of(c->wavelength_unit),
        .id_columns = (const char *const *)c->id_columns.item,
        .n_id = c->id_columns.n,
        .equal_weights = settings->noise.model == CONFIG_NOISE_UNIFORM,
    };

    source.redshift.needed = sample_moves(settings);
    if (c->redshift.given) {
        source.redshift.hdu = c->redshift.hdu;
        source.redshift.column = c->redshift.column;
        source.redshift.match = c->redshift.match;
    }
    if (c->select.given) {
        source.select_column = c->select.column;
        source.select_range[0] = c->select.range.item[0];
        source.select_range[1] = c->select.range.item[1];
    }
    return source;
}

static sqn_status read_survey(sample *s, const config *settings, const sqn_log *log,
                              sqn_error *err)
{
    const config_spectra *c = &settings->spectra;
    sqn_survey_source source = source_of(settings);
    sqn_status status = SQN_OK;
    sqn_fits_files files = {0};
    char catalogue[PATH_BYTES];

    SQN_TRY(sqn_fits_files_expand(&files, (const char *const *)c->files.item, c->files.n,
                                  settings->folder, log, err));
    source.files = &files;
    if (c->redshift.given) {
        source.redshift.file =
            config_beside(catalogue, sizeof catalogue, settings, c->redshift.file);
    }
    SQN_TRY(sqn_survey_read(&s->survey, &source, log, err));
    s->files.inputs = s->survey.inputs;
    s->files.n_input = s->survey.n_input;

cleanup:
    sqn_fits_files_clear(&files);
    return status;
}

/* Equal weights where they are asked for. */
static void drop_weights(sqn_survey *survey)
{
    for (int64_t b = 0; b < survey->n_block; b++) {
        sqn__mem_free(survey->blocks[b].ivar);
        survey->blocks[b].ivar = NULL;
    }
}

static sqn_status place(sample *s, const config *settings, const sample_grid *grid,
                        const sqn_log *log, sqn_error *err)
{
    const config_spectra *c = &settings->spectra;
    const int64_t n = s->survey.n_spectrum;
    sqn_spectra_grid_options options = {
        .bin = c->bin, .wave = grid->wave, .n_wave = grid->n_wave};
    sqn_status status = SQN_OK;
    double *redshift = sqn__mem_alloc(n, sizeof *redshift);

    if (redshift == NULL) {
        return SQN_RAISE(err, E_MEM, "redshifts of %" PRId64 " spectra", n);
    }
    for (int64_t i = 0; i < n; i++) {
        redshift[i] = s->survey.spectra[i].redshift;
    }
    options.redshift = sample_moves(settings) ? redshift : NULL;
    if (c->range.n == 2) {
        options.range[0] = c->range.item[0];
        options.range[1] = c->range.item[1];
    }
    status = sqn_spectra_grid(&s->spectra, &s->grid, s->survey.blocks, s->survey.n_block,
                              &options, err);
    if (status != SQN_OK) {
        (void)config_where(err->where, settings, "spectra.range");
        goto cleanup;
    }
    sqn__log_note(
        log,
        "grid of %" PRId64 " wavelengths, %.6g to %.6g Angstrom%s; %" PRId64
        " spectra moved by whole pixels or not at all, %" PRId64 " resampled",
        s->spectra.n_wave, s->spectra.wave[0], s->spectra.wave[s->spectra.n_wave - 1],
        s->grid.is_log ? ", even in log10" : "", s->grid.n_whole, s->grid.n_resampled);

cleanup:
    sqn__mem_free(redshift);
    return status;
}

static sqn_status normalise(sample *s, const config *settings, const sqn_log *log,
                            sqn_error *err)
{
    static const sqn_spectra_norm kinds[] = {
        [CONFIG_NORMALISE_NONE] = SQN_SPECTRA_NORM_NONE,
        [CONFIG_NORMALISE_MEAN] = SQN_SPECTRA_NORM_MEAN,
        [CONFIG_NORMALISE_MEDIAN] = SQN_SPECTRA_NORM_MEDIAN};
    const config_spectra *c = &settings->spectra;
    const int64_t n = s->spectra.n_spectrum;
    double window[2] = {0.0, 0.0};
    int64_t n_lost = 0;

    s->norm = sqn__mem_alloc(n, sizeof *s->norm);
    if (s->norm == NULL) {
        return SQN_RAISE(err, E_MEM, "norms of %" PRId64 " spectra", n);
    }
    if (c->normalise_window.n == 2) {
        memcpy(window, c->normalise_window.item, sizeof window);
    }
    const sqn_status status =
        sqn_spectra_normalise(s->norm, &s->spectra, kinds[c->normalise], window, err);

    for (int64_t i = 0; i < n; i++) {
        n_lost += isnan(s->norm[i]);
    }
    if (status == SQN_OK && n_lost > 0) {
        sqn__log_warn(log, SQN_W_NORM, settings->path,
                      "%" PRId64 " of %" PRId64
                      " spectra have no positive flux to be divided by: left out",
                      n_lost, n);
    }
    return status;
}

sqn_status sample_read(sample *out, const config *settings, const sample_grid *grid,
                       const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (sample){0};
    SQN_TRY(read_survey(out, settings, log, err));
    if (settings->noise.model == CONFIG_NOISE_UNIFORM) {
        drop_weights(&out->survey);
    }
    SQN_TRY(place(out, settings, grid, log, err));
    SQN_TRY(normalise(out, settings, log, err));
    out->has_noise = out->spectra.ivar != NULL;

cleanup:
    if (status != SQN_OK) {
        sample_clear(out);
    }
    return status;
}

void sample_clear(sample *s)
{
    sqn_survey_clear(&s->survey);
    sqn_spectra_clear(&s->spectra);
    sqn__mem_free(s->clipped);
    sqn__mem_free(s->norm);
    *s = (sample){0};
}

void sample_forget(sample *s, int64_t last)
{
    const size_t row = (size_t)s->spectra.n_wave * sizeof *s->spectra.flux;
    const size_t now = (size_t)(last + 1) * row;

    sqn__mem_forget(s->spectra.flux, 0, now);
    sqn__mem_forget(s->spectra.ivar, 0, now);
}

void sample_forget_all(sample *s)
{
    sqn__mem_free(s->spectra.flux);
    sqn__mem_free(s->spectra.ivar);
    s->spectra.flux = s->spectra.ivar = NULL;
}

bool sample_moves(const config *settings)
{
    return settings->spectra.frame == CONFIG_REST &&
           settings->spectra.input_frame == CONFIG_OBSERVED;
}

bool sample_is_rest(const config *settings)
{
    return settings->spectra.frame == CONFIG_REST ||
           settings->spectra.input_frame == CONFIG_REST;
}

double sample_unit(const sample *s, int64_t i)
{
    return ldexp(s->norm[i], s->survey.exponent);
}
