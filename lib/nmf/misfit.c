/** @file misfit.c @brief Reduced chi2 by frame and by pixel, degrees of freedom counted. */
#include "sequin/misfit.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>

#include "gram.h"
#include "mem.h"
#include "middle.h"
#include "panels_internal.h"
#include "raise.h"
#include "stats.h"

enum {
    BLOCK = 512,  /* pixels of which model and data stay in the first cache */
    LANES = 8,    /* partial sums */
    TOGETHER = 8, /* frames that a thread scores side by side: they share the components */
    CHUNK = 1 << 16 /* data that a thread scores at a time, at least */
};

/* A model, and what is summed up of it. */
typedef struct survey {
    const sqn_panels *panels;
    const sqn__gram_table *sums;
    sqn_matrix_const comp;
    sqn_dmatrix_const coeff;
    const double *background;
    int64_t n_chunk;       /* frames that are under way at a time */
    double *score;         /* [n_chunk, n_pix] of the frames, NaN = not fitted */
    float *middle;         /* [n_chunk, n_pix and work space] of their median */
    int64_t *place;        /* [n_pix] of the stored data, -1: none */
    double *n_data;        /* [n_pix] frames that fit a pixel */
    double *free_of_pixel; /* [n_pix] */
    double *n_row;         /* [n_frame] pixels that a frame fits */
    double *scatter;       /* [n_frame] */
    double chi2, free;     /* of all data */
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

/* Components that are free at each pixel. */
static void count_free(survey *s)
{
    for (int64_t a = 0; a < s->comp.rows; a++) {
        const float *comp = s->comp.data + a * s->comp.stride;

        for (int64_t j = 0; j < s->comp.cols; j++) {
            s->free_of_pixel[j] += comp[j] > 0.0F ? 1.0 : 0.0;
        }
    }
}

/* The models of `m` frames from i on, out [m, n_pix], at `n` pixels from `first` on: whole vectors
   together, the rest one by one. */
static void predict(double *out, const survey *s, int64_t i, int64_t m, const int64_t at[2])
{
    const int64_t first = at[0], n = at[1], n_whole = n - n % SQN__GRAM_WIDE;
    const double *amount = s->coeff.data + i * s->coeff.stride;
    const float *comp = s->comp.data + first;

    for (int64_t k = 0; k < m; k++) {
        for (int64_t j = 0; j < n; j++) {
            out[k * s->comp.cols + first + j] =
                s->background != NULL ? s->background[i + k] : 0.0;
        }
    }
    s->sums->product_narrow(
        (sqn_dmatrix){out + first, m, n_whole, s->comp.cols},
        (sqn__gram_factor){amount, s->coeff.stride, 1},
        (sqn_matrix_const){comp, s->comp.rows, n_whole, s->comp.stride});
    for (int64_t k = 0; k < m; k++) {
        for (int64_t a = 0; a < s->comp.rows; a++) {
            for (int64_t j = n_whole; j < n; j++) {
                out[k * s->comp.cols + first + j] +=
                    amount[k * s->coeff.stride + a] * (double)comp[a * s->comp.stride + j];
            }
        }
    }
}

/* How many of the `most` pixels from `first` on are stored side by side. */
static int64_t run_length(const int64_t *place, int64_t first, int64_t most)
{
    int64_t n = 1;

    while (n < most && place[first + n] == place[first] + n) {
        n++;
    }
    return n;
}

/* (datum - model) / sigma of n pixels, in place of the model; NaN where it is not fitted. */
static void score_run(double *restrict score, const float *restrict x,
                      const float *restrict v, const double unit[2], int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        const double off = (double)x[j] - score[j] * unit[0];

        score[j] = v[j] > 0.0F ? off * sqrt((double)v[j]) * unit[1] : (double)NAN;
    }
}

/* (datum - model) / sigma of every pixel of `m` frames from i on, score [m, n_pix]. */
static void score_frames(double *score, const survey *s, int64_t i, int64_t m)
{
    const sqn_panels *panels = s->panels;
    const double unit[2] = {ldexp(1.0, -panels->exponent), sqrt(panels->chi2_scale)};
    const int64_t n_pix = s->comp.cols;
    int64_t n = 1;

    for (int64_t j = 0; j < n_pix; j += n) {
        const int64_t left = n_pix - j, at = s->place[j];

        n = at < 0 ? 1 : run_length(s->place, j, left < BLOCK ? left : BLOCK);
        if (at >= 0) {
            predict(score, s, i, m, (const int64_t[2]){j, n});
        }
        for (int64_t k = 0; k < m; k++) {
            if (at < 0) {
                score[k * n_pix + j] = (double)NAN;
            } else if (panels->frame[i + k] >= 0) {
                const int64_t from = at + sqn__panels_place(panels, panels->frame[i + k],
                                                            !panels->info.pixels_are_long);

                score_run(score + k * n_pix + j, panels->x + from, panels->v + from, unit,
                          n);
            }
        }
    }
}

/* Sum of the squares of n scores that are not NaN. */
static double sum_squares(const double *score, int64_t n)
{
    double sum[LANES] = {0.0}, all = 0.0;
    const int64_t n_whole = n - n % LANES;

    for (int64_t j = 0; j < n_whole; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double z = score[j + l];

            sum[l] += isnan(z) ? 0.0 : z * z;
        }
    }
    for (int64_t j = n_whole; j < n; j++) {
        all += isnan(score[j]) ? 0.0 : score[j] * score[j];
    }
    for (int64_t l = 0; l < LANES; l++) {
        all += sum[l];
    }
    return all;
}

/* chi2 and scatter of frame i, number k of its chunk. */
static void take_frame(sqn_misfit *out, const survey *s, int64_t i, int64_t k)
{
    const double *score = s->score + k * out->n_pix;
    float *values = s->middle + k * (out->n_pix + sqn__middle_work_size(out->n_pix));
    double median = 0.0;
    int64_t n = 0;

    for (int64_t j = 0; j < out->n_pix; j++) {
        values[n] = (float)score[j];
        n += isnan(score[j]) ? 0 : 1;
    }
    out->frame[i] = sum_squares(score, out->n_pix);
    s->n_row[i] = (double)n;
    s->scatter[i] = sqn__middle_sigma(&median, values, n, values + out->n_pix);
}

/* The share of one frame in the sums of `n` pixels. */
static void add_pixels(double *restrict chi2, double *restrict n_data,
                       const double *restrict score, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        const bool fitted = !isnan(score[j]);

        chi2[j] += fitted ? score[j] * score[j] : 0.0;
        n_data[j] += fitted ? 1.0 : 0.0;
    }
}

/* The share of the n frames of a chunk in the sums of pixels. */
static void take_pixels(sqn_misfit *out, const survey *s, int64_t first, int64_t n)
{
#pragma omp parallel for schedule(static) default(none) shared(out, s, first, n)
    for (int64_t from = 0; from < out->n_pix; from += BLOCK) {
        const int64_t left = out->n_pix - from;

        for (int64_t k = 0; k < n; k++) {
            if (s->panels->frame[first + k] >= 0) {
                add_pixels(out->pixel + from, s->n_data + from,
                           s->score + k * out->n_pix + from, left < BLOCK ? left : BLOCK);
            }
        }
    }
}

/* The frames from `first` on, as many as a chunk holds. */
static void take_chunk(sqn_misfit *out, survey *s, int64_t first)
{
    const int64_t left = out->n_frame - first;
    const int64_t n = left < s->n_chunk ? left : s->n_chunk;

#pragma omp parallel for schedule(static) default(none) shared(out, s, first, n)
    for (int64_t k = 0; k < n; k += TOGETHER) {
        const int64_t m = n - k < TOGETHER ? n - k : TOGETHER;

        score_frames(s->score + k * out->n_pix, s, first + k, m);
        for (int64_t i = k; i < k + m; i++) {
            if (s->panels->frame[first + i] >= 0) {
                take_frame(out, s, first + i, i);
            }
        }
    }
    take_pixels(out, s, first, n);
    for (int64_t i = first; i < first + n; i++) {
        if (s->panels->frame[i] >= 0) {
            s->chi2 += out->frame[i];
            s->free += free_of_frame(s, i);
        }
    }
}

/* Parameters of the whole model and of its frames' even share of those of the components. */
static double add_components(const survey *s)
{
    double n = 0.0;

    for (int64_t j = 0; j < s->comp.cols; j++) {
        n += s->panels->pixel[j] >= 0 ? s->free_of_pixel[j] : 0.0;
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
            s->panels->pixel[j] >= 0 ? s->n_data[j] - s->free_of_pixel[j] - share : 0.0;
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

    for (int64_t i = 0; i < out->n_frame; i += s->n_chunk) {
        take_chunk(out, s, i);
    }
    for (int64_t i = 0; i < out->n_frame; i++) {
        n_data += s->n_row[i];
    }
    count_free(s);
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
    const int64_t each = TOGETHER * (1 + CHUNK / TOGETHER / out->n_pix); /* of a thread */
    const int64_t wanted = each * omp_get_max_threads();

    s->n_chunk = wanted < out->n_frame ? wanted : out->n_frame;
    s->score = sqn__mem_reserve(sqn__mem_product(s->n_chunk, out->n_pix), sizeof *s->score);
    s->middle = sqn__mem_reserve(
        sqn__mem_product(s->n_chunk, out->n_pix + sqn__middle_work_size(out->n_pix)),
        sizeof *s->middle);
    s->place = sqn__mem_alloc(out->n_pix, sizeof *s->place);
    s->n_data = sqn__mem_alloc(out->n_pix, sizeof *s->n_data);
    s->free_of_pixel = sqn__mem_alloc(out->n_pix, sizeof *s->free_of_pixel);
    s->n_row = sqn__mem_alloc(out->n_frame, sizeof *s->n_row);
    s->scatter = sqn__mem_alloc(out->n_frame, sizeof *s->scatter);
    return out->frame != NULL && out->pixel != NULL && out->pixel_free != NULL &&
                   s->middle != NULL && s->place != NULL && s->score != NULL &&
                   s->n_data != NULL && s->free_of_pixel != NULL && s->n_row != NULL &&
                   s->scatter != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "misfit of %" PRId64 " frames, %" PRId64 " pixels",
                           out->n_frame, out->n_pix);
}

sqn_status sqn_misfit_measure(sqn_misfit *out, const sqn_panels *panels,
                              const sqn_nmf *model, int64_t n_comp, sqn_error *err)
{
    sqn_misfit m = {.n_frame = panels->info.n_frame, .n_pix = panels->info.n_pix};
    survey s = {.panels = panels,
                .sums = sqn__gram_choose(),
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
    for (int64_t j = 0; j < m.n_pix; j++) {
        s.place[j] =
            sqn__panels_place(panels, panels->pixel[j], panels->info.pixels_are_long);
    }
    measure(&m, &s);
    *out = m;
    m = (sqn_misfit){0};

cleanup:
    sqn_misfit_clear(&m);
    sqn__mem_free(s.scatter);
    sqn__mem_free(s.n_row);
    sqn__mem_free(s.free_of_pixel);
    sqn__mem_free(s.n_data);
    sqn__mem_free(s.score);
    sqn__mem_free(s.middle);
    sqn__mem_free(s.place);
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
