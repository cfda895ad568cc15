/** @file combine.c @brief Stage 4: derotation and combination of the residuals. */
#include "combine.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "combine_planes.h"
#include "growth.h"
#include "mem.h"
#include "raise.h"
#include "sequin/derotation.h"
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
    if (settings->combine.frames) {
        SQN_TRY(reserve(&d.turned, sci->n_frame, sci, err));
    }
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

/* ---- Planes ----------------------------------------------------------------------------- */

sqn_image combine_frame(const disk *d, const observation *obs,
                        const subtraction_batch *batch, int64_t i, int64_t c)
{
    const subtraction *s = batch->count[c];
    const int64_t from = i * d->ny * d->nx;

    return (sqn_image){d->ny,
                       d->nx,
                       s->residual.data + from,
                       s->residual_variance.data + from,
                       obs->science.dq != NULL ? obs->science.dq + from : NULL,
                       s->flags + from,
                       s->component_variance.data + from};
}

sqn_image combine_plane(const disk *d, int64_t group, int64_t count, int32_t **coverage)
{
    const int64_t offset = (group * d->n_count + count) * d->ny * d->nx;

    *coverage = d->coverage + offset;
    return (sqn_image){d->ny,
                       d->nx,
                       d->value.data + offset,
                       d->error.data + offset,
                       d->dq != NULL ? d->dq + offset : NULL,
                       d->flags + offset,
                       NULL};
}

/* ---- Derotation ------------------------------------------------------------------------- */

/** Frames of a group at work. */
typedef struct work {
    sqn_derotation *derotation;
    sqn_image in[TARGET_BATCH], out[TARGET_BATCH];
    int32_t *coverage[TARGET_BATCH];
    float *share;      /* [ny + nx, TARGET_BATCH] covariances over the components' part */
    double *of_pixels; /* [n_batch, ny + nx] the same of each count */
} work;

_Static_assert(TARGET_BATCH == SQN_DEROTATION_IMAGES, "counts that are turned together");

static sqn_status work_create(work *w, const disk *d, const observation *obs,
                              const subtraction_batch *batch, sqn_error *err)
{
    const int64_t n_radius = d->ny + d->nx;
    const sqn_derotation_plan plan = {.ny = d->ny,
                                      .nx = d->nx,
                                      .n_image = batch->n,
                                      .n_frame = obs->science.n_frame,
                                      .center = {obs->center[0], obs->center[1]},
                                      .has_dq = obs->science.dq != NULL,
                                      .ring = d->ring,
                                      .n_radius = n_radius,
                                      .spare = batch->spare};
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_derotation_create(&w->derotation, &plan, err));
    w->share = sqn__mem_alloc(sqn__mem_product(n_radius, TARGET_BATCH), sizeof *w->share);
    w->of_pixels =
        sqn__mem_alloc(sqn__mem_product(batch->n, n_radius), sizeof *w->of_pixels);
    if (w->share == NULL || w->of_pixels == NULL) {
        status = SQN_RAISE(err, E_MEM, "frames of %" PRId64 " counts", batch->n);
    }

cleanup:
    return status;
}

static void work_clear(work *w)
{
    sqn_derotation_destroy(&w->derotation);
    sqn__mem_free(w->share);
    sqn__mem_free(w->of_pixels);
}

/* Add frame `i` to its group. */
static sqn_status add_frame(work *w, growth *g, const disk *d, const observation *obs,
                            const subtraction_batch *batch, int64_t i, sqn_error *err)
{
    const int64_t n_radius = d->ny + d->nx;
    const sqn_derotation_frame frame = {
        w->in, obs->derotate ? obs->science.frames[i].theta : 0.0, w->share};
    sqn_derotation_sums sums = {0};
    sqn_status status = SQN_OK;

    for (int64_t c = 0; c < batch->n; c++) {
        double *of_pixels = w->of_pixels + c * n_radius;

        w->in[c] = combine_frame(d, obs, batch, i, c);
        shared_sum(of_pixels, d, obs, batch->count[c], i, &shared_pixels);
        for (int64_t r = 0; r < n_radius; r++) {
            w->share[r * TARGET_BATCH + c] = (float)of_pixels[r];
        }
    }
    SQN_TRY(sqn_derotation_add(w->derotation, &sums, &frame, err));
    for (int64_t c = 0; c < batch->n; c++) {
        const growth_frame of = {i,
                                 c,
                                 batch->n,
                                 sums.variance + c,
                                 sums.shared + c,
                                 sums.n + c,
                                 w->of_pixels + c * n_radius};

        growth_add(g, d, obs, batch, &of);
    }

cleanup:
    return status;
}

/* Combine the frames of group `g` with all counts of the batch into their planes. */
static sqn_status combine_group(disk *d, work *w, growth *grown, const observation *obs,
                                const subtraction_batch *batch, int64_t g, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        if (d->group_of[i] != g) {
            continue;
        }
        SQN_TRY(add_frame(w, grown, d, obs, batch, i, err));
    }
    for (int64_t c = 0; c < batch->n; c++) {
        w->out[c] = combine_plane(d, g, batch->first + c, &w->coverage[c]);
    }
    SQN_TRY(sqn_derotation_finish(w->derotation, w->out, w->coverage, err));

cleanup:
    return status;
}

static sqn_status derotate(disk *d, growth *g, const observation *obs,
                           const subtraction_batch *batch, sqn_error *err)
{
    sqn_status status = SQN_OK;
    work w = {0};

    SQN_TRY(work_create(&w, d, obs, batch, err));
    for (int64_t k = 0; k < d->n_group; k++) {
        SQN_TRY(combine_group(d, &w, g, obs, batch, k, err));
    }

cleanup:
    work_clear(&w);
    return status;
}

/* ---- A batch ---------------------------------------------------------------------------- */

/* Every frame North up, with the largest count, which is the last of the batch. */
static sqn_status turn_frames(disk *d, const observation *obs, const subtraction *last,
                              sqn_error *err)
{
    const int64_t n_pix = d->ny * d->nx;
    sqn_rotate_stack *stack = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_rotate_stack_create(&stack, d->ny, d->nx, 1, err));
    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        const double theta = obs->derotate ? obs->science.frames[i].theta : 0.0;
        const sqn_image in = {
            .ny = d->ny, .nx = d->nx, .value = last->residual.data + i * n_pix};
        sqn_image out = {.ny = d->ny, .nx = d->nx, .value = d->turned.data + i * n_pix};

        SQN_TRY(sqn_rotate_stack_turn(stack, &out, &in, 1, obs->center, theta, err));
    }

cleanup:
    sqn_rotate_stack_destroy(&stack);
    return status;
}

/* Errors of the planes of the batch, which hold variances. */
static void take_roots(disk *d, const subtraction_batch *batch)
{
    const int64_t n_pix = d->ny * d->nx, n_plane = d->n_group * batch->n;

#pragma omp parallel for schedule(static) default(none) shared(d, batch, n_pix, n_plane)
    for (int64_t p = 0; p < n_plane; p++) {
        const int64_t count = batch->first + p % batch->n;
        float *error = d->error.data + (p / batch->n * d->n_count + count) * n_pix;

        for (int64_t e = 0; e < n_pix; e++) {
            error[e] = sqrtf(error[e]);
        }
    }
}

sqn_status combine_batch(disk *d, const observation *obs, const config *settings,
                         const subtraction_batch *batch, sqn_error *err)
{
    const bool is_last = batch->first + batch->n == d->n_count;
    sqn_status status = SQN_OK;
    growth g = {0};

    if (d->turned.data != NULL && is_last) {
        SQN_TRY(turn_frames(d, obs, batch->last, err));
    }
    SQN_TRY(growth_begin(&g, d, obs, batch, err));
    if (settings->combine.method == CONFIG_MEAN) {
        SQN_TRY(derotate(d, &g, obs, batch, err));
    } else {
        SQN_TRY(combine_planes(d, &g, obs, batch,
                               settings->combine.method == CONFIG_MEDIAN
                                   ? SQN_COMBINE_MEDIAN
                                   : SQN_COMBINE_WEIGHTED,
                               err));
    }
    take_roots(d, batch);
    growth_fill(d, &g, obs, batch);

cleanup:
    growth_clear(&g);
    return status;
}

sqn_status combine_finish(disk *d, const observation *obs, sqn_spare spare, sqn_error *err)
{
    const sqn_snr_planes planes = {d->value.n_frame, d->ny, d->nx, d->value.data, spare};

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
