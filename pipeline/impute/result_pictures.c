/** @file result_pictures.c @brief The pictures of task impute. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "basis_picture.h"
#include "basis_product.h"
#include "gallery.h"
#include "imputed.h"
#include "mem.h"
#include "plot_imputed.h"
#include "raise.h"
#include "result.h"

enum { STRIPE = 2 /* a row is drawn as a stripe that is so many times as long as high */ };

/* The plane with the most filled pixels. */
static int64_t choose_plane(const imputation *im)
{
    const int64_t n_pix = im->images.ny * im->images.nx;
    int64_t best = 0, most = -1;

    for (int64_t i = 0; i < im->images.n_plane; i++) {
        int64_t n = 0;

        for (int64_t p = 0; p < n_pix; p++) {
            n += im->fate[i * n_pix + p] == IMPUTED_FILLED;
        }
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return best;
}

/* The three images of a plane in true units; [3, n_pix]. */
static void gather(float *out, const imputation *im, int64_t plane)
{
    const int64_t n_pix = im->images.ny * im->images.nx;
    const int exponent = im->images.stack.exponent;

    for (int64_t p = 0; p < n_pix; p++) {
        const int64_t e = plane * n_pix + p;
        const float data = im->images.stack.value.data[e];
        const bool filled = im->fate[e] == IMPUTED_FILLED;

        out[p] = ldexpf(data, exponent);
        out[n_pix + p] = ldexpf(filled ? im->estimate.value[e] : data, exponent);
        out[2 * n_pix + p] =
            filled ? ldexpf(sqrtf(im->estimate.variance[e]), exponent) : NAN;
    }
}

static sqn_status draw_imputed(const char *path, const void *of, const char *title,
                               sqn_error *err)
{
    const imputation *im = of;
    const int64_t plane = choose_plane(im), n_pix = im->images.ny * im->images.nx;
    const sqn_fits_frame *frame = &im->images.stack.frames[plane];
    const char *slash = strrchr(frame->file, '/');
    sqn_status status = SQN_OK;
    char which[160];
    float *planes = sqn__mem_alloc(3 * n_pix, sizeof *planes);

    if (planes == NULL) {
        return SQN_RAISE(err, E_MEM, "a picture of %" PRId64 " pixels", n_pix);
    }
    gather(planes, im, plane);
    (void)snprintf(which, sizeof which, "%.80s, HDU %d, plane %" PRId64 "; missing: grey",
                   slash != NULL ? slash + 1 : frame->file, frame->hdu, frame->plane);
    const plot_imputed_data data = {.ny = im->images.ny,
                                    .nx = im->images.nx,
                                    .before = planes,
                                    .filled = planes + n_pix,
                                    .error = planes + 2 * n_pix,
                                    .unit = im->images.stack.unit,
                                    .title = title,
                                    .which = which};

    SQN_TRY(plot_imputed(path, &data, err));

cleanup:
    sqn__mem_free(planes);
    return status;
}

static sqn_status draw_curve(const char *path, const void *of, const char *title,
                             sqn_error *err)
{
    const imputation *im = of;

    return basis_picture_curve(path, &im->basis, &im->curve, title, err);
}

/* Rows of pixels as stripes that can be seen. */
static sqn_status make_stripes(sqn_cube *out, const sqn_cube *rows, sqn_error *err)
{
    const int64_t nx = rows->nx, ny = nx / STRIPE > 1 ? nx / STRIPE : 1;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_cube_init(out, rows->n_frame, ny, nx, err));
    for (int64_t y = 0; y < rows->n_frame * ny; y++) {
        memcpy(out->data + y * nx, rows->data + y / ny * nx, (size_t)nx * sizeof(float));
    }

cleanup:
    return status;
}

static sqn_status draw_components(const char *path, const void *of, const char *title,
                                  sqn_error *err)
{
    const imputation *im = of;
    sqn_status status = SQN_OK;
    sqn_cube cube = {0}, stripes = {0};

    SQN_TRY(basis_product_images(&cube, &im->basis, &im->frames.pixels, err));
    if (cube.ny == 1) {
        SQN_TRY(make_stripes(&stripes, &cube, err));
    }
    SQN_TRY(basis_picture_components(path, &im->basis, cube.ny == 1 ? &stripes : &cube,
                                     title, err));

cleanup:
    sqn_cube_clear(&stripes);
    sqn_cube_clear(&cube);
    return status;
}

static const gallery_picture pictures[] = {
    {"imputed.png", draw_imputed},
    {"components.png", draw_components},
    {"frv.png", draw_curve},
};

sqn_status result_pictures(session *s, const imputation *im, sqn_error *err)
{
    char title[128];
    const gallery all = {pictures, sizeof pictures / sizeof pictures[0], im, title};

    session_title(title, sizeof title, s->settings, &im->images.stack);
    return gallery_draw(s->directory, &all, &s->log, err);
}
