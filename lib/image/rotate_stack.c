/**
 * @file rotate_stack.c
 * @brief Turn images that are alike together: a lane of a vector is an image.
 *
 * Where the input is needed, the weights there and which pixels are missing are the same for all
 * of them. Images that miss other pixels than the first ones are turned in groups of their own.
 */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "rotate_internal.h"
#include "sequin/cube.h"

enum {
    BORDER = SQN__SPLINE_BORDER,
    STACK = SQN__SPLINE_STACK,
    N_POINT = SQN__TURN_POINTS,
    N_PIXEL = SQN__SPLINE_N_CARDINAL
};

/* What is known of a pixel. */
enum { KNOWS_NOTHING = 0, KNOWS_VALUE = 1, KNOWS_BOTH = 2 };

/* Work space of one call; "wide" planes have a border. */
typedef struct desk {
    int64_t ny, nx, n_pix, stride, n_wide;
    int n_thread;
    double *coeff;      /* [n_thread, wide] */
    double *work;       /* [n_thread, sqn__turn_work_size()] */
    float *flat;        /* [STACK, wide] coefficients, image by image */
    uint8_t *round;     /* [STACK, ny, nx] 0 = valid */
    uint8_t *knows;     /* [STACK, ny, nx] */
    uint8_t *flags;     /* [STACK, ny, nx] of the input */
    float *lanes;       /* [wide, STACK] coefficients */
    float *variance;    /* [wide, STACK] 0 where there is none */
    float *ratio;       /* [ny, nx, STACK] shared over all of the variance */
    float *present;     /* [wide] 1 where there is a variance */
    uint8_t *whole;     /* [wide] of sqn__spline_stack */
    sqn__spline_stack planes;
} desk;

/* Images of the call that are turned together. */
typedef struct group {
    int64_t n, member[STACK]; /* their numbers in the stack */
    sqn_image out[STACK], in[STACK];
} group;

/* ---- Memory ---------------------------------------------------------------------------- */

static void clear_desk(desk *d)
{
    sqn__mem_free(d->coeff);
    sqn__mem_free(d->work);
    sqn__mem_free(d->flat);
    sqn__mem_free(d->round);
    sqn__mem_free(d->knows);
    sqn__mem_free(d->flags);
    sqn__mem_free(d->lanes);
    sqn__mem_free(d->variance);
    sqn__mem_free(d->ratio);
    sqn__mem_free(d->present);
    sqn__mem_free(d->whole);
}

static bool allocate_desk(desk *d, const sqn_image *in, int64_t n)
{
    const int64_t stride = in->nx + 2 * (int64_t)BORDER;
    const int64_t n_wide = sqn__mem_product(in->ny + 2 * (int64_t)BORDER, stride);
    const int64_t n_pix = in->ny * in->nx, n_image = n < STACK ? n : STACK;
    const int64_t n_thread = omp_get_max_threads();

    *d = (desk){.ny = in->ny,
                .nx = in->nx,
                .n_pix = n_pix,
                .stride = stride,
                .n_wide = n_wide,
                .n_thread = (int)n_thread};
    d->coeff = sqn__mem_alloc(sqn__mem_product(n_thread, n_wide), sizeof *d->coeff);
    d->work = sqn__mem_alloc(n_thread * sqn__turn_work_size(in->ny, in->nx), sizeof *d->work);
    d->flat = sqn__mem_alloc(n_image * n_wide, sizeof *d->flat);
    d->round = sqn__mem_alloc(n_image * n_pix, sizeof *d->round);
    d->knows = sqn__mem_alloc(n_image * n_pix, sizeof *d->knows);
    d->flags = sqn__mem_alloc(n_image * n_pix, sizeof *d->flags);
    d->lanes = sqn__mem_alloc(n_wide * STACK, sizeof *d->lanes);
    d->variance = sqn__mem_alloc(n_wide * STACK, sizeof *d->variance);
    d->ratio = sqn__mem_alloc(n_pix * STACK, sizeof *d->ratio);
    d->present = sqn__mem_alloc(n_wide, sizeof *d->present);
    d->whole = sqn__mem_alloc(n_wide, sizeof *d->whole);
    return d->coeff != NULL && d->work != NULL && d->flat != NULL && d->round != NULL &&
           d->knows != NULL && d->flags != NULL && d->lanes != NULL &&
           d->variance != NULL && d->ratio != NULL && d->present != NULL &&
           d->whole != NULL;
}

/* ---- Image by image -------------------------------------------------------------------- */

/* Coefficients of image `k`, what it knows, and a copy of its flags. */
static void load_image(const desk *d, const sqn_image *in, int64_t k)
{
    const int64_t thread = omp_get_thread_num();
    double *coeff = d->coeff + thread * d->n_wide;
    double *work = d->work + thread * sqn__turn_work_size(d->ny, d->nx);
    uint8_t *round = d->round + k * d->n_pix, *knows = d->knows + k * d->n_pix;
    float *flat = d->flat + k * d->n_wide;

    sqn__turn_coefficients(coeff, round, in->value, d->ny, d->nx, work);
    for (int64_t p = 0; p < d->n_wide; p++) {
        flat[p] = (float)coeff[p];
    }
    for (int64_t p = 0; p < d->n_pix; p++) {
        const bool both = in->variance != NULL && isfinite(in->variance[p]);

        knows[p] = round[p] != 0 ? KNOWS_NOTHING : both ? KNOWS_BOTH : KNOWS_VALUE;
    }
    if (in->flags != NULL) {
        memcpy(d->flags + k * d->n_pix, in->flags, (size_t)d->n_pix);
    }
}

static void load_images(const desk *d, const sqn_image *in, int64_t n)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(d->n_thread) default(none) \
    shared(d, in, n)
    for (int64_t k = 0; k < n; k++) {
        load_image(d, &in[k], k);
    }
}

/* ---- Lane by lane ---------------------------------------------------------------------- */

/* Row `y` of the coefficients, counted with the border. */
static void spread_coefficients(const desk *d, const group *g, int64_t y)
{
    float *restrict to = d->lanes + y * d->stride * STACK;

    for (int64_t l = 0; l < g->n; l++) {
        const float *restrict from =
            d->flat + g->member[l] * d->n_wide + y * d->stride;

        for (int64_t x = 0; x < d->stride; x++) {
            to[x * STACK + l] = from[x];
        }
    }
}

/* Row `y` of the variances, and the part of them that is shared. */
static void spread_variances(const desk *d, const group *g, int64_t y)
{
    const int64_t wide = (y + BORDER) * d->stride + BORDER;
    const uint8_t *restrict knows = d->knows + g->member[0] * d->n_pix + y * d->nx;
    float *restrict to = d->variance + wide * STACK;
    float *restrict ratio = d->ratio + y * d->nx * STACK;

    for (int64_t x = 0; x < d->nx; x++) {
        d->present[wide + x] = knows[x] == KNOWS_BOTH ? 1.0F : 0.0F;
    }
    for (int64_t l = 0; l < g->n && g->in[l].variance != NULL; l++) {
        const float *restrict from = g->in[l].variance + y * d->nx;
        const float *restrict shared =
            g->in[l].shared != NULL ? g->in[l].shared + y * d->nx : NULL;

        for (int64_t x = 0; x < d->nx; x++) {
            const float variance = knows[x] == KNOWS_BOTH ? from[x] : 0.0F;

            to[x * STACK + l] = variance;
        }
        for (int64_t x = 0; x < d->nx && shared != NULL; x++) {
            ratio[x * STACK + l] = from[x] > 0.0F ? shared[x] / from[x] : 0.0F;
        }
    }
}

/* True where pixels (y - 3, x - 3) to (y + 4, x + 4) all have a variance. */
static void mark_whole(const desk *d, int64_t y)
{
    const int64_t before = (int64_t)N_PIXEL / 2 - 1;
    uint8_t *whole = d->whole + (y + BORDER) * d->stride + BORDER;

    for (int64_t x = -1; x <= d->nx; x++) {
        const float *first = d->present +
                             (y + BORDER - before) * d->stride + x + BORDER - before;
        float sum = 0.0F;

        for (int64_t j = 0; j < N_PIXEL; j++) {
            for (int64_t i = 0; i < N_PIXEL; i++) {
                sum += first[j * d->stride + i];
            }
        }
        whole[x] = sum == (float)N_PIXEL * N_PIXEL ? 1 : 0;
    }
}

static void load_group(desk *d, const group *g)
{
    const int64_t origin = BORDER * d->stride + BORDER, n_row = d->ny + 2 * (int64_t)BORDER;

#pragma omp parallel for schedule(static) default(none) shared(d, g, n_row)
    for (int64_t y = 0; y < n_row; y++) {
        spread_coefficients(d, g, y);
        if (y >= BORDER && y < d->ny + BORDER) {
            spread_variances(d, g, y - BORDER);
        }
    }
#pragma omp parallel for schedule(static) default(none) shared(d)
    for (int64_t y = -1; y <= d->ny; y++) {
        mark_whole(d, y);
    }
    d->planes.stride = d->stride;
    d->planes.coeff = d->lanes + origin * STACK;
    d->planes.variance = d->variance + origin * STACK;
    d->planes.present = d->present + origin;
    d->planes.whole = d->whole + origin;
    sqn__turn_taps(&d->planes.value, &d->planes.pixel);
}

/* ---- Turning --------------------------------------------------------------------------- */

/* The points of a row, lane by lane. */
typedef struct strip {
    float value[N_POINT][STACK], variance[N_POINT][STACK], shared[N_POINT][STACK];
} strip;

static void set_missing(float lanes[STACK])
{
    for (int64_t l = 0; l < STACK; l++) {
        lanes[l] = NAN;
    }
}

/* Put the points where they belong, from the last on, and between them what is missing. */
static void part_points(float lanes[N_POINT][STACK], const sqn__turn_points *of)
{
    int64_t from = of->n_valid;

    for (int64_t i = of->n - 1; i >= 0 && of->n_valid < of->n; i--) {
        if (of->missing[i]) {
            set_missing(lanes[i]);
        } else {
            memcpy(lanes[i], lanes[--from], sizeof lanes[i]);
        }
    }
}

/* Covariances turn as variances do. */
static void share_variance(strip *s, const desk *d, const sqn__turn_points *of)
{
    for (int64_t i = 0; i < of->n_valid; i++) {
        const float *ratio = d->ratio + of->nearest[of->place[i]] * STACK;

        for (int64_t l = 0; l < STACK; l++) {
            s->shared[i][l] = ratio[l] * s->variance[i][l];
        }
    }
    part_points(s->shared, of);
}

static void store(float *restrict out, float lanes[N_POINT][STACK], int64_t lane,
                  int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = lanes[i][lane];
    }
}

/* The pixels of a row from number `first` on. */
static void turn_points(group *g, const desk *d, const sqn__turn_points *of, int64_t first)
{
    const bool varies = g->in[0].variance != NULL, shares = g->in[0].shared != NULL;
    strip s;

    sqn__spline_lanes_choose()->stack(&s.value[0][0], varies ? &s.variance[0][0] : NULL,
                                      &d->planes, of->y, of->x, of->n_valid);
    if (shares) {
        share_variance(&s, d, of);
    }
    part_points(s.value, of);
    if (varies) {
        part_points(s.variance, of);
    }
    for (int64_t l = 0; l < g->n; l++) {
        store(g->out[l].value + first, s.value, l, of->n);
        if (varies) {
            store(g->out[l].variance + first, s.variance, l, of->n);
        }
        if (shares) {
            store(g->out[l].shared + first, s.shared, l, of->n);
        }
        sqn__rotate_flags(&g->out[l], &g->in[l], of, first);
    }
}

static void turn_group(group *g, desk *d, const sqn__turn *t)
{
    const sqn__turn_map map = {d->ny, d->nx, d->round + g->member[0] * d->n_pix};

    load_group(d, g);
    for (int64_t l = 0; l < g->n; l++) { /* what is written may be what is read */
        if (g->in[l].flags != NULL) {
            g->in[l].flags = d->flags + g->member[l] * d->n_pix;
        }
    }
#pragma omp parallel for schedule(dynamic, 8) default(none) shared(g, d, t, map)
    for (int64_t row = 0; row < d->ny; row++) {
        for (int64_t column = 0; column < d->nx; column += N_POINT) {
            const int64_t first[2] = {row, column}, left = d->nx - column;
            sqn__turn_points found;

            sqn__turn_place(&found, t, &map, first, left < N_POINT ? left : N_POINT);
            turn_points(g, d, &found, row * d->nx + column);
        }
    }
}

/* The images of the stack from `first` on that know the same pixels and have the same planes,
   and are not `done`. */
static group find_group(bool *done, sqn_image *out, const sqn_image *in, const desk *d,
                        int64_t n, int64_t first)
{
    const uint8_t *knows = d->knows + first * d->n_pix;
    group g = {.n = 0};

    for (int64_t k = first; k < n; k++) {
        if (!done[k] && (in[k].shared != NULL) == (in[first].shared != NULL) &&
            (in[k].variance != NULL) == (in[first].variance != NULL) &&
            memcmp(knows, d->knows + k * d->n_pix, (size_t)d->n_pix) == 0) {
            done[k] = true;
            g.member[g.n] = k;
            g.in[g.n] = in[k];
            g.out[g.n++] = out[k];
        }
    }
    return g;
}

/* Up to a stack of images. */
static void turn_stack(sqn_image *out, const sqn_image *in, desk *d, int64_t n,
                       const sqn__turn *t)
{
    bool done[STACK] = {false};

    load_images(d, in, n);
    for (int64_t k = 0; k < n; k++) {
        if (!done[k]) {
            group g = find_group(done, out, in, d, n, k);

            turn_group(&g, d, t);
        }
    }
}

static sqn_status check(const sqn_image *out, const sqn_image *in, int64_t n,
                        const double center[2], double theta, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < n && status == SQN_OK; k++) {
        status = sqn__rotate_check(&out[k], &in[k], center, theta, err);
        if (status == SQN_OK && (in[k].ny != in[0].ny || in[k].nx != in[0].nx)) {
            status = SQN_RAISE(err, E_ARG,
                               "image %" PRId64 " has %" PRId64 " x %" PRId64
                               " pixels, the first %" PRId64 " x %" PRId64,
                               k + 1, in[k].nx, in[k].ny, in[0].nx, in[0].ny);
        }
    }
    return status;
}

sqn_status sqn_rotate_frames(sqn_image *out, const sqn_image *in, int64_t n,
                             const double center[2], double theta, sqn_error *err)
{
    const sqn__turn t = sqn__turn_by(center, theta);
    sqn_status status = SQN_OK;
    desk d = {0};

    SQN_TRY(check(out, in, n, center, theta, err));
    if (n < 1 || sqn__rotate_copies(theta)) {
        for (int64_t k = 0; k < n; k++) {
            sqn__rotate_copy(&out[k], &in[k]);
        }
        goto cleanup;
    }
    if (!allocate_desk(&d, in, n)) {
        status = SQN_RAISE(err, E_MEM,
                           "work space to turn %" PRId64 " images of %" PRId64 " x %" PRId64
                           " pixels",
                           n, in->nx, in->ny);
        goto cleanup;
    }
    for (int64_t first = 0; first < n; first += STACK) {
        turn_stack(out + first, in + first, &d, n - first < STACK ? n - first : STACK, &t);
    }

cleanup:
    clear_desk(&d);
    return status;
}
