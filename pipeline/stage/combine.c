/** @file combine.c @brief Stage 4: derotation and combination of the residuals. */
#include "combine.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "growth.h"
#include "mem.h"
#include "raise.h"
#include "sequin/combine.h"
#include "sequin/rotate.h"
#include "sequin/snr.h"
#include "shared.h"

/* Whether frames `a` and `b` belong together. */
static bool same_group(const sqn_fits_frame *a, const sqn_fits_frame *b, config_by by)
{
    switch (by) {
    case CONFIG_BY_FILE:
        return strcmp(a->file, b->file) == 0;
    case CONFIG_BY_WAVELENGTH:
        return a->wavelength == b->wavelength ||
               (isnan(a->wavelength) && isnan(b->wavelength));
    case CONFIG_BY_ALL:
        break;
    }
    return true;
}

/* Number the groups in the order of their first frame. */
static void number_groups(disk *d, const observation *obs, config_by by)
{
    const sqn_fits_frame *frames = obs->science.frames;

    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        int64_t first = 0;

        while (!same_group(&frames[first], &frames[i], by)) {
            first++;
        }
        d->group_of[i] = first < i ? d->group_of[first] : d->n_group++;
        if (first == i) {
            d->group_name[d->group_of[i]] = by == CONFIG_BY_FILE ? frames[i].file : "";
            d->group_number[d->group_of[i]] =
                by == CONFIG_BY_WAVELENGTH ? frames[i].wavelength : NAN;
        }
    }
}

/* Planes of which every pixel will be written. */
static sqn_status reserve(sqn_cube *out, int64_t n, const sqn_fits_stack *sci,
                          sqn_error *err)
{
    *out =
        (sqn_cube){n, sci->ny, sci->nx,
                   sqn__mem_reserve(sqn__mem_product(n, sci->ny * sci->nx), sizeof(float))};
    return out->data != NULL ? SQN_OK
                             : SQN_RAISE(err, E_MEM, "%" PRId64 " combined planes", n);
}

sqn_status combine_prepare(disk *out, const observation *obs, const config *settings,
                           int64_t n_count, sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    sqn_status status = SQN_OK;
    disk d = {.n_count = n_count, .ny = sci->ny, .nx = sci->nx};

    *out = (disk){0};
    d.group_of = sqn__mem_alloc(sci->n_frame, sizeof *d.group_of);
    d.group_name = sqn__mem_alloc(sci->n_frame, sizeof *d.group_name);
    d.group_number = sqn__mem_alloc(sci->n_frame, sizeof *d.group_number);
    d.ring = sqn__mem_alloc(sqn__mem_product(sci->ny, sci->nx), sizeof *d.ring);
    if (d.group_of == NULL || d.group_name == NULL || d.group_number == NULL ||
        d.ring == NULL) {
        status = SQN_RAISE(err, E_MEM, "groups of %" PRId64 " frames", sci->n_frame);
        goto cleanup;
    }
    number_groups(&d, obs, settings->combine.by);
    shared_rings(d.ring, obs);
    const int64_t n_plane = sqn__mem_product(d.n_group, n_count);
    const int64_t n = sqn__mem_product(n_plane, d.ny * d.nx);

    SQN_TRY(reserve(&d.value, n_plane, sci, err));
    SQN_TRY(reserve(&d.error, n_plane, sci, err));
    SQN_TRY(reserve(&d.snr, n_plane, sci, err));
    SQN_TRY(reserve(&d.element, n_plane, sci, err));
    SQN_TRY(reserve(&d.turned, sci->n_frame, sci, err));
    d.flags = sqn__mem_reserve(n, sizeof *d.flags);
    d.coverage = sqn__mem_reserve(n, sizeof *d.coverage);
    d.dq = sci->dq != NULL ? sqn__mem_reserve(n, sizeof *d.dq) : NULL;
    if (d.flags == NULL || d.coverage == NULL || (sci->dq != NULL && d.dq == NULL)) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " combined planes", n_plane);
        goto cleanup;
    }
    *out = d;
    d = (disk){0};

cleanup:
    combine_clear(&d);
    return status;
}

/** Turned planes of all frames with all counts at work: what is combined. Those of the largest
 *  count have planes of their own; others are turned where they lie. */
typedef struct turned {
    sqn_rotate_stack *stack;
    sqn_image *in, *out; /* [n_science, n_batch] */
    sqn_image *group;    /* [n_science] views, those of one group first to last */
    float *variance;     /* [n_science, ny, nx] of the largest count */
    uint8_t *flags;
    uint32_t *dq; /* [n_science, ny, nx] of all counts */
    double *work; /* [n_batch, ny + nx] */
} turned;

static sqn_status turned_create(turned *t, const observation *obs, int64_t n_batch,
                                sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    const int64_t n = sqn__mem_product(sci->n_frame, sci->ny * sci->nx);
    const int64_t n_image = sqn__mem_product(sci->n_frame, n_batch);
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_rotate_stack_create(&t->stack, sci->ny, sci->nx, n_batch, err));
    t->in = sqn__mem_alloc(n_image, sizeof *t->in);
    t->out = sqn__mem_alloc(n_image, sizeof *t->out);
    t->group = sqn__mem_alloc(sci->n_frame, sizeof *t->group);
    t->variance = sqn__mem_alloc(n, sizeof *t->variance);
    t->work = sqn__mem_alloc(sqn__mem_product(n_batch, sci->ny + sci->nx), sizeof *t->work);
    t->flags = sqn__mem_alloc(n, sizeof *t->flags);
    t->dq = sci->dq != NULL ? sqn__mem_alloc(n, sizeof *t->dq) : NULL;
    if (t->in == NULL || t->out == NULL || t->group == NULL || t->variance == NULL ||
        t->work == NULL || t->flags == NULL || (sci->dq != NULL && t->dq == NULL)) {
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
    sqn__mem_free(t->variance);
    sqn__mem_free(t->work);
    sqn__mem_free(t->flags);
    sqn__mem_free(t->dq);
}

/* Planes of frame `i` with one count, as they are and as they will be. DQ, which is the same for
   all counts, is turned with the first. */
static void view_frame(turned *t, const disk *d, const observation *obs,
                       const subtraction_batch *batch, int64_t i, int64_t c)
{
    const subtraction *s = batch->count[c];
    const int64_t n_pix = d->ny * d->nx, from = i * n_pix;
    sqn_image *in = &t->in[i * batch->n + c], *out = &t->out[i * batch->n + c];
    const bool is_last = s->model.data != NULL;

    *in = (sqn_image){d->ny,
                      d->nx,
                      s->residual.data + from,
                      s->residual_variance.data + from,
                      t->dq != NULL && c == 0 ? obs->science.dq + from : NULL,
                      s->flags + from,
                      s->component_variance.data + from};
    *out = *in;
    out->dq = t->dq != NULL ? t->dq + from : NULL;
    if (is_last) {
        out->value = d->turned.data + from;
        out->variance = t->variance + from;
        out->flags = t->flags + from;
    }
}

/* Turn frame `i` with all counts at work. */
static sqn_status turn_frame(turned *t, const disk *d, const observation *obs,
                             const subtraction_batch *batch, int64_t i, sqn_error *err)
{
    const double theta = obs->derotate ? obs->science.frames[i].theta : 0.0;
    sqn_image *in = t->in + i * batch->n, *out = t->out + i * batch->n;

#pragma omp parallel for schedule(static) default(none) shared(t, d, obs, batch, i)
    for (int64_t c = 0; c < batch->n; c++) {
        shared_fill(batch->count[c], d, obs, i, t->work + c * (d->ny + d->nx));
        view_frame(t, d, obs, batch, i, c);
    }
    return sqn_rotate_stack_turn(t->stack, out, in, batch->n, obs->center, theta, err);
}

/* Combine the frames of group `g` with count `c` of the batch into their plane. */
static sqn_status combine_group(disk *d, turned *t, const subtraction_batch *batch,
                                int64_t g, int64_t c, const config *settings,
                                sqn_error *err)
{
    static const sqn_combine_method methods[] = {
        [CONFIG_MEAN] = SQN_COMBINE_MEAN,
        [CONFIG_MEDIAN] = SQN_COMBINE_MEDIAN,
        [CONFIG_WEIGHTED] = SQN_COMBINE_WEIGHTED,
    };
    const int64_t n_pix = d->ny * d->nx;
    const int64_t offset = (g * d->n_count + batch->first + c) * n_pix;
    sqn_image out = {d->ny,
                     d->nx,
                     d->value.data + offset,
                     d->error.data + offset,
                     d->dq != NULL ? d->dq + offset : NULL,
                     d->flags + offset,
                     NULL};
    int64_t n = 0;
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < batch->last->residual.n_frame; i++) {
        if (d->group_of[i] == g) {
            t->group[n++] = t->out[i * batch->n + c];
        }
    }
    SQN_TRY(sqn_combine_frames(&out, d->coverage + offset, t->group, n,
                               methods[settings->combine.method], err));
    for (int64_t e = 0; e < n_pix; e++) {
        out.variance[e] = sqrtf(out.variance[e]);
    }

cleanup:
    return status;
}

sqn_status combine_batch(disk *d, const observation *obs, const config *settings,
                         const subtraction_batch *batch, sqn_error *err)
{
    sqn_status status = SQN_OK;
    turned t = {0};
    growth g = {0};

    SQN_TRY(growth_measure(&g, d, obs, batch, err));
    SQN_TRY(turned_create(&t, obs, batch->n, err));
    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        SQN_TRY(turn_frame(&t, d, obs, batch, i, err));
    }
    for (int64_t p = 0; p < d->n_group * batch->n; p++) {
        SQN_TRY(combine_group(d, &t, batch, p / batch->n, p % batch->n, settings, err));
    }
    growth_fill(d, &g, obs, batch);

cleanup:
    growth_clear(&g);
    turned_clear(&t);
    return status;
}

sqn_status combine_finish(disk *d, const observation *obs, sqn_error *err)
{
    const sqn_snr_planes planes = {d->value.n_frame, d->ny, d->nx, d->value.data};

    return sqn_snr_maps(d->snr.data, &planes, obs->center, obs->fwhm, err);
}

void combine_clear(disk *d)
{
    sqn__mem_free(d->group_of);
    sqn__mem_free(d->group_name);
    sqn__mem_free(d->group_number);
    sqn__mem_free(d->ring);
    sqn_cube_clear(&d->value);
    sqn_cube_clear(&d->error);
    sqn_cube_clear(&d->snr);
    sqn_cube_clear(&d->element);
    sqn_cube_clear(&d->turned);
    sqn__mem_free(d->dq);
    sqn__mem_free(d->flags);
    sqn__mem_free(d->coverage);
    *d = (disk){0};
}
