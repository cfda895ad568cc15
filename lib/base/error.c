/** @file error.c @brief The one table of messages, and reports made from it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"

static const struct {
    const char *name;
    int exit_code;
} statuses[] = {
    [SQN_OK] = {"success", 0},
    [SQN_ERR_ARG] = {"invalid argument", 70},
    [SQN_ERR_USAGE] = {"wrong usage", 64},
    [SQN_ERR_DATA] = {"unusable input data", 65},
    [SQN_ERR_INPUT] = {"input missing", 66},
    [SQN_ERR_UNAVAILABLE] = {"not available", 69},
    [SQN_ERR_NUMERIC] = {"numerical failure", 70},
    [SQN_ERR_MEMORY] = {"out of memory", 71},
    [SQN_ERR_CREATE] = {"output cannot be created", 73},
    [SQN_ERR_IO] = {"input/output error", 74},
    [SQN_ERR_BUSY] = {"output directory in use", 75},
    [SQN_ERR_PERMISSION] = {"permission denied", 77},
    [SQN_ERR_CONFIG] = {"wrong configuration", 78},
    [SQN_ERR_INTERRUPTED] = {"interrupted", 85},
};
_Static_assert(sizeof statuses / sizeof statuses[0] == SQN_STATUS_COUNT,
               "every status needs a name and an exit code");

static const struct {
    const char *name;
    sqn_status status;
    const char *fix;
} messages[] = {
    [SQN_NO_ID] = {"", SQN_OK, ""},
    [SQN_E_ARG] = {"E_ARG", SQN_ERR_ARG, "report this as a bug"},
    [SQN_E_USAGE] = {"E_USAGE", SQN_ERR_USAGE, "see 'sequin --help'"},
    [SQN_E_CFG_SCHEMA] = {"E_CFG_SCHEMA", SQN_ERR_CONFIG,
                          "see configs/full.yaml for every key and its values"},
    [SQN_E_CFG_SYNTAX] = {"E_CFG_SYNTAX", SQN_ERR_CONFIG,
                          "correct the YAML at this place; indent with spaces"},
    [SQN_E_CFG_LIMIT] = {"E_CFG_LIMIT", SQN_ERR_CONFIG,
                         "make the configuration smaller; many files go into a @list"},
    [SQN_E_PATH] = {"E_PATH", SQN_ERR_CONFIG, "use letters, digits, '.', '_' and '-' only"},
    [SQN_E_COUNT] = {"E_COUNT", SQN_ERR_CONFIG, "ask for fewer components"},
    [SQN_E_ANGLES] = {"E_ANGLES", SQN_ERR_DATA,
                      "give science.angles one angle per frame or per file"},
    [SQN_E_IN_MISSING] = {"E_IN_MISSING", SQN_ERR_INPUT, "check the path"},
    [SQN_E_IN_NOTFILE] = {"E_IN_NOTFILE", SQN_ERR_INPUT, "name a regular file"},
    [SQN_E_IN_PERM] = {"E_IN_PERM", SQN_ERR_PERMISSION, "ask for permission to read it"},
    [SQN_E_DUPLICATE] = {"E_DUPLICATE", SQN_ERR_DATA, "name every file once"},
    [SQN_E_FITS_NOTFITS] = {"E_FITS_NOTFITS", SQN_ERR_DATA, "name a FITS file"},
    [SQN_E_FITS_TRUNC] = {"E_FITS_TRUNC", SQN_ERR_DATA, "copy or download the file again"},
    [SQN_E_FITS_HEADER] = {"E_FITS_HEADER", SQN_ERR_DATA, "correct the header"},
    [SQN_E_FITS_SIZE] = {"E_FITS_SIZE", SQN_ERR_DATA, "check the axes in the header"},
    [SQN_E_FITS_HDU] = {"E_FITS_HDU", SQN_ERR_DATA, "name an image HDU of this file"},
    [SQN_E_FITS_TYPE] = {"E_FITS_TYPE", SQN_ERR_DATA, "rescale the data to another unit"},
    [SQN_E_FITS_CHECKSUM] = {"E_FITS_CHECKSUM", SQN_ERR_DATA,
                             "copy or download the file again"},
    [SQN_E_FITS_COMPRESS] = {"E_FITS_COMPRESS", SQN_ERR_DATA,
                             "copy or download the file again"},
    [SQN_E_DATA_EMPTY] = {"E_DATA_EMPTY", SQN_ERR_DATA,
                          "check the masks, the flags and the region"},
    [SQN_E_HOLDOUT] =
        {"E_HOLDOUT", SQN_ERR_DATA,
         "raise components.holdout, or write the count of components and holdout: 0"},
    [SQN_E_SHAPE] = {"E_SHAPE", SQN_ERR_DATA, "give images of one shape"},
    [SQN_E_MASK] = {"E_MASK", SQN_ERR_DATA, "check the mask: not 0 means use"},
    [SQN_E_ERRPLANE] = {"E_ERRPLANE", SQN_ERR_DATA, "check the errors: 1 sigma, positive"},
    [SQN_E_UNITS] = {"E_UNITS", SQN_ERR_DATA, "bring the data to one unit"},
    [SQN_E_WAVELENGTH] = {"E_WAVELENGTH", SQN_ERR_DATA,
                          "give one positive wavelength per pixel, rising or falling"},
    [SQN_E_EXCLUDE_UNCOVERED] = {"E_EXCLUDE_UNCOVERED", SQN_ERR_DATA,
                                 "make the excluded shape smaller, or use reference stars"},
    [SQN_E_STRICT] = {"E_STRICT", SQN_ERR_DATA,
                      "mend what the warnings say, or leave --strict out"},
    [SQN_E_UNAVAILABLE] = {"E_UNAVAILABLE", SQN_ERR_UNAVAILABLE,
                           "uncompress the file first (funpack)"},
    [SQN_E_NUM] = {"E_NUM", SQN_ERR_NUMERIC, "report this as a bug, with the data"},
    [SQN_E_MEM] = {"E_MEM", SQN_ERR_MEMORY,
                   "use fewer frames, a smaller region or a larger machine"},
    [SQN_E_OUT_EXISTS] = {"E_OUT_EXISTS", SQN_ERR_CREATE,
                          "choose another directory, or give --overwrite"},
    [SQN_E_OUT_CREATE] = {"E_OUT_CREATE", SQN_ERR_CREATE, "choose another directory"},
    [SQN_E_OUT_PERM] = {"E_OUT_PERM", SQN_ERR_PERMISSION,
                        "choose a directory that you may write to"},
    [SQN_E_OUT_NOSPACE] = {"E_OUT_NOSPACE", SQN_ERR_IO, "free space and run again"},
    [SQN_E_OUT_VERIFY] = {"E_OUT_VERIFY", SQN_ERR_IO, "check the disk and run again"},
    [SQN_E_IO] = {"E_IO", SQN_ERR_IO, "check the disk and run again"},
    [SQN_E_LOCK] = {"E_LOCK", SQN_ERR_BUSY,
                    "wait for the other run, or choose another directory"},
    [SQN_E_INTERRUPTED] = {"E_INTERRUPTED", SQN_ERR_INTERRUPTED,
                           "run the same command again"},
    [SQN_W_FITS_HEADER] = {"W_FITS_HEADER", SQN_OK,
                           "correct the header if you need the card"},
    [SQN_W_FITS_PADDING] = {"W_FITS_PADDING", SQN_OK, "check that the file is complete"},
    [SQN_W_FITS_TRAILING] = {"W_FITS_TRAILING", SQN_OK,
                             "check that the file is not damaged"},
    [SQN_W_FITS_HDU] = {"W_FITS_HDU", SQN_OK, "check that the file is not damaged"},
    [SQN_W_FILES_ORDER] = {"W_FILES_ORDER", SQN_OK,
                           "pad the numbers with zeros, or list the files"},
    [SQN_W_PRECISION] = {"W_PRECISION", SQN_OK, "rescale the data if the loss matters"},
    [SQN_W_WCS] = {"W_WCS", SQN_OK, "correct the WCS keywords"},
    [SQN_W_DATA_FRAME] = {"W_DATA_FRAME", SQN_OK, "remove them, or check their flags"},
    [SQN_W_DATA_PIXEL] = {"W_DATA_PIXEL", SQN_OK, "check masks and flags there"},
    [SQN_W_DATA_NONFINITE] = {"W_DATA_NONFINITE", SQN_OK, "flag these pixels"},
    [SQN_W_NEGATIVES] = {"W_NEGATIVES", SQN_OK,
                         "use method anls, which keeps negative data"},
    [SQN_W_FLAGS_MANY] = {"W_FLAGS_MANY", SQN_OK,
                          "name the bits that matter in quality_bits"},
    [SQN_W_FLAGS_UNUSED] = {"W_FLAGS_UNUSED", SQN_OK, "check quality_bits"},
    [SQN_W_MASK_POLARITY] = {"W_MASK_POLARITY", SQN_OK, "check the mask: not 0 means use"},
    [SQN_W_ERRPLANE] = {"W_ERRPLANE", SQN_OK, "check the errors: 1 sigma, positive"},
    [SQN_W_UNITS] = {"W_UNITS", SQN_OK, "check that both are in one unit"},
    [SQN_W_REDSHIFT] = {"W_REDSHIFT", SQN_OK, "check spectra.redshift"},
    [SQN_W_NORM] = {"W_NORM", SQN_OK, "choose another normalise_window, or none"},
    [SQN_W_NOISE_UNIFORM] = {"W_NOISE_UNIFORM", SQN_OK,
                             "give error planes, or set noise.model"},
    [SQN_W_NOISE_MIXED] = {"W_NOISE_MIXED", SQN_OK, "give error planes for both"},
    [SQN_W_NOISE_SCALE] = {"W_NOISE_SCALE", SQN_OK,
                           "correct the errors, or write noise.rescale: true; unless "
                           "light remains that no component holds (chi2 above "
                           "1: add components or frames) or noise is overfitted (below "
                           "1: use fewer components)"},
    [SQN_W_FWHM_ASSUMED] = {"W_FWHM_ASSUMED", SQN_OK, "set science.fwhm"},
    [SQN_W_CENTER_ASSUMED] = {"W_CENTER_ASSUMED", SQN_OK, "set region.center"},
    [SQN_W_CENTER_MISMATCH] = {"W_CENTER_MISMATCH", SQN_OK, "check region.center"},
    [SQN_W_EXCLUDE] = {"W_EXCLUDE", SQN_OK,
                       "write the exclude_* in pixels, x first, from 1"},
    [SQN_W_EXCLUDE_LARGE] = {"W_EXCLUDE_LARGE", SQN_OK, "make the excluded shape smaller"},
    [SQN_W_EXCLUDE_UNCOVERED] = {"W_EXCLUDE_UNCOVERED", SQN_OK,
                                 "make the excluded shape smaller"},
    [SQN_W_SUPPORT] = {"W_SUPPORT", SQN_OK,
                       "make the excluded shape smaller, or use fewer components"},
    [SQN_W_SELF_SUBTRACTION] = {"W_SELF_SUBTRACTION", SQN_OK,
                                "mask the source with exclude_*, or use reference stars"},
    [SQN_W_COUNT_LIMIT] = {"W_COUNT_LIMIT", SQN_OK,
                           "raise components.max_count, or add frames"},
    [SQN_W_CLIP_CAP] = {"W_CLIP_CAP", SQN_OK,
                        "look at these frames: leave them out (exclude_frames), or raise "
                        "noise.clip_sigma or clip_max_fraction"},
    [SQN_W_UNDETERMINED] = {"W_UNDETERMINED", SQN_OK,
                            "use fewer components, or do not trust these pixels"},
    [SQN_W_VANISHED] = {"W_VANISHED", SQN_OK, "use fewer components"},
    [SQN_W_STAGE] = {"W_STAGE", SQN_OK, "use fewer components, or a smaller tolerance"},
    [SQN_W_STOP] = {"W_STOP", SQN_OK, "raise components.max_iterations"},
    [SQN_W_SCALE] = {"W_SCALE", SQN_OK,
                     "exclude the companion or disk with exclude_*, or set scaling none"},
    [SQN_W_BFF_EDGE] = {"W_BFF_EDGE", SQN_OK,
                        "exclude the companion or disk with exclude_*, or set scaling "
                        "none"},
    [SQN_W_BFF_ADI] = {"W_BFF_ADI", SQN_OK, "use scaling none or imputation"},
    [SQN_W_OVERSUBTRACTION] = {"W_OVERSUBTRACTION", SQN_OK,
                               "use fewer components, or exclude the disk"},
    [SQN_W_CLEANUP] = {"W_CLEANUP", SQN_OK, "nothing to do"},
    [SQN_W_PLOT] = {"W_PLOT", SQN_OK, "look at the FITS products instead"},
    [SQN_W_IMPUTE_NONE] = {"W_IMPUTE_NONE", SQN_OK,
                           "say what is missing: quality_hdu, mask_files, missing_values, "
                           "valid_range or boxes"},
    [SQN_W_IMPUTE_LEFT] =
        {"W_IMPUTE_LEFT", SQN_OK,
         "write another images.frames (rows, patches) where pixels are missing in "
         "all of them; give more frames, or fewer components"},
    [SQN_W_IMPUTE_WORSE] = {"W_IMPUTE_WORSE", SQN_OK,
                            "try another components.count, background: flat, or another "
                            "images.frames"},
};
_Static_assert(sizeof messages / sizeof messages[0] == SQN_ID_COUNT,
               "every id needs a name, a status and a sentence");

const char *sqn_error_string(sqn_status status)
{
    const unsigned index = (unsigned)status;

    return index < SQN_STATUS_COUNT ? statuses[index].name : "unknown status";
}

int sqn_error_exit_code(sqn_status status)
{
    const unsigned index = (unsigned)status;

    return index < SQN_STATUS_COUNT ? statuses[index].exit_code : 70;
}

/* An index into the table, whatever the caller passes. */
static unsigned known(sqn_id id)
{
    const unsigned index = (unsigned)id;

    return index < SQN_ID_COUNT ? index : SQN_NO_ID;
}

const char *sqn_error_name(sqn_id id)
{
    return messages[known(id)].name;
}

sqn_status sqn_error_status(sqn_id id)
{
    return messages[known(id)].status;
}

const char *sqn_error_fix(sqn_id id)
{
    return messages[known(id)].fix;
}

sqn_status sqn__error_set(sqn_error *err, sqn_id id, const char *func, int line,
                          const char *format, ...)
{
    const sqn_status status = sqn_error_status(id);

    if (err != NULL) {
        va_list args;

        va_start(args, format);
        *err = (sqn_error){.status = status, .id = id, .func = func, .line = line};
        (void)vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return status;
}

void sqn__error_at(sqn_error *err, const char *path, int hdu, const char *keyword)
{
    if (err == NULL || err->where[0] != '\0') {
        return;
    }
    if (hdu < 0) {
        (void)snprintf(err->where, sizeof err->where, "%s", path);
    } else if (keyword == NULL) {
        (void)snprintf(err->where, sizeof err->where, "%s:HDU %d", path, hdu);
    } else {
        (void)snprintf(err->where, sizeof err->where, "%s:HDU %d:%s", path, hdu, keyword);
    }
}

void sqn__error_mend(sqn_error *err, const char *format, ...)
{
    if (err != NULL) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(err->fix, sizeof err->fix, format, args);
        va_end(args);
    }
}

/* Append `text` at `*used`, control bytes as \xNN; never past `size`. */
static void append_clean(char *out, size_t size, size_t *used, const char *text)
{
    for (const char *c = text; *c != '\0' && *used + 5 < size; c++) {
        const unsigned char byte = (unsigned char)*c;

        if (byte < 0x20 || byte == 0x7f) {
            *used += (size_t)snprintf(out + *used, size - *used, "\\x%02x", byte);
        } else {
            out[(*used)++] = *c;
        }
    }
    out[*used] = '\0';
}

void sqn_error_line(char *out, size_t size, const sqn_error *err)
{
    const char *fix = err->fix[0] != '\0' ? err->fix : sqn_error_fix(err->id);
    const size_t length = strlen(err->message);
    size_t used = 0;

    if (size == 0) {
        return;
    }
    out[0] = '\0';
    append_clean(out, size, &used, sqn_error_name(err->id));
    append_clean(out, size, &used, ": ");
    if (err->where[0] != '\0') {
        append_clean(out, size, &used, err->where);
        append_clean(out, size, &used, ": ");
    }
    append_clean(out, size, &used, err->message);
    append_clean(out, size, &used,
                 length > 0 && err->message[length - 1] == '.' ? "" : ".");
    append_clean(out, size, &used, " Fix: ");
    append_clean(out, size, &used, fix);
    append_clean(out, size, &used, ".");
}
