/** @file growth.c @brief Errors of resolution elements, out of what frames and pixels share. */
#include "growth.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "mem.h"
#include "raise.h"
#include "shared.h"

static const double least_share = 0.1; /* of the independent variance: as in combined ERR */

/** Sums over the frames of a group, by distance from the star; [n_radius] each. */
typedef struct profile {
    int64_t n_radius;
    const int32_t *ring;  /* [ny, nx] distance of every pixel */
    double *own;          /* variance of the residual */
    double *pixel, *sums; /* covariance of pixels, and of sums over the element */
    double *residual, *components, *n, *share, *share_sums; /* of the frame at work */
} profile;

enum { LISTS = 8 };

/* A profile in `numbers` [LISTS, n_radius]. */
static profile lay_out(const disk *d, double *numbers)
{
    const int64_t n = d->ny + d->nx;

    return (profile){n,
                     d->ring,
                     numbers,
                     numbers + n,
                     numbers + 2 * n,
                     numbers + 3 * n,
                     numbers + 4 * n,
                     numbers + 5 * n,
                     numbers + 6 * n,
                     numbers + 7 * n};
}

static double overlap_of_sums(const void *context, double distance)
{
    return sqn_element_overlap(context, distance);
}

/* Mean variances of frame `i` at every radius. */
static void average_frame(const profile *p, const subtraction *s, int64_t i)
{
    const int64_t n_pix = s->residual.ny * s->residual.nx;
    const float *residual = s->residual_variance.data + i * n_pix;
    const float *components = s->component_variance.data + i * n_pix;

    for (int64_t r = 0; r < p->n_radius; r++) {
        p->residual[r] = p->components[r] = p->n[r] = 0.0;
    }
    for (int64_t e = 0; e < n_pix; e++) {
        if (!isnan(residual[e])) {
            const int32_t r = p->ring[e];

            p->residual[r] += (double)residual[e];
            p->components[r] += (double)components[e];
            p->n[r] += 1.0;
        }
    }
}

static void add_frame(const profile *p, const disk *d, const observation *obs,
                      const subtraction *s, const sqn_element *element, int64_t i)
{
    const shared_rule of_sums = {overlap_of_sums, element, sqn_element_reach(element)};

    average_frame(p, s, i);
    shared_sum(p->share, d, obs, s, i, &shared_pixels);
    shared_sum(p->share_sums, d, obs, s, i, &of_sums);
    for (int64_t r = 0; r < p->n_radius; r++) {
        const double n = fmax(p->n[r], 1.0);

        p->own[r] += p->residual[r] / n;
        p->pixel[r] += p->components[r] / n * p->share[r];
        p->sums[r] += p->components[r] / n * p->share_sums[r];
    }
}

static bool is_turned(const disk *d, const observation *obs, int64_t group)
{
    bool turned = false;

    for (int64_t i = 0; i < obs->science.n_frame; i++) {
        turned = turned || (d->group_of[i] == group &&
                            fmod(obs->science.frames[i].theta, 90.0) != 0.0);
    }
    return turned && obs->derotate;
}

/* Noise of a sum over that of as many independent pixels of the combined ERR. */
static void find_growth(double *factor, const profile *p, double alone)
{
    for (int64_t r = 0; r < p->n_radius; r++) {
        const double pixel = fmax(p->own[r] + p->pixel[r], least_share * p->own[r]);
        const double sums = fmax(alone * p->own[r] + p->sums[r], least_share * p->own[r]);

        factor[r] = pixel > 0.0 ? sqrt(sums / pixel) : sqrt(alone);
    }
}

static void measure_group(double *factor, const profile *p, const disk *d,
                          const observation *obs, const subtraction *s,
                          const sqn_element *element, int64_t group)
{
    const bool turned = is_turned(d, obs, group);

    for (int64_t r = 0; r < p->n_radius; r++) {
        p->own[r] = p->pixel[r] = p->sums[r] = 0.0;
    }
    for (int64_t i = 0; i < obs->science.n_frame && turned; i++) {
        if (d->group_of[i] == group) {
            add_frame(p, d, obs, s, element, i);
        }
    }
    find_growth(factor, p, turned ? sqn_element_overlap(element, 0.0) : 1.0);
}

/* All planes of the batch, side by side. */
static void measure_all(growth *out, double *numbers, const disk *d, const observation *obs,
                        const subtraction_batch *batch)
{
    const int64_t n_plane = d->n_group * batch->n, size = LISTS * out->n_radius;

#pragma omp parallel for schedule(dynamic, 1) default(none) \
    shared(out, numbers, d, obs, batch, n_plane, size)
    for (int64_t i = 0; i < n_plane; i++) {
        const profile p = lay_out(d, numbers + omp_get_thread_num() * size);

        measure_group(out->factor + i * out->n_radius, &p, d, obs,
                      batch->count[i % batch->n], out->element, i / batch->n);
    }
}

sqn_status growth_measure(growth *out, const disk *d, const observation *obs,
                          const subtraction_batch *batch, sqn_error *err)
{
    const int64_t n_plane = d->n_group * batch->n, n_radius = d->ny + d->nx;
    sqn_status status = SQN_OK;
    double *numbers = NULL; /* of a profile for each thread */

    *out = (growth){.n_radius = n_radius, .n_batch = batch->n};
    out->factor = sqn__mem_alloc(sqn__mem_product(n_plane, n_radius), sizeof *out->factor);
    numbers =
        sqn__mem_alloc(sqn__mem_product((int64_t)omp_get_max_threads() * LISTS, n_radius),
                       sizeof *numbers);
    if (out->factor == NULL || numbers == NULL) {
        status = SQN_RAISE(err, E_MEM, "errors of elements of %" PRId64 " planes", n_plane);
        goto cleanup;
    }
    SQN_TRY(sqn_element_create(&out->element, obs->fwhm, err));
    measure_all(out, numbers, d, obs, batch);

cleanup:
    sqn__mem_free(numbers);
    return status;
}

void growth_fill(disk *d, const growth *g, const observation *obs,
                 const subtraction_batch *batch)
{
    for (int64_t i = 0; i < d->n_group * g->n_batch; i++) {
        const int64_t count = batch->first + i % g->n_batch;
        const int64_t plane = (i / g->n_batch * d->n_count + count) * d->ny * d->nx;
        const sqn_element_map map = {d->ny,
                                     d->nx,
                                     d->error.data + plane,
                                     {obs->center[0], obs->center[1]},
                                     g->n_radius,
                                     g->factor + i * g->n_radius};

        sqn_element_errors(d->element.data + plane, g->element, &map);
    }
}

void growth_clear(growth *g)
{
    sqn_element_destroy(&g->element);
    sqn__mem_free(g->factor);
    *g = (growth){0};
}
