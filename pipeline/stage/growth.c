/** @file growth.c @brief Errors of resolution elements, out of what frames and pixels share. */
#include "growth.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "shared.h"

static const double least_share = 0.1; /* of the independent variance: as in combined ERR */

/* Sums over the frames of a group, by distance from the star; [n_radius] each. */
typedef struct profile {
    double *own;   /* variance of the residual */
    double *pixel; /* covariance of pixels, */
    double *sums;  /* and of sums over the element; in the end the growth */
} profile;

/* That of group `group` with count `c` of the batch. */
static profile profile_of(const growth *g, int64_t group, int64_t c)
{
    double *first =
        g->numbers + (group * g->n_batch + c) * (int64_t)GROWTH_LISTS * g->n_radius;

    return (profile){first, first + g->n_radius, first + 2 * g->n_radius};
}

static double overlap_of_sums(const void *context, double distance)
{
    return sqn_element_overlap(context, distance);
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

sqn_status growth_begin(growth *out, const disk *d, const observation *obs,
                        const subtraction_batch *batch, sqn_error *err)
{
    const int64_t n_plane = d->n_group * batch->n, n_radius = d->ny + d->nx;
    sqn_status status = SQN_OK;

    *out = (growth){.n_radius = n_radius, .n_batch = batch->n};
    out->numbers = sqn__mem_alloc(
        sqn__mem_product(n_plane * (int64_t)GROWTH_LISTS, n_radius), sizeof *out->numbers);
    out->share = sqn__mem_alloc(n_radius, sizeof *out->share);
    if (out->numbers == NULL || out->share == NULL) {
        status = SQN_RAISE(err, E_MEM, "errors of elements of %" PRId64 " planes", n_plane);
        goto cleanup;
    }
    SQN_TRY(sqn_element_create(&out->element, obs->fwhm, err));

cleanup:
    return status;
}

void growth_add(growth *g, const disk *d, const observation *obs,
                const subtraction_batch *batch, const growth_frame *frame)
{
    const shared_rule of_sums = {overlap_of_sums, g->element,
                                 sqn_element_reach(g->element)};
    const profile to = profile_of(g, d->group_of[frame->i], frame->c);

    shared_sum(g->share, d, obs, batch->count[frame->c], frame->i, &of_sums);
    for (int64_t r = 0; r < g->n_radius; r++) {
        const int64_t k = r * frame->step;
        const double n = fmax((double)frame->n[k], 1.0);

        to.own[r] += frame->variance[k] / n;
        to.pixel[r] += frame->shared[k] / n * frame->of_pixels[r];
        to.sums[r] += frame->shared[k] / n * g->share[r];
    }
}

/* Noise of a sum over that of as many independent pixels of the combined ERR. */
static void find_growth(double *factor, const profile *p, int64_t n_radius, double alone)
{
    for (int64_t r = 0; r < n_radius; r++) {
        const double pixel = fmax(p->own[r] + p->pixel[r], least_share * p->own[r]);
        const double sums = fmax(alone * p->own[r] + p->sums[r], least_share * p->own[r]);

        factor[r] = pixel > 0.0 ? sqrt(sums / pixel) : sqrt(alone);
    }
}

/* Where nothing is turned, neighbours err independently. */
static void set_growth(double *factor, int64_t n_radius)
{
    for (int64_t r = 0; r < n_radius; r++) {
        factor[r] = 1.0;
    }
}

void growth_fill(disk *d, const growth *g, const observation *obs,
                 const subtraction_batch *batch)
{
    for (int64_t i = 0; i < d->n_group * g->n_batch; i++) {
        const int64_t group = i / g->n_batch, c = i % g->n_batch;
        const int64_t plane = (group * d->n_count + batch->first + c) * d->ny * d->nx;
        const profile p = profile_of(g, group, c);
        const sqn_element_map map = {
            d->ny,       d->nx, d->error.data + plane, {obs->center[0], obs->center[1]},
            g->n_radius, p.sums};

        if (is_turned(d, obs, group)) {
            find_growth(p.sums, &p, g->n_radius, sqn_element_overlap(g->element, 0.0));
        } else {
            set_growth(p.sums, g->n_radius);
        }
        sqn_element_errors(d->element.data + plane, g->element, &map);
    }
}

void growth_clear(growth *g)
{
    sqn_element_destroy(&g->element);
    sqn__mem_free(g->numbers);
    sqn__mem_free(g->share);
    *g = (growth){0};
}
