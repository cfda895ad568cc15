/**
 * @file curve.c
 * @brief Variance about the mean frame, and how much of it k principal components explain.
 *
 * Legend: Z = sqrt(V) (X - xbar), xbar the weighted mean over frames of each pixel. Z Z^T is
 * summed over the short axis: whichever axis that is, the eigenvalues above 0 are the same.
 */
#include "sequin/curve.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "blas.h"
#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

enum { LINE = 8 /* numbers in a line of the cache */ };

/* What one thread needs for a group of panels. */
typedef struct group_space {
    double *z;      /* [n_short, width] of one panel */
    double *lane;   /* [width] means, when pixels are long */
    double *square; /* [n_short, n_short] of the group; NULL: only the trace is wanted */
    double trace;
} group_space;

/* All threads' work space, and the totals. */
typedef struct curve_space {
    int n_slot;
    group_space *slot;
    double *numbers;
    double *mean;   /* [n_short] when frames are long */
    double *square; /* [n_short, n_short] or NULL */
    double trace;
} curve_space;

/* ---- Centred data ---------------------------------------------------------------------- */

/* xbar of every pixel when pixels are short: over all panels, in their order. */
static void average_pixels(double *mean, double *scratch, const sqn_panels *panels)
{
    const int64_t n_short = panels->n_short, width = panels->width;
    double *sum_v = scratch;

    assert(mean != NULL);
    memset(mean, 0, (size_t)n_short * sizeof *mean);
    memset(sum_v, 0, (size_t)n_short * sizeof *sum_v);
    for (int64_t p = 0; p < panels->n_panel; p++) {
        const float *x = sqn__panels_x(panels, p), *v = sqn__panels_v(panels, p);

        for (int64_t s = 0; s < n_short; s++) {
            for (int64_t t = 0; t < width; t++) {
                const double weight = v[s * width + t];

                mean[s] += weight * (double)x[s * width + t];
                sum_v[s] += weight;
            }
        }
    }
    for (int64_t s = 0; s < n_short; s++) {
        mean[s] /= sum_v[s]; /* above 0: only pixels with data are in the panels */
    }
}

/* xbar of the pixels of one panel, when pixels are long. */
static void average_lanes(double *lane, double *scratch, const sqn_panels *panels,
                          int64_t p)
{
    const float *x = sqn__panels_x(panels, p), *v = sqn__panels_v(panels, p);
    const int64_t width = panels->width;
    double *sum_v = scratch;

    memset(lane, 0, (size_t)width * sizeof *lane);
    memset(sum_v, 0, (size_t)width * sizeof *sum_v);
    for (int64_t s = 0; s < panels->n_short; s++) {
        for (int64_t t = 0; t < width; t++) {
            const double weight = v[s * width + t];

            lane[t] += weight * (double)x[s * width + t];
            sum_v[t] += weight;
        }
    }
    for (int64_t t = 0; t < width; t++) {
        lane[t] = sum_v[t] > 0.0 ? lane[t] / sum_v[t] : 0.0;
    }
}

/* Z of one panel; returns the sum of its squares. */
static double center_panel(const group_space *slot, const double *mean,
                           const sqn_panels *panels, int64_t p)
{
    const float *x = sqn__panels_x(panels, p), *v = sqn__panels_v(panels, p);
    const int64_t width = panels->width;
    double sum = 0.0;

    if (panels->info.pixels_are_long) {
        average_lanes(slot->lane, slot->z, panels, p);
    }
    for (int64_t s = 0; s < panels->n_short; s++) {
        for (int64_t t = 0; t < width; t++) {
            const double xbar = panels->info.pixels_are_long ? slot->lane[t] : mean[s];
            const double z =
                sqrt((double)v[s * width + t]) * ((double)x[s * width + t] - xbar);

            slot->z[s * width + t] = z;
            sum += z * z;
        }
    }
    return sum;
}

/* ---- Products -------------------------------------------------------------------------- */

/* Z Z^T of one panel joins the group's; our own loops where BLAS would split the sum. */
static void add_square(const group_space *slot, int64_t n_short, int64_t width)
{
    const sqn_dmatrix square = {slot->square, n_short, n_short, n_short};
    const sqn_dmatrix_const z = {slot->z, n_short, width, width};

    if (sqn__blas_n_thread() == 1) {
        sqn__blas_dgemm(square, z, false, z, true, 1.0, 1.0);
        return;
    }
    for (int64_t i = 0; i < n_short; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0.0;

            for (int64_t t = 0; t < width; t++) {
                sum += slot->z[i * width + t] * slot->z[j * width + t];
            }
            slot->square[i * n_short + j] += sum;
            slot->square[j * n_short + i] = slot->square[i * n_short + j];
        }
    }
}

static void sum_group(group_space *slot, const double *mean, const sqn_panels *panels,
                      int64_t group)
{
    const sqn__panels_range range = sqn__panels_of_group(panels, group);
    const int64_t n_short = panels->n_short;

    slot->trace = 0.0;
    if (slot->square != NULL) {
        memset(slot->square, 0, (size_t)(n_short * n_short) * sizeof *slot->square);
    }
    for (int64_t p = range.first; p < range.end; p++) {
        slot->trace += center_panel(slot, mean, panels, p);
        if (slot->square != NULL) {
            add_square(slot, n_short, panels->width);
        }
    }
}

static void join_group(curve_space *space, const group_space *slot, int64_t n_short)
{
    space->trace += slot->trace;
    for (int64_t i = 0; space->square != NULL && i < n_short * n_short; i++) {
        space->square[i] += slot->square[i];
    }
}

/* Totals over all panels: groups are summed side by side and joined in their order. */
static void sum_panels(curve_space *space, const sqn_panels *panels)
{
    const int64_t n_group = sqn__panels_n_group(panels);

    if (!panels->info.pixels_are_long) {
        average_pixels(space->mean, space->slot[0].z, panels);
    }
#pragma omp parallel for ordered schedule(static, 1) \
    num_threads(space->n_slot) default(none) shared(space, panels, n_group)
    for (int64_t g = 0; g < n_group; g++) {
        group_space *slot = &space->slot[omp_get_thread_num()];

        sum_group(slot, space->mean, panels, g);
#pragma omp ordered
        join_group(space, slot, panels->n_short);
    }
}

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(curve_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    *space = (curve_space){0};
}

static int64_t whole_lines(int64_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

static sqn_status create_space(curve_space *space, const sqn_panels *panels, bool squares,
                               sqn_error *err)
{
    const int64_t n_group = sqn__panels_n_group(panels), n_thread = omp_get_max_threads();
    const int64_t n_slot = n_group < n_thread ? n_group : n_thread;
    const int64_t n_short = panels->n_short, width = panels->width;
    /* Whole lines of the cache: what LAPACK and BLAS add up in which order depends on where
       their matrices begin, and that must not depend on the number of threads. */
    const int64_t n_square = squares ? whole_lines(sqn__mem_product(n_short, n_short)) : 0;
    const int64_t n_mean = whole_lines(n_short);
    const int64_t per_slot = n_short * width + width + n_square;

    *space = (curve_space){.n_slot = (int)n_slot};
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * per_slot + n_mean + n_square, sizeof(double));
    if (space->slot == NULL || space->numbers == NULL) {
        return SQN_RAISE(err, E_MEM, "curves of %" PRId64 " x %" PRId64 " data",
                         panels->n_long, n_short);
    }
    double *numbers = space->numbers;

    for (int64_t i = 0; i < n_slot; i++, numbers += per_slot) {
        space->slot[i].z = numbers;
        space->slot[i].lane = numbers + n_short * width;
        space->slot[i].square = squares ? space->slot[i].lane + width : NULL;
    }
    space->mean = numbers;
    space->square = squares ? numbers + n_mean : NULL;
    return SQN_OK;
}

/* ---- The curves ------------------------------------------------------------------------ */

sqn_status sqn_curve_centered(double *out, const sqn_panels *panels, sqn_error *err)
{
    curve_space space = {0};
    const sqn_status status = create_space(&space, panels, false, err);

    *out = 0.0;
    if (status == SQN_OK) {
        sum_panels(&space, panels);
        *out = space.trace * panels->chi2_scale;
    }
    destroy_space(&space);
    return status;
}

/* 1 - share of the k largest eigenvalues; past the last it is 0. */
static void accumulate(double *out, int64_t n_comp, const double *values, int64_t n)
{
    double total = 0.0, left = 0.0;

    for (int64_t i = 0; i < n; i++) {
        total += fmax(values[i], 0.0); /* below 0: rounding */
    }
    /* From the smallest up, so that a small remainder keeps its digits. */
    for (int64_t k = n; k >= 1; k--) {
        if (k <= n_comp) {
            out[k - 1] = total > 0.0 ? left / total : 0.0;
        }
        left += fmax(values[n - k], 0.0);
    }
    for (int64_t k = n + 1; k <= n_comp; k++) {
        out[k - 1] = 0.0;
    }
}

sqn_status sqn_curve_pca(double *out, int64_t n_comp, const sqn_panels *panels,
                         sqn_error *err)
{
    const int64_t n = panels->n_short;
    curve_space space = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(create_space(&space, panels, true, err));
    sum_panels(&space, panels);

    const sqn_dmatrix square = {space.square, n, n, n};
    double *values = space.mean; /* has served */

    if (!sqn__blas_eigenvalues(values, square)) {
        status =
            SQN_RAISE(err, E_NUM, "LAPACK finds no eigenvalues of %" PRId64 " frames", n);
        goto cleanup;
    }
    accumulate(out, n_comp, values, n);

cleanup:
    destroy_space(&space);
    return status;
}
