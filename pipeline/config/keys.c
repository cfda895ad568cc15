/** @file keys.c @brief The table of keys itself, in the order of configs/full.yaml. */
#include "keys.h"

#include <math.h>
#include <string.h>

#include "config.h"
#include "keys_simulate.h"
#include "keys_spectra.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot be named in parentheses. */
#define AT(field)   offsetof(config, field)
#define FROM(a, b)  .low = (a), .high = (b)
#define AT_LEAST(a) FROM(a, INFINITY)
#define POSITIVE    FROM(0, INFINITY), .above = true
#define COUNTED     AT_LEAST(1)
#define RISING_PAIR .n_min = 2, .n_max = 2, .rising = true
#define IMAGING     .tasks = 1U << CONFIG_TASK_IMAGING
#define IMPUTE      .tasks = 1U << CONFIG_TASK_IMPUTE
#define SPECTRA     .tasks = 1U << CONFIG_TASK_SPECTRA

/* science, references and images hold the same keys. */
#define INPUT_KEYS(b)                                                                       \
    {#b ".files",                                                                           \
     KEYS_PATHS,                                                                            \
     KEYS_IN_BLOCK,                                                                         \
     AT(b.files),                                                                           \
     .n_min = 1,                                                                            \
     .example = "[" #b ".fits]",                                                            \
     .help = "2-D images and cubes, joined in this order; patterns (*, ?) in quotes; "      \
             "\"@list.txt\" holds one path a line; relative to this file"},                 \
        {#b ".hdu", KEYS_HDU, .offset = AT(b.hdu), .example = "SCI",                        \
         .help = "Name (case ignored) or number (0 = primary). A name takes every EXTVER "  \
                 "in order. Default: SCI where present, else the first image"},             \
        {#b ".extver",                                                                      \
         KEYS_INTEGERS,                                                                     \
         .offset = AT(b.extver),                                                            \
         COUNTED,                                                                           \
         .n_min = 1,                                                                        \
         .unlike = true,                                                                    \
         .example = "[1, 3]",                                                               \
         .help = "Only these EXTVER. Default: all"},                                        \
        {#b ".exclude_frames",                                                              \
         KEYS_INTEGERS,                                                                     \
         .offset = AT(b.exclude_frames),                                                    \
         COUNTED,                                                                           \
         .unlike = true,                                                                    \
         .example = "[4, 17]",                                                              \
         .help = "Frames left out, counted from 1. Default: none"},                         \
        {#b ".error_hdu", KEYS_HDU, .offset = AT(b.error_hdu), .example = "ERR",            \
         .help = "1 sigma; none ignores it. Default: ERR of the same EXTVER and shape "     \
                 "where the data HDU is SCI"},                                              \
        {#b ".variance_hdu", KEYS_HDU, .offset = AT(b.variance_hdu), .example = "VAR",      \
         .help = "In place of error_hdu. Default: none"},                                   \
        {#b ".ivar_hdu", KEYS_HDU, .offset = AT(b.ivar_hdu), .example = "IVAR",             \
         .help = "Inverse variance, in place of error_hdu. Default: none"},                 \
        {#b ".quality_hdu", KEYS_HDU, .offset = AT(b.quality_hdu), .example = "DQ",         \
         .help = "Integer flags; none ignores them. Default: DQ of the same EXTVER and "    \
                 "shape where the data HDU is SCI"},                                        \
        {#b ".quality_bits",                                                                \
         KEYS_INTEGERS,                                                                     \
         .offset = AT(b.quality_bits),                                                      \
         FROM(0, 31),                                                                       \
         .n_min = 1,                                                                        \
         .unlike = true,                                                                    \
         .example = "[0]",                                                                  \
         .help =                                                                            \
             "Bit numbers (0 = value 1) that mean missing. Default: [0] for TELESCOP "      \
             "JWST, the bits of SDQFLAGS where the header has it, else all that occur"},    \
        {#b ".error_files",                                                                 \
         KEYS_PATHS,                                                                        \
         .offset = AT(b.error_files),                                                       \
         .n_min = 1,                                                                        \
         .example = "[errors.fits]",                                                        \
         .help = "1 sigma in files of their own. Default: none"},                           \
        {#b ".variance_files",           KEYS_PATHS,                                        \
         .offset = AT(b.variance_files), .n_min = 1,                                        \
         .example = "[variance.fits]",   .help = "In place of error_files. Default: none"}, \
        {#b ".ivar_files",                                                                  \
         KEYS_PATHS,                                                                        \
         .offset = AT(b.ivar_files),                                                        \
         .n_min = 1,                                                                        \
         .example = "[ivar.fits]",                                                          \
         .help = "Inverse variance, in place of error_files. Default: none"},               \
        {#b ".quality_files",                                                               \
         KEYS_PATHS,                                                                        \
         .offset = AT(b.quality_files),                                                     \
         .n_min = 1,                                                                        \
         .example = "[dq.fits]",                                                            \
         .help = "Integer flags in files of their own. Default: none"},                     \
        {#b ".mask_files",                                                                  \
         KEYS_PATHS,                                                                        \
         .offset = AT(b.mask_files),                                                        \
         .n_min = 1,                                                                        \
         .example = "[use.fits]",                                                           \
         .help = "Not 0 = use, 0 or NaN = missing; one plane for all frames or one per "    \
                 "frame. Default: none"},                                                   \
        {#b ".valid_range",                                                                 \
         KEYS_NUMBERS,                                                                      \
         .offset = AT(b.valid_range),                                                       \
         RISING_PAIR,                                                                       \
         .example = "[-1.0e30, 1.0e30]",                                                    \
         .unit = "data units, before divide_by",                                            \
         .help = "What lies outside is missing (saturated cores, dead pixels). Default: "   \
                 "no limits"},                                                              \
        {#b ".missing_values",                                                              \
         KEYS_NUMBERS,                                                                      \
         .offset = AT(b.missing_values),                                                    \
         .example = "[-999.0]",                                                             \
         .unit = "data units",                                                              \
         .help = "Exact values that mean missing. Default: none"},                          \
        {#b ".divide_by", KEYS_TEXT, .offset = AT(b.divide_by), .example = "EXPTIME",       \
         .help = "Header keyword (image HDU, then primary): frames and errors are "         \
                 "divided by it, BUNIT becomes BUNIT/s. Default: none"},                    \
        {#b ".pixel_scale",                                                                 \
         KEYS_NUMBER,                                                                       \
         .offset = AT(b.pixel_scale),                                                       \
         POSITIVE,                                                                          \
         .unit = "arcsec",                                                                  \
         .example = "0.02719",                                                              \
         .help = "Side of a pixel. Default: celestial WCS, else PIXSCALE, else axes in "    \
                 "pixels"},                                                                 \
        {#b ".fwhm",                                                                        \
         KEYS_NUMBER,                                                                       \
         .offset = AT(b.fwhm),                                                              \
         FROM(0.5, 1000),                                                                   \
         .unit = "pixels",                                                                  \
         .example = "4.0",                                                                  \
         .help = "Resolution element: S/N apertures, growth of masks. Default: 4, with a "  \
                 "warning"},                                                                \
        {#b ".wavelengths", KEYS_PATH, .offset = AT(b.wavelengths),                         \
         .example = "wave.fits",                                                            \
         .help = "One wavelength per plane of a spectral cube (image, table or text). "     \
                 "Default: none"},                                                          \
    {                                                                                       \
#b ".wavelength_unit", KEYS_CHOICE, .offset = AT(b.wavelength_unit),                \
                                            .words = "nm|um|Angstrom", .example = "nm",     \
                                            .help = "Unit of wavelengths. Default: none"    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static const keys_key table[] = {
    {"task", KEYS_WORD, KEYS_FOR_RUN, AT(task), .words = "imaging|spectra|impute",
     .example = "imaging", .help = "What to do. `sequin simulate` needs no task"},
    {"title", KEYS_TEXT, .offset = AT(title), .example = "HD 61005",
     .help = "Heads the report. Default: OBJECT or TARGNAME of the first science header"},

    {"output", KEYS_BLOCK, .help = "What is written, and where"},
    {"output.directory", KEYS_TEXT, .offset = AT(output.directory),
     .example = "sequin-out/full",
     .help = "Relative to the current directory; made if missing. Default: "
             "sequin-out/<name of the configuration>"},
    {"output.prefix", KEYS_PREFIX, .offset = AT(output.prefix), .standard = "",
     .help = "Before every product name; letters, digits, '.', '_' and '-'"},
    {"output.overwrite", KEYS_BOOLEAN, .offset = AT(output.overwrite), .standard = "false",
     .help = "true replaces the products of an earlier run, never an input"},
    {"output.plots", KEYS_BOOLEAN, .offset = AT(output.plots), .standard = "true",
     .help = "Draw the pictures"},
    {"output.report", KEYS_BOOLEAN, .offset = AT(output.report), .standard = "true",
     .help = "Write report.html"},

    {"science", KEYS_BLOCK, KEYS_FOR_RUN, IMAGING, .help = "The frames to clean"},
    INPUT_KEYS(science),
    {"science.angles", KEYS_BLOCK, .offset = AT(science.angles.given),
     .help = "For derotation and exclude_frame: sky. One of from, keyword, file, values. "
             "Default: none, frames are not turned"},
    {"science.angles.from", KEYS_CHOICE, .offset = AT(science.angles.from), .words = "wcs",
     .example = "wcs", .help = "Position angle of +y from the celestial WCS of each frame"},
    {"science.angles.keyword", KEYS_TEXT, .offset = AT(science.angles.keyword),
     .example = "PA_APER",
     .help = "Header keyword (image HDU, then primary); HIERARCH names in full (ESO TEL "
             "PARANG START)"},
    {"science.angles.keyword_end", KEYS_TEXT, .offset = AT(science.angles.keyword_end),
     .example = "ESO TEL PARANG END",
     .help = "Value at the end of the file: planes in between are interpolated, across 360 "
             "the short way. Default: none"},
    {"science.angles.file", KEYS_PATH, .offset = AT(science.angles.file),
     .example = "angles.fits",
     .help = "Image with n values, table or text (one a line, # comments); as many as "
             "frames or as files"},
    {"science.angles.column", KEYS_TEXT, .offset = AT(science.angles.column),
     .example = "angle", .help = "Of the table in file. Default: the first numeric one"},
    {"science.angles.values", KEYS_NUMBERS, .offset = AT(science.angles.values),
     FROM(-3600, 3600), .n_min = 1, .unit = "degrees", .example = "[0.0, 10.0]",
     .help = "The angles themselves, as many as frames or as files"},
    {"science.angles.kind", KEYS_WORD, .offset = AT(science.angles.kind),
     .words = "north_ccw|north_cw", .standard = "north_ccw",
     .help = "x to the right, y up: north_ccw turns a frame counter-clockwise by (angle + "
             "offset) to bring North up, north_cw clockwise"},
    {"science.angles.offset", KEYS_NUMBER, .offset = AT(science.angles.offset),
     FROM(-3600, 3600), .unit = "degrees", .standard = "0.0",
     .help = "Added to every angle"},

    {"references", KEYS_BLOCK, KEYS_FOR_RUN, AT(references_are_science), IMAGING,
     .words = "science",
     .help = "Frames of the star alone. Or, in place of the block, `references: science`: "
             "angular differential imaging"},
    INPUT_KEYS(references),

    {"region", KEYS_BLOCK, IMAGING,
     .help = "Pixels to model, the same for all frames, in the frame of the detector"},
    {"region.center", KEYS_NUMBERS, .offset = AT(region.center), FROM(-100000, 100000),
     .n_min = 2, .n_max = 2, .unit = "FITS pixels, x first", .example = "[51.0, 51.0]",
     .help = "Of the star; the centre of the first pixel is 1.0. Default: see center_from"},
    {"region.center_from", KEYS_WORD, .offset = AT(region.center_from),
     .words = "star|frame|crpix", .standard = "star",
     .help = "star: STARCENX/STARCENY, else the frame's centre with a warning; frame: "
             "(NAXIS+1)/2; crpix: CRPIX"},
    {"region.inner_radius", KEYS_NUMBER, .offset = AT(region.inner_radius), AT_LEAST(0),
     .unit = "pixels, inclusive", .standard = "0", .help = "Nearer pixels are left out"},
    {"region.outer_radius", KEYS_NUMBER, .offset = AT(region.outer_radius), AT_LEAST(0),
     .unit = "pixels, inclusive", .standard = "0",
     .help = "Farther pixels are left out; 0 = whole frame"},
    {"region.mask_file", KEYS_PATH, .offset = AT(region.mask_file),
     .example = "region.fits", .help = "Not 0 = model. Default: none"},

    {"noise", KEYS_BLOCK, .help = "Weights of the data"},
    {"noise.model", KEYS_WORD, .offset = AT(noise.model), .words = "errors|poisson|uniform",
     .first_word = CONFIG_NOISE_ERRORS, .example = "uniform",
     .help = "errors: the error planes; poisson: max(m, 0)/gain + (read_noise/gain)^2 with "
             "m the median of the frames; uniform: equal weights. Default: errors when "
             "science and references both have them, else uniform with a warning"},
    {"noise.gain", KEYS_NUMBER, .offset = AT(noise.gain), POSITIVE,
     .unit = "electrons per data unit", .standard = "1.0", .help = "For poisson"},
    {"noise.read_noise", KEYS_NUMBER, .offset = AT(noise.read_noise), POSITIVE,
     .unit = "electrons per frame", .example = "10.0",
     .help = "For poisson, which requires it"},
    {"noise.negatives", KEYS_WORD, .offset = AT(noise.negatives),
     .words = "keep|zero|missing", .first_word = CONFIG_NEGATIVES_KEEP, .example = "keep",
     .help = "Data below zero. Default: keep with anls, zero with mu (with a warning)"},
    {"noise.clip_sigma", KEYS_NUMBER, .offset = AT(noise.clip_sigma), AT_LEAST(0),
     .unit = "sigma", .standard = "0",
     .help =
         "Data further than this from their model become missing, in both roles; what "
         "other science frames show at the same place is kept; in task impute they are "
         "filled, but not with frames: patches. Spectra: from a model of themselves, or "
         "from loaded templates. 0: none is clipped"},
    {"noise.clip_max_fraction", KEYS_NUMBER, .offset = AT(noise.clip_max_fraction),
     FROM(0, 0.5), .above = true, .standard = "0.05",
     .help = "Of the data of a frame or spectrum that may be clipped, the largest first"},
    {"noise.rescale", KEYS_BOOLEAN, .offset = AT(noise.rescale), .standard = "false",
     .help =
         "true: multiply the errors by the scale that the residuals ask for, one factor "
         "for the references, one for the science frames, one for all in tasks impute and "
         "spectra (errors, poisson; not with frames: patches)"},

    {"components", KEYS_BLOCK, .help = "The basis of starlight, built from the references"},
    {"components.count", KEYS_INTEGER, .offset = AT(components.count), FROM(1, 100000),
     .words = "auto", .first_word = CONFIG_COUNT_AUTO, .example = "10",
     .help =
         "Number of components; auto: the smallest that predicts hidden data as well as "
         "the best. Default: min(10, references); with references: science "
         "min(10, frames/2); in task impute auto, where 4 frames and 400 pixels or more "
         "are valid"},
    {"components.holdout", KEYS_NUMBER, .offset = AT(components.holdout), FROM(0, 0.5),
     .example = "0.05",
     .help =
         "Share of the valid data that a build of their own must predict (frv_heldout); "
         "the products come from all data. Default: 0; with count: auto 0.05"},
    {"components.max_count", KEYS_INTEGER, .offset = AT(components.max_count),
     FROM(1, 100000), .example = "30",
     .help = "Limit of count: auto. Default: min(30, frames/2)"},
    {"components.method", KEYS_WORD, .offset = AT(components.method), .words = "anls|mu",
     .standard = "anls",
     .help =
         "anls: alternating non-negative least squares; mu: multiplicative updates "
         "(Zhu 2016) as published, for comparison: slow, and often short of convergence"},
    {"components.construction", KEYS_WORD, .offset = AT(components.construction),
     .words = "sequential|joint", .standard = "sequential",
     .help = "sequential: one stage per component; joint: one stage of all"},
    {"components.start", KEYS_WORD, .offset = AT(components.start),
     .words = "residual|random", .standard = "residual",
     .help =
         "residual: deterministic, the seed has no effect; random: uniform, from the seed"},
    {"components.seed", KEYS_INTEGER, .offset = AT(components.seed), AT_LEAST(1),
     .standard = "1", .help = "Of the random start, and of the choice of hidden data"},
    {"components.tolerance", KEYS_NUMBER, .offset = AT(components.tolerance), FROM(0, 1),
     .standard = "1.0e-5",
     .help = "Relative fall of chi2 per iteration; two in a row below it end the last "
             "stage, below ten times it the others (mu: one below it, all)"},
    {"components.max_iterations", KEYS_INTEGER, .offset = AT(components.max_iterations),
     COUNTED, .standard = "1000", .help = "Per stage"},
    {"components.background", KEYS_WORD, .offset = AT(components.background),
     .words = "none|flat", .standard = "none",
     .help = "flat: one constant per frame, of either sign, fitted with the components"},
    {"components.write_stages", KEYS_BOOLEAN, .offset = AT(components.write_stages),
     .standard = "false", .help = "Also write the components of every stage"},
    {"components.smooth", KEYS_NUMBER, .offset = AT(components.smooth), FROM(0, 1e12),
     .standard = "0",
     .help = "Task spectra: strength of a penalty on second differences along wavelength, "
             "under which the last stage is refined; structure narrower than about the "
             "fourth root of it, in pixels, is smoothed away"},
    {"components.load", KEYS_PATH, .offset = AT(components.load),
     .example = "components.fits",
     .help =
         "Use these, build nothing; same shape, region and centre required. count must be "
         "absent or that of the file; its stages (write_stages) are chosen by "
         "model.counts. "
         "Default: none"},

    {"model", KEYS_BLOCK, .tasks = 1U << CONFIG_TASK_IMAGING | 1U << CONFIG_TASK_SPECTRA,
     .help = "The starlight in the science frames"},
    {"model.counts", KEYS_INTEGERS, .offset = AT(model.counts), FROM(1, 100000), .n_min = 1,
     .unlike = true, .example = "[1, 5, 10]",
     .help = "Numbers of components to model with; spectra are modelled with the largest. "
             "Default: all"},
    {"model.truncate", KEYS_BOOLEAN, .offset = AT(model.truncate), .standard = "false",
     .help = "true: the first k components of the last stage, as the published code does, "
             "in place of stage k"},
    {"model.scaling", KEYS_WORD, .offset = AT(model.scaling),
     .words = "auto|none|bff|bff-published|imputation", .standard = "auto",
     .help = "Factor of the model. auto: imputation where an exclude_* is given, none with "
             "references: science, else bff"},
    {"model.exclude_frame", KEYS_WORD, .offset = AT(model.exclude_frame),
     .words = "sky|detector", .first_word = CONFIG_FRAME_SKY, .example = "sky",
     .help = "sky: shapes are drawn North up and turned into each frame. Default: sky when "
             "angles are given, else detector"},
    {"model.exclude_annulus", KEYS_NUMBERS, .offset = AT(model.exclude_annulus),
     AT_LEAST(0), RISING_PAIR, .unit = "pixels", .example = "[20, 40]",
     .help = "Pixels that may hold disk or planet: not fitted, but modelled. The union of "
             "all exclude_*. Default: none"},
    {"model.exclude_ellipse", KEYS_BLOCK, .offset = AT(model.exclude_ellipse.given),
     .help = "Elliptical ring. Default: none"},
    {"model.exclude_ellipse.semi_major", KEYS_NUMBERS, KEYS_IN_BLOCK,
     AT(model.exclude_ellipse.semi_major), AT_LEAST(0), RISING_PAIR, .unit = "pixels",
     .example = "[20, 45]", .help = "Inner and outer semi-major axis"},
    {"model.exclude_ellipse.axis_ratio", KEYS_NUMBER, KEYS_IN_BLOCK,
     AT(model.exclude_ellipse.axis_ratio), FROM(0, 1), .above = true, .example = "0.30",
     .help = "Cosine of the inclination"},
    {"model.exclude_ellipse.position_angle", KEYS_NUMBER, KEYS_IN_BLOCK,
     AT(model.exclude_ellipse.position_angle), FROM(-360, 360), .unit = "degrees",
     .example = "107.0",
     .help = "Of the major axis, East of North (detector: counter-clockwise from +y)"},
    {"model.exclude_circles", KEYS_TRIPLES, .offset = AT(model.exclude_circles),
     FROM(-100000, 100000), .unit = "FITS pixels", .example = "[[60.5, 36.0, 6.0]]",
     .help = "x, y, radius of each. Default: none"},
    {"model.exclude_mask", KEYS_PATH, .offset = AT(model.exclude_mask),
     .example = "disk.fits", .help = "Not 0 = excluded. Default: none"},

    {"combine", KEYS_BLOCK, IMAGING, .help = "From residual frames to one image"},
    {"combine.derotate", KEYS_SWITCH, .offset = AT(combine.derotate), .example = "true",
     .help = "Turn frames North up. Default: true when angles are given"},
    {"combine.method", KEYS_WORD, .offset = AT(combine.method),
     .words = "mean|median|weighted", .standard = "mean",
     .help = "weighted: by inverse variance"},
    {"combine.by", KEYS_WORD, .offset = AT(combine.by), .words = "all|file|wavelength",
     .standard = "all", .help = "One image per group"},
    {"combine.frames", KEYS_BOOLEAN, .offset = AT(combine.frames), .standard = "false",
     .help = "true: also derotated.fits, every frame North up"},

    {"images", KEYS_BLOCK, KEYS_FOR_RUN, IMPUTE,
     .help = "Of task impute: images or cubes with missing pixels"},
    INPUT_KEYS(images),
    {"images.frames", KEYS_WORD, .offset = AT(images_frames),
     .words = "auto|planes|rows|files|patches", .standard = "auto",
     .help =
         "What is factorised: planes of cubes, rows of images, whole files, or the "
         "surroundings of every pixel (patches: where neither rows nor planes look "
         "alike). auto: planes of a cube, files when several 2-D images are given, rows "
         "of a single image"},
    {"images.patch_size", KEYS_INTEGER, .offset = AT(images_patch_size), FROM(3, 15),
     .unit = "pixels, odd", .standard = "3", .help = "Side of the patches"},
    {"images.boxes", KEYS_BOXES, .offset = AT(images_boxes), FROM(1, 1000000), .n_min = 1,
     .unit = "FITS pixels", .example = "[[143, 42, 161, 72]]",
     .help = "x1, y1, x2, y2 inclusive: missing in every plane. Default: none"},
    SPECTRA_KEYS,

    SIMULATE_KEYS,
};

enum { N_KEYS = sizeof table / sizeof table[0] };

const keys_key *keys_table(int *n)
{
    *n = N_KEYS;
    return table;
}

int keys_find(const char *path)
{
    for (int i = 0; i < N_KEYS; i++) {
        if (strcmp(table[i].path, path) == 0) {
            return i;
        }
    }
    return -1;
}

/* The key whose path is the first `length` characters, or -1. */
static int find_path(const char *path, size_t length)
{
    for (int i = 0; i < N_KEYS && length > 0; i++) {
        if (table[i].path[0] == path[0] && strncmp(table[i].path, path, length) == 0 &&
            table[i].path[length] == '\0') {
            return i;
        }
    }
    return -1;
}

int keys_block(const char *path)
{
    const char *leaf = keys_leaf(path);

    return find_path(path, leaf > path ? (size_t)(leaf - path) - 1 : 0);
}

bool keys_serves(const keys_key *key, int task)
{
    const int i = find_path(key->path, strcspn(key->path, "."));

    return i < 0 || table[i].tasks == 0 || (table[i].tasks >> task & 1U) != 0;
}

int64_t keys_width(keys_type type)
{
    return type == KEYS_BOXES ? 4 : type == KEYS_TRIPLES ? 3 : 1;
}

bool keys_is_choice(const keys_key *key)
{
    return key->type == KEYS_BLOCK && key->need == KEYS_OPTIONAL && key->offset != 0;
}

const char *keys_leaf(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL ? dot + 1 : path;
}
