/**
 * @file rotate_stack.c
 * @brief Turn images that are alike together: a lane of a vector is an image.
 *
 * Where the input is needed, the weights there and which pixels are missing are the same for all
 * of them. Images that miss other pixels than the first ones are turned in groups of their own.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "rotate_desk.h"
#include "sequin/cube.h"

enum {
    STACK = SQN__SPLINE_STACK,
    SLICE = 16, /* width and */
    BAND = 32   /* height of what is turned together */
};

typedef sqn__rotate_desk desk;
typedef sqn__rotate_group group;

struct sqn_rotate_stack {
    desk desk;
    sqn__arena arena; /* of its arrays */
};

/* ---- Memory ---------------------------------------------------------------------------- */

void sqn_rotate_stack_destroy(sqn_rotate_stack **stack)
{
    if (stack != NULL && *stack != NULL) {
        sqn__arena_clear(&(*stack)->arena);
        sqn__mem_free(*stack);
        *stack = NULL;
    }
}

sqn_status sqn_rotate_stack_create(sqn_rotate_stack **out, int64_t ny, int64_t nx,
                                   int64_t n, sqn_error *err)
{
    sqn_rotate_stack *stack = NULL;

    *out = NULL;
    if (n < 1 || ny < 1 || nx < 1) {
        return SQN_RAISE(err, E_ARG,
                         "%" PRId64 " images of %" PRId64 " x %" PRId64 " pixels to turn",
                         n, nx, ny);
    }
    stack = sqn__mem_alloc(1, sizeof *stack);
    if (stack != NULL) {
        stack->desk = (desk){.ny = ny, .nx = nx};
    }
    if (stack == NULL || !sqn__rotate_desk_fill(&stack->desk, &stack->arena, n)) {
        sqn_rotate_stack_destroy(&stack);
        return SQN_RAISE(err, E_MEM,
                         "work space to turn %" PRId64 " images of %" PRId64 " x %" PRId64
                         " pixels",
                         n, nx, ny);
    }
    *out = stack;
    return SQN_OK;
}

/* ---- Turning --------------------------------------------------------------------------- */

/* Images that are turned, and where they go. */
typedef struct job {
    const group *g;
    sqn_image *out; /* [n] */
    const desk *d;
    const sqn__turn *turn;
} job;

/* The points of a row, [point, lane]. */
typedef struct strip {
    float value[SLICE * STACK], variance[SLICE * STACK], shared[SLICE * STACK];
} strip;

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

/* The points to the rows of a plane of all images; those of lanes that are nobody's get lost. */
static void store(const job *j, const float *points, plane which, int64_t n, int64_t first)
{
    float lost[SLICE];
    sqn__rows_to to = {.n = j->g->n};

    for (int64_t l = 0; l < to.n; l++) {
        const sqn_image *out = &j->out[l];
        float *row = which == VALUE      ? out->value
                     : which == VARIANCE ? out->variance
                                         : out->shared;

        to.row[l] = j->g->member[l] ? row + first : lost;
    }
    j->d->table->interleave_undo(&to, points, j->d->lanes, n);
}

/* Flags and DQ of image `l`. */
static void flag_points(const job *j, int64_t l, const sqn__turn_points *of, int64_t first)
{
    sqn_image in = j->g->in[l];
    uint8_t *flags = in.flags != NULL ? j->out[l].flags + first : NULL;

    for (int64_t i = 0; i < of->n && flags != NULL; i++) {
        const int64_t at = of->nearest[i];
        const bool flagged = at >= 0 && j->d->flagged[at] != 0;
        const int from = flagged ? j->d->flags[at * j->d->lanes + l] : 0;

        flags[i] = (uint8_t)(from | (of->missing[i] ? SQN_FLAG_TURNED_MISSING : 0));
    }
    in.flags = NULL;
    sqn__rotate_flags(&j->out[l], &in, of, first);
}

/* The `n` pixels of a row from `at` (y, x) on. */
static void turn_points(const job *j, const int64_t at[2], int64_t n)
{
    const sqn_image *in = &j->g->in[j->g->first];
    const int64_t first = at[0] * j->d->nx + at[1];
    sqn__turn_points found;
    strip s;

    sqn__rotate_row(s.value, in->variance != NULL ? s.variance : NULL, &found, j->d,
                    j->turn, at, n);
    store(j, s.value, VALUE, n, first);
    if (in->variance != NULL) {
        store(j, s.variance, VARIANCE, n, first);
    }
    if (in->shared != NULL) {
        share_variance(&s, j->d, &found);
        store(j, s.shared, SHARED, n, first);
    }
    for (int64_t l = 0; l < j->g->n; l++) {
        if (j->g->member[l]) {
            flag_points(j, l, &found, first);
        }
    }
}

/* A tile of which (y, x) is the first pixel: the input behind a row of it, and most of that behind
   the next one, stays in the first cache. */
static void turn_tile(const job *j, const int64_t at[2])
{
    const int64_t ny = j->d->ny, nx = j->d->nx;
    const int64_t end = at[0] + BAND < ny ? at[0] + BAND : ny;

    for (int64_t row = at[0]; row < end; row++) {
        turn_points(j, (const int64_t[2]){row, at[1]},
                    at[1] + SLICE < nx ? SLICE : nx - at[1]);
    }
}

/* False where images of the group do not know the same pixels: nothing is turned. */
static bool turn_group(sqn_image *out, const group *g, desk *d, const sqn__turn *t)
{
    const job j = {g, out, d, t};

    if (!sqn__rotate_load(d, g, false, NULL)) {
        return false;
    }
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(j)
    for (int64_t row = 0; row < j.d->ny; row += BAND) {
        for (int64_t column = 0; column < j.d->nx; column += SLICE) {
            turn_tile(&j, (const int64_t[2]){row, column});
        }
    }
    return true;
}

/* Up to a stack of images: all together, unless it turns out that they are not alike. */
static void turn_stack(sqn_image *out, const sqn_image *in, desk *d, int64_t n,
                       const sqn__turn *t)
{
    bool done[STACK] = {false};
    group g;

    if (sqn__rotate_whole_group(&g, in, n) && turn_group(out, &g, d, t)) {
        return;
    }
    while (sqn__rotate_next_group(&g, done)) {
        (void)turn_group(out, &g, d, t);
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
    desk *d = &stack->desk;
    const int64_t step = d->n_image;
    sqn_status status = SQN_OK;

    SQN_TRY(check(d, out, in, n, center, theta, err));
    for (int64_t k = 0; k < n && sqn__rotate_copies(theta); k++) {
        sqn__rotate_copy(&out[k], &in[k]);
    }
    for (int64_t k = 0; k < n && !sqn__rotate_copies(theta); k += step) {
        turn_stack(out + k, in + k, d, n - k < step ? n - k : step, &t);
    }

cleanup:
    return status;
}
