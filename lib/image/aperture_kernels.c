/** @file aperture_kernels.c @brief All kernels from the overlaps of one quarter. */
#include "aperture_kernels.h"

#include <math.h>
#include <stdlib.h>

#include "aperture.h"
#include "mem.h"
#include "raise.h"

enum {
    STEPS = SQN__APERTURE_STEPS,
    HALF = SQN__APERTURE_HALF,
    LINE = 16 /* floats of a line of the cache */
};

/* The first pixel that a circle touches. */
static int64_t begin_of(double radius, int64_t step)
{
    return (int64_t)floor((double)step / STEPS - radius + 0.5);
}

/* How many it touches. */
static int64_t side_of(double radius, int64_t step)
{
    return (int64_t)ceil((double)step / STEPS + radius - 0.5) + 1 - begin_of(radius, step);
}

sqn__aperture_kernels sqn__aperture_kernels_plan(double radius)
{
    sqn__aperture_kernels k = {/* of a centre half a step from the edge of its pixel */
                               .reach = (int64_t)ceil(radius + 1.0 + 0.5 / STEPS) - 1,
                               .begin = begin_of(radius, 0),
                               .further = HALF + 1};

    for (int64_t step = 0; step <= HALF; step++) {
        k.side = k.side < side_of(radius, step) ? side_of(radius, step) : k.side;
    }
    k.size = (k.side * k.side + LINE - 1) / LINE * LINE;
    while (begin_of(radius, k.further - 1) > k.begin) {
        k.further--;
    }
    return k;
}

/* Overlaps with pixels up and right of a circle's centre, by steps along both axes. */
typedef struct quarter {
    int64_t n;    /* from here on none */
    float *value; /* [n, n] */
} quarter;

/* The kernel of a centre `y` and `x` steps from the middle of a pixel. */
static void fill_kernel(const sqn__aperture_kernels *k, const quarter *q, int64_t y,
                        int64_t x)
{
    const int64_t from_y = k->begin + (y < k->further ? 0 : 1);
    const int64_t from_x = k->begin + (x < k->further ? 0 : 1);
    float *kernel = k->value + (y * (HALF + 1) + x) * k->size;

    for (int64_t j = 0; j < k->side; j++) {
        for (int64_t i = 0; i < k->side; i++) {
            const int64_t dy = llabs((from_y + j) * STEPS - y);
            const int64_t dx = llabs((from_x + i) * STEPS - x);

            kernel[j * k->side + i] =
                dy < q->n && dx < q->n ? q->value[dy * q->n + dx] : 0.0F;
        }
    }
}

sqn_status sqn__aperture_kernels_fill(sqn__aperture_kernels *kernels, double radius,
                                      sqn_error *err)
{
    sqn_status status = SQN_OK;
    const int64_t n = (int64_t)ceil((radius + 0.5) * STEPS) + 1;
    const quarter q = {n, sqn__mem_reserve(n * n, sizeof *q.value)};

    kernels->value = sqn__mem_reserve(INT64_C(1) * (HALF + 1) * (HALF + 1) * kernels->size,
                                      sizeof *kernels->value);
    if (q.value == NULL || kernels->value == NULL ||
        !sqn__aperture_overlaps(q.value, n, STEPS, radius)) {
        sqn__aperture_kernels_clear(kernels);
        status = SQN_RAISE(err, E_MEM, "overlaps with apertures of radius %g", radius);
        goto cleanup;
    }
#pragma omp parallel for schedule(static) default(none) shared(kernels, q)
    for (int64_t y = 0; y <= HALF; y++) {
        for (int64_t x = 0; x <= HALF; x++) {
            fill_kernel(kernels, &q, y, x);
        }
    }

cleanup:
    sqn__mem_free(q.value);
    return status;
}

void sqn__aperture_kernels_clear(sqn__aperture_kernels *kernels)
{
    sqn__mem_free(kernels->value);
    kernels->value = NULL;
}
