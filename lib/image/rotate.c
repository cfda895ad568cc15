/** @file rotate.c @brief Turn a frame about the star. */
#include "sequin/rotate.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "rotate_internal.h"
#include "sequin/cube.h"
#include "turn.h"

/* rho(d) = <K * K (d)> / K * K (0) of the cardinal quintic spline K, over directions and places
   in a pixel. */
static const double overlap_step = 0.25; /* pixels */
static const double overlap[] = {1.0000,  0.9116,  0.6802,  0.3885,  0.1290, -0.0359,
                                 -0.0942, -0.0760, -0.0283, 0.0112,  0.0265, 0.0213,
                                 0.0079,  -0.0030, -0.0074, -0.0063, 0.0};

enum { BORDER = SQN__SPLINE_BORDER, N_POINT = SQN__TURN_POINTS };

/* Work space of one call; planes with a border are [ny + 2 border, nx + 2 border]. */
typedef struct desk {
    int64_t ny, nx, stride;
    double *work;    /* of the coefficients */
    uint8_t *round;  /* [ny, nx] 0 = the input is valid */
    double *coeff;   /* with border */
    float *variance; /* with border; NULL = not asked for */
    float *present;
    sqn__spline_planes planes; /* views of these */
    const sqn__spline_lanes *lanes;
} desk;

static void set_missing(sqn_image *out, int64_t p)
{
    out->value[p] = NAN;
    if (out->variance != NULL) {
        out->variance[p] = NAN;
    }
    if (out->shared != NULL) {
        out->shared[p] = NAN;
    }
}

void sqn__rotate_flags(sqn_image *out, const sqn_image *in, const sqn__turn_points *of,
                       int64_t first)
{
    for (int64_t i = 0; i < of->n && in->dq != NULL; i++) {
        out->dq[first + i] = of->nearest[i] < 0 ? 0 : in->dq[of->nearest[i]];
    }
    for (int64_t i = 0; i < of->n && in->flags != NULL; i++) {
        const int from = of->nearest[i] < 0 ? 0 : in->flags[of->nearest[i]];

        out->flags[first + i] =
            (uint8_t)(from | (of->missing[i] ? SQN_FLAG_TURNED_MISSING : 0));
    }
}

/* Covariances turn as variances do: their share of the variance is that of the nearest pixel,
   which is valid where the footprint is. */
static void share_variance(sqn_image *out, const sqn_image *in, const sqn__turn_points *of,
                           int64_t first)
{
    for (int64_t i = 0; i < of->n_valid; i++) {
        const int64_t from = of->nearest[of->place[i]], to = first + of->place[i];
        const float whole = in->variance[from];

        out->shared[to] =
            whole > 0.0F ? in->shared[from] / whole * out->variance[to] : 0.0F;
    }
}

/* Value and variance of the points; the first of the row's pixels is `first`. */
static void interpolate(sqn_image *out, const sqn_image *in, const desk *d,
                        const sqn__turn_points *of, int64_t first)
{
    float result[N_POINT];

    for (int64_t i = 0; i < of->n; i++) {
        if (of->missing[i]) {
            set_missing(out, first + i);
        }
    }
    d->lanes->values(result, &d->planes, of->y, of->x, of->n_valid);
    for (int64_t i = 0; i < of->n_valid; i++) {
        out->value[first + of->place[i]] = result[i];
    }
    if (d->variance != NULL) {
        d->lanes->variances(result, &d->planes, of->y, of->x, of->n_valid);
        for (int64_t i = 0; i < of->n_valid; i++) {
            out->variance[first + of->place[i]] = result[i];
        }
    }
    if (in->shared != NULL) {
        share_variance(out, in, of, first);
    }
}

static void turn_image(sqn_image *out, const sqn_image *in, const desk *d,
                       const sqn__turn *t)
{
    const sqn__turn_map map = {d->ny, d->nx, d->round};

#pragma omp parallel for schedule(dynamic, 8) default(none) shared(out, in, d, t, map)
    for (int64_t row = 0; row < d->ny; row++) {
        for (int64_t column = 0; column < d->nx; column += N_POINT) {
            const int64_t first[2] = {row, column}, left = d->nx - column;
            sqn__turn_points found;

            sqn__turn_place(&found, t, &map, first, left < N_POINT ? left : N_POINT);
            sqn__rotate_flags(out, in, &found, row * d->nx + column);
            interpolate(out, in, d, &found, row * d->nx + column);
        }
    }
}

static void clear_desk(desk *d)
{
    sqn__mem_free(d->work);
    sqn__mem_free(d->round);
    sqn__mem_free(d->coeff);
    sqn__mem_free(d->variance);
    sqn__mem_free(d->present);
}

static bool allocate_desk(desk *d, const sqn_image *in)
{
    const int64_t n = sqn__mem_product(in->ny, in->nx);
    const int64_t stride = in->nx + 2 * (int64_t)BORDER;
    const int64_t n_wide = sqn__mem_product(in->ny + 2 * (int64_t)BORDER, stride);

    *d = (desk){.ny = in->ny, .nx = in->nx, .stride = stride};
    d->lanes = sqn__spline_lanes_choose();
    d->work = sqn__mem_alloc(sqn__turn_work_size(in->ny, in->nx), sizeof *d->work);
    d->round = sqn__mem_alloc(n, sizeof *d->round);
    d->coeff = sqn__mem_alloc(n_wide, sizeof *d->coeff);
    if (in->variance != NULL) {
        d->variance = sqn__mem_alloc(n_wide, sizeof *d->variance);
        d->present = sqn__mem_alloc(n_wide, sizeof *d->present);
    }
    return d->work != NULL && d->round != NULL && d->coeff != NULL &&
           (in->variance == NULL || (d->variance != NULL && d->present != NULL));
}

/* A variance takes part where the value and the variance itself are known. */
static void place_variance(const desk *d, const sqn_image *in)
{
    for (int64_t y = 0; y < d->ny; y++) {
        const int64_t to = (y + BORDER) * d->stride + BORDER;

        for (int64_t x = 0; x < d->nx; x++) {
            const int64_t p = y * d->nx + x;
            const bool known = d->round[p] == 0 && isfinite(in->variance[p]);

            d->variance[to + x] = known ? in->variance[p] : 0.0F;
            d->present[to + x] = known ? 1.0F : 0.0F;
        }
    }
}

static void prepare(desk *d, const sqn_image *in)
{
    const int64_t origin = BORDER * d->stride + BORDER;

    sqn__turn_coefficients(d->coeff, d->round, in->value, d->ny, d->nx, d->work);
    d->planes = (sqn__spline_planes){.stride = d->stride, .coeff = d->coeff + origin};
    sqn__turn_taps(&d->planes.value, &d->planes.pixel);
    if (in->variance != NULL) {
        place_variance(d, in);
        d->planes.variance = d->variance + origin;
        d->planes.present = d->present + origin;
    }
}

static void copy_plane(void *out, const void *in, int64_t n, size_t size)
{
    if (in != NULL && out != in) {
        memcpy(out, in, (size_t)n * size);
    }
}

void sqn__rotate_copy(sqn_image *out, const sqn_image *in)
{
    const int64_t n = in->ny * in->nx;

    copy_plane(out->value, in->value, n, sizeof *in->value);
    copy_plane(out->variance, in->variance, n, sizeof *in->variance);
    copy_plane(out->dq, in->dq, n, sizeof *in->dq);
    copy_plane(out->flags, in->flags, n, sizeof *in->flags);
    copy_plane(out->shared, in->shared, n, sizeof *in->shared);
}

/* True when `out` can take what `in` has. */
static bool fits(const sqn_image *out, const sqn_image *in)
{
    return out->ny == in->ny && out->nx == in->nx &&
           (in->variance == NULL || out->variance != NULL) &&
           (in->dq == NULL || out->dq != NULL) &&
           (in->flags == NULL || out->flags != NULL) &&
           (in->shared == NULL || (in->variance != NULL && out->shared != NULL));
}

sqn_status sqn__rotate_check(const sqn_image *out, const sqn_image *in,
                             const double center[2], double theta, sqn_error *err)
{
    if (!isfinite(theta) || !isfinite(center[0]) || !isfinite(center[1])) {
        return SQN_RAISE(err, E_ARG, "turn by %g degrees about (%g, %g)", theta, center[0],
                         center[1]);
    }
    if (!fits(out, in)) {
        return SQN_RAISE(err, E_ARG,
                         "a frame of %" PRId64 " x %" PRId64
                         " pixels has no room in one of %" PRId64 " x %" PRId64,
                         in->nx, in->ny, out->nx, out->ny);
    }
    return SQN_OK;
}

bool sqn__rotate_copies(double theta)
{
    return fmod(theta, 360.0) == 0.0;
}

sqn_status sqn_rotate_frame(sqn_image *out, const sqn_image *in, const double center[2],
                            double theta, sqn_error *err)
{
    sqn_status status = SQN_OK;
    desk d = {0};

    SQN_TRY(sqn__rotate_check(out, in, center, theta, err));
    if (sqn__rotate_copies(theta)) {
        sqn__rotate_copy(out, in);
        goto cleanup;
    }
    if (!allocate_desk(&d, in)) {
        status =
            SQN_RAISE(err, E_MEM, "work space to turn %" PRId64 " x %" PRId64 " pixels",
                      in->nx, in->ny);
        goto cleanup;
    }
    prepare(&d, in);

    const sqn__turn t = sqn__turn_by(center, theta);

    turn_image(out, in, &d, &t);

cleanup:
    clear_desk(&d);
    return status;
}

double sqn_rotate_overlap(double distance)
{
    const double at = distance / overlap_step;
    const size_t n_step = sizeof overlap / sizeof *overlap - 1;

    if (!(at < (double)n_step)) {
        return 0.0;
    }
    const int64_t i = (int64_t)at;
    const double rest = at - (double)i;

    return (1.0 - rest) * overlap[i] + rest * overlap[i + 1];
}
