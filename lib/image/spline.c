/** @file spline.c @brief Quintic B-splines: prefilter, values, cardinal weights. */
#include "spline.h"

#include <string.h>

#include "spline_lanes.h"

enum {
    N_TAP = SQN__SPLINE_N_TAP,
    N_POLE = 2,
    BLOCK = 32, /* columns filtered side by side */
    ROWS = 16,  /* rows filtered side by side */
    BESIDE = 8, /* lines of many images that are */
    REACH = 64, /* of the impulse behind sqn__spline_response() */
    N_RESPONSE = SQN__SPLINE_N_CARDINAL - 1
};

/* Roots inside the unit circle of z^4 + 26 z^3 + 66 z^2 + 26 z + 1. */
static const double poles[N_POLE] = {-0.430575347099973791851434783493520110,
                                     -0.0430962882032646538205174570160838125};

static void filter(double *data, const sqn__spline_lines *l)
{
    if (l->n < 2) {
        return; /* mirrored, one pixel is a constant: its own coefficient */
    }
    for (int64_t p = 0; p < N_POLE; p++) {
        const double z = poles[p];

        sqn__spline_lanes_choose()->filter(data, l, z, (1.0 - z) * (1.0 - 1.0 / z));
    }
}

/* Rows side by side would each wait for themselves: turned, they run together. */
static void filter_rows(double *image, int64_t nx, int64_t stride, int64_t n_row,
                        double *work)
{
    const sqn__spline_lines rows = {nx, ROWS, ROWS};

    for (int64_t x = 0; x < nx; x++) {
        for (int64_t i = 0; i < ROWS;
             i++) { /* the last row stands in for those that miss */
            work[x * ROWS + i] = image[(i < n_row ? i : n_row - 1) * stride + x];
        }
    }
    filter(work, &rows);
    for (int64_t i = 0; i < n_row; i++) {
        for (int64_t x = 0; x < nx; x++) {
            image[i * stride + x] = work[x * ROWS + i];
        }
    }
}

int64_t sqn__spline_prefilter_work_size(int64_t ny, int64_t nx)
{
    return (ny + ROWS - 1) / ROWS * ROWS * nx;
}

void sqn__spline_prefilter(double *image, int64_t ny, int64_t nx, int64_t stride,
                           double *work)
{
#pragma omp parallel for default(none) shared(image, ny, nx, stride, work)
    for (int64_t y = 0; y < ny; y += ROWS) {
        filter_rows(image + y * stride, nx, stride, ny - y < ROWS ? ny - y : ROWS,
                    work + y * nx);
    }
#pragma omp parallel for default(none) shared(image, ny, nx, stride)
    for (int64_t x = 0; x < nx; x += BLOCK) {
        const sqn__spline_lines columns = {ny, stride, nx - x < BLOCK ? nx - x : BLOCK};

        filter(image + x, &columns);
    }
}

/* Lines of many images side by side. */
static void filter_beside(float *data, const sqn__spline_beside *l)
{
    if (l->n > 1) {
        sqn__spline_lanes_choose()->filter_stack(data, l, poles);
    }
}

void sqn__spline_prefilter_stack(float *images, int64_t ny, int64_t nx, int64_t stride,
                                 int64_t lanes)
{
    const int64_t row = stride * lanes;

#pragma omp parallel for default(none) shared(images, ny, nx, lanes, row)
    for (int64_t y = 0; y < ny; y += BESIDE) {
        const sqn__spline_beside rows = {nx, lanes, ny - y < BESIDE ? ny - y : BESIDE, row,
                                         lanes};

        filter_beside(images + y * row, &rows);
    }
#pragma omp parallel for default(none) shared(images, ny, nx, lanes, row)
    for (int64_t x = 0; x < nx; x += BESIDE) {
        const sqn__spline_beside columns = {ny, row, nx - x < BESIDE ? nx - x : BESIDE,
                                            lanes, lanes};

        filter_beside(images + x * lanes, &columns);
    }
}

void sqn__spline_weights(double weight[N_TAP][N_TAP])
{
    /* the six B-splines over a cell, times 120 */
    static const double power[N_TAP][N_TAP] = {
        {1.0, 26.0, 66.0, 26.0, 1.0, 0.0},    {-5.0, -50.0, 0.0, 50.0, 5.0, 0.0},
        {10.0, 20.0, -60.0, 20.0, 10.0, 0.0}, {-10.0, 20.0, 0.0, -20.0, 10.0, 0.0},
        {5.0, -20.0, 30.0, -20.0, 5.0, 0.0},  {-1.0, 5.0, -10.0, 10.0, -5.0, 1.0}};

    for (int64_t d = 0; d < N_TAP; d++) {
        for (int64_t i = 0; i < N_TAP; i++) {
            weight[d][i] = power[d][i] / 120.0;
        }
    }
}

/* Where the mirrored image finds pixel i of n. */
static int64_t mirrored(int64_t i, int64_t n)
{
    const int64_t period = n > 1 ? 2 * n - 2 : 1;
    const int64_t k = ((i % period) + period) % period;

    return k < n ? k : period - k;
}

void sqn__spline_mirror(void *image, int64_t ny, int64_t nx, int64_t border, size_t size)
{
    const int64_t stride = (nx + 2 * border) * (int64_t)size;
    char *first = image;

    for (int64_t y = 0; y < ny; y++) {
        char *row = first + y * stride;

        for (int64_t x = 1; x <= border; x++) {
            memcpy(row - x * (int64_t)size, row + mirrored(-x, nx) * (int64_t)size, size);
            memcpy(row + (nx - 1 + x) * (int64_t)size,
                   row + mirrored(nx - 1 + x, nx) * (int64_t)size, size);
        }
    }
    first -= border * (int64_t)size; /* whole rows */
    for (int64_t y = 1; y <= border; y++) {
        memcpy(first - y * stride, first + mirrored(-y, ny) * stride, (size_t)stride);
        memcpy(first + (ny - 1 + y) * stride, first + mirrored(ny - 1 + y, ny) * stride,
               (size_t)stride);
    }
}

void sqn__spline_response(double response[N_RESPONSE])
{
    double impulse[2 * REACH + 1] = {[REACH] = 1.0};
    const sqn__spline_lines line = {2 * REACH + 1, 1, 1};

    filter(impulse, &line);
    for (int64_t k = 0; k < N_RESPONSE; k++) {
        response[k] = impulse[REACH + k];
    }
}

void sqn__spline_cardinal(double out[SQN__SPLINE_N_CARDINAL], const double weight[N_TAP],
                          const double response[N_RESPONSE])
{
    for (int64_t j = 0; j < SQN__SPLINE_N_CARDINAL; j++) { /* pixel cell - 3 + j */
        out[j] = 0.0;
        for (int64_t i = 0; i < N_TAP; i++) { /* coefficient cell - 2 + i */
            const int64_t distance = j - 1 - i;

            out[j] += response[distance < 0 ? -distance : distance] * weight[i];
        }
    }
}
