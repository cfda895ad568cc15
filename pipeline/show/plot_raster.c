/** @file plot_raster.c @brief Means of pixels: first down, into one line, then along it. */
#include "plot_raster.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "plot.h"
#include "raise.h"

static const double half = 0.5 - 1e-9; /* half of a point, whatever rounding makes of it */

/* The pixels under one point along one axis, and how much of the outermost it covers. */
typedef struct span {
    int64_t first, last;
    double head, tail; /* of the first, and of the last where it is another (pixels) */
    double whole;      /* of all (pixels) */
} span;

static span span_of(int point, int n_point, int64_t n_pix)
{
    const double start = (double)point * (double)n_pix / n_point;
    const double end = (double)(point + 1) * (double)n_pix / n_point;
    const int64_t beyond = (int64_t)ceil(end - 1e-9), first = (int64_t)start;
    const int64_t last = beyond <= n_pix ? beyond - 1 : n_pix - 1;
    span s = {first, last, end - start, 0.0, end - start};

    if (last > first) {
        s.head = (double)(first + 1) - start;
        s.tail = end - (double)last;
    }
    return s;
}

/* What lies under one row of points. */
typedef struct line {
    span row;
    int64_t nx;
    double *sum, *weight; /* [nx] of the valid pixels of a column */
} line;

static void fill_line(line *l, const float *pixels)
{
    double *restrict sum = l->sum, *restrict weight = l->weight;

    memset(sum, 0, (size_t)l->nx * sizeof *sum);
    memset(weight, 0, (size_t)l->nx * sizeof *weight);
    for (int64_t y = l->row.first; y <= l->row.last; y++) {
        const double share = y == l->row.first  ? l->row.head
                             : y == l->row.last ? l->row.tail
                                                : 1.0;
        const float *restrict values = pixels + y * l->nx;

        for (int64_t x = 0; x < l->nx; x++) {
            const bool valid = fabsf(values[x]) <= FLT_MAX;

            sum[x] += valid ? share * (double)values[x] : 0.0;
            weight[x] += valid ? share : 0.0;
        }
    }
}

/* Mean of the valid pixels under a point; NaN where it is missing. No branch depends on whether a
 * point lies within one pixel: on an enlarged image that is hard to guess. */
static double mean_of(const line *l, const span *c)
{
    double sum = c->head * l->sum[c->first] + c->tail * l->sum[c->last];
    double weight = c->head * l->weight[c->first] + c->tail * l->weight[c->last];

    for (int64_t x = c->first + 1; x < c->last; x++) {
        sum += l->sum[x];
        weight += l->weight[x];
    }
    return weight > 0.0 && weight >= half * c->whole * l->row.whole ? sum / weight
                                                                    : (double)NAN;
}

/* The levels of one row of points. */
static void fill_row(int16_t *level, int width, const line *l, const span *columns,
                     const plot_stretch_curve *curve)
{
    double previous = NAN; /* many neighbours on the page show the same pixel */
    int16_t known = -1;

    for (int i = 0; i < width; i++) {
        const double value = mean_of(l, &columns[i]);

        if (isnan(value)) {
            level[i] = -1;
            continue;
        }
        if (value != previous) {
            known =
                (int16_t)(plot_stretch_curve_level(curve, value) * (PLOT_MAP_LEVELS - 1) +
                          0.5);
            previous = value;
        }
        level[i] = known;
    }
}

/* Whether two rows of points lie within the same row of pixels. */
static bool show_the_same(const span *a, const span *b)
{
    return a->first == a->last && b->first == a->first && b->last == a->first;
}

static void fill(const plot_raster *out, int64_t ny, line *l, const span *columns,
                 const float *pixels, const plot_stretch_curve *curve)
{
    for (int j = 0; j < out->height; j++) {
        const span row = span_of(j, out->height, ny);
        int16_t *level = out->level + (int64_t)j * out->width;

        if (j > 0 && show_the_same(&row, &l->row)) {
            memcpy(level, level - out->width, (size_t)out->width * sizeof *level);
        } else {
            l->row = row;
            fill_line(l, pixels);
            fill_row(level, out->width, l, columns, curve);
        }
    }
}

sqn_status plot_raster_fill(const plot_raster *out, int64_t ny, int64_t nx,
                            const float *pixels, const plot_stretch *stretch,
                            sqn_error *err)
{
    const plot_stretch_curve curve = plot_stretch_curve_of(stretch);
    span *columns = sqn__mem_alloc(out->width, sizeof *columns);
    double *sums = sqn__mem_alloc(sqn__mem_product(2, nx), sizeof *sums);
    sqn_status status = SQN_OK;

    if (columns == NULL || sums == NULL) {
        status =
            SQN_RAISE(err, E_MEM, "picture of %d x %d pixels", out->height, out->width);
        goto cleanup;
    }
    for (int i = 0; i < out->width; i++) {
        columns[i] = span_of(i, out->width, nx);
    }
    fill(out, ny, &(line){.nx = nx, .sum = sums, .weight = sums + nx}, columns, pixels,
         &curve);

cleanup:
    sqn__mem_free(columns);
    sqn__mem_free(sums);
    return status;
}
