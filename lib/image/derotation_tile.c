/**
 * @file derotation_tile.c
 * @brief Frames are turned tile by tile: those of all slots together stay in the second cache.
 */
#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "combine_sums.h"
#include "derotation.h"
#include "sequin/cube.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    STACK = SQN__SPLINE_STACK,
    WIDTH = 64,
    HEIGHT = 16,
    SLICE = 16, /* pixels of a row that are turned at once: what is behind them and the next
                   row stays in the first cache */
    N_TILE = WIDTH * HEIGHT
};

typedef sqn__derotation_slot slot;

/* A frame in a tile: [HEIGHT, WIDTH] */
typedef struct leaf {
    float value[N_TILE * STACK], variance[N_TILE * STACK]; /* [.., lanes] */
    int32_t nearest[N_TILE];                               /* number of a pixel; -1: none */
    uint8_t missing[N_TILE];
} leaf;

/* Work space of a thread. */
typedef struct tile {
    int64_t y, x, ny, nx;
    float sums[WIDTH * SQN__N_SUM * STACK]; /* of a row, where they are not kept */
    uint8_t flags[WIDTH * 2 * STACK];
    uint32_t dq[WIDTH * 2 * STACK];
    leaf leaf[]; /* [n_slot] */
} tile;

int64_t sqn__derotation_tile_size(const sqn_derotation *d)
{
    const int64_t bytes = (int64_t)sizeof(tile) + d->n_slot * (int64_t)sizeof(leaf);

    return (bytes + 63) / 64 * 64;
}

/* ---- Turning --------------------------------------------------------------------------- */

/* Pixels of row `row` of the tile from number `x` on; what is copied stays where it is. */
static void turn_slice(leaf *out, const slot *s, const tile *t, int64_t row, int64_t x)
{
    const int64_t first[2] = {t->y + row, t->x + x}, at = row * WIDTH + x;
    const int64_t pixel = first[0] * s->desk.nx + first[1];
    const int64_t n = t->nx - x < SLICE ? t->nx - x : SLICE;
    sqn__turn_points found;

    if (s->as_is) {
        for (int64_t i = 0; i < n; i++) {
            out->nearest[at + i] = (int32_t)(pixel + i);
        }
        memset(out->missing + at, 0, (size_t)n);
        return;
    }
    sqn__rotate_row(out->value + at * s->desk.lanes, out->variance + at * s->desk.lanes,
                    &found, &s->desk, &s->turn, first, n);
    for (int64_t i = 0; i < n; i++) {
        out->nearest[at + i] = (int32_t)found.nearest[i];
        out->missing[at + i] = found.missing[i] ? 1 : 0;
    }
}

static void turn_tile(leaf *out, const slot *s, const tile *t)
{
    for (int64_t x = 0; x < t->nx; x += SLICE) {
        for (int64_t row = 0; row < t->ny; row++) {
            turn_slice(out, s, t, row, x);
        }
    }
}

/* Row `row` of the tile, as it is added. */
static sqn__spline_frame frame_of(const leaf *of, const slot *s, const tile *t, int64_t row)
{
    const sqn__rotate_desk *d = &s->desk;
    const int64_t at = row * WIDTH * d->lanes;
    const int64_t wide = ((t->y + row + BORDER) * d->stride + BORDER + t->x) * d->lanes;

    return (sqn__spline_frame){s->as_is ? d->coeffs + wide : of->value + at,
                               s->as_is ? d->variance + wide : of->variance + at, d->ratio,
                               of->nearest + row * WIDTH, s->member};
}

/* ---- Flags and DQ ---------------------------------------------------------------------- */

/* True where a lane of a pixel takes part. */
static bool takes_part(const sqn__spline_frame *f, int64_t at, int64_t l)
{
    return f->member[l] != 0 && fabsf(f->value[at + l]) <= FLT_MAX;
}

/* Flags of a pixel whose values may take part; those of all frames stand behind. */
static void join_flagged(uint8_t *out, const uint8_t *flags, const sqn__spline_frame *f,
                         int64_t x, int64_t lanes)
{
    for (int64_t l = 0; l < lanes; l++) {
        out[l] |= takes_part(f, x * lanes, l) ? flags[l] : 0;
        out[l + lanes] |= f->member[l] != 0 ? flags[l] : 0;
    }
}

/* Flags of all frames at a pixel that is missing. */
static void join_missing(uint8_t *restrict out, const uint8_t *restrict flags,
                         const uint8_t *restrict member, int64_t lanes)
{
    for (int64_t l = 0; l < lanes; l++) {
        out[l] |= (uint8_t)((flags[l] | SQN_FLAG_TURNED_MISSING) & member[l]);
    }
}

static void join_flags(uint8_t *out, const sqn__spline_frame *f, const uint8_t *missing,
                       const slot *s, int64_t n)
{
    static const uint8_t none[STACK] = {0};
    const int64_t lanes = s->desk.lanes;
    uint8_t member[STACK];

    for (int64_t l = 0; l < lanes; l++) {
        member[l] = f->member[l] != 0 ? 0xff : 0;
    }
    for (int64_t x = 0; x < n; x++) {
        const int64_t from = f->nearest[x];
        const bool flagged = from >= 0 && s->desk.flagged[from] != 0;
        const uint8_t *flags = flagged ? s->desk.flags + from * lanes : none;
        uint8_t *to = out + x * 2 * lanes;

        if (missing[x] != 0) {
            join_missing(to + lanes, flags, member, lanes);
        } else if (flagged) { /* rare */
            join_flagged(to, flags, f, x, lanes);
        }
    }
}

static void join_dq(uint32_t *out, const sqn__spline_frame *f, const slot *s, int64_t n)
{
    const int64_t lanes = s->desk.lanes;

    for (int64_t x = 0; x < n; x++) {
        const uint32_t dq = f->nearest[x] < 0 ? 0 : s->dq[f->nearest[x]];

        for (int64_t l = 0; l < lanes && dq != 0; l++) {
            uint32_t *to = out + x * 2 * lanes + l;

            to[0] |= takes_part(f, x * lanes, l) ? dq : 0;
            to[lanes] |= f->member[l] != 0 ? dq : 0;
        }
    }
}

/* ---- Sums ------------------------------------------------------------------------------ */

/* Sums of row `row`: those that are kept, or the tile's own; 0 in the beginning. */
static sqn__derotation_sums begin_row(const sqn_derotation *d, tile *t, int64_t row,
                                      bool last)
{
    const int64_t pixel = t->x * d->plan.ny + (t->y + row) * t->nx;
    const int64_t n_sum = SQN__N_SUM * d->lanes, n_bit = 2 * d->lanes;
    const bool kept = d->begun || !last;
    const sqn__derotation_sums of = {kept ? d->sums.sums + pixel * n_sum : t->sums,
                                     kept ? d->sums.flags + pixel * n_bit : t->flags,
                                     !d->plan.has_dq ? NULL
                                     : kept          ? d->sums.dq + pixel * n_bit
                                                     : t->dq};

    if (!d->begun) {
        memset(of.sums, 0, (size_t)(t->nx * n_sum) * sizeof *of.sums);
        memset(of.flags, 0, (size_t)(t->nx * n_bit));
        if (of.dq != NULL) {
            memset(of.dq, 0, (size_t)(t->nx * n_bit) * sizeof *of.dq);
        }
    }
    return of;
}

/* Sums of a row, lane by lane. */
typedef struct row_sums {
    float value[STACK][WIDTH], n[STACK][WIDTH], variance[STACK][WIDTH],
        shared[STACK][WIDTH];
    bool flagged; /* some have flags */
} row_sums;

static bool any_of(const uint8_t *flags, int64_t n)
{
    uint8_t some = 0;

    for (int64_t k = 0; k < n; k++) {
        some |= flags[k];
    }
    return some != 0;
}

/* A block of the sums of `n` pixels. */
static void pick_block(float out[STACK][WIDTH], const sqn__derotation_sums *of,
                       const sqn_derotation *d, sqn__sum which, int64_t n)
{
    sqn__rows_to rows = {.n = d->plan.n_image};

    for (int64_t l = 0; l < rows.n; l++) {
        rows.row[l] = out[l];
    }
    d->table->interleave_undo(&rows, of->sums + (int64_t)which * d->lanes,
                              SQN__N_SUM * d->lanes, n);
}

/* The sums of values become floats where they stand: nothing is added any more. */
static void narrow_values(const sqn__derotation_sums *of, const sqn_derotation *d,
                          int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        float *to = of->sums + x * SQN__N_SUM * d->lanes;
        double value[STACK];

        memcpy(value, to, (size_t)d->lanes * sizeof *value);
        for (int64_t l = 0; l < d->lanes; l++) {
            to[l] = (float)value[l];
        }
    }
}

/* Lane `l` of the sums of `n` pixels. */
static void pick(sqn__combine_sums *out, const row_sums *rows,
                 const sqn__derotation_sums *of, int64_t lanes, int64_t l, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        out->n[x] = out->weight[x] = out->by[x] = (double)rows->n[l][x];
        out->value[x] = (double)rows->value[l][x];
        out->variance[x] = (double)rows->variance[l][x];
        out->shared[x] = out->squares[x] = (double)rows->shared[l][x];
    }
    for (int64_t x = 0; x < n && rows->flagged; x++) {
        out->flags[x] = of->flags[x * 2 * lanes + l];
        out->all_flags[x] = of->flags[x * 2 * lanes + l + lanes];
    }
    if (!rows->flagged) {
        memset(out->flags, 0, (size_t)n);
        memset(out->all_flags, 0, (size_t)n);
    }
    for (int64_t x = 0; x < n && of->dq != NULL; x++) {
        out->dq[x] = of->dq[x * 2 * lanes + l];
        out->all_dq[x] = of->dq[x * 2 * lanes + l + lanes];
    }
}

static void store_row(sqn_image *out, int32_t *const *coverage, const sqn_derotation *d,
                      const sqn__derotation_sums *of, int64_t first, int64_t n)
{
    row_sums rows;

    rows.flagged = any_of(of->flags, n * 2 * d->lanes);
    narrow_values(of, d, n);
    pick_block(rows.value, of, d, SQN__SUM_VALUE, n);
    pick_block(rows.n, of, d, SQN__SUM_N, n);
    pick_block(rows.variance, of, d, SQN__SUM_VARIANCE, n);
    pick_block(rows.shared, of, d, SQN__SUM_SHARED, n);
    for (int64_t l = 0; l < d->plan.n_image; l++) {
        sqn__combine_sums of_image;

        pick(&of_image, &rows, of, d->lanes, l, n);
        sqn__combine_store(&out[l], coverage[l], &of_image, SQN_COMBINE_MEAN, d->n_frame,
                           first, n);
    }
}

/* Row `row` of the tile: frame after frame, in the order in which they came. */
static void combine_row(sqn_derotation *d, tile *t, int64_t row, sqn_image *out,
                        int32_t *const *coverage)
{
    const sqn__derotation_sums sums = begin_row(d, t, row, out != NULL);
    sqn__spline_frame frame[SQN__DEROTATION_SLOTS];

    for (int64_t k = 0; k < d->n_used; k++) {
        const slot *s = &d->slot[k];

        frame[k] = frame_of(&t->leaf[k], s, t, row);
        join_flags(sums.flags, &frame[k], t->leaf[k].missing + row * WIDTH, s, t->nx);
        if (sums.dq != NULL) {
            join_dq(sums.dq, &frame[k], s, t->nx);
        }
    }
    d->table->add(sums.sums, frame, d->n_used, t->nx, d->lanes);
    if (out != NULL) {
        store_row(out, coverage, d, &sums, (t->y + row) * d->plan.nx + t->x, t->nx);
    }
}

static void combine_tile(sqn_derotation *d, tile *t, sqn_image *out,
                         int32_t *const *coverage)
{
    for (int64_t k = 0; k < d->n_used; k++) {
        turn_tile(&t->leaf[k], &d->slot[k], t);
    }
    for (int64_t row = 0; row < t->ny; row++) {
        combine_row(d, t, row, out, coverage);
    }
}

void sqn__derotation_flush(sqn_derotation *d, sqn_image *out, int32_t *const *coverage)
{
    const int64_t across = (d->plan.nx + WIDTH - 1) / WIDTH;
    const int64_t n_tile = across * ((d->plan.ny + HEIGHT - 1) / HEIGHT);
    const int64_t size = sqn__derotation_tile_size(d);

#pragma omp parallel for schedule(dynamic, 1) num_threads(d->n_thread) default(none) \
    shared(d, out, coverage, across, n_tile, size)
    for (int64_t k = 0; k < n_tile; k++) {
        tile *t = (tile *)(void *)(d->tiles + omp_get_thread_num() * size);

        t->y = k / across * HEIGHT;
        t->x = k % across * WIDTH;
        t->ny = d->plan.ny - t->y < HEIGHT ? d->plan.ny - t->y : HEIGHT;
        t->nx = d->plan.nx - t->x < WIDTH ? d->plan.nx - t->x : WIDTH;
        combine_tile(d, t, out, coverage);
    }
    d->n_used = 0;
    d->begun = out == NULL;
}
