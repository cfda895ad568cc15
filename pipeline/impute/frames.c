/** @file frames.c @brief Pixels of images in the rows and columns of a matrix. */
#include "frames.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

int64_t frames_pixel(const frames *f, int64_t row, int64_t col)
{
    const int64_t nx = f->images->nx, ny = f->images->ny, half = f->side / 2;

    if (f->side == 0) {
        return row * f->n_col + col;
    }
    const int64_t x = row % nx + col % f->side - half;
    const int64_t y = row / nx % ny + col / f->side - half;

    return x < 0 || x >= nx || y < 0 || y >= ny ? -1 : (row / (nx * ny) * ny + y) * nx + x;
}

bool frames_is_valid(const frames *f, int64_t pixel)
{
    return pixel >= 0 && !isnan(f->images->stack.value.data[pixel]) &&
           (f->hidden == NULL || f->hidden[pixel] == 0);
}

double frames_variance(const frames *f, int64_t pixel)
{
    if (f->images->noise == IMAGES_ERRORS) {
        const double sigma = f->images->stack.error.data[pixel];

        return sigma * sigma;
    }
    return f->variance != NULL ? f->variance[pixel % f->n_col] : 1.0;
}

int64_t frames_n_group(const frames *f)
{
    return f->side > 0 ? f->images->n_plane : f->n_row;
}

int64_t frames_group(const frames *f, int64_t pixel)
{
    return pixel / (f->side > 0 ? f->images->ny * f->images->nx : f->n_col);
}

static sqn_status read_row(const void *context, int64_t row, double *value, double *weight,
                           sqn_error *err)
{
    const frames *f = context;

    (void)err;
    for (int64_t c = 0; c < f->n_col; c++) {
        const int64_t pixel = frames_pixel(f, row, c);
        const bool valid = frames_is_valid(f, pixel);

        value[c] = valid ? (double)f->images->stack.value.data[pixel] : (double)NAN;
        weight[c] = valid ? 1.0 / frames_variance(f, pixel) : 0.0;
    }
    return SQN_OK;
}

sqn_rows frames_rows(const frames *f)
{
    return (sqn_rows){.n_row = f->n_row, .n_col = f->n_col, .read = read_row, .context = f};
}

basis_source frames_source(const frames *f, const sqn_rows *rows)
{
    return (basis_source){
        .rows = rows, .noun = images_noun(f->images), .own = true, .overlap = f->side > 0};
}

/* Sizes of the matrix, and of a row as an image. */
static void choose_shape(frames *f, int64_t shape[2], const config *settings)
{
    const images *im = f->images;

    shape[0] = im->ny;
    shape[1] = im->nx;
    f->n_row = im->n_plane;
    if (im->frames == CONFIG_FRAMES_ROWS) {
        shape[0] = 1;
        f->n_row = im->n_plane * im->ny;
    } else if (im->frames == CONFIG_FRAMES_FILES) {
        shape[0] = im->file_planes * im->ny;
        f->n_row = im->n_plane / im->file_planes;
    } else if (im->frames == CONFIG_FRAMES_PATCHES) {
        f->side = settings->images_patch_size;
        shape[0] = shape[1] = f->side;
        f->n_row = im->n_all;
    }
    f->n_col = shape[0] * shape[1];
}

/* The variance of each column, from the median of its data. */
static sqn_status find_variance(frames *f, const config *settings, sqn_error *err)
{
    const double unit = ldexp(1.0, f->images->stack.exponent);
    const sqn_weights_poisson poisson = {settings->noise.gain * unit,
                                         settings->noise.read_noise};
    const sqn_rows rows = frames_rows(f); /* of weight 1: the variance is not known yet */
    sqn_status status = SQN_OK;
    double *variance = sqn__mem_alloc(f->n_col, sizeof *variance);

    if (variance == NULL) {
        return SQN_RAISE(err, E_MEM, "variance of %" PRId64 " pixels", f->n_col);
    }
    SQN_TRY(sqn_weights_poisson_variance(variance, &rows, &poisson, err));
    f->variance = variance;
    variance = NULL;

cleanup:
    sqn__mem_free(variance);
    return status;
}

sqn_status frames_init(frames *out, const images *im, const config *settings,
                       sqn_error *err)
{
    const sqn_pixels_region everywhere = {0};
    sqn_status status = SQN_OK;
    frames f = {.images = im};
    int64_t shape[2];

    *out = f;
    choose_shape(&f, shape, settings);
    SQN_TRY(sqn_pixels_init(&f.pixels, shape[0], shape[1], &everywhere, err));
    if (im->noise == IMAGES_POISSON) {
        SQN_TRY(find_variance(&f, settings, err));
    }
    *out = f;
    f = (frames){0};

cleanup:
    frames_clear(&f);
    return status;
}

void frames_clear(frames *f)
{
    sqn__mem_free(f->variance);
    sqn_pixels_clear(&f->pixels);
    *f = (frames){0};
}
