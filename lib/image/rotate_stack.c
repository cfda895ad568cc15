/**
 * @file rotate_stack.c
 * @brief Turn images that are alike together: a lane of a vector is an image.
 *
 * Where the input is needed, the weights there and which pixels are missing are the same for all
 * of them. Images that miss other pixels than the first ones are turned in groups of their own.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "interleave.h"
#include "mem.h"
#include "raise.h"
#include "rotate_internal.h"
#include "sequin/cube.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    STACK = SQN__SPLINE_STACK,
    SLICE = 32, /* width and */
    BAND = 32,  /* height of what is turned together */
    N_PIXEL = SQN__SPLINE_N_CARDINAL
};

/* What is known of a pixel. */
enum { KNOWS_NOTHING = 0, KNOWS_VALUE = 1, KNOWS_BOTH = 2 };

/* "Wide" planes have a border. */
typedef struct sqn_rotate_stack {
    int64_t ny, nx, n_pix, stride, n_wide;
    int64_t n_image; /* at a time */
    int64_t lanes;   /* of a pixel, for as many */
    int n_thread;
    double *coeff;   /* [n_thread, wide] */
    double *work;    /* [n_thread, sqn__turn_work_size()] */
    float *flat;     /* [STACK, wide] coefficients, image by image */
    uint8_t *round;  /* [STACK, ny, nx] 0 = valid */
    uint8_t *knows;  /* [STACK, ny, nx] */
    uint8_t *flags;  /* [STACK, ny, nx] of the input */
    float *coeffs;   /* [wide, lanes] coefficients */
    float *variance; /* [wide, lanes] 0 where there is none */
    float *ratio;    /* [ny, nx, lanes] shared over all of the variance */
    float *present;  /* [wide] 1 where there is a variance */
    uint8_t *along; /* [wide] 1 where the pixels of the row behind a cell are all present */
    uint8_t *whole; /* [wide] of sqn__spline_stack */
    const sqn__spline_lanes *table;
    sqn__spline_stack planes;
} desk;

/* Images of the call that are turned together. */
typedef struct group {
    int64_t n, member[STACK]; /* their numbers in the stack */
    sqn_image out[STACK], in[STACK];
    bool flagged_alike[STACK]; /* flags are those of the first one */
} group;

/* ---- Memory ---------------------------------------------------------------------------- */

void sqn_rotate_stack_destroy(sqn_rotate_stack **stack)
{
    desk *d = stack != NULL ? *stack : NULL;

    if (d == NULL) {
        return;
    }
    sqn__mem_free(d->coeff);
    sqn__mem_free(d->work);
    sqn__mem_free(d->flat);
    sqn__mem_free(d->round);
    sqn__mem_free(d->knows);
    sqn__mem_free(d->flags);
    sqn__mem_free(d->coeffs);
    sqn__mem_free(d->variance);
    sqn__mem_free(d->ratio);
    sqn__mem_free(d->present);
    sqn__mem_free(d->along);
    sqn__mem_free(d->whole);
    sqn__mem_free(d);
    *stack = NULL;
}

/* Arrays of a desk whose sizes are known; false: no memory. */
static bool allocate(desk *d)
{
    const int64_t n = d->n_image, n_thread = d->n_thread;
    const int64_t n_flat = sqn__mem_product(n, d->n_pix);

    d->coeff = sqn__mem_reserve(sqn__mem_product(n_thread, d->n_wide), sizeof *d->coeff);
    d->work = sqn__mem_reserve(
        sqn__mem_product(n_thread, sqn__turn_work_size(d->ny, d->nx)), sizeof *d->work);
    d->flat = sqn__mem_reserve(sqn__mem_product(n, d->n_wide), sizeof *d->flat);
    d->round = sqn__mem_reserve(n_flat, sizeof *d->round);
    d->knows = sqn__mem_reserve(n_flat, sizeof *d->knows);
    d->flags = sqn__mem_reserve(n_flat, sizeof *d->flags);
    d->coeffs = sqn__mem_reserve(sqn__mem_product(d->lanes, d->n_wide), sizeof *d->coeffs);
    d->variance =
        sqn__mem_reserve(sqn__mem_product(d->lanes, d->n_wide), sizeof *d->variance);
    d->ratio = sqn__mem_reserve(sqn__mem_product(d->lanes, d->n_pix), sizeof *d->ratio);
    d->present = sqn__mem_alloc(d->n_wide, sizeof *d->present);
    d->along = sqn__mem_alloc(d->n_wide, sizeof *d->along);
    d->whole = sqn__mem_alloc(d->n_wide, sizeof *d->whole);
    return d->coeff != NULL && d->work != NULL && d->flat != NULL && d->round != NULL &&
           d->knows != NULL && d->flags != NULL && d->coeffs != NULL && d->along != NULL &&
           d->variance != NULL && d->ratio != NULL && d->present != NULL &&
           d->whole != NULL;
}

/* Borders, and lanes that no image has, are 0. All threads share the first touch of the pages. */
static void clear_planes(const desk *d)
{
    const int64_t n_row = d->ny + 2 * (int64_t)BORDER, row = d->stride * d->lanes;

#pragma omp parallel for schedule(static) default(none) shared(d, n_row, row)
    for (int64_t y = 0; y < n_row; y++) {
        memset(d->coeffs + y * row, 0, (size_t)row * sizeof *d->coeffs);
        memset(d->variance + y * row, 0, (size_t)row * sizeof *d->variance);
        if (y < d->ny) {
            memset(d->ratio + y * d->nx * d->lanes, 0,
                   (size_t)(d->nx * d->lanes) * sizeof *d->ratio);
        }
    }
}

sqn_status sqn_rotate_stack_create(sqn_rotate_stack **out, int64_t ny, int64_t nx,
                                   int64_t n, sqn_error *err)
{
    sqn_status status = SQN_OK;
    desk *d = NULL;

    *out = NULL;
    if (n < 1 || ny < 1 || nx < 1) {
        return SQN_RAISE(err, E_ARG,
                         "%" PRId64 " images of %" PRId64 " x %" PRId64 " pixels to turn",
                         n, nx, ny);
    }
    d = sqn__mem_alloc(1, sizeof *d);
    if (d != NULL) {
        *d = (desk){.ny = ny, .nx = nx, .stride = nx + 2 * (int64_t)BORDER};
        d->n_pix = sqn__mem_product(ny, nx);
        d->n_wide = sqn__mem_product(ny + 2 * (int64_t)BORDER, d->stride);
        d->n_image = n < STACK ? n : STACK;
        d->table = sqn__spline_lanes_choose();
        d->lanes = sqn__spline_stack_lanes(d->table, d->n_image);
        d->n_thread = omp_get_max_threads();
    }
    if (d == NULL || !allocate(d)) {
        status = SQN_RAISE(err, E_MEM,
                           "work space to turn %" PRId64 " images of %" PRId64 " x %" PRId64
                           " pixels",
                           n, nx, ny);
        goto cleanup;
    }
    clear_planes(d);
    sqn__turn_taps(&d->planes.value, &d->planes.pixel);
    *out = d;
    d = NULL;

cleanup:
    sqn_rotate_stack_destroy(&d);
    return status;
}

/* ---- Image by image -------------------------------------------------------------------- */

/* Coefficients of image `k`, what it knows, and a copy of its flags. */
static void load_image(const desk *d, const sqn_image *in, int64_t k)
{
    const int64_t thread = omp_get_thread_num();
    double *coeff = d->coeff + thread * d->n_wide;
    double *work = d->work + thread * sqn__turn_work_size(d->ny, d->nx);
    uint8_t *round = d->round + k * d->n_pix, *knows = d->knows + k * d->n_pix;
    float *flat = d->flat + k * d->n_wide;

    sqn__turn_coefficients(coeff, round, in->value, d->ny, d->nx, work);
    for (int64_t p = 0; p < d->n_wide; p++) {
        flat[p] = (float)coeff[p];
    }
    for (int64_t p = 0; p < d->n_pix; p++) {
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

static void load_images(const desk *d, const sqn_image *in, int64_t n)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(d->n_thread) default(none) \
    shared(d, in, n)
    for (int64_t k = 0; k < n; k++) {
        load_image(d, &in[k], k);
    }
}

/* ---- Lane by lane ---------------------------------------------------------------------- */

/* Row `y` of the coefficients, counted with the border. */
static void spread_coefficients(const desk *d, const group *g, int64_t y)
{
    sqn__rows_of rows = {.n = g->n};

    for (int64_t l = 0; l < g->n; l++) {
        rows.row[l] = d->flat + g->member[l] * d->n_wide + y * d->stride;
    }
    sqn__interleave(d->coeffs + y * d->stride * d->lanes, &rows, d->lanes, d->stride);
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

static void load_group(desk *d, const group *g)
{
    const int64_t origin = BORDER * d->stride + BORDER, n_row = d->ny + 2 * (int64_t)BORDER;
    const bool varies = g->in[0].variance != NULL;

#pragma omp parallel for schedule(static) default(none) shared(d, g, n_row, varies)
    for (int64_t y = 0; y < n_row; y++) {
        spread_coefficients(d, g, y);
        if (varies && y >= BORDER && y < d->ny + BORDER) {
            spread_variances(d, g, y - BORDER);
            mark_along(d, y - BORDER);
        }
    }
#pragma omp parallel for schedule(static) default(none) shared(d)
    for (int64_t y = -1; y <= d->ny; y++) {
        mark_whole(d, y);
    }
    d->planes.stride = d->stride;
    d->planes.lanes = d->lanes;
    d->planes.coeff = d->coeffs + origin * d->lanes;
    d->planes.variance = d->variance + origin * d->lanes;
    d->planes.present = d->present + origin;
    d->planes.whole = d->whole + origin;
}

/* ---- Turning --------------------------------------------------------------------------- */

/* The points of a row, [point, lane]. */
typedef struct strip {
    float value[SLICE * STACK], variance[SLICE * STACK], shared[SLICE * STACK];
} strip;

/* Positions of all points; those that are missing stand in the first pixel. */
static void place_all(double y[SLICE], double x[SLICE], const sqn__turn_points *of)
{
    for (int64_t i = 0, from = 0; i < of->n; i++) {
        const bool there = !of->missing[i];

        y[i] = there ? of->y[from] : 0.0;
        x[i] = there ? of->x[from] : 0.0;
        from += there ? 1 : 0;
    }
}

static void set_missing(float *points, int64_t lanes, const sqn__turn_points *of)
{
    for (int64_t i = 0; i < of->n && of->n_valid < of->n; i++) {
        for (int64_t l = 0; l < lanes && of->missing[i]; l++) {
            points[i * lanes + l] = NAN;
        }
    }
}

/* Covariances turn as variances do. */
static void share_variance(strip *s, const desk *d, const sqn__turn_points *of)
{
    for (int64_t i = 0; i < of->n; i++) {
        const int64_t nearest = of->nearest[i] < 0 ? 0 : of->nearest[i];
        const float *restrict ratio = d->ratio + nearest * d->lanes;
        const float *restrict variance = s->variance + i * d->lanes;
        float *restrict shared = s->shared + i * d->lanes;

        for (int64_t l = 0; l < d->lanes; l++) {
            shared[l] = ratio[l] * variance[l];
        }
    }
}

/* What the points of a row are of the images. */
typedef enum plane { VALUE, VARIANCE, SHARED } plane;

/* The points to the rows of a plane of all images. */
static void store(const group *g, float *points, const desk *d, plane which,
                  const sqn__turn_points *of, int64_t first)
{
    sqn__rows_to to = {.n = g->n};

    for (int64_t l = 0; l < g->n; l++) {
        const sqn_image *out = &g->out[l];

        to.row[l] = (which == VALUE      ? out->value
                     : which == VARIANCE ? out->variance
                                         : out->shared) +
                    first;
    }
    set_missing(points, d->lanes, of);
    sqn__separate(&to, points, d->lanes, of->n);
}

/* Flags and DQ of all images. */
static void flag_points(group *g, const sqn__turn_points *of, int64_t first)
{
    for (int64_t l = 0; l < g->n; l++) {
        sqn_image in = g->in[l];

        if (g->flagged_alike[l]) {
            memcpy(g->out[l].flags + first, g->out[0].flags + first, (size_t)of->n);
            in.flags = NULL;
        }
        sqn__rotate_flags(&g->out[l], &in, of, first);
    }
}

/* The pixels of a row from number `first` on. */
static void turn_points(group *g, const desk *d, const sqn__turn_points *of, int64_t first)
{
    const bool varies = g->in[0].variance != NULL, shares = g->in[0].shared != NULL;
    double y[SLICE], x[SLICE];
    strip s;

    place_all(y, x, of);
    d->table->stack(s.value, varies ? s.variance : NULL, &d->planes, y, x, of->n);
    if (shares) {
        share_variance(&s, d, of);
        store(g, s.shared, d, SHARED, of, first);
    }
    store(g, s.value, d, VALUE, of, first);
    if (varies) {
        store(g, s.variance, d, VARIANCE, of, first);
    }
    flag_points(g, of, first);
}

/* Flags as they were, for what is written may be what is read; and which are the same. */
static void keep_flags(group *g, const desk *d)
{
    for (int64_t l = 0; l < g->n; l++) {
        const bool both = g->in[0].flags != NULL && g->in[l].flags != NULL;

        if (g->in[l].flags != NULL) {
            g->in[l].flags = d->flags + g->member[l] * d->n_pix;
        }
        g->flagged_alike[l] =
            l > 0 && both && memcmp(g->in[l].flags, g->in[0].flags, (size_t)d->n_pix) == 0;
    }
}

/* A tile of which (y, x) is the first pixel: the input behind a row of it, and most of that behind
   the next one, stays in the first cache. */
static void turn_tile(group *g, const desk *d, const sqn__turn *t, const sqn__turn_map *map,
                      const int64_t at[2])
{
    const int64_t end = at[0] + BAND < d->ny ? at[0] + BAND : d->ny;
    const int64_t n = at[1] + SLICE < d->nx ? SLICE : d->nx - at[1];

    for (int64_t row = at[0]; row < end; row++) {
        const int64_t first[2] = {row, at[1]};
        sqn__turn_points found;

        sqn__turn_place(&found, t, map, first, n);
        turn_points(g, d, &found, row * d->nx + at[1]);
    }
}

static void turn_group(group *g, desk *d, const sqn__turn *t)
{
    const sqn__turn_map map = {d->ny, d->nx, d->round + g->member[0] * d->n_pix};

    load_group(d, g);
    keep_flags(g, d);
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(g, d, t, map)
    for (int64_t row = 0; row < d->ny; row += BAND) {
        for (int64_t column = 0; column < d->nx; column += SLICE) {
            turn_tile(g, d, t, &map, (const int64_t[2]){row, column});
        }
    }
}

/* The images of the stack from `first` on that know the same pixels and have the same planes,
   and are not `done`. */
static group find_group(bool *done, sqn_image *out, const sqn_image *in, const desk *d,
                        int64_t n, int64_t first)
{
    const uint8_t *knows = d->knows + first * d->n_pix;
    group g = {.n = 0};

    for (int64_t k = first; k < n; k++) {
        if (!done[k] && (in[k].shared != NULL) == (in[first].shared != NULL) &&
            (in[k].variance != NULL) == (in[first].variance != NULL) &&
            memcmp(knows, d->knows + k * d->n_pix, (size_t)d->n_pix) == 0) {
            done[k] = true;
            g.member[g.n] = k;
            g.in[g.n] = in[k];
            g.out[g.n++] = out[k];
        }
    }
    return g;
}

/* Up to a stack of images. */
static void turn_stack(sqn_image *out, const sqn_image *in, desk *d, int64_t n,
                       const sqn__turn *t)
{
    bool done[STACK] = {false};

    load_images(d, in, n);
    for (int64_t k = 0; k < n; k++) {
        if (!done[k]) {
            group g = find_group(done, out, in, d, n, k);

            turn_group(&g, d, t);
        }
    }
}

static sqn_status check(const desk *d, const sqn_image *out, const sqn_image *in, int64_t n,
                        const double center[2], double theta, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < n && status == SQN_OK; k++) {
        status = sqn__rotate_check(&out[k], &in[k], center, theta, err);
        if (status == SQN_OK && (in[k].ny != d->ny || in[k].nx != d->nx)) {
            status = SQN_RAISE(err, E_ARG,
                               "image %" PRId64 " has %" PRId64 " x %" PRId64
                               " pixels, not %" PRId64 " x %" PRId64,
                               k + 1, in[k].nx, in[k].ny, d->nx, d->ny);
        }
    }
    return status;
}

sqn_status sqn_rotate_stack_turn(sqn_rotate_stack *stack, sqn_image *out,
                                 const sqn_image *in, int64_t n, const double center[2],
                                 double theta, sqn_error *err)
{
    const sqn__turn t = sqn__turn_by(center, theta);
    const int64_t step = stack->n_image;
    sqn_status status = SQN_OK;

    SQN_TRY(check(stack, out, in, n, center, theta, err));
    for (int64_t k = 0; k < n && sqn__rotate_copies(theta); k++) {
        sqn__rotate_copy(&out[k], &in[k]);
    }
    for (int64_t k = 0; k < n && !sqn__rotate_copies(theta); k += step) {
        turn_stack(out + k, in + k, stack, n - k < step ? n - k : step, &t);
    }

cleanup:
    return status;
}
