/** @file screen.c @brief Outliers and the scale of the errors, before anything is filled. */
#include "screen.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "outliers.h"
#include "raise.h"
#include "scale.h"
#include "warn.h"

/* What is marked is missing from now on. */
static void drop(images *im, const uint8_t *mask)
{
    sqn_fits_stack *s = &im->stack;

    for (int64_t e = 0; e < im->n_all; e++) {
        if (mask[e] == 0) {
            continue;
        }
        s->value.data[e] = NAN;
        if (s->error.data != NULL) {
            s->error.data[e] = NAN;
        }
        im->n_missing++;
    }
}

static sqn_status clip(screening *out, images *im, const frames *f, const config *settings,
                       const sqn_log *log, sqn_error *err)
{
    const sqn_rows rows = frames_rows(f);
    const sqn_outlier_options options =
        outliers_options(settings, rows.n_row, im->noise == IMAGES_UNIFORM);
    sqn_status status = SQN_OK;
    uint8_t *mask = NULL;

    if (!(settings->noise.clip_sigma > 0.0)) {
        return SQN_OK;
    }
    if (rows.n_row < OUTLIERS_ROWS_MIN) {
        sqn__log_note(log, "outliers of %" PRId64 " %s cannot be told", rows.n_row,
                      images_noun(im));
        return SQN_OK;
    }
    mask = sqn__mem_alloc(im->n_all, sizeof *mask);
    if (mask == NULL) {
        return SQN_RAISE(err, E_MEM, "outliers of %" PRId64 " pixels", im->n_all);
    }
    SQN_TRY(sqn_outlier_search(mask, &out->outliers, &rows, &options, err));
    drop(im, mask);
    outliers_say(&out->outliers, "image", settings, log);

cleanup:
    sqn__mem_free(mask);
    return status;
}

/* Multiply 1 sigma. */
static void apply(images *im, frames *f, double factor)
{
    for (int64_t e = 0; im->noise == IMAGES_ERRORS && e < im->n_all; e++) {
        im->stack.error.data[e] = (float)((double)im->stack.error.data[e] * factor);
    }
    for (int64_t c = 0; f->variance != NULL && c < f->n_col; c++) {
        f->variance[c] *= factor * factor;
    }
}

static sqn_status rescale(screening *out, images *im, frames *f, const config *settings,
                          const sqn_log *log, sqn_error *err)
{
    const sqn_rows rows = frames_rows(f);
    const basis_source source = frames_source(f, &rows);
    double scale = NAN;
    sqn_status status = SQN_OK;

    if (settings->noise.rescale && im->noise == IMAGES_UNIFORM) {
        sqn__log_note(log, "noise.rescale: nothing to do, the noise is measured anyway");
    }
    if (!settings->noise.rescale || im->noise == IMAGES_UNIFORM) {
        return SQN_OK;
    }
    SQN_TRY(scale_measure(&scale, &source, settings, err));
    if (scale_is_usable(scale)) {
        apply(im, f, scale);
        out->factor = scale;
        sqn__log_note(log, "the errors of the images are multiplied by %.4g", scale);
    }

cleanup:
    return status;
}

sqn_status screen_images(screening *out, images *im, frames *f, const config *settings,
                         const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(clip(out, im, f, settings, log, err));
    SQN_TRY(rescale(out, im, f, settings, log, err));

cleanup:
    return status;
}
