/** @file clip_sky.c @brief The median frame North up, and what of a frame agrees with it. */
#include "clip_sky.h"

#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

static const double pi = 3.14159265358979323846;
static const double steep = 5.0; /* times the noise of the median: no chance of noise */
static const double of_median = 1.2533; /* noise of a median over that of a mean */
static const double of_mad = 1.17; /* relative error of the scatter of n, times sqrt(n) */
static const double clearly = 3.0; /* such errors */

/* The sky as all frames see it. */
typedef struct sky {
    const observation *obs;
    int64_t *row;    /* [ny, nx] pixel of the region at a place of the detector, or -1 */
    double *median;  /* [ny, nx] over frames, North up; 0 where fewer than three see it */
    double *scatter; /* [ny, nx] of the frames; 0 where fewer than three see it */
    double
        *excess; /* [ny, nx] of the neighbourhood over the usual one; 1 where it is usual */
    double *step;   /* [ny, nx] largest difference to a neighbour; 0 where it is usual */
    double *values; /* [n_frame] work */
} sky;

static sqn_status sky_create(sky *s, const observation *obs, sqn_error *err)
{
    const int64_t n = obs->science.ny * obs->science.nx;

    *s = (sky){.obs = obs};
    s->row = sqn__mem_alloc(n, sizeof *s->row);
    s->median = sqn__mem_alloc(n, sizeof *s->median);
    s->scatter = sqn__mem_alloc(n, sizeof *s->scatter);
    s->excess = sqn__mem_alloc(n, sizeof *s->excess);
    s->step = sqn__mem_alloc(n, sizeof *s->step);
    s->values = sqn__mem_alloc(obs->science.n_frame, sizeof *s->values);
    return s->row != NULL && s->median != NULL && s->scatter != NULL && s->excess != NULL &&
                   s->step != NULL && s->values != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "median of the sky");
}

static void sky_clear(sky *s)
{
    sqn__mem_free(s->values);
    sqn__mem_free(s->step);
    sqn__mem_free(s->excess);
    sqn__mem_free(s->scatter);
    sqn__mem_free(s->median);
    sqn__mem_free(s->row);
}

/* The pixel nearest to pixel `e` turned counter-clockwise by `theta` degrees; -1 outside. */
static int64_t turned(const observation *obs, int64_t e, double theta)
{
    const int64_t nx = obs->science.nx, ny = obs->science.ny;
    const double c = cos(theta * pi / 180.0), s = sin(theta * pi / 180.0);
    const int64_t row = e / nx, col = e - row * nx;
    const double x = (double)col + 1.0 - obs->center[0];
    const double y = (double)row + 1.0 - obs->center[1];
    const double to_x = floor(c * x - s * y + obs->center[0] - 1.0 + 0.5);
    const double to_y = floor(s * x + c * y + obs->center[1] - 1.0 + 0.5);

    return to_x >= 0.0 && to_y >= 0.0 && to_x < (double)nx && to_y < (double)ny
               ? (int64_t)to_y * nx + (int64_t)to_x
               : -1;
}

static void find_rows(const sky *s)
{
    const observation *obs = s->obs;

    for (int64_t e = 0; e < obs->science.ny * obs->science.nx; e++) {
        s->row[e] = -1;
    }
    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        s->row[obs->pixels.index[p]] = p;
    }
}

static void find_median(const sky *s, sqn_matrix score)
{
    enum { ENOUGH = 3 }; /* the median of fewer may be an outlier itself */
    const observation *obs = s->obs;

    for (int64_t e = 0; e < obs->science.ny * obs->science.nx; e++) {
        int64_t n = 0;

        for (int64_t i = 0; i < score.rows; i++) {
            const int64_t at = turned(obs, e, -obs->science.frames[i].theta);
            const int64_t p = at >= 0 ? s->row[at] : -1;

            if (p >= 0 && !isnan(score.data[i * score.stride + p])) {
                s->values[n++] = (double)score.data[i * score.stride + p];
            }
        }
        if (n >= ENOUGH) {
            s->median[e] = sqn_weights_median(s->values, n);
            s->scatter[e] = sqn_weights_mad_sigma(s->values, n);
        }
    }
}

/* Largest step of the median to a neighbour, and largest scatter of all nine. */
static void look_around(double *step, double *scatter, const sky *s, int64_t e)
{
    const int64_t nx = s->obs->science.nx, ny = s->obs->science.ny;

    *step = *scatter = 0.0;
    for (int64_t k = 0; k < 9; k++) {
        const int64_t x = e % nx + k % 3 - 1, y = e / nx + k / 3 - 1;

        if (x >= 0 && y >= 0 && x < nx && y < ny) {
            const int64_t near = y * nx + x;

            *step = fmax(*step, fabs(s->median[near] - s->median[e]));
            *scatter = fmax(*scatter, s->scatter[near]);
        }
    }
}

/* Scatter of the median place of the sky. */
static sqn_status find_usual(double *usual, const sky *s, sqn_error *err)
{
    const sqn_pixels *pixels = &s->obs->pixels;
    double *values = sqn__mem_alloc(pixels->n_pix, sizeof *values);

    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "scatter of the sky");
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const double scatter = s->scatter[pixels->index[p]];

        values[p] = scatter > 0.0 ? scatter : (double)NAN;
    }
    *usual = sqn_weights_median(values, pixels->n_pix);
    sqn__mem_free(values);
    return SQN_OK;
}

/* Where the sky is steep, and where frames agree less than elsewhere about it. */
static sqn_status find_steep(const sky *s, sqn_error *err)
{
    const double n = (double)s->obs->science.n_frame;
    sqn_status status = SQN_OK;
    double usual = 0.0;

    SQN_TRY(find_usual(&usual, s, err));
    for (int64_t e = 0; e < s->obs->science.ny * s->obs->science.nx; e++) {
        double step = 0.0, scatter = 0.0;

        look_around(&step, &scatter, s, e);
        s->step[e] = step > steep * of_median * s->scatter[e] / sqrt(n) ? step : 0.0;
        s->excess[e] =
            scatter > usual * (1.0 + clearly * of_mad / sqrt(n)) ? scatter / usual : 1.0;
    }

cleanup:
    return status;
}

static void reduce_row(const sky *s, sqn_matrix score, int64_t i)
{
    const observation *obs = s->obs;

    for (int64_t p = 0; p < score.cols; p++) {
        float *z = score.data + i * score.stride + p;
        const int64_t at = turned(obs, obs->pixels.index[p], obs->science.frames[i].theta);

        if (at >= 0 && !isnan(*z)) {
            const double rest = (double)*z - s->median[at];
            const double size = fmax(fabs(rest) - s->step[at], 0.0) / s->excess[at];

            *z = (float)copysign(size, rest);
        }
    }
}

sqn_status clip_sky_reduce(const void *context, sqn_matrix score, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sky s = {0};

    SQN_TRY(sky_create(&s, context, err));
    find_rows(&s);
    find_median(&s, score);
    SQN_TRY(find_steep(&s, err));
    for (int64_t i = 0; i < score.rows; i++) {
        reduce_row(&s, score, i);
    }

cleanup:
    sky_clear(&s);
    return status;
}
