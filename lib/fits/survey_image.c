/** @file survey_image.c @brief Spectra in image HDUs. */
#include "survey_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_checksum.h"
#include "fits_select.h"
#include "fits_shape.h"
#include "mem.h"
#include "raise.h"
#include "survey_data.h"
#include "survey_matrix.h"
#include "survey_wave.h"

enum { NAME_BYTES = 96 };

/** The images of one read. */
typedef struct matrices {
    sqn__survey_matrix flux, noise, mask;
} matrices;

/* A name with {arm} replaced. */
static const char *name_of(char out[NAME_BYTES], const char *name, const char *arm)
{
    const char *at = arm != NULL ? strstr(name, "{arm}") : NULL;

    if (at == NULL) {
        (void)snprintf(out, NAME_BYTES, "%s", name);
    } else {
        (void)snprintf(out, NAME_BYTES, "%.*s%s%s", (int)(at - name), name, arm, at + 5);
    }
    return out;
}

static bool is_none(const char *name)
{
    return name != NULL && strcasecmp(name, "none") == 0;
}

/* An HDU that is named must be there. */
static sqn_status find_named(const sqn__fits_hdu **out, const sqn__fits_file *file,
                             const char *name, const char *arm, sqn_error *err)
{
    char text[NAME_BYTES];
    int number = -1;
    const sqn_status status =
        sqn__fits_select_one(&number, file, name_of(text, name, arm), "", err);

    if (status == SQN_OK) {
        *out = &file->hdu[number];
    }
    return status;
}

/* The image of a usual name, if it is there. */
static const sqn__fits_hdu *find_usual(const sqn__fits_file *file, const char *name,
                                       const char *arm)
{
    char text[NAME_BYTES], full[NAME_BYTES];

    (void)snprintf(text, sizeof text, "%s%s", arm != NULL ? "{arm}_" : "", name);
    (void)name_of(full, text, arm);
    for (int64_t i = 0; i < file->n_hdu; i++) {
        if (sqn__fits_select_has_pixels(&file->hdu[i]) &&
            strcasecmp(file->hdu[i].name, full) == 0) {
            return &file->hdu[i];
        }
    }
    return NULL;
}

static const char *find_arm(const sqn__fits_file *file)
{
    for (int64_t i = 0; i < file->n_hdu; i++) {
        const size_t n = strlen(file->hdu[i].name);

        if (n > 5 && strcasecmp(file->hdu[i].name + n - 5, "_FLUX") == 0) {
            return file->hdu[i].name;
        }
    }
    return NULL;
}

static sqn_status find_flux(sqn__survey_image *out, const sqn__survey_job *job,
                            const sqn__fits_file *file, const char *arm, sqn_error *err)
{
    const char *name = job->source->flux_hdu;
    sqn_status status = SQN_OK;
    int number = -1;

    if (name != NULL || arm != NULL) {
        return find_named(&out->flux, file, name != NULL ? name : "{arm}_FLUX", arm, err);
    }
    if (find_usual(file, "FLUX", NULL) == NULL && find_arm(file) != NULL) {
        status = SQN_RAISE(err, E_FITS_HDU,
                           "there is no HDU FLUX, but %s: arms of a spectrograph",
                           find_arm(file));
        sqn__error_mend(err, "name the arms, as in spectra.arms: [B, R, Z]");
        sqn__fits_file_at(err, file->path, NULL, NULL);
        return status;
    }
    SQN_TRY(sqn__fits_select_one(&number, file, NULL, "FLUX", err));
    out->flux = &file->hdu[number];

cleanup:
    return status;
}

static sqn_status find_noise(sqn__survey_image *out, const sqn__survey_job *job,
                             const sqn__fits_file *file, const char *arm, sqn_error *err)
{
    const sqn_survey_source *s = job->source;

    out->is_error = s->error_hdu != NULL && !is_none(s->error_hdu);
    if (out->is_error) {
        return find_named(&out->noise, file, s->error_hdu, arm, err);
    }
    if (s->ivar_hdu == NULL) {
        out->noise = find_usual(file, "IVAR", arm);
        return SQN_OK;
    }
    return is_none(s->ivar_hdu) ? SQN_OK
                                : find_named(&out->noise, file, s->ivar_hdu, arm, err);
}

static sqn_status find_mask(sqn__survey_image *out, const sqn__survey_job *job,
                            const sqn__fits_file *file, const char *arm, sqn_error *err)
{
    const char *name = job->source->mask_hdu;

    if (name == NULL) {
        out->mask = find_usual(file, "MASK", arm);
        return SQN_OK;
    }
    return is_none(name) ? SQN_OK : find_named(&out->mask, file, name, arm, err);
}

static sqn_status find_wave(sqn__survey_image *out, const sqn__survey_job *job,
                            const sqn__fits_file *file, const char *arm, sqn_error *err)
{
    static const char *const usual[] = {"LOGLAM", "WAVELENGTH", "WAVE"};
    const char *name = job->source->wavelength_hdu;

    if (name != NULL && !is_none(name)) {
        return find_named(&out->wave, file, name, arm, err);
    }
    for (size_t k = 0; k < 3 && name == NULL && out->wave == NULL; k++) {
        out->wave = find_usual(file, usual[k], arm);
    }
    return SQN_OK;
}

sqn_status sqn__survey_image_find(sqn__survey_image *out, const sqn__survey_job *job,
                                  const sqn__fits_file *file, const char *arm,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t shape[2];
    char text[96];

    *out = (sqn__survey_image){0};
    SQN_TRY(find_flux(out, job, file, arm, err));
    if (!sqn__survey_matrix_shape(shape, out->flux)) {
        sqn__fits_shape_text(text, sizeof text, out->flux);
        status = SQN_RAISE(err, E_SHAPE, "the image is %s, not [n_spectra, n_wave]", text);
        sqn__fits_file_at(err, file->path, out->flux, NULL);
        goto cleanup;
    }
    out->n_row = shape[0];
    out->n_col = shape[1];
    SQN_TRY(find_noise(out, job, file, arm, err));
    SQN_TRY(find_mask(out, job, file, arm, err));
    SQN_TRY(find_wave(out, job, file, arm, err));

cleanup:
    return status;
}

bool sqn__survey_image_has(const sqn_survey_source *source, const sqn__fits_file *file)
{
    bool any = source->flux_hdu != NULL || source->n_arm > 0;

    if (source->table_hdu != NULL || source->flux_column != NULL) {
        return false;
    }
    for (int64_t i = 0; i < file->n_hdu; i++) {
        any = any || sqn__fits_select_has_pixels(&file->hdu[i]);
    }
    return any;
}

static sqn_status open_one(sqn__survey_matrix *out, sqn__survey_file *into,
                           const sqn__survey_image *image, const sqn__fits_file *file,
                           const sqn__fits_hdu *hdu, sqn_error *err)
{
    const sqn_status status = sqn__survey_matrix_open(out, file, hdu, err);

    if (status != SQN_OK) {
        return status;
    }
    into->datasum = sqn__fits_checksum_add(into->datasum, out->datasum);
    if (out->n_row != image->n_row || out->n_col != image->n_col) {
        const sqn_status refused =
            SQN_RAISE(err, E_SHAPE,
                      "the image is [%" PRId64 ", %" PRId64 "], the flux is [%" PRId64
                      ", %" PRId64 "]",
                      out->n_row, out->n_col, image->n_row, image->n_col);

        sqn__error_mend(err, "name images of one shape, or none");
        sqn__fits_file_at(err, file->path, hdu, NULL);
        return refused;
    }
    return SQN_OK;
}

static sqn_status open_all(matrices *m, sqn__survey_file *into,
                           const sqn__survey_image *image, const sqn__fits_file *file,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(open_one(&m->flux, into, image, file, image->flux, err));
    if (image->noise != NULL) {
        SQN_TRY(open_one(&m->noise, into, image, file, image->noise, err));
    }
    if (image->mask != NULL) {
        SQN_TRY(open_one(&m->mask, into, image, file, image->mask, err));
    }

cleanup:
    return status;
}

static sqn_status read_wave(sqn_spectra *spectra, sqn__survey_file *into,
                            const sqn__survey_image *image, const sqn__survey_job *job,
                            const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_wave wave = {0};

    if (image->wave != NULL) {
        SQN_TRY(sqn__survey_wave_of_image(&wave, file, image->wave, job->source, err));
    } else {
        SQN_TRY(sqn__survey_wave_of_axis(&wave, file, image->flux, image->n_col,
                                         job->source, err));
    }
    if (wave.n != image->n_col) {
        status = SQN_RAISE(err, E_SHAPE,
                           "there are %" PRId64 " wavelengths for %" PRId64 " pixels",
                           wave.n, image->n_col);
        sqn__fits_file_at(err, file->path, image->wave, NULL);
        goto cleanup;
    }
    memcpy(spectra->wave, wave.value, (size_t)wave.n * sizeof *wave.value);
    into->datasum = sqn__fits_checksum_add(into->datasum, wave.datasum);
    memcpy(into->scale, wave.origin, sizeof into->scale);

cleanup:
    sqn__survey_wave_clear(&wave);
    return status;
}

/* The planes of one spectrum into the buffers. */
static sqn_status read_row(const sqn__survey_data *data, matrices *m, int64_t row,
                           sqn_error *err)
{
    sqn_status status = sqn__survey_matrix_read(data->flux, &m->flux, row, err);

    if (status == SQN_OK && data->noise != NULL) {
        status = sqn__survey_matrix_read(data->noise, &m->noise, row, err);
    }
    if (status == SQN_OK && data->mask != NULL) {
        status = sqn__survey_matrix_read(data->mask, &m->mask, row, err);
    }
    return status;
}

static sqn_status read_rows(sqn_spectra *spectra, const sqn__survey_file *into, matrices *m,
                            sqn__survey_data *data, sqn__survey_job *job, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < into->n_kept && status == SQN_OK; k++) {
        float *ivar = spectra->ivar != NULL ? spectra->ivar + k * spectra->n_wave : NULL;

        status = read_row(data, m, into->row[k], err);
        if (status == SQN_OK) {
            status = sqn__survey_data_store(spectra->flux + k * spectra->n_wave, ivar, data,
                                            job, err);
        }
    }
    return status;
}

sqn_status sqn__survey_image_read(sqn_spectra *spectra, sqn__survey_file *into,
                                  const sqn__survey_image *image, sqn__survey_job *job,
                                  const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_data data = {0};
    matrices m = {0};

    *spectra = (sqn_spectra){0};
    SQN_TRY(open_all(&m, into, image, file, err));
    SQN_TRY(
        sqn_spectra_init(spectra, into->n_kept, image->n_col, image->noise != NULL, err));
    SQN_TRY(read_wave(spectra, into, image, job, file, err));
    SQN_TRY(sqn__survey_data_init(&data, image->n_col, image->noise != NULL,
                                  image->mask != NULL, err));
    data.is_error = image->is_error;
    SQN_TRY(read_rows(spectra, into, &m, &data, job, err));
    SQN_TRY(sqn_spectra_order(spectra, err));
    (void)sqn__fits_preflight_text(into->unit, sizeof into->unit, image->flux, file->bytes,
                                   "BUNIT");

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, image->flux, NULL);
        sqn_spectra_clear(spectra);
    }
    sqn__survey_matrix_close(&m.flux);
    sqn__survey_matrix_close(&m.noise);
    sqn__survey_matrix_close(&m.mask);
    sqn__survey_data_clear(&data);
    return status;
}
