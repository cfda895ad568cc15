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
    if (d.group_of == NULL || d.group_name == NULL || d.group_number == NULL) {
        status = SQN_RAISE(err, E_MEM, "groups of %" PRId64 " frames", sci->n_frame);
        goto cleanup;
    }
    number_groups(&d, obs, settings->combine.by);
    const int64_t n_plane = sqn__mem_product(d.n_group, n_count);
    const int64_t n = sqn__mem_product(n_plane, d.ny * d.nx);

    SQN_TRY(sqn_cube_init(&d.value, n_plane, d.ny, d.nx, err));
    SQN_TRY(sqn_cube_init(&d.error, n_plane, d.ny, d.nx, err));
    SQN_TRY(sqn_cube_init(&d.snr, n_plane, d.ny, d.nx, err));
    SQN_TRY(sqn_cube_init(&d.element, n_plane, d.ny, d.nx, err));
    SQN_TRY(sqn_cube_init(&d.turned, sci->n_frame, d.ny, d.nx, err));
    d.flags = sqn__mem_alloc(n, sizeof *d.flags);
    d.coverage = sqn__mem_alloc(n, sizeof *d.coverage);
    d.dq = sci->dq != NULL ? sqn__mem_alloc(n, sizeof *d.dq) : NULL;
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

/** Turned planes of all frames: what is combined. */
typedef struct turned {
    sqn_image *frames; /* [n_science] views, those of one group first to last */
    float *variance, *shared;
    uint32_t *dq;
    uint8_t *flags;
    float *plane; /* [ny, nx] what the frame at work shares, before it is turned */
    double *work; /* [ny + nx] */
} turned;

static sqn_status turned_create(turned *t, const observation *obs, sqn_error *err)
{
    const sqn_fits_stack *sci = &obs->science;
    const int64_t n = sqn__mem_product(sci->n_frame, sci->ny * sci->nx);

    t->frames = sqn__mem_alloc(sci->n_frame, sizeof *t->frames);
    t->variance = sqn__mem_alloc(n, sizeof *t->variance);
    t->shared = sqn__mem_alloc(n, sizeof *t->shared);
    t->plane = sqn__mem_alloc(sci->ny * sci->nx, sizeof *t->plane);
    t->work = sqn__mem_alloc(sci->ny + sci->nx, sizeof *t->work);
    t->flags = sqn__mem_alloc(n, sizeof *t->flags);
    t->dq = sci->dq != NULL ? sqn__mem_alloc(n, sizeof *t->dq) : NULL;
    if (t->frames == NULL || t->variance == NULL || t->shared == NULL || t->plane == NULL ||
        t->work == NULL || t->flags == NULL || (sci->dq != NULL && t->dq == NULL)) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " turned frames", sci->n_frame);
    }
    return SQN_OK;
}

static void turned_clear(turned *t)
{
    sqn__mem_free(t->frames);
    sqn__mem_free(t->variance);
    sqn__mem_free(t->shared);
    sqn__mem_free(t->plane);
    sqn__mem_free(t->work);
    sqn__mem_free(t->flags);
    sqn__mem_free(t->dq);
}

/* Turn frame `i` into slot `slot` of the turned planes. */
static sqn_status turn_frame(turned *t, disk *d, const observation *obs,
                             const subtraction *s, int64_t i, int64_t slot, sqn_error *err)
{
    const int64_t n_pix = d->ny * d->nx;
    const double theta = obs->derotate ? obs->science.frames[i].theta : 0.0;
    shared_fill(t->plane, obs, s, d->group_of, i, t->work);
    /* The planes of the input are only read. */
    const sqn_image in = {d->ny,
                          d->nx,
                          s->residual.data + i * n_pix,
                          s->residual_variance.data + i * n_pix,
                          t->dq != NULL ? obs->science.dq + i * n_pix : NULL,
                          s->flags + i * n_pix,
                          t->plane};

    t->frames[slot] = (sqn_image){d->ny,
                                  d->nx,
                                  d->turned.data + i * n_pix,
                                  t->variance + i * n_pix,
                                  t->dq != NULL ? t->dq + i * n_pix : NULL,
                                  t->flags + i * n_pix,
                                  t->shared + i * n_pix};
    return sqn_rotate_frame(&t->frames[slot], &in, obs->center, theta, err);
}

/* Turn the frames of group `g` into the first slots; `n` of them. */
static sqn_status turn_group(turned *t, int64_t *n, disk *d, const observation *obs,
                             const subtraction *s, int64_t g, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *n = 0;
    for (int64_t i = 0; i < obs->science.n_frame && status == SQN_OK; i++) {
        if (d->group_of[i] == g) {
            status = turn_frame(t, d, obs, s, i, (*n)++, err);
        }
    }
    return status;
}

/* Combine the frames of one group into its plane. */
static sqn_status combine_group(disk *d, const turned *t, int64_t n, int64_t plane,
                                const config *settings, sqn_error *err)
{
    static const sqn_combine_method methods[] = {
        [CONFIG_MEAN] = SQN_COMBINE_MEAN,
        [CONFIG_MEDIAN] = SQN_COMBINE_MEDIAN,
        [CONFIG_WEIGHTED] = SQN_COMBINE_WEIGHTED,
    };
    const int64_t n_pix = d->ny * d->nx, offset = plane * n_pix;
    sqn_image out = {d->ny,
                     d->nx,
                     d->value.data + offset,
                     d->error.data + offset,
                     d->dq != NULL ? d->dq + offset : NULL,
                     d->flags + offset,
                     NULL};
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_combine_frames(&out, d->coverage + offset, t->frames, n,
                               methods[settings->combine.method], err));
    for (int64_t e = 0; e < n_pix; e++) {
        out.variance[e] = sqrtf(out.variance[e]);
    }

cleanup:
    return status;
}

sqn_status combine_count(disk *d, const observation *obs, const config *settings,
                         const subtraction *residuals, int64_t i_count, sqn_error *err)
{
    sqn_status status = SQN_OK;
    turned t = {0};

    SQN_TRY(turned_create(&t, obs, err));
    for (int64_t g = 0; g < d->n_group; g++) {
        int64_t n = 0;

        SQN_TRY(turn_group(&t, &n, d, obs, residuals, g, err));
        SQN_TRY(combine_group(d, &t, n, g * d->n_count + i_count, settings, err));
    }
    SQN_TRY(growth_fill(d, obs, residuals, i_count, err));

cleanup:
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
