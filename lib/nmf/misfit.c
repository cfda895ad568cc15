/** @file misfit.c @brief Reduced chi2 by frame and by pixel, degrees of freedom counted. */
#include "sequin/misfit.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"
#include "stats.h"

/* A model, and what is summed up of it. */
typedef struct survey {
    const sqn_panels *panels;
    sqn_matrix_const comp;
    sqn_dmatrix_const coeff;
    const double *background;
    double *model;     /* [n_pix] of one frame (data unit) */
    double *score;     /* [n_pix] of one frame, NaN = not fitted */
    double *n_data;    /* [n_pix] frames that fit a pixel */
    double *n_row;     /* [n_frame] pixels that a frame fits */
    double *scatter;   /* [n_frame] */
    double chi2, free; /* of all data */
} survey;

static double of_frames(const survey *s)
{
    return (double)s->panels->info.n_frame_used;
}

static double of_pixels(const survey *s)
{
    return (double)s->panels->info.n_pix_used;
}

/* Coefficients of frame i that are free, with its background. */
static double free_of_frame(const survey *s, int64_t i)
{
    double n = s->background != NULL ? 1.0 : 0.0;

    for (int64_t a = 0; a < s->comp.rows; a++) {
        n += s->coeff.data[i * s->coeff.stride + a] > 0.0 ? 1.0 : 0.0;
    }
    return n;
}

static double free_of_pixel(const survey *s, int64_t j)
{
    double n = 0.0;

    for (int64_t a = 0; a < s->comp.rows; a++) {
        n += s->comp.data[a * s->comp.stride + j] > 0.0F ? 1.0 : 0.0;
    }
    return n;
}

static void predict(const survey *s, int64_t i)
{
    const int64_t n = s->comp.cols;

    for (int64_t j = 0; j < n; j++) {
        s->model[j] = s->background != NULL ? s->background[i] : 0.0;
    }
    for (int64_t a = 0; a < s->comp.rows; a++) {
        const double amount = s->coeff.data[i * s->coeff.stride + a];

        for (int64_t j = 0; j < n; j++) {
            s->model[j] += amount * (double)s->comp.data[a * s->comp.stride + j];
        }
    }
}

/* (datum - model) / sigma of every pixel of frame i. */
static void score_frame(const survey *s, int64_t i)
{
    const sqn_panels *panels = s->panels;
    const double to_unit = ldexp(1.0, -panels->exponent);
    const double scale = sqrt(panels->chi2_scale);
    const int64_t frame = panels->frame[i];

    for (int64_t j = 0; j < s->comp.cols; j++) {
        const int64_t pixel = panels->pixel[j];

        s->score[j] = (double)NAN;
        if (pixel < 0) {
            continue;
        }
        const int64_t l = panels->info.pixels_are_long ? pixel : frame;
        const int64_t k = panels->info.pixels_are_long ? frame : pixel;
        const int64_t at =
            (l / panels->width * panels->n_short + k) * panels->width + l % panels->width;
        const double v = (double)panels->v[at];

        if (v > 0.0) {
            s->score[j] = ((double)panels->x[at] - s->model[j] * to_unit) * sqrt(v) * scale;
        }
    }
}

/* Sums of frame i: its chi2 and scatter, and its share of those of the pixels. */
static void take_frame(sqn_misfit *out, survey *s, int64_t i)
{
    double chi2 = 0.0, n = 0.0;

    for (int64_t j = 0; j < out->n_pix; j++) {
        const double z = s->score[j];

        if (!isnan(z)) {
            chi2 += z * z;
            n += 1.0;
            out->pixel[j] += z * z;
            s->n_data[j] += 1.0;
        }
    }
    s->chi2 += chi2;
    s->free += free_of_frame(s, i);
    out->frame[i] = chi2;
    s->n_row[i] = n;
    s->scatter[i] = sqn__stats_mad_sigma(s->score, out->n_pix); /* uses the scores up */
}

/* Parameters of the whole model and of its frames' even share of those of the components. */
static double add_components(survey *s)
{
    double n = 0.0;

    for (int64_t j = 0; j < s->comp.cols; j++) {
        n += s->panels->pixel[j] >= 0 ? free_of_pixel(s, j) : 0.0;
    }
    return n;
}

static double over(double sum, double n)
{
    return n >= 1.0 ? sum / n : (double)NAN;
}

static void finish_pixels(sqn_misfit *out, const survey *s, double of_coefficients)
{
    const double k = (double)s->comp.rows;
    const double share = (of_coefficients - k * k) / of_pixels(s);

    for (int64_t j = 0; j < out->n_pix; j++) {
        out->pixel_free[j] =
            s->panels->pixel[j] >= 0 ? s->n_data[j] - free_of_pixel(s, j) - share : 0.0;
        out->pixel[j] = over(out->pixel[j], out->pixel_free[j]);
    }
}

static void finish_frames(sqn_misfit *out, const survey *s, double of_components)
{
    const double k = (double)s->comp.rows;
    const double share = (of_components - k * k) / of_frames(s);

    for (int64_t i = 0; i < out->n_frame; i++) {
        if (s->panels->frame[i] < 0) {
            out->frame[i] = s->scatter[i] = (double)NAN;
            continue;
        }
        const double n = s->n_row[i], left = n - free_of_frame(s, i) - share;

        out->frame[i] = over(out->frame[i], left);
        s->scatter[i] *= left >= 1.0 ? sqrt(n / left) : (double)NAN;
    }
    out->scale = sqn__stats_median(s->scatter, out->n_frame);
}

static void measure(sqn_misfit *out, survey *s)
{
    const double k = (double)s->comp.rows;
    double n_data = 0.0;

    for (int64_t i = 0; i < out->n_frame; i++) {
        if (s->panels->frame[i] >= 0) {
            predict(s, i);
            score_frame(s, i);
            take_frame(out, s, i);
            n_data += s->n_row[i];
        }
    }
    const double of_coefficients = s->free, of_components = add_components(s);

    out->total = over(s->chi2, n_data - of_coefficients - of_components + k * k);
    finish_pixels(out, s, of_coefficients);
    finish_frames(out, s, of_components);
}

static sqn_status create(sqn_misfit *out, survey *s, sqn_error *err)
{
    out->frame = sqn__mem_alloc(out->n_frame, sizeof *out->frame);
    out->pixel = sqn__mem_alloc(out->n_pix, sizeof *out->pixel);
    out->pixel_free = sqn__mem_alloc(out->n_pix, sizeof *out->pixel_free);
    s->model = sqn__mem_alloc(out->n_pix, sizeof *s->model);
    s->score = sqn__mem_alloc(out->n_pix, sizeof *s->score);
    s->n_data = sqn__mem_alloc(out->n_pix, sizeof *s->n_data);
    s->n_row = sqn__mem_alloc(out->n_frame, sizeof *s->n_row);
    s->scatter = sqn__mem_alloc(out->n_frame, sizeof *s->scatter);
    return out->frame != NULL && out->pixel != NULL && out->pixel_free != NULL &&
                   s->model != NULL && s->score != NULL && s->n_data != NULL &&
                   s->n_row != NULL && s->scatter != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "misfit of %" PRId64 " frames, %" PRId64 " pixels",
                           out->n_frame, out->n_pix);
}

sqn_status sqn_misfit_measure(sqn_misfit *out, const sqn_panels *panels,
                              const sqn_nmf *model, int64_t n_comp, sqn_error *err)
{
    sqn_misfit m = {.n_frame = panels->info.n_frame, .n_pix = panels->info.n_pix};
    survey s = {.panels = panels,
                .comp = sqn_nmf_components(model, n_comp),
                .coeff = sqn_nmf_coefficients(model, n_comp),
                .background = sqn_nmf_background(model, n_comp)};
    sqn_status status = SQN_OK;

    *out = (sqn_misfit){0};
    if (s.comp.data == NULL) {
        return SQN_RAISE(err, E_ARG, "the stage of %" PRId64 " components was not kept",
                         n_comp);
    }
    SQN_TRY(create(&m, &s, err));
    measure(&m, &s);
    *out = m;
    m = (sqn_misfit){0};

cleanup:
    sqn_misfit_clear(&m);
    sqn__mem_free(s.scatter);
    sqn__mem_free(s.n_row);
    sqn__mem_free(s.n_data);
    sqn__mem_free(s.score);
    sqn__mem_free(s.model);
    return status;
}

void sqn_misfit_clear(sqn_misfit *misfit)
{
    if (misfit != NULL) {
        sqn__mem_free(misfit->pixel_free);
        sqn__mem_free(misfit->pixel);
        sqn__mem_free(misfit->frame);
        *misfit = (sqn_misfit){0};
    }
}
