/** @file images.c @brief Stage 1: read the images and decide what headers and defaults leave. */
#include "images.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "input.h"
#include "raise.h"
#include "warn.h"

const char *images_noun(const images *im)
{
    static const char *const nouns[] = {
        [CONFIG_FRAMES_AUTO] = "frames",     [CONFIG_FRAMES_PLANES] = "planes",
        [CONFIG_FRAMES_ROWS] = "rows",       [CONFIG_FRAMES_FILES] = "files",
        [CONFIG_FRAMES_PATCHES] = "patches",
    };

    return nouns[im->frames];
}

const char *images_noise_word(const images *im)
{
    static const char *const words[] = {[IMAGES_ERRORS] = "errors",
                                        [IMAGES_POISSON] = "poisson",
                                        [IMAGES_UNIFORM] = "uniform: measured"};

    return words[im->noise];
}

static void drop_box(images *im, const double *box)
{
    sqn_fits_stack *s = &im->stack;

    for (int64_t e = 0; e < im->n_all; e++) {
        const double x = (double)(e % im->nx + 1), y = (double)(e / im->nx % im->ny + 1);

        if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) {
            continue;
        }
        s->value.data[e] = NAN;
        if (s->error.data != NULL) {
            s->error.data[e] = NAN;
        }
    }
}

/* What the boxes cover is missing, in every plane. */
static sqn_status drop_boxes(images *im, const config *settings, sqn_error *err)
{
    const config_numbers *boxes = &settings->images_boxes;

    for (int64_t b = 0; b < boxes->n; b += 4) {
        const double *box = boxes->item + b;

        if (box[2] > (double)im->nx || box[3] > (double)im->ny) {
            const sqn_status status =
                SQN_RAISE(err, E_CFG_SCHEMA,
                          "the box [%g, %g, %g, %g] does not lie within %" PRId64
                          " x %" PRId64 " pixels",
                          box[0], box[1], box[2], box[3], im->nx, im->ny);

            (void)config_where(err->where, settings, "images.boxes");
            sqn__error_mend(err, "write [x1, y1, x2, y2] in FITS pixels of these images");
            return status;
        }
        drop_box(im, box);
    }
    return SQN_OK;
}

/* Planes of every file, when all have as many; 0 otherwise. */
static int64_t count_file_planes(const sqn_fits_stack *s)
{
    int64_t first = 0, n = 0;

    for (int64_t i = 0; i < s->n_frame; i++) {
        n++;
        if (i + 1 == s->n_frame || s->frames[i + 1].file != s->frames[i].file) {
            if (first != 0 && n != first) {
                return 0;
            }
            first = n;
            n = 0;
        }
    }
    return first;
}

/* As written; else planes of cubes, files of images, rows of a single image. */
static sqn_status choose_frames(images *im, const config *settings, sqn_error *err)
{
    const int64_t n_file = im->file_planes > 0 ? im->n_plane / im->file_planes : 0;
    sqn_status status = SQN_OK;

    im->frames = settings->images_frames;
    if (im->frames == CONFIG_FRAMES_AUTO) {
        im->frames = im->n_plane == 1       ? CONFIG_FRAMES_ROWS
                     : im->file_planes == 1 ? CONFIG_FRAMES_FILES
                                            : CONFIG_FRAMES_PLANES;
    }
    if (im->frames == CONFIG_FRAMES_FILES && n_file == 0) {
        status = SQN_RAISE(err, E_SHAPE, "the files do not hold equally many planes");
        sqn__error_mend(err, "write frames: planes");
    } else if ((im->frames == CONFIG_FRAMES_FILES && n_file < 2) ||
               (im->frames == CONFIG_FRAMES_PLANES && im->n_plane < 2)) {
        status =
            SQN_RAISE(err, E_SHAPE, "one frame of %s cannot tell what is missing in it",
                      images_noun(im));
        sqn__error_mend(err, "give more of them, or write frames: rows");
    } else if (im->frames == CONFIG_FRAMES_PATCHES &&
               (im->ny < settings->images_patch_size ||
                im->nx < settings->images_patch_size)) {
        status = SQN_RAISE(err, E_SHAPE,
                           "patches of %" PRId64
                           " pixels are larger than images of %" PRId64 " x %" PRId64,
                           settings->images_patch_size, im->nx, im->ny);
        sqn__error_mend(err, "write a smaller images.patch_size");
    }
    if (status != SQN_OK) {
        (void)config_where(err->where, settings, "images.frames");
    }
    return status;
}

static sqn_status choose_noise(images *im, const config *settings, const sqn_log *log,
                               sqn_error *err)
{
    const bool has_errors = im->stack.error.data != NULL;
    const config_noise model = settings->noise.model;

    if (model == CONFIG_NOISE_ERRORS && !has_errors) {
        const sqn_status status = SQN_RAISE(
            err, E_ERRPLANE, "noise.model is errors, but the images have no error planes");

        (void)config_where(err->where, settings, "noise.model");
        sqn__error_mend(
            err, "name their error_hdu or error_files, or write noise.model: uniform");
        return status;
    }
    if (model == CONFIG_NOISE_AUTO && !has_errors) {
        sqn__log_warn(log, SQN_W_NOISE_UNIFORM, settings->path,
                      "no error planes: equal weights are used, and the noise is measured "
                      "from the residuals");
    }
    im->noise = model == CONFIG_NOISE_POISSON                 ? IMAGES_POISSON
                : model != CONFIG_NOISE_UNIFORM && has_errors ? IMAGES_ERRORS
                                                              : IMAGES_UNIFORM;
    return SQN_OK;
}

static void count_missing(images *im, const sqn_log *log)
{
    for (int64_t e = 0; e < im->n_all; e++) {
        im->n_missing += isnan(im->stack.value.data[e]);
    }
    sqn__log_note(log,
                  "%" PRId64 " planes of %" PRId64 " x %" PRId64
                  " pixels, frames are %s; %" PRId64 " pixels are missing, %.3g %%",
                  im->n_plane, im->nx, im->ny, images_noun(im), im->n_missing,
                  100.0 * (double)im->n_missing / (double)im->n_all);
}

/* Files without any valid pixel were refused: it is the boxes. */
static sqn_status refuse_nothing(const images *im, const config *settings, sqn_error *err)
{
    sqn_status status = SQN_OK;

    if (im->n_missing == im->n_all) {
        status = SQN_RAISE(err, E_DATA_EMPTY, "the boxes leave no valid pixel of %" PRId64,
                           im->n_all);
        (void)config_where(err->where, settings, "images.boxes");
        sqn__error_mend(err, "write smaller boxes");
    }
    return status;
}

sqn_status images_read(images *out, const config *settings, const sqn_log *log,
                       sqn_error *err)
{
    const input_block block = {"images", &settings->images, false};
    sqn_status status = SQN_OK;
    images im = {0};

    *out = im;
    SQN_TRY(input_read(&im.stack, settings, &block, INT_MIN, log, err));
    im.n_plane = im.stack.n_frame;
    im.ny = im.stack.ny;
    im.nx = im.stack.nx;
    im.n_all = im.n_plane * im.ny * im.nx;
    im.file_planes = count_file_planes(&im.stack);
    SQN_TRY(choose_frames(&im, settings, err));
    SQN_TRY(choose_noise(&im, settings, log, err));
    SQN_TRY(drop_boxes(&im, settings, err));
    count_missing(&im, log);
    SQN_TRY(refuse_nothing(&im, settings, err));
    *out = im;
    im = (images){0};

cleanup:
    images_clear(&im);
    return status;
}

void images_clear(images *im)
{
    sqn_fits_stack_clear(&im->stack);
    *im = (images){0};
}
