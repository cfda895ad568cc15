/** @file combine_planes.c @brief Combination of turned planes, as medians and weights ask for. */
#include "combine_planes.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/rotate.h"
#include "shared.h"

/* Turned planes of all frames with all counts at work. Those of the largest count have planes of
   their own; others are turned where they lie. */
typedef struct turned {
    sqn_rotate_stack *stack;
    sqn_image *in, *out;     /* [n_science, n_batch] */
    sqn_image *group;        /* [n_science] views, those of one group first to last */
    float *value, *variance; /* [n_science, ny, nx] of the largest count */
    uint8_t *flags;
    uint32_t *dq; /* [n_science, ny, nx] of all counts */
    /* of the frame at work, [n_batch, ny + nx] by the distance from the star: */
    double *share, *of_residual, *of_components; /* shared_sum(); sums */
    int64_t *n;                                  /* pixels behind these */
} turned;

static sqn_status turned_create(turned *t, const observation *obs, int64_t n_batch,
                                sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    const int64_t n = sqn__mem_product(sci->n_frame, sci->ny * sci->nx);
    const int64_t n_image = sqn__mem_product(sci->n_frame, n_batch);
    const int64_t n_number = sqn__mem_product(n_batch, sci->ny + sci->nx);
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_rotate_stack_create(&t->stack, sci->ny, sci->nx, n_batch, err));
    t->in = sqn__mem_alloc(n_image, sizeof *t->in);
    t->out = sqn__mem_alloc(n_image, sizeof *t->out);
    t->group = sqn__mem_alloc(sci->n_frame, sizeof *t->group);
    t->value = sqn__mem_reserve(n, sizeof *t->value);
    t->variance = sqn__mem_reserve(n, sizeof *t->variance);
    t->flags = sqn__mem_reserve(n, sizeof *t->flags);
    t->dq = sci->dq != NULL ? sqn__mem_reserve(n, sizeof *t->dq) : NULL;
    t->share = sqn__mem_alloc(n_number, sizeof *t->share);
    t->of_residual = sqn__mem_alloc(n_number, sizeof *t->of_residual);
    t->of_components = sqn__mem_alloc(n_number, sizeof *t->of_components);
    t->n = sqn__mem_alloc(n_number, sizeof *t->n);
    if (t->in == NULL || t->out == NULL || t->group == NULL || t->value == NULL ||
        t->variance == NULL || t->flags == NULL || (sci->dq != NULL && t->dq == NULL) ||
        t->share == NULL || t->of_residual == NULL || t->of_components == NULL ||
        t->n == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " turned frames", sci->n_frame);
    }

cleanup:
    return status;
}

static void turned_clear(turned *t)
{
    sqn_rotate_stack_destroy(&t->stack);
    sqn__mem_free(t->in);
    sqn__mem_free(t->out);
    sqn__mem_free(t->group);
    sqn__mem_free(t->value);
    sqn__mem_free(t->variance);
    sqn__mem_free(t->flags);
    sqn__mem_free(t->dq);
    sqn__mem_free(t->share);
    sqn__mem_free(t->of_residual);
    sqn__mem_free(t->of_components);
    sqn__mem_free(t->n);
}

/* Planes of frame `i` with count `c` of the batch, as they are and as they will be. DQ, which is
   the same for all counts, is turned with the first. */
static void view_frame(turned *t, const disk *d, const observation *obs,
                       const subtraction_batch *batch, int64_t i, int64_t c)
{
    const int64_t from = i * d->ny * d->nx;
    const bool is_last = batch->count[c] == batch->last;
    sqn_image *in = &t->in[i * batch->n + c], *out = &t->out[i * batch->n + c];

    *in = combine_frame(d, obs, batch, i, c);
    in->dq = c == 0 ? in->dq : NULL;
    *out = *in;
    out->dq = t->dq != NULL ? t->dq + from : NULL;
    if (is_last) {
        out->value = t->value + from;
        out->variance = t->variance + from;
        out->flags = t->flags + from;
    }
}

/* Sums over the pixels of frame `i` with count `c`, by distance. */
static void sum_rings(turned *t, const disk *d, const subtraction *s, int64_t i, int64_t c)
{
    const int64_t n_pix = d->ny * d->nx, first = c * (d->ny + d->nx);
    const float *residual = s->residual_variance.data + i * n_pix;
    const float *components = s->component_variance.data + i * n_pix;

    for (int64_t r = first; r < first + d->ny + d->nx; r++) {
        t->of_residual[r] = t->of_components[r] = 0.0;
        t->n[r] = 0;
    }
    for (int64_t e = 0; e < n_pix; e++) {
        if (!isnan(residual[e])) {
            const int64_t r = first + d->ring[e];

            t->of_residual[r] += (double)residual[e];
            t->of_components[r] += (double)components[e];
            t->n[r]++;
        }
    }
}

/* Turn frame `i` with all counts at work. */
static sqn_status turn_frame(turned *t, growth *g, const disk *d, const observation *obs,
                             const subtraction_batch *batch, int64_t i, sqn_error *err)
{
    const double theta = obs->derotate ? obs->science.frames[i].theta : 0.0;
    const int64_t n_radius = d->ny + d->nx;
    sqn_image *in = t->in + i * batch->n, *out = t->out + i * batch->n;

#pragma omp parallel for schedule(static) default(none) \
    shared(t, d, obs, batch, i, n_radius)
    for (int64_t c = 0; c < batch->n; c++) {
        sum_rings(t, d, batch->count[c], i, c);
        shared_fill(batch->count[c], d, obs, i, t->share + c * n_radius);
        view_frame(t, d, obs, batch, i, c);
    }
    for (int64_t c = 0; c < batch->n; c++) {
        const int64_t at = c * n_radius;
        const growth_frame frame = {
            i, c, 1, t->of_residual + at, t->of_components + at, t->n + at, t->share + at};

        growth_add(g, d, obs, batch, &frame);
    }
    return sqn_rotate_stack_turn(t->stack, out, in, batch->n, obs->center, theta, err);
}

/* Combine the frames of group `g` with count `c` of the batch into their plane. */
static sqn_status combine_group(disk *d, turned *t, const subtraction_batch *batch,
                                int64_t g, int64_t c, sqn_combine_method method,
                                sqn_error *err)
{
    int32_t *coverage = NULL;
    sqn_image out = combine_plane(d, g, batch->first + c, &coverage);
    int64_t n = 0;

    for (int64_t i = 0; i < batch->last->residual.n_frame; i++) {
        if (d->group_of[i] == g) {
            t->group[n++] = t->out[i * batch->n + c];
        }
    }
    return sqn_combine_frames(&out, coverage, t->group, n, method, err);
}

sqn_status combine_planes(disk *d, growth *g, const observation *obs,
                          const subtraction_batch *batch, sqn_combine_method method,
                          sqn_error *err)
{
    sqn_status status = SQN_OK;
    turned t = {0};

    SQN_TRY(turned_create(&t, obs, batch->n, err));
    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        SQN_TRY(turn_frame(&t, g, d, obs, batch, i, err));
    }
    for (int64_t p = 0; p < d->n_group * batch->n; p++) {
        SQN_TRY(combine_group(d, &t, batch, p / batch->n, p % batch->n, method, err));
    }

cleanup:
    turned_clear(&t);
    return status;
}
