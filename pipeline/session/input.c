/** @file input.c @brief One block of input files, from the configuration to a stack of frames. */
#include "input.h"

#include <stdio.h>

#include "raise.h"

enum { KEY_BYTES = 64 };

/** Files of one input block, expanded. */
typedef struct input_files {
    sqn_fits_files data, noise, quality, mask;
} input_files;

static void clear_files(input_files *files)
{
    sqn_fits_files_clear(&files->data);
    sqn_fits_files_clear(&files->noise);
    sqn_fits_files_clear(&files->quality);
    sqn_fits_files_clear(&files->mask);
}

static sqn_status expand(sqn_fits_files *out, const config_texts *names, const char *folder,
                         const sqn_log *log, sqn_error *err)
{
    return names->n == 0 ? SQN_OK
                         : sqn_fits_files_expand(out, (const char *const *)names->item,
                                                 names->n, folder, log, err);
}

/* The one of sigma, variance and inverse variance that was given, and its files. */
static const config_texts *choose_noise(sqn_fits_source *source, const config_input *input)
{
    if (input->variance_hdu != NULL || input->variance_files.n > 0) {
        source->noise_kind = SQN_FITS_VARIANCE;
        source->noise_hdu = input->variance_hdu;
        return &input->variance_files;
    }
    if (input->ivar_hdu != NULL || input->ivar_files.n > 0) {
        source->noise_kind = SQN_FITS_IVAR;
        source->noise_hdu = input->ivar_hdu;
        return &input->ivar_files;
    }
    source->noise_kind = SQN_FITS_SIGMA;
    source->noise_hdu = input->error_hdu;
    return &input->error_files;
}

static void fill_angles(sqn_fits_angles *angles, const config_angles *given)
{
    *angles = (sqn_fits_angles){
        .from_wcs = given->from != NULL,
        .keyword = given->keyword,
        .keyword_end = given->keyword_end,
        .file = given->file,
        .column = given->column,
        .values = given->values.item,
        .n_value = given->values.n,
        .clockwise = given->kind == CONFIG_NORTH_CW,
        .offset = given->offset,
    };
}

/* What the reader blames on no file is a key of the block. */
static void name_key(const config *settings, const input_block *block, sqn_error *err)
{
    char key[KEY_BYTES];
    const bool angles = err->id == SQN_E_ANGLES;

    if (err->where[0] == '\0' &&
        (angles || err->id == SQN_E_CFG_SCHEMA || err->id == SQN_E_DATA_EMPTY)) {
        (void)snprintf(key, sizeof key, "%s.%s", block->name,
                       angles ? "angles" : "exclude_frames");
        (void)config_where(err->where, settings, key);
    }
}

sqn_status input_read(sqn_fits_stack *out, const config *settings, const input_block *block,
                      int exponent, const sqn_log *log, sqn_error *err)
{
    const config_input *input = block->keys;
    sqn_status status = SQN_OK;
    input_files files = {0};
    char wavelengths[4096], angle_file[4096];
    sqn_fits_angles angles;
    sqn_fits_source source = {
        .files = &files.data,
        .hdu = input->hdu,
        .extver = input->extver.item,
        .n_extver = input->extver.n,
        .exclude = input->exclude_frames.item,
        .n_exclude = input->exclude_frames.n,
        .quality_hdu = input->quality_hdu,
        .quality_bits = input->quality_bits.item,
        .n_bit = input->quality_bits.n,
        .missing_values = input->missing_values.item,
        .n_missing_value = input->missing_values.n,
        .divide_by = input->divide_by,
        .wavelengths =
            config_beside(wavelengths, sizeof wavelengths, settings, input->wavelengths),
        .values_only = block->values_only,
    };
    const config_texts *noise = choose_noise(&source, input);

    SQN_TRY(expand(&files.data, &input->files, settings->folder, log, err));
    SQN_TRY(expand(&files.noise, noise, settings->folder, log, err));
    SQN_TRY(expand(&files.quality, &input->quality_files, settings->folder, log, err));
    SQN_TRY(expand(&files.mask, &input->mask_files, settings->folder, log, err));
    source.noise_files = files.noise.n > 0 ? &files.noise : NULL;
    source.quality_files = files.quality.n > 0 ? &files.quality : NULL;
    source.mask_files = files.mask.n > 0 ? &files.mask : NULL;
    if (input->valid_range.n == 2) {
        source.valid_range[0] = input->valid_range.item[0];
        source.valid_range[1] = input->valid_range.item[1];
    }
    if (input->angles.given) {
        fill_angles(&angles, &input->angles);
        angles.file = config_beside(angle_file, sizeof angle_file, settings, angles.file);
        source.angles = &angles;
    }
    status = sqn_fits_stack_read(out, &source, exponent, log, err);
    if (status != SQN_OK) {
        name_key(settings, block, err);
    }

cleanup:
    clear_files(&files);
    return status;
}
