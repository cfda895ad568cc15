/** @file misfit.c @brief Reduced chi2 by frame and by pixel, degrees of freedom counted. */
#include "sequin/misfit.h"

#include <assert.h>
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
    BLOCK = SQN__GRAM_BLOCK, /* pixels that take part and are scored together */
    TOGETHER = 8,            /* frames a thread: they share the components */
    CHUNK = 1 << 16          /* data that a thread scores at a time, at least */
};

static_assert((int)BLOCK == (int)SQN__PANELS_WIDTH,
              "a block is what a panel has of long pixels");

/* Work space of a thread. */
typedef struct desk {
    float *h;     /* [k, BLOCK] components, where they do not lie side by side */
    float *x, *v; /* [n_chunk, BLOCK] data, where frames are long */
    float *work;  /* of the median of a frame */
} desk;

/* A model, and what is summed up of it. Frames and pixels are those that take part, in the order in
   which they are stored, but where it says so. */
typedef struct survey {
    const sqn_panels *panels;
    const sqn__gram_table *sums;
    sqn_matrix_const comp;
    sqn_dmatrix_const coeff;
    const double *background;
    int64_t n_chunk;         /* frames that are under way at a time */
    int64_t n_block;         /* of pixels */
    int64_t *frame, *pixel;  /* [n_frame_used], [n_pix_used] which they are of all */
    float *score;            /* [n_chunk, n_block BLOCK] NaN = not fitted */
    double *amount;          /* [n_chunk, k] coefficients in stored units */
    double *level;           /* [n_chunk] background */
    double *sum;             /* [n_block BLOCK] of a pixel: chi2 */
    int32_t *count;          /* [n_block BLOCK] frames that fit a pixel */
    double *chi2_block;      /* [n_block, n_chunk] of a frame in a block: chi2 */
    float *floats;           /* of all desks */
    desk *desk;              /* [threads] */
    double *n_row, *scatter; /* [n_frame] of all frames: pixels it fits */
    double chi2, free;       /* of all data */
} survey;

static double of_frames(const survey *s)
{
    return (double)s->panels->info.n_frame_used;
}

static double of_pixels(const survey *s)
{
    return (double)s->panels->info.n_pix_used;
}

/* Coefficients of frame i of all that are free, with its background. */
static double free_of_frame(const survey *s, int64_t i)
{
    double n = s->background != NULL ? 1.0 : 0.0;

    for (int64_t a = 0; a < s->comp.rows; a++) {
        n += s->coeff.data[i * s->coeff.stride + a] > 0.0 ? 1.0 : 0.0;
    }
    return n;
}

/* Components that are free at `n` pixels from `first` of all on. */
static void count_free(double *restrict n_free, const survey *s, int64_t first, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        n_free[first + j] = 0.0;
    }
    for (int64_t a = 0; a < s->comp.rows; a++) {
        const float *restrict comp = s->comp.data + a * s->comp.stride + first;

        for (int64_t j = 0; j < n; j++) {
            n_free[first + j] += comp[j] > 0.0F ? 1.0 : 0.0;
        }
    }
}

static void count_all_free(double *n_free, const survey *s)
{
    const int64_t n_pix = s->comp.cols;

#pragma omp parallel for schedule(static) default(none) shared(n_free, s, n_pix)
    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        const int64_t left = n_pix - first;

        count_free(n_free, s, first, left < BLOCK ? left : BLOCK);
    }
}

/* Coefficients of n frames from `first` on, as the data are stored. */
static void load_amounts(survey *s, int64_t first, int64_t n)
{
    const double unit = ldexp(1.0, -s->panels->exponent);
    const int64_t k = s->comp.rows;

    for (int64_t i = 0; i < n; i++) {
        const int64_t frame = s->frame[first + i];

        s->level[i] = s->background != NULL ? unit * s->background[frame] : 0.0;
        for (int64_t a = 0; a < k; a++) {
            s->amount[i * k + a] = unit * s->coeff.data[frame * s->coeff.stride + a];
        }
    }
}

/* Components of `n` pixels from `first` on: where they lie if they do so side by side. */
static void view_components(sqn__gram_scores *out, const survey *s, const desk *d,
                            int64_t first, int64_t n)
{
    const int64_t *pixel = s->pixel + first, stride = s->comp.stride;

    out->k = s->comp.rows;
    if (n == BLOCK && pixel[n - 1] - pixel[0] == n - 1) {
        out->h = s->comp.data + pixel[0];
        out->row_h = stride;
        return;
    }
    out->h = d->h;
    out->row_h = BLOCK;
    for (int64_t a = 0; a < s->comp.rows; a++) {
        for (int64_t j = 0; j < BLOCK; j++) {
            d->h[a * BLOCK + j] = j < n ? s->comp.data[a * stride + pixel[j]] : 0.0F;
        }
    }
}

/* Data of frames from `frame` on, out->n of them, at `n` pixels from `first` on. */
static void view_data(sqn__gram_scores *out, const survey *s, const desk *d, int64_t frame,
                      int64_t first, int64_t n)
{
    const sqn_panels *panels = s->panels;

    if (panels->info.pixels_are_long) {
        const int64_t from = (first / BLOCK * panels->n_short + frame) * BLOCK;

        out->x = panels->x + from;
        out->v = panels->v + from;
        out->row = BLOCK;
        return;
    }
    out->x = d->x;
    out->v = d->v;
    out->row = BLOCK;
    for (int64_t i = 0; i < out->n; i++) {
        const int64_t from = sqn__panels_place(panels, frame + i, true);

        for (int64_t j = 0; j < BLOCK; j++) {
            const int64_t at = from + sqn__panels_place(panels, first + j, false);

            d->x[i * BLOCK + j] = j < n ? panels->x[at] : 0.0F;
            d->v[i * BLOCK + j] = j < n ? panels->v[at] : 0.0F;
        }
    }
}

/* The share of a block of pixels in n frames from `frame` on. */
static void take_block(const survey *s, int64_t b, int64_t frame, int64_t n)
{
    const desk *d = &s->desk[omp_get_thread_num()];
    const int64_t first = b * BLOCK, left = s->panels->info.n_pix_used - first;
    sqn__gram_scores of = {.n = n,
                           .w = s->amount,
                           .row_w = s->comp.rows,
                           .level = s->level,
                           .unit = sqrt(s->panels->chi2_scale),
                           .z = s->score + first,
                           .row_z = s->n_block * BLOCK,
                           .sum = s->sum + first,
                           .count = s->count + first,
                           .chi2 = s->chi2_block + b * s->n_chunk};

    view_components(&of, s, d, first, left < BLOCK ? left : BLOCK);
    view_data(&of, s, d, frame, first, left < BLOCK ? left : BLOCK);
    s->sums->scores(&of);
}

/* Sum over the blocks, in their order. */
static double sum_blocks(const survey *s, int64_t k)
{
    double sum = 0.0;

    for (int64_t b = 0; b < s->n_block; b++) {
        sum += s->chi2_block[b * s->n_chunk + k];
    }
    return sum;
}

static int64_t count_numbers(const float *restrict values, int64_t n)
{
    int32_t n_number = 0; /* as wide as what is counted */

    for (int64_t e = 0; e < n; e++) {
        n_number += isnan(values[e]) ? 0 : 1;
    }
    return n_number;
}

/* chi2 and scatter of frame `i` of all, number k of its chunk. */
static void take_frame(sqn_misfit *out, const survey *s, int64_t i, int64_t k)
{
    const int64_t n_score = s->n_block * BLOCK;
    const float *scores = s->score + k * n_score;
    const int64_t n = count_numbers(scores, n_score);
    double median = 0.0;

    out->frame[i] = sum_blocks(s, k);
    s->n_row[i] = (double)n;
    s->scatter[i] = sqn__middle_sigma_valid(&median, scores, n_score, n,
                                            s->desk[omp_get_thread_num()].work);
}

/* The n frames from `first` on: block by block of pixels, which each add up in the order of frames,
   then frame by frame. */
static void take_chunk(sqn_misfit *out, survey *s, int64_t first, int64_t n)
{
    load_amounts(s, first, n);
#pragma omp parallel default(none) shared(out, s, first, n)
    {
#pragma omp for schedule(static)
        for (int64_t b = 0; b < s->n_block; b++) {
            take_block(s, b, first, n);
        }
#pragma omp for schedule(static)
        for (int64_t k = 0; k < n; k++) {
            take_frame(out, s, s->frame[first + k], k);
        }
    }
    for (int64_t k = first; k < first + n; k++) {
        s->chi2 += out->frame[s->frame[k]];
        s->free += free_of_frame(s, s->frame[k]);
    }
}

/* Parameters of the whole model and of its frames' even share of those of the components. */
static double add_components(const double *n_free, const survey *s)
{
    double n = 0.0;

    for (int64_t j = 0; j < s->comp.cols; j++) {
        n += s->panels->pixel[j] >= 0 ? n_free[j] : 0.0;
    }
    return n;
}

static double over(double sum, double n)
{
    return n >= 1.0 ? sum / n : (double)NAN;
}

/* Where pixel_free holds the components that are free. */
static void finish_pixels(sqn_misfit *out, const survey *s, double of_coefficients)
{
    const double k = (double)s->comp.rows;
    const double share = (of_coefficients - k * k) / of_pixels(s);

#pragma omp parallel for schedule(static) default(none) shared(out, s, share)
    for (int64_t j = 0; j < out->n_pix; j++) {
        const int64_t at = s->panels->pixel[j];

        out->pixel_free[j] =
            at >= 0 ? (double)s->count[at] - out->pixel_free[j] - share : 0.0;
        out->pixel[j] = over(at >= 0 ? s->sum[at] : 0.0, out->pixel_free[j]);
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
    const int64_t n_frame = s->panels->info.n_frame_used;
    const double k = (double)s->comp.rows;
    double n_data = 0.0;

    for (int64_t first = 0; first < n_frame; first += s->n_chunk) {
        const int64_t left = n_frame - first;

        take_chunk(out, s, first, left < s->n_chunk ? left : s->n_chunk);
    }
    for (int64_t i = 0; i < out->n_frame; i++) {
        n_data += s->n_row[i];
    }
    count_all_free(out->pixel_free, s);
    const double of_coefficients = s->free;
    const double of_components = add_components(out->pixel_free, s);

    out->total = over(s->chi2, n_data - of_coefficients - of_components + k * k);
    finish_pixels(out, s, of_coefficients);
    finish_frames(out, s, of_components);
}

/* Which of all each is that takes part; `index` [n] says for all the place or -1. */
static int64_t *list_used(int64_t n_used, const int64_t *index, int64_t n)
{
    int64_t *list = sqn__mem_alloc(n_used, sizeof *list);

    for (int64_t i = 0; i < n && list != NULL; i++) {
        if (index[i] >= 0) {
            list[index[i]] = i;
        }
    }
    return list;
}

/* Work space of all threads. */
static bool create_desks(survey *s, int64_t n_thread)
{
    const int64_t n_h = s->comp.rows * BLOCK, n_score = s->n_block * BLOCK;
    const int64_t n_data = s->panels->info.pixels_are_long ? 0 : s->n_chunk * BLOCK;
    const int64_t n_float = n_h + 2 * n_data + sqn__middle_work_size(n_score);

    s->desk = sqn__mem_alloc(n_thread, sizeof *s->desk);
    s->floats = sqn__mem_reserve(sqn__mem_product(n_thread, n_float), sizeof *s->floats);
    for (int64_t t = 0; t < n_thread && s->desk != NULL && s->floats != NULL; t++) {
        float *h = s->floats + t * n_float;

        s->desk[t] = (desk){h, h + n_h, h + n_h + n_data, h + n_h + 2 * n_data};
    }
    return s->desk != NULL && s->floats != NULL;
}

/* Space for what is summed up; chunks go by the number of threads, sums do not. */
static bool create_survey(survey *s)
{
    const sqn_panels_info *info = &s->panels->info;
    const int64_t each = TOGETHER * (1 + CHUNK / TOGETHER / info->n_pix);
    const int64_t n_thread = omp_get_max_threads(), wanted = each * n_thread;

    s->n_chunk = wanted < info->n_frame_used ? wanted : info->n_frame_used;
    s->n_block = (info->n_pix_used + BLOCK - 1) / BLOCK;
    const int64_t n_score = s->n_block * BLOCK;

    s->frame = list_used(info->n_frame_used, s->panels->frame, info->n_frame);
    s->pixel = list_used(info->n_pix_used, s->panels->pixel, info->n_pix);
    s->score = sqn__mem_reserve(sqn__mem_product(s->n_chunk, n_score), sizeof *s->score);
    s->amount = sqn__mem_alloc(s->n_chunk * s->comp.rows, sizeof *s->amount);
    s->level = sqn__mem_alloc(s->n_chunk, sizeof *s->level);
    s->sum = sqn__mem_alloc(n_score, sizeof *s->sum);
    s->count = sqn__mem_alloc(n_score, sizeof *s->count);
    s->chi2_block =
        sqn__mem_alloc(sqn__mem_product(s->n_block, s->n_chunk), sizeof *s->chi2_block);
    s->n_row = sqn__mem_alloc(info->n_frame, sizeof *s->n_row);
    s->scatter = sqn__mem_alloc(info->n_frame, sizeof *s->scatter);
    return create_desks(s, n_thread) && s->frame != NULL && s->pixel != NULL &&
           s->score != NULL && s->amount != NULL && s->level != NULL && s->sum != NULL &&
           s->count != NULL && s->chi2_block != NULL && s->n_row != NULL &&
           s->scatter != NULL;
}

static void clear_survey(survey *s)
{
    sqn__mem_free(s->scatter);
    sqn__mem_free(s->n_row);
    sqn__mem_free(s->chi2_block);
    sqn__mem_free(s->count);
    sqn__mem_free(s->sum);
    sqn__mem_free(s->level);
    sqn__mem_free(s->amount);
    sqn__mem_free(s->score);
    sqn__mem_free(s->pixel);
    sqn__mem_free(s->frame);
    sqn__mem_free(s->floats);
    sqn__mem_free(s->desk);
}

static sqn_status create(sqn_misfit *out, survey *s, sqn_error *err)
{
    out->frame = sqn__mem_alloc(out->n_frame, sizeof *out->frame);
    out->pixel = sqn__mem_reserve(out->n_pix, sizeof *out->pixel);
    out->pixel_free = sqn__mem_reserve(out->n_pix, sizeof *out->pixel_free);
    return create_survey(s) && out->frame != NULL && out->pixel != NULL &&
                   out->pixel_free != NULL
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
    measure(&m, &s);
    *out = m;
    m = (sqn_misfit){0};

cleanup:
    sqn_misfit_clear(&m);
    clear_survey(&s);
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
