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
#include "spline.h"

static const double pi = 3.14159265358979323846;
static const double least_footprint = 0.9;

/* Where the input is needed for an output pixel. Positions count from 0. */
typedef struct turn {
    double center_x, center_y, cosine, sine;
} turn;

/* Work space of one call. */
typedef struct desk {
    int64_t ny, nx;
    double *coeff;   /* [ny, nx] B-spline coefficients of the filled input */
    uint8_t *round;  /* [ny, nx] 0 = the input is valid */
    float *variance; /* [ny, nx] 0 where there is none; NULL = not asked for */
    float *present;  /* [ny, nx] 1 where there is a variance, else 0 */
    double response[SQN__SPLINE_N_CARDINAL - 1];
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

/* Weights of the pixels along one axis, without those outside the frame. */
typedef struct reach {
    int64_t first; /* pixel of weight[0] */
    int64_t begin, end;
    double weight[SQN__SPLINE_N_CARDINAL];
    double sum; /* of all, also those outside */
} reach;

static reach reach_along(const sqn__spline_axis *axis, int64_t n,
                         const double response[SQN__SPLINE_N_CARDINAL - 1])
{
    reach r = {.first = axis->cell - 3};

    sqn__spline_cardinal(r.weight, axis, response);
    for (int64_t k = 0; k < SQN__SPLINE_N_CARDINAL; k++) {
        r.sum += r.weight[k];
    }
    r.begin = r.first < 0 ? -r.first : 0;
    r.end = n - r.first < SQN__SPLINE_N_CARDINAL ? n - r.first : SQN__SPLINE_N_CARDINAL;
    return r;
}

/* var = sum w^2 var_i (sum of all w / sum w)^2 over the pixels that have a variance: where
   some are missing, the others take over their weight. */
static double turned_variance(const desk *d, const sqn__spline_axis *y,
                              const sqn__spline_axis *x)
{
    const reach ry = reach_along(y, d->ny, d->response);
    const reach rx = reach_along(x, d->nx, d->response);
    double sum = 0.0, sum_w = 0.0;

    for (int64_t j = ry.begin; j < ry.end; j++) {
        const int64_t origin = (ry.first + j) * d->nx + rx.first;
        double row = 0.0, row_w = 0.0;

        for (int64_t i = rx.begin; i < rx.end; i++) {
            row += rx.weight[i] * rx.weight[i] * (double)d->variance[origin + i];
            row_w += rx.weight[i] * (double)d->present[origin + i];
        }
        sum += ry.weight[j] * ry.weight[j] * row;
        sum_w += ry.weight[j] * row_w;
    }

    const double share = ry.sum * rx.sum / sum_w;

    return sum * share * share;
}

static void set_missing(sqn_image *out, int64_t p)
{
    out->value[p] = NAN;
    if (out->variance != NULL) {
        out->variance[p] = NAN;
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

static void turn_pixel(sqn_image *out, const sqn_image *in, const desk *d, int64_t p,
                       const double at[2])
{
    copy_flags(out, in, p, at);
    if (footprint(d, at[1], at[0]) < least_footprint - 1e-9) {
        set_missing(out, p);
        return;
    }

    const sqn__spline_axis y = sqn__spline_axis_at(at[1]), x = sqn__spline_axis_at(at[0]);

    out->value[p] = (float)sqn__spline_value(d->coeff, d->ny, d->nx, &y, &x);
    if (in->variance != NULL) {
        out->variance[p] = (float)turned_variance(d, &y, &x);
    }
}

static void turn_image(sqn_image *out, const sqn_image *in, const desk *d, const turn *t)
{
#pragma omp parallel for default(none) shared(out, in, d, t)
    for (int64_t row = 0; row < d->ny; row++) {
        for (int64_t column = 0; column < d->nx; column++) {
            const double dx = (double)column - t->center_x;
            const double dy = (double)row - t->center_y;
            const double at[2] = {/* turned back: clockwise */
                                  t->center_x + t->cosine * dx + t->sine * dy,
                                  t->center_y - t->sine * dx + t->cosine * dy};

            turn_pixel(out, in, d, row * d->nx + column, at);
        }
    }
}

static void clear_desk(desk *d)
{
    sqn__mem_free(d->coeff);
    sqn__mem_free(d->round);
    sqn__mem_free(d->variance);
    sqn__mem_free(d->present);
}

static bool allocate_desk(desk *d, const sqn_image *in)
{
    const int64_t n = sqn__mem_product(in->ny, in->nx);

    *d = (desk){.ny = in->ny, .nx = in->nx};
    d->coeff = sqn__mem_alloc(n, sizeof *d->coeff);
    d->round = sqn__mem_alloc(n, sizeof *d->round);
    if (in->variance != NULL) {
        d->variance = sqn__mem_alloc(n, sizeof *d->variance);
        d->present = sqn__mem_alloc(n, sizeof *d->present);
    }
    return d->coeff != NULL && d->round != NULL &&
           (in->variance == NULL || (d->variance != NULL && d->present != NULL));
}

/* A variance takes part where the value and the variance itself are known. */
static void prepare(desk *d, const sqn_image *in)
{
    sqn__fill_missing(d->coeff, d->round, in->value, d->ny, d->nx);
    sqn__spline_prefilter(d->coeff, d->ny, d->nx);
    if (in->variance != NULL) {
        sqn__spline_response(d->response);
        for (int64_t p = 0; p < d->ny * d->nx; p++) {
            const bool known = d->round[p] == 0 && isfinite(in->variance[p]);

            d->variance[p] = known ? in->variance[p] : 0.0F;
            d->present[p] = known ? 1.0F : 0.0F;
        }
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
}

/* True when `out` can take what `in` has. */
static bool fits(const sqn_image *out, const sqn_image *in)
{
    return out->ny == in->ny && out->nx == in->nx &&
           (in->variance == NULL || out->variance != NULL) &&
           (in->dq == NULL || out->dq != NULL) && (in->flags == NULL || out->flags != NULL);
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
