/** @file axis.c @brief Axes of wavelengths. */
#include "axis.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

static const double even = 0.05; /* pixels: float32 logarithms of surveys stay below 0.01 */
static const double same = 0.01; /* pixels: one axis and the same one again */
static const double digits = 1e-8; /* steps and starts are written with so many decimals */
static const double rounding = 1e-12; /* of logarithms in double */

/* The decimal number that was meant, where it is within `tolerance`. */
static double snap(double x, double tolerance)
{
    const double candidate = round(x / digits) * digits;

    return fabs(candidate - x) < tolerance ? candidate : x;
}

sqn__axis sqn__axis_describe(const double *wave, int64_t n)
{
    sqn__axis axis = {.n = n, .wave = wave, .is_log = true};
    const double last = log10(wave[n - 1]), length = (double)(n - 1);
    double rough = rounding; /* how far the wavelengths themselves are off */

    axis.start = log10(wave[0]);
    axis.step = (last - axis.start) / length;
    for (int64_t i = 0; i < n && axis.is_log; i++) {
        const double off = log10(wave[i]) - (axis.start + (double)i * axis.step);

        axis.is_log = fabs(off) < even * axis.step;
        rough = fmax(rough, 4.0 * fabs(off));
    }
    if (axis.is_log) {
        const double room = fmin(rough, same * axis.step);

        axis.start = snap(axis.start, room);
        axis.step = snap(axis.step, room / length);
    }
    return axis;
}

double sqn__axis_edge(const double *wave, int64_t n, int64_t i)
{
    return i == 0   ? 1.5 * wave[0] - 0.5 * wave[1]
           : i == n ? 1.5 * wave[n - 1] - 0.5 * wave[n - 2]
                    : 0.5 * (wave[i - 1] + wave[i]);
}

void sqn__axis_edges(double *out, const double *wave, int64_t n, double factor)
{
    for (int64_t i = 0; i <= n; i++) {
        out[i] = factor * sqn__axis_edge(wave, n, i);
    }
}

int64_t sqn__axis_find(const double *value, int64_t n, double at)
{
    int64_t low = 0, high = n;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;

        if (value[middle] < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t sqn__axis_offset(const sqn__axis *whole, const sqn__axis *part)
{
    const double room = same * (part->wave[1] - part->wave[0]);
    const int64_t offset = sqn__axis_find(whole->wave, whole->n, part->wave[0] - room);

    if (offset + part->n > whole->n) {
        return -1;
    }
    for (int64_t i = 0; i < part->n; i++) {
        const double width =
            i > 0 ? part->wave[i] - part->wave[i - 1] : part->wave[1] - part->wave[0];

        if (fabs(part->wave[i] - whole->wave[offset + i]) > same * width) {
            return -1;
        }
    }
    return offset;
}

/** An axis in the order of its first wavelength. */
typedef struct ordered {
    double first;
    int64_t index;
} ordered;

static int compare(const void *a, const void *b)
{
    const ordered *x = a, *y = b;

    return x->first != y->first   ? (x->first < y->first ? -1 : 1)
           : x->index != y->index ? (x->index < y->index ? -1 : 1)
                                  : 0;
}

/* Index of the first wavelength of `axis` that lies beyond `last`, by half a pixel. */
static int64_t first_beyond(const sqn__axis *axis, double last)
{
    int64_t i = sqn__axis_find(axis->wave, axis->n, last);

    while (i < axis->n &&
           axis->wave[i] - last < 0.5 * (i > 0 ? axis->wave[i] - axis->wave[i - 1]
                                               : axis->wave[1] - axis->wave[0])) {
        i++;
    }
    return i;
}

/* The union into `out`, or its length alone where that is NULL. */
static int64_t unite(double *out, const sqn__axis *axes, const ordered *order,
                     int64_t n_axis)
{
    int64_t n = 0;
    double last = -INFINITY;

    for (int64_t a = 0; a < n_axis; a++) {
        const sqn__axis *axis = &axes[order[a].index];
        const int64_t from = n > 0 ? first_beyond(axis, last) : 0;

        if (from < axis->n) {
            if (out != NULL) {
                memcpy(out + n, axis->wave + from, (size_t)(axis->n - from) * sizeof *out);
            }
            n += axis->n - from;
            last = axis->wave[axis->n - 1];
        }
    }
    return n;
}

sqn_status sqn__axis_union(double **wave, int64_t *n, const sqn__axis *axes, int64_t n_axis,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    ordered *order = sqn__mem_alloc(n_axis, sizeof *order);

    *wave = NULL;
    *n = 0;
    if (order == NULL) {
        return SQN_RAISE(err, E_MEM, "the order of %" PRId64 " axes", n_axis);
    }
    for (int64_t a = 0; a < n_axis; a++) {
        order[a] = (ordered){axes[a].wave[0], a};
    }
    qsort(order, (size_t)n_axis, sizeof *order, compare);
    *n = unite(NULL, axes, order, n_axis);
    *wave = sqn__mem_alloc(*n, sizeof **wave);
    if (*wave == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " wavelengths", *n);
    } else {
        (void)unite(*wave, axes, order, n_axis);
    }
    sqn__mem_free(order);
    return status;
}
