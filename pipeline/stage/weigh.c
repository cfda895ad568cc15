/** @file weigh.c @brief Values and inverse variances of the pixels that take part. */
#include "weigh.h"

#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

static sqn_status read_frame(const void *context, int64_t row, double *value,
                             double *weight, sqn_error *err)
{
    const weigh_frames *f = context;
    const int64_t plane = row * f->stack->ny * f->stack->nx;
    const float *x = f->stack->value.data + plane;
    const float *sigma = f->noise == READ_ERRORS ? f->stack->error.data + plane : NULL;

    (void)err;
    for (int64_t p = 0; p < f->pixels->n_pix; p++) {
        const int64_t e = f->pixels->index[p];
        const bool used =
            !isnan(x[e]) && (f->excluded == NULL || f->excluded[plane + e] == 0);

        value[p] = x[e];
        weight[p] = !used                 ? 0.0
                    : sigma != NULL       ? 1.0 / ((double)sigma[e] * sigma[e])
                    : f->variance != NULL ? 1.0 / f->variance[p]
                                          : 1.0;
    }
    return SQN_OK;
}

sqn_rows weigh_rows(const weigh_frames *frames)
{
    return (sqn_rows){.n_row = frames->stack->n_frame,
                      .n_col = frames->pixels->n_pix,
                      .read = read_frame,
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
