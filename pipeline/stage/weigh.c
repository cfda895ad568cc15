/** @file weigh.c @brief Values and inverse variances of the pixels that take part. */
#include "weigh.h"

#include <math.h>
#include <stdbool.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

enum { RUN = 64 /* pixels read side by side */ };

/* Pixels with errors that lie side by side in their frame. */
static void read_run(double *restrict value, double *restrict weight,
                     const float *restrict x, const float *restrict sigma, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        const double variance = (double)sigma[p] * sigma[p];

        value[p] = x[p];
        weight[p] = isnan(x[p]) ? 0.0 : 1.0 / variance;
    }
}

/* Do the RUN pixels from `p` on lie side by side? Their indices rise. */
static bool is_run(const sqn_pixels *pixels, int64_t p)
{
    return pixels->index[p + RUN - 1] == pixels->index[p] + RUN - 1;
}

static void read_pixel(double *value, double *weight, const weigh_frames *f, int64_t plane,
                       int64_t p)
{
    const int64_t e = plane + f->pixels->index[p];
    const float x = f->stack->value.data[e];
    const bool used = !isnan(x) && (f->excluded == NULL || f->excluded[e] == 0);

    *value = x;
    if (!used) {
        *weight = 0.0;
    } else if (f->noise == READ_ERRORS) {
        const double sigma = f->stack->error.data[e];

        *weight = 1.0 / (sigma * sigma);
    } else {
        *weight = f->variance != NULL ? 1.0 / f->variance[p] : 1.0;
    }
}

static sqn_status read_part(const void *context, int64_t row, int64_t first, int64_t n,
                            double *value, double *weight, sqn_error *err)
{
    const weigh_frames *f = context;
    const int64_t plane = row * f->stack->ny * f->stack->nx;
    const bool in_runs = f->noise == READ_ERRORS && f->excluded == NULL;

    (void)err;
    for (int64_t k = 0; k < n;) {
        const int64_t p = first + k;

        if (in_runs && k + RUN <= n && is_run(f->pixels, p)) {
            const int64_t e = plane + f->pixels->index[p];

            read_run(value + k, weight + k, f->stack->value.data + e,
                     f->stack->error.data + e, RUN);
            k += RUN;
        } else {
            read_pixel(value + k, weight + k, f, plane, p);
            k++;
        }
    }
    return SQN_OK;
}

static sqn_status read_frame(const void *context, int64_t row, double *value,
                             double *weight, sqn_error *err)
{
    const weigh_frames *f = context;

    return read_part(context, row, 0, f->pixels->n_pix, value, weight, err);
}

sqn_rows weigh_rows(const weigh_frames *frames)
{
    return (sqn_rows){.n_row = frames->stack->n_frame,
                      .n_col = frames->pixels->n_pix,
                      .read = read_frame,
                      .read_part = read_part,
                      .context = frames,
                      .parallel = true};
}

sqn_status weigh_variance(double **out, const sqn_fits_stack *stack, const observation *obs,
                          const config *settings, sqn_error *err)
{
    sqn_status status = SQN_OK;
    const weigh_frames frames = {stack, &obs->pixels, READ_UNIFORM, NULL, NULL};
    const sqn_rows rows = weigh_rows(&frames);
    const double unit = ldexp(1.0, stack->exponent);
    double *variance = NULL;

    *out = NULL;
    if (obs->noise != READ_POISSON) {
        return SQN_OK;
    }
    variance = sqn__mem_alloc(obs->pixels.n_pix, sizeof *variance);
    if (variance == NULL) {
        return SQN_RAISE(err, E_MEM, "variance of the pixels");
    }
    /* Gain and read noise speak of true values: electrons = gain * stored * 2^exponent. */
    const sqn_weights_poisson poisson = {settings->noise.gain * unit,
                                         settings->noise.read_noise};

    SQN_TRY(sqn_weights_poisson_variance(variance, &rows, &poisson, err));
    const double scale = stack == &obs->science ? obs->science_scale : obs->reference_scale;

    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        variance[p] *= scale * scale;
    }
    *out = variance;
    variance = NULL;

cleanup:
    sqn__mem_free(variance);
    return status;
}
