/** @file convolution.c @brief The convolution of a plane of real numbers with itself. */
#include "convolution.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

#include "mem.h"
#include "raise.h"

enum { COLUMNS = 8 /* side by side: whole lines of cache */ };

static const double pi = 3.14159265358979323846;

/* Whole groups of columns, and an odd number from row to row: no column in one set of the cache. */
static int64_t stride_of(int64_t nx)
{
    return (nx + COLUMNS - 1) / COLUMNS * COLUMNS + 1;
}

static sqn_status take_memory(sqn__convolution *c, sqn_error *err)
{
    c->value = sqn__mem_reserve(sqn__mem_product(2 * c->ny, c->stride), sizeof *c->value);
    c->phase = sqn__mem_alloc(c->nx, sizeof *c->phase);
    if (c->value == NULL || c->phase == NULL) {
        return SQN_RAISE(err, E_MEM, "convolution of %" PRId64 " x %" PRId64 " pixels",
                         c->nx, c->ny);
    }
    for (int64_t x = 0; x < c->nx; x++) {
        const double angle = 0.5 * pi * (double)x / (double)c->nx;

        c->phase[x] = cos(angle) + sin(angle) * I;
    }
    return SQN_OK;
}

sqn_status sqn__convolution_create(sqn__convolution *out, int64_t ny, int64_t nx,
                                   sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__convolution c = {0};

    *out = c;
    if (ny < 1 || nx < 1 || ny > INT_MAX / 2 || nx > INT_MAX / 2) {
        return SQN_RAISE(err, E_ARG, "convolution of %" PRId64 " x %" PRId64 " pixels", nx,
                         ny);
    }
    c = (sqn__convolution){.ny = ny, .nx = nx, .stride = stride_of(nx)};
    SQN_TRY(sqn__fft_create_lines(&c.row, nx, 1, 1, err));
    SQN_TRY(sqn__fft_create_lines(&c.columns, 2 * ny, COLUMNS, c.stride, err));
    SQN_TRY(take_memory(&c, err));
    *out = c;
    c = (sqn__convolution){0};

cleanup:
    sqn__convolution_clear(&c);
    return status;
}

/* (a + ib) (c + id) of finite numbers. */
static double complex times(double complex p, double complex q)
{
    return creal(p) * creal(q) - cimag(p) * cimag(q) +
           (creal(p) * cimag(q) + cimag(p) * creal(q)) * I;
}

static void clear_columns(const sqn__convolution *c, int64_t y, int64_t from)
{
    double complex *row = c->value + y * c->stride;

    for (int64_t x = from; x < c->stride; x++) {
        row[x] = 0.0;
    }
}

/* A row of the plane, or of the zeros below it, turned and transformed. */
static void transform_row(const sqn__convolution *c, int64_t y)
{
    double complex *row = c->value + y * c->stride;

    if (y >= c->ny) {
        clear_columns(c, y, 0);
        return;
    }
    clear_columns(c, y, c->nx);
    for (int64_t x = 0; x < c->nx; x++) {
        row[x] = times(row[x], c->phase[x]);
    }
    sqn__fft_forward(c->row, row);
}

/* There, squared, and back while they are in the cache. */
static void square_columns(const sqn__convolution *c, int64_t x)
{
    double complex *first = c->value + x;

    sqn__fft_forward(c->columns, first);
    for (int64_t y = 0; y < 2 * c->ny; y++) {
        for (int64_t k = 0; k < COLUMNS; k++) {
            double complex *z = first + y * c->stride + k;

            *z = times(*z, *z);
        }
    }
    sqn__fft_backward(c->columns, first);
}

static void return_row(const sqn__convolution *c, int64_t y)
{
    double complex *row = c->value + y * c->stride;

    sqn__fft_backward(c->row, row);
    for (int64_t x = 0; x < c->nx; x++) {
        row[x] = times(row[x], conj(c->phase[x]));
    }
}

void sqn__convolution_run(sqn__convolution *c)
{
#pragma omp parallel default(none) shared(c)
    {
#pragma omp for schedule(static)
        for (int64_t y = 0; y < 2 * c->ny; y++) {
            transform_row(c, y);
        }
#pragma omp for schedule(static)
        for (int64_t x = 0; x < c->nx; x += COLUMNS) {
            square_columns(c, x);
        }
#pragma omp for schedule(static)
        for (int64_t y = 0; y < 2 * c->ny; y++) {
            return_row(c, y);
        }
    }
}

void sqn__convolution_clear(sqn__convolution *c)
{
    sqn__fft_destroy(&c->row);
    sqn__fft_destroy(&c->columns);
    sqn__mem_free(c->value);
    sqn__mem_free(c->phase);
    *c = (sqn__convolution){0};
}
