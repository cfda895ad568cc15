/** @file rotate.c @brief Turn a frame about the star. */
#include "sequin/rotate.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "fill.h"
#include "mem.h"
#include "raise.h"
#include "sequin/cube.h"
#include "spline_lanes.h"

static const double pi = 3.14159265358979323846;
static const double least_footprint = 0.9;

/* rho(d) = <K * K (d)> / K * K (0) of the cardinal quintic spline K, over directions and places
   in a pixel. */
static const double overlap_step = 0.25; /* pixels */
static const double overlap[] = {1.0000,  0.9116,  0.6802,  0.3885,  0.1290, -0.0359,
                                 -0.0942, -0.0760, -0.0283, 0.0112,  0.0265, 0.0213,
                                 0.0079,  -0.0030, -0.0074, -0.0063, 0.0};

enum {
    BORDER = SQN__SPLINE_BORDER,
    N_POINT = 64 /* pixels of a row that are turned together */
};

/* Where the input is needed for an output pixel. Positions count from 0. */
typedef struct turn {
    double center_x, center_y, cosine, sine;
} turn;

/* Work space of one call; planes with a border are [ny + 2 border, nx + 2 border]. */
typedef struct desk {
    int64_t ny, nx, stride;
    double *filled;  /* [ny, nx] the input, gaps filled; then work space */
    uint8_t *round;  /* [ny, nx] 0 = the input is valid */
    double *coeff;   /* with border */
    float *variance; /* with border; NULL = not asked for */
    float *present;
    sqn__spline_planes planes; /* views of these */
    const sqn__spline_lanes *lanes;
} desk;

/* cos and sin of an angle in degrees: exact at multiples of 90. */
static turn turn_by(const double center[2], double theta)
{
    const double quarter = nearbyint(theta / 90.0);
    const double rest = remainder(theta, 90.0) * pi / 180.0;
    const double c = cos(rest), s = sin(rest);
    turn t = {center[0] - 1.0, center[1] - 1.0, c, s};

    switch ((int64_t)fmod(quarter, 4.0) & 3) {
    case 1:
        t.cosine = -s;
        t.sine = c;
        break;
    case 2:
        t.cosine = -c;
        t.sine = -s;
        break;
    case 3:
        t.cosine = s;
        t.sine = -c;
        break;
    default:
        break;
    }
    return t;
}

static bool inside(const desk *d, int64_t y, int64_t x)
{
    return y >= 0 && y < d->ny && x >= 0 && x < d->nx;
}

/* Share of the bilinear footprint that is valid input. */
static double footprint(const desk *d, double y, double x)
{
    const int64_t y0 = (int64_t)floor(y), x0 = (int64_t)floor(x);
    const double part_y[2] = {1.0 - (y - floor(y)), y - floor(y)};
    const double part_x[2] = {1.0 - (x - floor(x)), x - floor(x)};
    double share = 0.0;

    for (int64_t j = 0; j < 2; j++) {
        for (int64_t i = 0; i < 2; i++) {
            if (inside(d, y0 + j, x0 + i) && d->round[(y0 + j) * d->nx + x0 + i] == 0) {
                share += part_y[j] * part_x[i];
            }
        }
    }
    return share;
}

static void set_missing(sqn_image *out, int64_t p)
{
    out->value[p] = NAN;
    if (out->variance != NULL) {
        out->variance[p] = NAN;
    }
    if (out->shared != NULL) {
        out->shared[p] = NAN;
    }
    if (out->flags != NULL) {
        out->flags[p] |= SQN_FLAG_TURNED_MISSING;
    }
}

/* Flags of the input pixel nearest to (y, x); none outside. */
static void copy_flags(sqn_image *out, const sqn_image *in, int64_t p, const double at[2])
{
    const int64_t y = (int64_t)floor(at[1] + 0.5), x = (int64_t)floor(at[0] + 0.5);
    const bool there = y >= 0 && y < in->ny && x >= 0 && x < in->nx;

    if (in->dq != NULL) {
        out->dq[p] = there ? in->dq[y * in->nx + x] : 0;
    }
    if (in->flags != NULL) {
        out->flags[p] = there ? in->flags[y * in->nx + x] : 0;
    }
}

/* True where all of the footprint, four pixels, is valid input: as in most places. */
static bool is_whole(const desk *d, const double at[2])
{
    const int64_t x = (int64_t)at[0], y = (int64_t)at[1];

    if (!(at[0] >= 0.0 && at[1] >= 0.0 && x + 1 < d->nx && y + 1 < d->ny)) {
        return false;
    }
    const uint8_t *round = d->round + y * d->nx + x;

    return (round[0] | round[1] | round[d->nx] | round[d->nx + 1]) == 0;
}

/* Pixels of a row that have a value, and where the input is needed for them. */
typedef struct points {
    int64_t n, pixel[N_POINT];
    double x[N_POINT], y[N_POINT];
} points;

/* Find the points among `n` pixels from (row, column) on; the others are missing. */
static void place_points(points *found, sqn_image *out, const sqn_image *in, const desk *d,
                         const turn *t, const int64_t first[2], int64_t n)
{
    const double dy = (double)first[0] - t->center_y;

    found->n = 0;
    for (int64_t column = first[1]; column < first[1] + n; column++) {
        const int64_t p = first[0] * d->nx + column;
        const double dx = (double)column - t->center_x;
        const double at[2] = {/* turned back: clockwise */
                              t->center_x + t->cosine * dx + t->sine * dy,
                              t->center_y - t->sine * dx + t->cosine * dy};

        copy_flags(out, in, p, at);
        if (is_whole(d, at) || footprint(d, at[1], at[0]) >= least_footprint - 1e-9) {
            found->x[found->n] = at[0];
            found->y[found->n] = at[1];
            found->pixel[found->n++] = p;
        } else {
            set_missing(out, p);
        }
    }
}

/* Covariances turn as variances do: their share of the variance is that of the nearest pixel,
   which is valid where the footprint is. */
static void share_variance(sqn_image *out, const sqn_image *in, const points *of)
{
    for (int64_t i = 0; i < of->n; i++) {
        const int64_t x = (int64_t)floor(of->x[i] + 0.5),
                      y = (int64_t)floor(of->y[i] + 0.5);
        const int64_t from = y * in->nx + x, to = of->pixel[i];
        const float whole = in->variance[from];

        out->shared[to] =
            whole > 0.0F ? in->shared[from] / whole * out->variance[to] : 0.0F;
    }
}

/* Value and variance of the points. */
static void interpolate(sqn_image *out, const sqn_image *in, const desk *d,
                        const points *of)
{
    float result[N_POINT];

    d->lanes->values(result, &d->planes, of->y, of->x, of->n);
    for (int64_t i = 0; i < of->n; i++) {
        out->value[of->pixel[i]] = result[i];
    }
    if (d->variance != NULL) {
        d->lanes->variances(result, &d->planes, of->y, of->x, of->n);
        for (int64_t i = 0; i < of->n; i++) {
            out->variance[of->pixel[i]] = result[i];
        }
    }
    if (in->shared != NULL) {
        share_variance(out, in, of);
    }
}

static void turn_image(sqn_image *out, const sqn_image *in, const desk *d, const turn *t)
{
#pragma omp parallel for schedule(dynamic, 8) default(none) shared(out, in, d, t)
    for (int64_t row = 0; row < d->ny; row++) {
        for (int64_t column = 0; column < d->nx; column += N_POINT) {
            const int64_t first[2] = {row, column}, left = d->nx - column;
            points found;

            place_points(&found, out, in, d, t, first, left < N_POINT ? left : N_POINT);
            interpolate(out, in, d, &found);
        }
    }
}

static void clear_desk(desk *d)
{
    sqn__mem_free(d->filled);
    sqn__mem_free(d->round);
    sqn__mem_free(d->coeff);
    sqn__mem_free(d->variance);
    sqn__mem_free(d->present);
}

static bool allocate_desk(desk *d, const sqn_image *in)
{
    const int64_t n = sqn__mem_product(in->ny, in->nx);
    const int64_t n_work = sqn__spline_prefilter_work_size(in->ny, in->nx);
    const int64_t stride = in->nx + 2 * (int64_t)BORDER;
    const int64_t n_wide = sqn__mem_product(in->ny + 2 * (int64_t)BORDER, stride);

    *d = (desk){.ny = in->ny, .nx = in->nx, .stride = stride};
    d->lanes = sqn__spline_lanes_choose();
    d->filled = sqn__mem_alloc(n > n_work ? n : n_work, sizeof *d->filled);
    d->round = sqn__mem_alloc(n, sizeof *d->round);
    d->coeff = sqn__mem_alloc(n_wide, sizeof *d->coeff);
    if (in->variance != NULL) {
        d->variance = sqn__mem_alloc(n_wide, sizeof *d->variance);
        d->present = sqn__mem_alloc(n_wide, sizeof *d->present);
    }
    return d->filled != NULL && d->round != NULL && d->coeff != NULL &&
           (in->variance == NULL || (d->variance != NULL && d->present != NULL));
}

/* Polynomials of the weights, of coefficients and of pixels. */
static void fill_taps(sqn__spline_planes *planes)
{
    double weight[SQN__SPLINE_N_TAP][SQN__SPLINE_N_TAP];
    double response[SQN__SPLINE_N_CARDINAL - 1];

    sqn__spline_weights(weight);
    sqn__spline_response(response);
    for (int64_t d = 0; d < SQN__SPLINE_N_TAP; d++) {
        memset(planes->value.power[d], 0, sizeof planes->value.power[d]);
        memcpy(planes->value.power[d], weight[d], sizeof weight[d]);
        sqn__spline_cardinal(planes->pixel.power[d], weight[d], response);
    }
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

    sqn__fill_missing(d->filled, d->round, in->value, d->ny, d->nx);
    for (int64_t y = 0; y < d->ny; y++) {
        memcpy(d->coeff + origin + y * d->stride, d->filled + y * d->nx,
               (size_t)d->nx * sizeof *d->coeff);
    }
    sqn__spline_prefilter(d->coeff + origin, d->ny, d->nx, d->stride, d->filled);
    sqn__spline_mirror(d->coeff + origin, d->ny, d->nx, BORDER);
    d->planes = (sqn__spline_planes){.stride = d->stride, .coeff = d->coeff + origin};
    fill_taps(&d->planes);
    if (in->variance != NULL) {
        place_variance(d, in);
        d->planes.variance = d->variance + origin;
        d->planes.present = d->present + origin;
    }
}

static void copy_plane(void *out, const void *in, int64_t n, size_t size)
{
    if (in != NULL) {
        memcpy(out, in, (size_t)n * size);
    }
}

static void copy_image(sqn_image *out, const sqn_image *in)
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

sqn_status sqn_rotate_frame(sqn_image *out, const sqn_image *in, const double center[2],
                            double theta, sqn_error *err)
{
    sqn_status status = SQN_OK;
    desk d;

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
    if (fmod(theta, 360.0) == 0.0) {
        copy_image(out, in);
        return SQN_OK;
    }
    if (!allocate_desk(&d, in)) {
        status =
            SQN_RAISE(err, E_MEM, "work space to turn %" PRId64 " x %" PRId64 " pixels",
                      in->nx, in->ny);
        goto cleanup;
    }
    prepare(&d, in);

    const turn t = turn_by(center, theta);

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
