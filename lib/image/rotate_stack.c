/**
 * @file rotate_stack.c
 * @brief Turn images that are alike together: a lane of a vector is an image.
 *
 * Where the input is needed, the weights there and which pixels are missing are the same for all
 * of them. Images that miss other pixels than the first ones are turned in groups of their own.
 */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "interleave.h"
#include "mem.h"
#include "raise.h"
#include "rotate_desk.h"
#include "sequin/cube.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    STACK = SQN__SPLINE_STACK,
    SLICE = 32, /* width and */
    BAND = 32   /* height of what is turned together */
};

typedef sqn__rotate_desk desk;
typedef sqn__rotate_group group;

/* ---- Memory ---------------------------------------------------------------------------- */

void sqn_rotate_stack_destroy(sqn_rotate_stack **stack)
{
    desk *d = stack != NULL ? *stack : NULL;

    if (d == NULL) {
        return;
    }
    sqn__mem_free(d->work);
    sqn__mem_free(d->filled);
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

    d->work = sqn__mem_reserve(sqn__mem_product(n_thread, d->n_pix), sizeof *d->work);
    d->filled = sqn__mem_reserve(n_flat, sizeof *d->filled);
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
    return d->work != NULL && d->filled != NULL && d->round != NULL && d->knows != NULL &&
           d->flags != NULL && d->coeffs != NULL && d->along != NULL &&
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
    sqn__interleave_undo(&to, points, d->lanes, of->n);
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

    sqn__rotate_load_group(d, g);
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

    sqn__rotate_load_images(d, in, n);
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
