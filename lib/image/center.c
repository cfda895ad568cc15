/** @file center.c @brief The point an image is symmetric about. */
#include "sequin/center.h"

#include <inttypes.h>
#include <math.h>

#include "convolution.h"
#include "mem.h"
#include "middle.h"
#include "raise.h"

/* Median of the finite pixels; NaN when there are none. `work` [n]. */
static double median(const float *image, int64_t n, float *work)
{
    int64_t n_finite = 0;

    for (int64_t p = 0; p < n; p++) {
        if (isfinite(image[p])) {
            work[n_finite++] = image[p];
        }
    }
    return n_finite > 0 ? (double)sqn__middle_select(work, n_finite, n_finite / 2)
                        : (double)NAN;
}

/* The root of what lies above `level`, so that a few bright pixels do not decide; returns how many
   pixels do. */
static int64_t spread(const sqn__convolution *c, const float *image, double level)
{
    int64_t n_above = 0;

#pragma omp parallel for schedule(static) default(none) shared(c, image, level) \
    reduction(+ : n_above)
    for (int64_t y = 0; y < c->ny; y++) {
        for (int64_t x = 0; x < c->nx; x++) {
            const double above = (double)image[y * c->nx + x] - level;
            const double excess = isfinite(above) && above > 0.0 ? sqrt(above) : 0.0;

            c->value[y * c->stride + x] = excess;
            n_above += excess > 0.0 ? 1 : 0;
        }
    }
    return n_above;
}

/* Where the convolution is highest, in the order of rows the first such place. */
typedef struct spot {
    int64_t y, x;
    double height;
} spot;

static spot higher(spot a, spot b)
{
    return b.height > a.height || (b.height == a.height && b.y < a.y) ? b : a;
}

static spot peak_of_row(const sqn__convolution *c, int64_t y)
{
    spot best = {y, 0, sqn__convolution_at(c, y, 0)};

    for (int64_t x = 1; x < 2 * c->nx; x++) {
        const double height = sqn__convolution_at(c, y, x);

        best = height > best.height ? (spot){y, x, height} : best;
    }
    return best;
}

static spot peak(const sqn__convolution *c)
{
    spot all = {0, 0, -INFINITY};

#pragma omp parallel default(none) shared(c, all)
    {
        spot own = all;

#pragma omp for schedule(static)
        for (int64_t y = 0; y < 2 * c->ny; y++) {
            own = higher(own, peak_of_row(c, y));
        }
#pragma omp critical
        all = higher(all, own);
    }
    return all;
}

/* k steps from column (or row) `at` of `n`: there is nothing before the first and behind the last. */
static int64_t around(int64_t at, int64_t k, int64_t n)
{
    const int64_t to = at + k;

    return to < 0 ? to + n : to < n ? to : to - n;
}

static double near_peak(const sqn__convolution *c, spot at, int64_t dy, int64_t dx)
{
    return sqn__convolution_at(c, around(at.y, dy, 2 * c->ny), around(at.x, dx, 2 * c->nx));
}

/* From the peak pixel to the top of the paraboloid through it and its neighbours, x first. */
static void top(double out[2], const sqn__convolution *c, spot at)
{
    const double height = at.height;
    const double left = near_peak(c, at, 0, -1), right = near_peak(c, at, 0, 1);
    const double low = near_peak(c, at, -1, 0), high = near_peak(c, at, 1, 0);
    const double slope_x = 0.5 * (right - left), slope_y = 0.5 * (high - low);
    const double bend_x = left - 2.0 * height + right, bend_y = low - 2.0 * height + high;
    const double twist = 0.25 * (near_peak(c, at, 1, 1) - near_peak(c, at, 1, -1) -
                                 near_peak(c, at, -1, 1) + near_peak(c, at, -1, -1));
    const double det = bend_x * bend_y - twist * twist;

    out[0] = det > 0.0 ? (twist * slope_y - bend_y * slope_x) / det : 0.0;
    out[1] = det > 0.0 ? (twist * slope_x - bend_x * slope_y) / det : 0.0;
}

/* The median beside the plans of the transforms. */
static sqn_status prepare(sqn__convolution *c, double *level, const float *image,
                          const int64_t shape[2], sqn_error *err)
{
    const int64_t n = sqn__mem_product(shape[0], shape[1]);
    float *work = sqn__mem_reserve(n, sizeof *work);
    sqn_status status = SQN_OK;

    if (work == NULL) {
        return SQN_RAISE(err, E_MEM, "median of %" PRId64 " x %" PRId64 " pixels", shape[1],
                         shape[0]);
    }
#pragma omp parallel sections default(none) \
    shared(c, level, image, shape, err, n, work, status)
    {
#pragma omp section
        status = sqn__convolution_create(c, shape[0], shape[1], err);
#pragma omp section
        *level = median(image, n, work);
    }
    sqn__mem_free(work);
    return status;
}

sqn_status sqn_center_find(double center[2], const float *image, int64_t ny, int64_t nx,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__convolution c = {0};
    double level = (double)NAN, part[2];

    center[0] = center[1] = (double)NAN;
    SQN_TRY(prepare(&c, &level, image, (const int64_t[2]){ny, nx}, err));
    if (spread(&c, image, level) == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "no pixel of %" PRId64 " x %" PRId64 " stands out", nx, ny);
        goto cleanup;
    }
    sqn__convolution_run(&c);

    const spot best = peak(&c);

    top(part, &c, best);
    center[0] = 0.5 * ((double)best.x + part[0]) + 1.0;
    center[1] = 0.5 * ((double)best.y + part[1]) + 1.0;

cleanup:
    sqn__convolution_clear(&c);
    return status;
}

/* Means of 2 x 2 pixels, NaN where one is missing; what is left over at the end of odd axes is not
   used. */
static void halve(float *out, const float *image, int64_t ny, int64_t nx, int64_t stride)
{
    for (int64_t y = 0; y < ny; y++) {
        const float *low = image + 2 * y * stride, *high = low + stride;

        for (int64_t x = 0; x < nx; x++) {
            out[y * nx + x] =
                0.25F * ((low[2 * x] + low[2 * x + 1]) + (high[2 * x] + high[2 * x + 1]));
        }
    }
}

sqn_status sqn_center_estimate(double center[2], const float *image, int64_t ny, int64_t nx,
                               sqn_error *err)
{
    const int64_t half_y = ny / 2, half_x = nx / 2;
    float *half = sqn__mem_reserve(sqn__mem_product(half_y, half_x), sizeof *half);
    sqn_status status = SQN_OK;

    center[0] = center[1] = (double)NAN;
    if (half == NULL) {
        return SQN_RAISE(err, E_MEM, "half of %" PRId64 " x %" PRId64 " pixels", nx, ny);
    }
    if (half_y == 0 || half_x == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY, "%" PRId64 " x %" PRId64 " pixels", nx, ny);
        goto cleanup;
    }
    halve(half, image, half_y, half_x, nx);
    SQN_TRY(sqn_center_find(center, half, half_y, half_x, err));
    center[0] = 2.0 * center[0] - 0.5;
    center[1] = 2.0 * center[1] - 0.5;

cleanup:
    sqn__mem_free(half);
    return status;
}
