/** @file center.c @brief The point an image is symmetric about. */
#include "sequin/center.h"

#include <inttypes.h>
#include <math.h>

#include "fft.h"
#include "mem.h"
#include "middle.h"
#include "raise.h"

/* The image on twice its size, so that its convolution with itself does not wrap round. */
typedef struct plane {
    int64_t ny, nx, stride;
    double *value; /* [ny, nx], rows `stride` apart */
} plane;

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

/* The root of what lies above `level`, so that a few bright pixels do not decide; returns the sum. */
static double spread(const plane *p, const float *image, int64_t ny, int64_t nx,
                     double level)
{
    double sum = 0.0;

    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            const double above = (double)image[y * nx + x] - level;
            const double excess = isfinite(above) && above > 0.0 ? sqrt(above) : 0.0;

            p->value[y * p->stride + x] = excess;
            sum += excess;
        }
    }
    return sum;
}

/* A pixel of the plane. */
typedef struct spot {
    int64_t y, x;
} spot;

static double value_at(const plane *p, spot at)
{
    return p->value[at.y * p->stride + at.x];
}

static spot peak(const plane *p)
{
    spot best = {0, 0};

    for (int64_t y = 0; y < p->ny; y++) {
        for (int64_t x = 0; x < p->nx; x++) {
            const spot here = {y, x};

            best = value_at(p, here) > value_at(p, best) ? here : best;
        }
    }
    return best;
}

/* k steps from column (or row) `at` of `n`: the plane is periodic. */
static int64_t around(int64_t at, int64_t k, int64_t n)
{
    const int64_t to = at + k;

    return to < 0 ? to + n : to < n ? to : to - n;
}

static double near_peak(const plane *p, spot at, int64_t dy, int64_t dx)
{
    return value_at(p, (spot){around(at.y, dy, p->ny), around(at.x, dx, p->nx)});
}

/* From the peak pixel to the top of the paraboloid through it and its neighbours, x first. */
static void top(double out[2], const plane *p, spot at)
{
    const double height = near_peak(p, at, 0, 0);
    const double left = near_peak(p, at, 0, -1), right = near_peak(p, at, 0, 1);
    const double low = near_peak(p, at, -1, 0), high = near_peak(p, at, 1, 0);
    const double slope_x = 0.5 * (right - left), slope_y = 0.5 * (high - low);
    const double bend_x = left - 2.0 * height + right, bend_y = low - 2.0 * height + high;
    const double twist = 0.25 * (near_peak(p, at, 1, 1) - near_peak(p, at, 1, -1) -
                                 near_peak(p, at, -1, 1) + near_peak(p, at, -1, -1));
    const double det = bend_x * bend_y - twist * twist;

    out[0] = det > 0.0 ? (twist * slope_y - bend_y * slope_x) / det : 0.0;
    out[1] = det > 0.0 ? (twist * slope_x - bend_x * slope_y) / det : 0.0;
}

void sqn_center_prepare(int64_t ny, int64_t nx)
{
    sqn__fft_prepare_self(2 * ny, 2 * nx);
}

sqn_status sqn_center_find(double center[2], const float *image, int64_t ny, int64_t nx,
                           sqn_error *err)
{
    const int64_t n = sqn__mem_product(ny, nx);
    sqn_status status = SQN_OK;
    plane p = {2 * ny, 2 * nx, sqn__fft_row(2 * nx), NULL};
    float *work = NULL;

    center[0] = center[1] = (double)NAN;
    p.value = sqn__mem_alloc(sqn__mem_product(p.ny, p.stride), sizeof *p.value);
    work = sqn__mem_alloc(n, sizeof *work);
    if (p.value == NULL || work == NULL) {
        status =
            SQN_RAISE(err, E_MEM, "centre of %" PRId64 " x %" PRId64 " pixels", nx, ny);
        goto cleanup;
    }
    if (!(spread(&p, image, ny, nx, median(image, n, work)) > 0.0)) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "no pixel of %" PRId64 " x %" PRId64 " stands out", nx, ny);
        goto cleanup;
    }
    SQN_TRY(sqn__fft_convolve_self(p.value, p.ny, p.nx, err));

    const spot best = peak(&p);
    double part[2];

    top(part, &p, best);
    center[0] = 0.5 * ((double)best.x + part[0]) + 1.0;
    center[1] = 0.5 * ((double)best.y + part[1]) + 1.0;

cleanup:
    sqn__mem_free(work);
    sqn__mem_free(p.value);
    return status;
}
