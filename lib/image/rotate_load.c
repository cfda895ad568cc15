/** @file rotate_load.c @brief Planes of many images, pixel by pixel: coefficients, variances. */
#include <string.h>

#include "fill.h"
#include "rotate_desk.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    N_PIXEL = SQN__SPLINE_N_CARDINAL,
    BEFORE = N_PIXEL / 2 - 1, /* pixels behind a cell that lie before it */
    BANDS = SQN__ROTATE_BANDS,
    CHUNK = 64, /* pixels of a row that are laid out together */
    AHEAD = 2 * CHUNK
};

typedef sqn__rotate_desk desk;
typedef sqn__rotate_group group;

/* What is laid out: where, and how. */
typedef struct layout {
    const desk *d;
    const group *g;
    const sqn__rotate_rings *rings;
    bool as_is;
} layout;

/* Pixels of a row side by side: number of the first one, in planes and in those with a border. */
typedef struct chunk {
    int64_t pixel, wide, n;
} chunk;

/* ---- Lane by lane ---------------------------------------------------------------------- */

typedef enum plane { VALUE, VARIANCE, SHARED } plane;

/* Rows of all lanes. */
static sqn__rows_of rows_of(const layout *to, plane which, int64_t pixel)
{
    const group *g = to->g;
    sqn__rows_of rows = {.n = to->d->lanes};

    for (int64_t l = 0; l < rows.n; l++) {
        const sqn_image *in = &g->in[l < g->n && g->member[l] ? l : g->first];

        rows.row[l] = (which == VALUE      ? in->value
                       : which == VARIANCE ? in->variance
                                           : in->shared) +
                      pixel;
    }
    return rows;
}

_Static_assert(SQN__FILL_EMPTY == UINT8_MAX, "what is not known is empty");

static bool spread_values(const layout *to, const chunk *at)
{
    static const uint8_t none[CHUNK] = {0};
    const desk *d = to->d;
    float *lanes = d->coeffs + at->wide * d->lanes;
    const sqn__rows_of rows = rows_of(to, VALUE, at->pixel);

    d->table->interleave(lanes, &rows, d->lanes, at->n);
    return d->table->know(d->round + at->pixel, lanes, none, at->n, d->lanes);
}

/* The part of the variances that is shared, which are known where there is one; and their sums
   by distance. */
static void spread_shared(const layout *to, double *sums, int64_t *n_sum, const chunk *at)
{
    const desk *d = to->d;
    const float *variance = d->variance + at->wide * d->lanes;
    float *ratio = d->ratio + at->pixel * d->lanes;
    const sqn__rows_of rows = rows_of(to, SHARED, at->pixel);
    const sqn__spline_rings of = {at->n,
                                  d->lanes,
                                  to->rings != NULL ? to->rings->ring + at->pixel : NULL,
                                  to->rings != NULL ? to->rings->share : NULL,
                                  d->missing + at->pixel,
                                  variance};

    d->table->interleave(ratio, &rows, d->lanes, at->n);
    d->table->share(ratio, sums, n_sum, &of);
}

/* Variances take part where the value and the variance itself are known. */
static bool spread_variances(const layout *to, double *sums, int64_t *n_sum,
                             const chunk *at)
{
    const desk *d = to->d;
    float *lanes = d->variance + at->wide * d->lanes;
    const sqn__rows_of rows = rows_of(to, VARIANCE, at->pixel);
    uint8_t *missing = d->missing + at->pixel;

    d->table->interleave(lanes, &rows, d->lanes, at->n);

    const bool alike =
        d->table->know(missing, lanes, d->round + at->pixel, at->n, d->lanes);

    for (int64_t x = 0; x < at->n && !to->as_is; x++) {
        if (missing[x] != 0) { /* rare */
            memset(lanes + x * d->lanes, 0, (size_t)d->lanes * sizeof *lanes);
        }
    }
    if (to->g->in[to->g->first].shared != NULL) {
        spread_shared(to, sums, n_sum, at);
    }
    return alike;
}

/* The flags of lane `l` from pixel number `pixel` on; NULL: none. */
static const uint8_t *flags_of(const layout *to, int64_t l, int64_t pixel)
{
    const bool member = l < to->g->n && to->g->member[l];
    const uint8_t *flags = member ? to->g->in[l].flags : NULL;

    return flags != NULL ? flags + pixel : NULL;
}

/* any |= flags, of `n` pixels. */
static void join_flags(uint8_t *restrict any, const uint8_t *restrict flags, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        any[x] |= flags[x];
    }
}

/* Flags, and where there are any at all. */
static void spread_flags(const layout *to, const chunk *at)
{
    const int64_t lanes = to->d->lanes;
    uint8_t *to_flags = to->d->flags + at->pixel * lanes;
    const uint8_t *flags[SQN__SPLINE_STACK];
    uint8_t any[CHUNK] = {0};

    for (int64_t l = 0; l < lanes; l++) {
        flags[l] = flags_of(to, l, at->pixel);
        if (flags[l] != NULL) {
            __builtin_prefetch(flags[l] + AHEAD, 0, 3); /* which may lie outside */
            join_flags(any, flags[l], at->n);
        }
    }
    memcpy(to->d->flagged + at->pixel, any, (size_t)at->n);
    for (int64_t x = 0; x < at->n; x++) {
        for (int64_t l = 0; l < lanes && any[x] != 0; l++) { /* rare */
            to_flags[x * lanes + l] = flags[l] != NULL ? flags[l][x] : 0;
        }
    }
}

/* Row `y`, with its border of variances; true where all images know the same pixels. */
static bool spread_row(const layout *to, int64_t y, double *sums, int64_t *n_sum)
{
    const desk *d = to->d;
    const int64_t wide = (y + BORDER) * d->stride + BORDER;
    const bool varies = to->g->in[to->g->first].variance != NULL;
    const size_t border = (size_t)(BORDER * d->lanes) * sizeof *d->variance;
    bool alike = true;

    for (int64_t x = 0; x < d->nx; x += CHUNK) {
        const chunk at = {y * d->nx + x, wide + x, d->nx - x < CHUNK ? d->nx - x : CHUNK};

        alike = spread_values(to, &at) && alike;
        if (varies) {
            alike = spread_variances(to, sums, n_sum, &at) && alike;
        }
        spread_flags(to, &at);
    }
    memset(d->variance + (wide - BORDER) * d->lanes, 0, border);
    memset(d->variance + (wide + d->nx) * d->lanes, 0, border);
    return alike;
}

/* Part `band` of the rows. */
static bool spread_band(const layout *to, int64_t band)
{
    const int64_t end = (band + 1) * to->d->ny / BANDS;
    const sqn__rotate_rings *rings = to->rings;
    double *sums = NULL;
    int64_t *n_sum = NULL;
    bool alike = true;

    if (rings != NULL) {
        const int64_t size = rings->n_radius * 2 * to->d->lanes;

        sums = rings->sums + band * size;
        n_sum = rings->n + band * rings->n_radius;
        memset(sums, 0, (size_t)size * sizeof *sums);
        memset(n_sum, 0, (size_t)rings->n_radius * sizeof *n_sum);
    }
    for (int64_t y = band * to->d->ny / BANDS; y < end; y++) {
        alike = spread_row(to, y, sums, n_sum) && alike;
    }
    return alike;
}

/* ---- Gaps ------------------------------------------------------------------------------ */

/* Row `y`: which of pixels x - 3 to x + 4 have no variance; none beyond the edges has. */
static void mark_gaps(const desk *d, int64_t y)
{
    const uint8_t *missing = d->missing + y * d->nx;
    uint8_t *gaps = d->gaps + (y + BORDER) * d->stride + BORDER;
    const int64_t after = N_PIXEL - 1 - BEFORE;
    unsigned bits = 0xff;

    for (int64_t x = -1 - N_PIXEL; x <= d->nx; x++) {
        const bool none = x + after < 0 || x + after >= d->nx || missing[x + after] != 0;

        bits = bits >> 1 | (none ? 0x80U : 0U);
        if (x >= -1) {
            gaps[x] = (uint8_t)bits;
        }
    }
}

/* Row `y` of the gaps behind the cells. */
static void mark_broken(const desk *d, int64_t y)
{
    const int64_t first = (y + BORDER) * d->stride + BORDER - 1;
    const uint8_t *gaps = d->gaps + first - BEFORE * d->stride;
    uint8_t *restrict broken = d->broken + first;

    for (int64_t x = 0; x < d->nx + 2; x++) {
        int bits = 0;

        for (int64_t j = 0; j < N_PIXEL; j++) {
            bits |= gaps[j * d->stride + x];
        }
        broken[x] = (uint8_t)bits;
    }
}

static void mark_all(const desk *d)
{
#pragma omp parallel default(none) shared(d)
    {
#pragma omp for schedule(static)
        for (int64_t y = 0; y < d->ny; y++) {
            mark_gaps(d, y);
        }
#pragma omp for schedule(static)
        for (int64_t y = -1; y <= d->ny; y++) {
            mark_broken(d, y);
        }
    }
}

bool sqn__rotate_load(desk *d, const group *g, bool as_is, const sqn__rotate_rings *rings)
{
    const layout to = {d, g, rings, as_is};
    const int64_t origin = BORDER * d->stride + BORDER;
    float *coeffs = d->coeffs + origin * d->lanes;
    bool alike = true;

#pragma omp parallel for schedule(static) reduction(&& : alike) default(none) shared(to)
    for (int64_t band = 0; band < BANDS; band++) {
        alike = spread_band(&to, band) && alike;
    }
    if (as_is || !alike) {
        return alike;
    }
    sqn__fill_missing_stack(coeffs, d->round, d->ny, d->nx, d->stride, d->lanes);
    sqn__spline_prefilter_stack(coeffs, d->ny, d->nx, d->stride, d->lanes);
    sqn__spline_mirror(coeffs, d->ny, d->nx, BORDER, (size_t)d->lanes * sizeof *d->coeffs);
    if (g->in[g->first].variance != NULL) {
        mark_all(d);
    }
    d->planes.stride = d->stride;
    d->planes.lanes = d->lanes;
    d->planes.coeff = coeffs;
    d->planes.variance = d->variance + origin * d->lanes;
    d->planes.gaps = d->gaps + origin;
    d->planes.broken = d->broken + origin;
    return true;
}
