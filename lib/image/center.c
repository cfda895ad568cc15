/** @file center.c @brief The point an image is symmetric about. */
#include "sequin/center.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "fft.h"
#include "mem.h"
#include "raise.h"

/* The image on twice its size, so that its convolution with itself does not wrap round. */
typedef struct plane {
    int64_t ny, nx;
    double complex *value; /* [ny, nx] */
} plane;

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Median of the finite pixels; NaN when there are none. `work` [n]. */
static double median(const float *image, int64_t n, float *work)
{
    int64_t n_finite = 0;

    for (int64_t p = 0; p < n; p++) {
        if (isfinite(image[p])) {
            work[n_finite++] = image[p];
        }
    }
    qsort(work, (size_t)n_finite, sizeof *work, ascending);
    return n_finite > 0 ? (double)work[n_finite / 2] : (double)NAN;
}

/* Roots of what lies above `level`; returns their sum. */
static double spread(const plane *p, const float *image, int64_t ny, int64_t nx,
                     double level)
{
    double sum = 0.0;

    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            const double above = (double)image[y * nx + x] - level;
            const double root = isfinite(above) && above > 0.0 ? sqrt(above) : 0.0;

            p->value[y * p->nx + x] = root;
            sum += root;
        }
    }
    return sum;
}

static void convolve_with_itself(const plane *p, const sqn__fft *fft)
{
    sqn__fft_forward(fft, p->value);
    for (int64_t i = 0; i < p->ny * p->nx; i++) {
        p->value[i] *= p->value[i];
    }
    sqn__fft_backward(fft, p->value);
}

/* A pixel of the plane. */
typedef struct spot {
    int64_t y, x;
} spot;

static double value_at(const plane *p, spot at)
{
    return creal(p->value[at.y * p->nx + at.x]);
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

/* From the middle of three values to the top of their parabola. */
static double top(double below, double middle, double above)
{
    const double bend = below - 2.0 * middle + above;

    return bend < 0.0 ? 0.5 * (below - above) / bend : 0.0;
}

/* The plane is periodic: what is left of column 0 is the last one. */
static int64_t before(int64_t k, int64_t n)
{
    return k > 0 ? k - 1 : n - 1;
}

static int64_t behind(int64_t k, int64_t n)
{
    return k < n - 1 ? k + 1 : 0;
}

sqn_status sqn_center_find(double center[2], const float *image, int64_t ny, int64_t nx,
                           sqn_error *err)
{
    const int64_t n = sqn__mem_product(ny, nx);
    sqn_status status = SQN_OK;
    plane p = {2 * ny, 2 * nx, NULL};
    sqn__fft *fft = NULL;
    float *work = NULL;

    center[0] = center[1] = (double)NAN;
    SQN_TRY(sqn__fft_create(&fft, p.ny, p.nx, err));
    p.value = sqn__mem_alloc(sqn__mem_product(n, 4), sizeof *p.value);
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
    convolve_with_itself(&p, fft);

    const spot best = peak(&p);
    const double height = value_at(&p, best);
    const double left = value_at(&p, (spot){best.y, before(best.x, p.nx)});
    const double right = value_at(&p, (spot){best.y, behind(best.x, p.nx)});
    const double low = value_at(&p, (spot){before(best.y, p.ny), best.x});
    const double high = value_at(&p, (spot){behind(best.y, p.ny), best.x});

    center[0] = 0.5 * ((double)best.x + top(left, height, right)) + 1.0;
    center[1] = 0.5 * ((double)best.y + top(low, height, high)) + 1.0;

cleanup:
    sqn__mem_free(work);
    sqn__mem_free(p.value);
    sqn__fft_destroy(&fft);
    return status;
}
