/** @file rotate_load.c @brief Planes of many images, pixel by pixel: coefficients, variances. */
#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "fill.h"
#include "interleave.h"
#include "rotate_desk.h"

enum { BORDER = SQN__SPLINE_BORDER, N_PIXEL = SQN__SPLINE_N_CARDINAL };

/* What is known of a pixel. */
enum { KNOWS_NOTHING = 0, KNOWS_VALUE = 1, KNOWS_BOTH = 2 };

typedef sqn__rotate_desk desk;
typedef sqn__rotate_group group;

/* ---- Image by image -------------------------------------------------------------------- */

/* Values of image `k` with its gaps filled, what it knows, and a copy of its flags. */
static void load_image(const desk *d, const sqn_image *in, int64_t k)
{
    double *value = d->work + omp_get_thread_num() * d->n_pix;
    uint8_t *round = d->round + k * d->n_pix, *knows = d->knows + k * d->n_pix;
    float *filled = d->filled + k * d->n_pix;

    sqn__fill_missing(value, round, in->value, d->ny, d->nx);
    for (int64_t p = 0; p < d->n_pix; p++) {
        filled[p] = (float)value[p];
        knows[p] = round[p] != 0 ? KNOWS_NOTHING : KNOWS_VALUE;
    }
    for (int64_t p = 0; p < d->n_pix && in->variance != NULL; p++) {
        const bool both = fabsf(in->variance[p]) <= FLT_MAX;

        knows[p] = both ? (uint8_t)(KNOWS_BOTH * knows[p]) : knows[p];
    }
    if (in->flags != NULL) {
        memcpy(d->flags + k * d->n_pix, in->flags, (size_t)d->n_pix);
    }
}

void sqn__rotate_load_images(const desk *d, const sqn_image *in, int64_t n)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(d->n_thread) default(none) \
    shared(d, in, n)
    for (int64_t k = 0; k < n; k++) {
        load_image(d, &in[k], k);
    }
}

/* ---- Lane by lane ---------------------------------------------------------------------- */

/* Row `y` of the values. */
static void spread_values(const desk *d, const group *g, int64_t y)
{
    sqn__rows_of rows = {.n = g->n};

    for (int64_t l = 0; l < g->n; l++) {
        rows.row[l] = d->filled + g->member[l] * d->n_pix + y * d->nx;
    }
    sqn__interleave(d->coeffs + ((y + BORDER) * d->stride + BORDER) * d->lanes, &rows,
                    d->lanes, d->nx);
}

/* Row `y` of the part of the variances that is shared. */
static void spread_shared(const desk *d, const group *g, int64_t y)
{
    const float *restrict variance =
        d->variance + ((y + BORDER) * d->stride + BORDER) * d->lanes;
    float *restrict ratio = d->ratio + y * d->nx * d->lanes;
    sqn__rows_of rows = {.n = g->n};

    for (int64_t l = 0; l < g->n; l++) {
        rows.row[l] = g->in[l].shared + y * d->nx;
    }
    sqn__interleave(ratio, &rows, d->lanes, d->nx);
    for (int64_t e = 0; e < d->nx * d->lanes; e++) {
        const float one = ratio[e] / variance[e];

        ratio[e] = variance[e] > 0.0F ? one : 0.0F;
    }
}

/* Row `y` of the variances, and what is shared of them. */
static void spread_variances(const desk *d, const group *g, int64_t y)
{
    const int64_t wide = (y + BORDER) * d->stride + BORDER;
    const uint8_t *restrict knows = d->knows + g->member[0] * d->n_pix + y * d->nx;
    float *restrict to = d->variance + wide * d->lanes;
    sqn__rows_of rows = {.n = g->n};

    for (int64_t l = 0; l < g->n; l++) {
        rows.row[l] = g->in[l].variance + y * d->nx;
    }
    sqn__interleave(to, &rows, d->lanes, d->nx);
    if (g->in[0].shared != NULL) {
        spread_shared(d, g, y);
    }
    for (int64_t x = 0; x < d->nx; x++) {
        d->present[wide + x] = knows[x] == KNOWS_BOTH ? 1.0F : 0.0F;
        if (knows[x] != KNOWS_BOTH) { /* rare */
            memset(to + x * d->lanes, 0, (size_t)d->lanes * sizeof *to);
        }
    }
}

enum { BEFORE = N_PIXEL / 2 - 1 }; /* pixels behind a cell that lie before it */

/* Row `y` with its border: where pixels x - 3 to x + 4 all have a variance. */
static void mark_along(const desk *d, int64_t y)
{
    const float *present = d->present + (y + BORDER) * d->stride + BORDER;
    uint8_t *along = d->along + (y + BORDER) * d->stride + BORDER;
    int64_t n = 0; /* side by side that are there, up to pixel x + 4 */

    for (int64_t x = -1 - N_PIXEL; x <= d->nx; x++) {
        const int64_t last = x + N_PIXEL - 1 - BEFORE;

        n = last < -BEFORE - 1 ? 0 : present[last] > 0.0F ? n + 1 : 0;
        along[x < -1 ? -1 : x] = n >= N_PIXEL ? 1 : 0;
    }
}

/* True where pixels (y - 3, x - 3) to (y + 4, x + 4) all have a variance. */
static void mark_whole(const desk *d, int64_t y)
{
    const int64_t first = (y + BORDER) * d->stride + BORDER - 1;
    uint8_t *restrict whole = d->whole + first;

    memset(whole, 1, (size_t)d->nx + 2);
    for (int64_t j = -BEFORE; j < N_PIXEL - BEFORE; j++) {
        const uint8_t *restrict along = d->along + first + j * d->stride;

        for (int64_t x = 0; x < d->nx + 2; x++) {
            whole[x] &= along[x];
        }
    }
}

void sqn__rotate_load_group(desk *d, const group *g)
{
    const int64_t origin = BORDER * d->stride + BORDER;
    const bool varies = g->in[0].variance != NULL;
    float *coeffs = d->coeffs + origin * d->lanes;

#pragma omp parallel for schedule(static) default(none) shared(d, g, varies)
    for (int64_t y = 0; y < d->ny; y++) {
        spread_values(d, g, y);
        if (varies) {
            spread_variances(d, g, y);
            mark_along(d, y);
        }
    }
    sqn__spline_prefilter_stack(coeffs, d->ny, d->nx, d->stride, d->lanes);
    sqn__spline_mirror(coeffs, d->ny, d->nx, BORDER, (size_t)d->lanes * sizeof *d->coeffs);
#pragma omp parallel for schedule(static) default(none) shared(d)
    for (int64_t y = -1; y <= d->ny; y++) {
        mark_whole(d, y);
    }
    d->planes.stride = d->stride;
    d->planes.lanes = d->lanes;
    d->planes.coeff = coeffs;
    d->planes.variance = d->variance + origin * d->lanes;
    d->planes.present = d->present + origin;
    d->planes.whole = d->whole + origin;
}
