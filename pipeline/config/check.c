/** @file check.c @brief What no single value can tell: keys that need or exclude each other. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "resolve.h"

/* Report at a key; SCHEMA unless said otherwise. */
static void report(const resolve *r, const char *key, const char *fix, const char *what)
{
    const problems_place place = resolve_place(r, key);

    problems_add(r->problems, SQN_E_CFG_SCHEMA, &place, fix, "%s", what);
}

/* At most one of the keys, which stand in the same block. */
static void check_exclusive(const resolve *r, const char *block, const char *const *names,
                            int n)
{
    char path[PROBLEMS_PATH_MAX], first[PROBLEMS_PATH_MAX] = "";

    for (int i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "%s.%s", block, names[i]);
        if (!resolve_given(r, path)) {
            continue;
        }
        if (first[0] != '\0') {
            const problems_place place = resolve_place(r, path);

            problems_add(r->problems, SQN_E_CFG_SCHEMA, &place, "keep one of the two",
                         "%s and %s exclude each other", first, path);
            return;
        }
        (void)snprintf(first, sizeof first, "%s", path);
    }
}

static bool is_none(const char *hdu)
{
    return hdu != NULL && strcmp(hdu, "none") == 0;
}

static void check_input(const resolve *r, const char *block, const config_input *input)
{
    static const char *const noise[] = {"error_hdu",   "variance_hdu",   "ivar_hdu",
                                        "error_files", "variance_files", "ivar_files"};
    static const char *const flags[] = {"quality_hdu", "quality_files"};
    const int ignored = is_none(input->error_hdu) ? 1 : 0; /* names no plane */

    check_exclusive(r, block, noise + ignored, 6 - ignored);
    if (!is_none(input->quality_hdu)) {
        check_exclusive(r, block, flags, 2);
    }
}

static void check_angles(const resolve *r)
{
    static const char *const sources[] = {"from", "keyword", "file", "values"};
    const config_angles *angles = &r->config->science.angles;

    if (!angles->given) {
        return;
    }
    check_exclusive(r, "science.angles", sources, 4);
    if (!resolve_given(r, "science.angles.from") &&
        !resolve_given(r, "science.angles.keyword") &&
        !resolve_given(r, "science.angles.file") &&
        !resolve_given(r, "science.angles.values")) {
        report(r, "science.angles", "write one of from, keyword, file, values",
               "the block does not say where the angles come from");
    }
    if (angles->keyword_end != NULL && !resolve_given(r, "science.angles.keyword")) {
        report(r, "science.angles.keyword_end", "write keyword too",
               "keyword_end goes with keyword");
    }
    if (angles->column != NULL && !resolve_given(r, "science.angles.file")) {
        report(r, "science.angles.column", "write file too", "column goes with file");
    }
}

/* Turning needs angles. */
static void check_turning(const resolve *r)
{
    const config *c = r->config;

    if (c->science.angles.given) {
        return;
    }
    if (c->combine.derotate == CONFIG_TRUE) {
        const problems_place place = resolve_place(r, "combine.derotate");

        problems_add(r->problems, SQN_E_ANGLES, &place, "add the block science.angles",
                     "derotate is true, but there are no angles");
    }
    if (c->model.exclude_frame == CONFIG_FRAME_SKY) {
        const problems_place place = resolve_place(r, "model.exclude_frame");

        problems_add(r->problems, SQN_E_ANGLES, &place,
                     "add the block science.angles, or write detector",
                     "shapes on the sky need angles");
    }
}

static void check_region(const resolve *r)
{
    const config_region *region = &r->config->region;

    if (region->outer_radius > 0.0 && region->outer_radius <= region->inner_radius) {
        const problems_place place = resolve_place(r, "region.outer_radius");

        problems_add(r->problems, SQN_E_CFG_SCHEMA, &place,
                     "write a larger one, or 0 for the whole frame",
                     "outer_radius %g is not above inner_radius %g", region->outer_radius,
                     region->inner_radius);
    }
}

static void check_noise(const resolve *r)
{
    const config_noise_block *noise = &r->config->noise;

    if (noise->model == CONFIG_NOISE_POISSON && !resolve_given(r, "noise.read_noise")) {
        report(r, "noise.model", "write noise.read_noise in electrons",
               "poisson needs read_noise");
    }
}

/* mu is kept as published: data and model are not negative. */
static void check_method(const resolve *r)
{
    const config *c = r->config;

    if (c->components.method != CONFIG_METHOD_MU) {
        return;
    }
    if (c->noise.negatives == CONFIG_NEGATIVES_KEEP) {
        report(r, "noise.negatives", "write zero or missing, or use method anls",
               "method mu cannot keep negative data");
    }
    if (c->components.background == CONFIG_BACKGROUND_FLAT) {
        report(r, "components.background", "write none, or use method anls",
               "method mu has no background");
    }
}

/* Keys of the held-out curve. */
static void check_holdout(const resolve *r)
{
    const config_components *c = &r->config->components;
    const bool chosen = c->count == CONFIG_COUNT_AUTO;

    if (chosen && c->construction == CONFIG_JOINT) {
        report(r, "components.construction", "write sequential, or a number for count",
               "count: auto compares the stages of a sequential build");
    }
    if (chosen && c->holdout == 0.0) {
        report(r, "components.holdout", "write a share, for example 0.05, or leave it out",
               "count: auto needs hidden data");
    }
    /* task impute finds the count where none is written */
    if (!chosen && c->max_count > 0 &&
        !(r->config->task == CONFIG_TASK_IMPUTE && c->count == 0)) {
        report(r, "components.max_count", "write count: auto, or leave max_count out",
               "max_count, the limit of count: auto, and a number exclude each other");
    }
    if (c->load != NULL && (chosen || c->holdout > 0.0)) {
        report(
            r, "components.load", "leave out count and holdout, or load",
            "load, which builds nothing, and data hidden from a build exclude each other");
    }
}

/* The components that will be built at most; 0: only the frames can tell. */
static int64_t count_limit(const config_components *c)
{
    return c->count == CONFIG_COUNT_AUTO ? c->max_count : c->count;
}

static void check_counts(const resolve *r)
{
    const config_components *components = &r->config->components;
    const config_integers *counts = &r->config->model.counts;
    const problems_place place = resolve_place(r, "model.counts");
    const int64_t count = count_limit(components);

    if (counts->n == 0 || components->load != NULL) {
        return;
    }
    for (int64_t i = 0; count > 0 && i < counts->n; i++) {
        if (counts->item[i] > count) {
            problems_add(r->problems, SQN_E_COUNT, &place,
                         "ask for fewer, or raise components.count",
                         "a model of %" PRId64 " components is asked for, but only %" PRId64
                         " are built",
                         counts->item[i], count);
            return;
        }
    }
    if (components->construction == CONFIG_JOINT && !r->config->model.truncate &&
        (counts->n > 1 || (count > 0 && counts->item[0] != count))) {
        problems_add(r->problems, SQN_E_CFG_SCHEMA, &place,
                     "leave model.counts out, or write model.truncate: true",
                     "construction joint has one stage only, that of all components");
    }
}

static void check_exclusion(const resolve *r)
{
    const config_model *model = &r->config->model;

    if (model->scaling == CONFIG_SCALING_IMPUTATION &&
        !resolve_given(r, "model.exclude_annulus") &&
        !resolve_given(r, "model.exclude_ellipse") &&
        !resolve_given(r, "model.exclude_circles") &&
        !resolve_given(r, "model.exclude_mask")) {
        report(r, "model.scaling", "write one of the exclude_*, or another scaling",
               "imputation needs pixels that are not fitted");
    }
    for (int64_t i = 2; i < model->exclude_circles.n; i += 3) {
        if (!(model->exclude_circles.item[i] > 0.0)) {
            report(r, "model.exclude_circles", "write [x, y, radius] in pixels",
                   "the radius of a circle is not positive");
        }
    }
}

static void check_combine(const resolve *r)
{
    if (r->config->combine.by == CONFIG_BY_WAVELENGTH &&
        !resolve_given(r, "science.wavelengths")) {
        report(r, "combine.by", "write science.wavelengths, or combine by file",
               "there are no wavelengths to combine by");
    }
}

/* Keys of shared blocks that mean images; defaults do no harm. */
static void check_images_only(const resolve *r)
{
    const config *c = r->config;
    const struct {
        const char *key;
        bool is_set;
    } keys[] = {
        {"components.write_stages", c->components.write_stages},
        {"model.scaling", c->model.scaling != CONFIG_SCALING_AUTO},
        {"model.exclude_frame", c->model.exclude_frame != CONFIG_FRAME_AUTO},
        {"model.exclude_annulus", c->model.exclude_annulus.n > 0},
        {"model.exclude_ellipse", c->model.exclude_ellipse.given},
        {"model.exclude_circles", c->model.exclude_circles.n > 0},
        {"model.exclude_mask", c->model.exclude_mask != NULL},
    };

    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (keys[k].is_set) {
            report(r, keys[k].key, "remove the key", "task spectra does not read this key");
        }
    }
}

static void check_spectra(const resolve *r)
{
    static const char *const hdus[] = {"ivar_hdu", "error_hdu"};
    static const char *const columns[] = {"ivar_column", "error_column"};
    const config_spectra *spectra = &r->config->spectra;

    if (r->config->task != CONFIG_TASK_SPECTRA) {
        if (r->config->components.smooth > 0.0) {
            report(r, "components.smooth", "remove the key",
                   "only task spectra smooths components");
        }
        return; /* the block is refused as a whole */
    }
    if (r->config->components.smooth > 0.0 && r->config->components.load != NULL) {
        report(r, "components.smooth", "remove the key",
               "components that are loaded stay as they are");
    }
    if (spectra->template.redshifts.n == 3 &&
        (spectra->template.redshifts.item[0] <= -1.0 ||
         spectra->template.redshifts.item[1] <= spectra->template.redshifts.item[0] ||
         spectra->template.redshifts.item[2] < 1e-7)) {
        report(r, "spectra.template.redshifts", "write [first, last, step of log10(1 + z)]",
               "redshifts rise from above -1 in steps of at least 1e-7");
    }
    if (r->config->components.smooth > 0.0 &&
        r->config->components.background == CONFIG_BACKGROUND_FLAT) {
        report(r, "components.smooth", "remove one of the two keys",
               "the penalty knows no background: flat");
    }
    check_images_only(r);
    check_exclusive(r, "spectra", hdus, 2);
    check_exclusive(r, "spectra", columns, 2);
    if (spectra->redshift.match != NULL && spectra->redshift.file == NULL) {
        report(r, "spectra.redshift.match", "write file too", "match goes with file");
    }
    if (spectra->normalise_window.n > 0 && spectra->normalise == CONFIG_NORMALISE_NONE) {
        report(r, "spectra.normalise_window", "write normalise: mean or median",
               "the window is without effect");
    }
    if (r->config->noise.model == CONFIG_NOISE_POISSON) {
        report(r, "noise.model", "write errors or uniform",
               "poisson is a model of detectors, not of spectra");
    }
}

static void check_simulate(const resolve *r)
{
    const config_simulate *simulate = &r->config->simulate;

    for (int64_t i = 0; i < simulate->sources.n; i += 3) {
        const double contrast = simulate->sources.item[i + 2];

        if (!(simulate->sources.item[i] > 0.0 && contrast > 0.0 && contrast <= 1.0)) {
            report(r, "simulate.sources",
                   "write [separation, position angle, contrast], contrast 0 .. 1",
                   "separation and contrast of a source must be positive");
        }
    }
    if (simulate->sky.n == 2 &&
        (simulate->sky.item[0] < 0.0 || simulate->sky.item[1] > 90.0)) {
        report(r, "simulate.sky", "write [0 .. 360, -90 .. 90]",
               "right ascension or declination is out of range");
    }
}

/* Blocks of other tasks would be without effect. */
static void check_blocks(const resolve *r)
{
    static const char *const tasks[] = {"imaging", "spectra", "impute"};
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n; i++) {
        if (table[i].tasks != 0 && resolve_given(r, table[i].path) &&
            !keys_serves(&table[i], (int)r->config->task)) {
            const problems_place place = resolve_place(r, table[i].path);

            problems_add(r->problems, SQN_E_CFG_SCHEMA, &place, "remove the block",
                         "task %s does not read this block", tasks[r->config->task]);
        }
    }
}

static void check_images(const resolve *r)
{
    const config *c = r->config;
    const double *box = c->images_boxes.item;

    if (c->task != CONFIG_TASK_IMPUTE) {
        return;
    }
    check_input(r, "images", &c->images);
    for (int64_t i = 0; i + 3 < c->images_boxes.n; i += 4) {
        if (box[i] > box[i + 2] || box[i + 1] > box[i + 3]) {
            report(r, "images.boxes", "write [x1, y1, x2, y2] with x1 <= x2 and y1 <= y2",
                   "a box ends before it begins");
        }
    }
    if (c->images_patch_size % 2 == 0) {
        report(r, "images.patch_size", "write an odd number of pixels",
               "a patch of even side has no pixel in its middle");
    }
    if (c->images_frames == CONFIG_FRAMES_PATCHES && c->noise.clip_sigma > 0.0) {
        report(r, "noise.clip_sigma",
               "remove the key, or write frames: planes, rows or files",
               "patches hold every pixel many times: they cannot tell outliers");
    }
    if (c->images_frames == CONFIG_FRAMES_PATCHES && c->noise.rescale) {
        report(r, "noise.rescale", "remove the key, or write frames: planes, rows or files",
               "patches hold every pixel many times: they cannot tell the scale of errors");
    }
    if (c->components.load != NULL) {
        report(r, "components.load", "remove the key",
               "task impute builds its components of the images themselves");
    }
}

void check_config(const resolve *r)
{
    if (r->use == CONFIG_FOR_RUN) {
        check_blocks(r);
        check_input(r, "science", &r->config->science);
        check_input(r, "references", &r->config->references);
        check_angles(r);
        check_region(r);
        check_noise(r);
        check_method(r);
        check_holdout(r);
        check_counts(r);
        check_exclusion(r);
        check_combine(r);
        check_turning(r);
        check_images(r);
        check_spectra(r);
    } else {
        check_simulate(r);
    }
}
