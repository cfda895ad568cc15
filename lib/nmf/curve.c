/**
 * @file curve.c
 * @brief Variance about the mean frame, and how much of it k principal components explain.
 *
 * Legend: Z = sqrt(V) (X - xbar), xbar the weighted mean over frames of each pixel. Z Z^T is
 * summed over the short axis: whichever axis that is, the eigenvalues above 0 are the same. The
 * sums of a panel are those of floats, which are added up in double; where so little is left over
 * that their rounding would show, all is summed again in double. The trace is one of doubles.
 */
#include "sequin/curve.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "blas.h"
#include "gram.h"
#include "kernels.h"
#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

enum {
    BLOCK = SQN__GRAM_BLOCK,
    STRIP = 24 /* rows of a square formed together */
};

/* Shares from here on are those of sums in float: their rounding is 1e-8 of the whole or less. */
static const double least_single = 1e-2;

static_assert((int)BLOCK == (int)SQN__PANELS_WIDTH, "a panel is a block of the sums");
static_assert((int)BLOCK == (int)SQN__KERNELS_WIDTH, "and of what is turned");
static_assert((int)SQN__KERNELS_ALIGN % (int)SQN__GRAM_WIDE == 0,
              "columns are whole vectors");

/* What one thread needs for a group of panels. */
typedef struct group_space {
    float *z;       /* [n_short, BLOCK] of one panel */
    float *turned;  /* [BLOCK, n_column] the same, or */
    double *wide;   /* [BLOCK, n_short aligned] where sums are exact */
    double *square; /* [n_short, n_short aligned] of the group, filled to its diagonal
                       tiles; NULL: only the trace is wanted */
    double trace;
} group_space;

/* All threads' work space, and the totals. */
typedef struct curve_space {
    int n_slot;
    bool exact; /* sums in double */
    group_space *slot;
    double *numbers;
    float *floats;
    int64_t stride;   /* n_short, aligned */
    int64_t n_column; /* of what is turned */
    double *mean;     /* [2, n_short] when frames are long, with sums of weights */
    double *square;   /* [n_short, n_short aligned] or NULL */
    double trace;
} curve_space;

/* ---- Centred data ---------------------------------------------------------------------- */

/* xbar of every pixel when pixels are short: over all panels, in their order. */
static void average_pixels(double *mean, const sqn_panels *panels)
{
    const int64_t n_short = panels->n_short, width = panels->width;
    double *sum_v = mean + n_short;

    assert(mean != NULL);
    memset(mean, 0, (size_t)(2 * n_short) * sizeof *mean);
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

/* Z of one panel; returns the sum of its squares. A float holds Z as well as it holds the data. */
static double center_panel(const group_space *slot, const double *mean,
                           const sqn_panels *panels, int64_t p)
{
    const sqn__gram_center of = {panels->n_short, sqn__panels_x(panels, p),
                                 sqn__panels_v(panels, p), mean};

    return sqn__gram_choose()->center(slot->z, &of);
}

/* ---- Products -------------------------------------------------------------------------- */

static void turn_panel(const group_space *slot, const curve_space *space, int64_t n_short)
{
    const int64_t stride = space->stride, n_column = space->n_column;

    if (space->exact) {
        (void)sqn__gram_choose()->turn((sqn_dmatrix){slot->wide, BLOCK, stride, stride},
                                       (sqn_matrix_const){slot->z, n_short, BLOCK, BLOCK});
    } else {
        sqn__kernels_choose()->turn((sqn_matrix){slot->turned, BLOCK, n_column, n_column},
                                    slot->z, n_short);
    }
}

/* Z Z^T of one panel joins the group's: strips of rows as far as their diagonal. */
static void add_square(const group_space *slot, const curve_space *space, int64_t n_short)
{
    const sqn__gram_table *sums = sqn__gram_choose();
    const int64_t stride = space->stride, n_column = space->n_column;

    turn_panel(slot, space, n_short);
    for (int64_t row = 0; row < n_short; row += STRIP) {
        const int64_t n = n_short - row < STRIP ? n_short - row : STRIP;
        const int64_t n_col = sqn__kernels_aligned(row + n);
        const sqn_dmatrix to = {slot->square + row * stride, n, n_col, stride};

        if (space->exact) {
            sums->product(to, (sqn__gram_factor){slot->wide + row, 1, stride},
                          (sqn_dmatrix_const){slot->wide, BLOCK, n_col, stride});
        } else {
            sums->product_single(to, (sqn__gram_single){slot->turned + row, n_column},
                                 (sqn_matrix_const){slot->turned, BLOCK, n_col, n_column});
        }
    }
}

static void sum_group(group_space *slot, const curve_space *space, const sqn_panels *panels,
                      int64_t group)
{
    const sqn__panels_range range = sqn__panels_of_group(panels->n_panel, group);
    const double *mean = panels->info.pixels_are_long ? NULL : space->mean;
    const int64_t n_short = panels->n_short, stride = space->stride;

    slot->trace = 0.0;
    if (slot->square != NULL) {
        memset(slot->square, 0, (size_t)(n_short * stride) * sizeof *slot->square);
    }
    for (int64_t p = range.first; p < range.end; p++) {
        slot->trace += center_panel(slot, mean, panels, p);
        if (slot->square != NULL) {
            add_square(slot, space, n_short);
        }
    }
}

static void join_group(curve_space *space, const group_space *slot, int64_t n_short)
{
    space->trace += slot->trace;
    for (int64_t i = 0; space->square != NULL && i < n_short * space->stride; i++) {
        space->square[i] += slot->square[i];
    }
}

/* Totals over all panels: groups are summed side by side and joined in their order. */
static void sum_panels(curve_space *space, const sqn_panels *panels)
{
    const int64_t n_group = sqn__panels_n_group(panels->n_panel);

    if (!panels->info.pixels_are_long) {
        average_pixels(space->mean, panels);
    }
#pragma omp parallel for ordered schedule(static, 1) \
    num_threads(space->n_slot) default(none) shared(space, panels, n_group)
    for (int64_t g = 0; g < n_group; g++) {
        group_space *slot = &space->slot[omp_get_thread_num()];

        sum_group(slot, space, panels, g);
#pragma omp ordered
        join_group(space, slot, panels->n_short);
    }
}

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(curve_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->floats);
    *space = (curve_space){0};
}

/* Share the numbers out: the total is first, as aligned with any number of threads, for LAPACK's
   bits may depend on it. */
static void carve_space(curve_space *space, int64_t n_short, int64_t n_square)
{
    const int64_t n_single = space->exact || n_square == 0 ? 0 : space->n_column * BLOCK;
    const int64_t n_wide = space->exact ? space->stride * BLOCK : 0;
    double *numbers = space->numbers + n_square + 2 * n_short;

    space->square = n_square > 0 ? space->numbers : NULL;
    space->mean = space->numbers + n_square;
    for (int64_t i = 0; i < space->n_slot; i++, numbers += n_wide + n_square) {
        group_space *slot = &space->slot[i];

        slot->z = space->floats + i * (n_short * BLOCK + n_single);
        slot->turned = slot->z + n_short * BLOCK;
        slot->wide = numbers;
        slot->square = n_square > 0 ? numbers + n_wide : NULL;
    }
}

/* For squares or without; in double or not. */
static sqn_status create_space(curve_space *space, const sqn_panels *panels, bool squares,
                               bool exact, sqn_error *err)
{
    const int64_t n_group = sqn__panels_n_group(panels->n_panel);
    const int64_t n_thread = omp_get_max_threads();
    const int64_t n_slot = n_group < n_thread ? n_group : n_thread;
    const int64_t n_short = panels->n_short;
    const int64_t stride = sqn__kernels_aligned(n_short);
    const int64_t n_column = sqn__kernels_columns(n_short);
    const int64_t n_square = squares ? sqn__mem_product(n_short, stride) : 0;
    const int64_t n_turned = squares ? n_column * BLOCK : 0; /* of either kind, or more */

    *space = (curve_space){(int)n_slot, exact, .stride = stride, .n_column = n_column};
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * ((exact ? n_turned : 0) + n_square) +
                                        2 * n_short + n_square,
                                    sizeof *space->numbers);
    space->floats = sqn__mem_reserve(sqn__mem_product(n_slot, n_short * BLOCK + n_turned),
                                     sizeof *space->floats);
    if (space->slot == NULL || space->numbers == NULL || space->floats == NULL) {
        return SQN_RAISE(err, E_MEM, "curves of %" PRId64 " x %" PRId64 " data",
                         panels->n_long, n_short);
    }
    carve_space(space, n_short, n_square);
    return SQN_OK;
}

/* ---- The curves ------------------------------------------------------------------------ */

sqn_status sqn_curve_centered(double *out, const sqn_panels *panels, sqn_error *err)
{
    curve_space space = {0};
    const sqn_status status = create_space(&space, panels, false, false, err);

    *out = 0.0;
    if (status == SQN_OK) {
        sum_panels(&space, panels);
        *out = space.trace * panels->chi2_scale;
    }
    destroy_space(&space);
    return status;
}

/* 1 - share of the k largest eigenvalues; past the last it is 0. Exact ones take the place of small
   ones. */
static void accumulate(double *out, int64_t n_comp, const double *values, int64_t n,
                       bool exact)
{
    double total = 0.0, left = 0.0;

    for (int64_t i = 0; i < n; i++) {
        total += fmax(values[i], 0.0); /* below 0: rounding */
    }
    /* From the smallest up, so that a small remainder keeps its digits. */
    for (int64_t k = n; k >= 1; k--) {
        if (k <= n_comp && (!exact || out[k - 1] < least_single)) {
            out[k - 1] = total > 0.0 ? left / total : 0.0;
        }
        left += fmax(values[n - k], 0.0);
    }
    for (int64_t k = n + 1; k <= n_comp; k++) {
        out[k - 1] = 0.0;
    }
    for (int64_t k = 1; k < n_comp; k++) { /* where the kinds meet */
        out[k] = fmin(out[k], out[k - 1]);
    }
}

/* The other half of a symmetric matrix. */
static void mirror(sqn_dmatrix m)
{
    for (int64_t i = 0; i < m.rows; i++) {
        for (int64_t j = 0; j < i; j++) {
            m.data[j * m.stride + i] = m.data[i * m.stride + j];
        }
    }
}

/* Curve and trace by sums of one kind. */
static sqn_status find_curve(double *out, double *trace, int64_t n_comp,
                             const sqn_panels *panels, bool exact, sqn_error *err)
{
    const int64_t n = panels->n_short;
    curve_space space = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(create_space(&space, panels, true, exact, err));
    sum_panels(&space, panels);

    const sqn_dmatrix square = {space.square, n, n, space.stride};
    double *values = space.mean; /* has served */

    mirror(square);
    if (!sqn__blas_eigenvalues(values, square)) {
        status =
            SQN_RAISE(err, E_NUM, "LAPACK finds no eigenvalues of %" PRId64 " frames", n);
        goto cleanup;
    }
    accumulate(out, n_comp, values, n, exact);
    *trace = space.trace;

cleanup:
    destroy_space(&space);
    return status;
}

sqn_status sqn_curve_pca(double *out, double *centered, int64_t n_comp,
                         const sqn_panels *panels, sqn_error *err)
{
    const int64_t n_known = n_comp < panels->n_short ? n_comp : panels->n_short;
    double trace = 0.0;
    sqn_status status = find_curve(out, &trace, n_comp, panels, false, err);

    /* Whatever n_comp is, a number is of sums of one kind. */
    if (status == SQN_OK && n_known > 0 && out[n_known - 1] < least_single) {
        status = find_curve(out, &trace, n_comp, panels, true, err);
    }
    if (centered != NULL) {
        *centered = status == SQN_OK ? trace * panels->chi2_scale : 0.0;
    }
    return status;
}
