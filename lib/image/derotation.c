/** @file derotation.c @brief Turn images of many frames North up and combine them as they turn. */
#include "sequin/derotation.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "derotation.h"
#include "mem.h"
#include "raise.h"

enum {
    ROOM = 32 << 20, /* bytes of the frames that are turned together */
    STACK = SQN__SPLINE_STACK,
    BANDS = SQN__ROTATE_BANDS
};

_Static_assert(SQN_DEROTATION_IMAGES == SQN__SPLINE_STACK, "a lane is an image");

typedef sqn__derotation_slot slot;

/* ---- Memory ---------------------------------------------------------------------------- */

void sqn_derotation_destroy(sqn_derotation **derotation)
{
    if (derotation != NULL && *derotation != NULL) {
        sqn__arena_clear(&(*derotation)->arena);
        sqn__mem_free(*derotation);
        *derotation = NULL;
    }
}

/* Frames that are turned together: as many as have room, in batches of nearly the same size. */
static int64_t choose_slots(const sqn_derotation *d)
{
    const int64_t each = 1 + d->n_pix * d->lanes * (3 * (int64_t)sizeof(float) + 1);
    const int64_t room = ROOM / each < 1 ? 1 : ROOM / each;
    const int64_t most = room < SQN__DEROTATION_SLOTS ? room : SQN__DEROTATION_SLOTS;
    const int64_t n_batch = (d->plan.n_frame + most - 1) / most;

    return n_batch > 1 ? (d->plan.n_frame + n_batch - 1) / n_batch : d->plan.n_frame;
}

/* Distances that there are. */
static int64_t count_rings(const sqn_derotation *d)
{
    int32_t most = 0;

    for (int64_t p = 0; p < d->n_pix; p++) {
        most = d->plan.ring[p] > most ? d->plan.ring[p] : most;
    }
    return (int64_t)most + 1;
}

/* Memory for the sums of frames that leave their slots. */
static sqn_status keep_sums(sqn_derotation *d, sqn_error *err)
{
    const int64_t n = sqn__mem_product(d->n_pix, d->lanes);
    sqn__derotation_sums *to = &d->sums;

    if (to->sums == NULL) {
        to->sums = sqn__arena_reserve(&d->arena, sqn__mem_product(n, SQN__N_SUM),
                                      sizeof *to->sums);
    }
    if (to->flags == NULL) {
        to->flags =
            sqn__arena_reserve(&d->arena, sqn__mem_product(n, 2), sizeof *to->flags);
    }
    if (d->plan.has_dq && to->dq == NULL) {
        to->dq = sqn__arena_reserve(&d->arena, sqn__mem_product(n, 2), sizeof *to->dq);
    }
    return to->sums != NULL && to->flags != NULL && (!d->plan.has_dq || to->dq != NULL)
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "sums of %" PRId64 " pixels", d->n_pix);
}

static bool allocate(sqn_derotation *d)
{
    sqn__arena *arena = &d->arena;
    const int64_t n_ring = d->plan.n_radius, n_kind = d->plan.n_image;
    const int64_t n_lane = sqn__mem_product(n_ring, d->lanes);
    double *sums = NULL;
    int64_t *n = NULL;

    d->n_slot = choose_slots(d);
    d->n_thread = omp_get_max_threads();
    d->slot = sqn__arena_alloc(arena, d->n_slot, sizeof *d->slot);
    d->tiles = sqn__arena_reserve(arena, d->n_thread, (size_t)sqn__derotation_tile_size(d));
    sums = sqn__arena_reserve(arena, sqn__mem_product(2 * (int64_t)BANDS, n_lane),
                              sizeof *sums);
    n = sqn__arena_reserve(arena, sqn__mem_product(BANDS, n_ring), sizeof *n);
    d->share = sqn__arena_alloc(arena, n_lane, sizeof *d->share);
    d->variance =
        sqn__arena_alloc(arena, sqn__mem_product(n_ring, n_kind), sizeof *d->variance);
    d->shared =
        sqn__arena_alloc(arena, sqn__mem_product(n_ring, n_kind), sizeof *d->shared);
    d->n_ring =
        sqn__arena_alloc(arena, sqn__mem_product(n_ring, n_kind), sizeof *d->n_ring);
    d->rings = (sqn__rotate_rings){d->plan.ring, d->share, sums, n, count_rings(d)};
    return d->slot != NULL && d->tiles != NULL && sums != NULL && n != NULL &&
           d->share != NULL && d->variance != NULL && d->shared != NULL &&
           d->n_ring != NULL;
}

static sqn_status check_plan(const sqn_derotation_plan *p, sqn_error *err)
{
    if (p->ny < 1 || p->nx < 1 || p->ny > INT32_MAX / p->nx || p->n_image < 1 ||
        p->n_image > STACK || p->n_frame < 1 || p->n_radius < 1) {
        return SQN_RAISE(err, E_ARG,
                         "%" PRId64 " frames of %" PRId64 " images of %" PRId64
                         " x %" PRId64 " pixels to derotate",
                         p->n_frame, p->n_image, p->nx, p->ny);
    }
    if (!isfinite(p->center[0]) || !isfinite(p->center[1])) {
        return SQN_RAISE(err, E_ARG, "turn about (%g, %g)", p->center[0], p->center[1]);
    }
    return SQN_OK;
}

sqn_status sqn_derotation_create(sqn_derotation **out, const sqn_derotation_plan *plan,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_derotation *d = NULL;

    *out = NULL;
    SQN_TRY(check_plan(plan, err));
    d = sqn__mem_alloc(1, sizeof *d);
    if (d != NULL) {
        *d = (sqn_derotation){
            .plan = *plan, .arena = {.spare = plan->spare}, .n_pix = plan->ny * plan->nx};
        d->table = sqn__spline_lanes_choose();
        d->lanes = sqn__spline_stack_lanes(d->table, plan->n_image);
    }
    if (d == NULL || !allocate(d)) {
        status = SQN_RAISE(err, E_MEM, "derotation of %" PRId64 " x %" PRId64 " pixels",
                           plan->nx, plan->ny);
        goto cleanup;
    }
    if (plan->n_frame > d->n_slot) { /* the largest array first */
        SQN_TRY(keep_sums(d, err));
    }
    *out = d;
    d = NULL;

cleanup:
    sqn_derotation_destroy(&d);
    return status;
}

/* ---- Frames ---------------------------------------------------------------------------- */

static sqn_status check_frame(const sqn_derotation *d, const sqn_derotation_frame *f,
                              sqn_error *err)
{
    if (!isfinite(f->theta)) {
        return SQN_RAISE(err, E_ARG, "turn by %g degrees", f->theta);
    }
    for (int64_t c = 0; c < d->plan.n_image; c++) {
        const sqn_image *in = &f->images[c];

        if (in->ny != d->plan.ny || in->nx != d->plan.nx || in->variance == NULL ||
            in->shared == NULL || in->flags == NULL ||
            (d->plan.has_dq && c == 0 && in->dq == NULL)) {
            return SQN_RAISE(err, E_ARG,
                             "image %" PRId64 " of %" PRId64 " x %" PRId64
                             " pixels lacks a plane, or has not %" PRId64 " x %" PRId64,
                             c + 1, in->nx, in->ny, d->plan.nx, d->plan.ny);
        }
    }
    return SQN_OK;
}

/* See to it that the slot after those in use is there. */
static sqn_status free_slot(sqn_derotation *d, sqn_error *err)
{
    sqn_status status = SQN_OK;
    slot *s = NULL;

    if (d->n_used == d->n_slot) {
        SQN_TRY(keep_sums(d, err));
        sqn__derotation_flush(d, NULL, NULL);
    }
    s = &d->slot[d->n_used];
    if (s->desk.coeffs == NULL) {
        s->desk.ny = d->plan.ny;
        s->desk.nx = d->plan.nx;
        s->dq =
            d->plan.has_dq ? sqn__arena_reserve(&d->arena, d->n_pix, sizeof *s->dq) : NULL;
        if ((d->plan.has_dq && s->dq == NULL) ||
            !sqn__rotate_desk_fill(&s->desk, &d->arena, d->plan.n_image)) {
            s->desk.coeffs = NULL; /* not there */
            status = SQN_RAISE(err, E_MEM, "a frame of %" PRId64 " pixels", d->n_pix);
        }
    }

cleanup:
    return status;
}

/* Sums by distance of the images of a group, over all bands. */
static void join_rings(sqn_derotation *d, const sqn__rotate_group *g)
{
    const int64_t n = d->rings.n_radius, lanes = d->lanes;

    for (int64_t e = 0; e < n * d->plan.n_image; e++) {
        const int64_t r = e / d->plan.n_image, l = e % d->plan.n_image;
        const double *from = d->rings.sums + r * 2 * lanes + l;

        if (g->member[l]) {
            d->variance[e] = d->shared[e] = 0.0;
            d->n_ring[e] = 0;
        }
        for (int64_t band = 0; band < BANDS && g->member[l]; band++) {
            d->variance[e] += from[band * n * 2 * lanes];
            d->shared[e] += from[band * n * 2 * lanes + lanes];
            d->n_ring[e] += d->rings.n[band * n + r];
        }
    }
}

/* Put a group of the images of a frame into a slot; `alike` false: they do not know the same
   pixels, nothing is done. */
static sqn_status add_group(bool *alike, sqn_derotation *d, const sqn_derotation_frame *f,
                            const sqn__rotate_group *g, sqn_error *err)
{
    slot *s = &d->slot[d->n_used < d->n_slot ? d->n_used : 0]; /* all in use: the first */
    sqn_status status = SQN_OK;

    *alike = false;
    SQN_TRY(free_slot(d, err));
    if (s->dq != NULL) {
        memcpy(s->dq, f->images[0].dq, (size_t)d->n_pix * sizeof *s->dq);
    }
    s->as_is = sqn__rotate_copies(f->theta);
    s->turn = sqn__turn_by(d->plan.center, f->theta);
    *alike = sqn__rotate_load(&s->desk, g, s->as_is, &d->rings);
    if (*alike) {
        for (int64_t l = 0; l < STACK; l++) {
            s->member[l] = l < g->n && g->member[l] ? -1 : 0;
        }
        join_rings(d, g);
        d->n_used++;
    }

cleanup:
    return status;
}

static void spread_share(const sqn_derotation *d, const float *share)
{
    for (int64_t r = 0; r < d->plan.n_radius; r++) {
        memcpy(d->share + r * d->lanes, share + r * STACK,
               (size_t)d->plan.n_image * sizeof *share);
    }
}

sqn_status sqn_derotation_add(sqn_derotation *d, sqn_derotation_sums *sums,
                              const sqn_derotation_frame *frame, sqn_error *err)
{
    sqn_status status = SQN_OK;
    bool done[STACK] = {false}, alike = false;
    sqn__rotate_group g;

    SQN_TRY(check_frame(d, frame, err));
    spread_share(d, frame->share);
    if (sqn__rotate_whole_group(&g, frame->images, d->plan.n_image)) {
        SQN_TRY(add_group(&alike, d, frame, &g, err));
    }
    while (!alike && sqn__rotate_next_group(&g, done)) {
        bool now = false;

        SQN_TRY(add_group(&now, d, frame, &g, err));
    }
    d->n_frame++;
    *sums = (sqn_derotation_sums){d->variance, d->shared, d->n_ring};

cleanup:
    return status;
}

sqn_status sqn_derotation_finish(sqn_derotation *d, sqn_image *out,
                                 int32_t *const *coverage, sqn_error *err)
{
    sqn_status status = SQN_OK;

    if (d->n_frame == 0) {
        return SQN_RAISE(err, E_ARG, "no frame to combine");
    }
    if (d->begun) {
        SQN_TRY(keep_sums(d, err));
    }
    sqn__derotation_flush(d, out, coverage);
    d->n_frame = 0;

cleanup:
    return status;
}
