/**
 * @file target_variance.c
 * @brief Variance of the model: from the coefficients of the frame, and from the components.
 *
 * Legend: C covariance of the coefficients w of a frame; M_l covariance of the components at
 * pixel l, the inverse of the weighted Gram matrix of the references' coefficients on the
 * components that are above 0 there (docs/numerics.md, section 5).
 */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "nnls.h"
#include "panels_internal.h"
#include "raise.h"
#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK };

/* What one thread needs for a block of pixels. */
typedef struct pixel_space {
    double *h;        /* [n_unknown, block] and, last, 1 */
    double *gram, *m; /* [k, k] */
    double *small;    /* of the inversion */
    double *product;  /* [n_unknown, block or n_frame] */
    double *result;   /* [block or n_frame] */
    uint8_t *active;  /* [k] */
} pixel_space;

/* All threads' work space. */
typedef struct variance_space {
    int n_slot;
    pixel_space *slot;
    double *w; /* [k, n_frame] coefficients of the targets */
    double *numbers;
    uint8_t *flags;
} variance_space;

/* The call: what is asked, and of what. */
typedef struct request {
    sqn_matrix from_fit, from_components;
    const sqn__target_count *count;
    const sqn_panels *references; /* or NULL */
    sqn_dmatrix_const coefficients;
    int64_t n_frame, n_pix;
} request;

static void destroy_space(variance_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->flags);
    *space = (variance_space){0};
}

static void carve_slot(pixel_space *slot, double *numbers, int64_t n, int64_t n_wide)
{
    slot->h = numbers;
    slot->gram = slot->h + n * BLOCK;
    slot->m = slot->gram + n * n;
    slot->small = slot->m + n * n;
    slot->product = slot->small + sqn__nnls_work_size(n);
    slot->result = slot->product + n * n_wide;
}

static sqn_status create_space(variance_space *space, const request *ask, sqn_error *err)
{
    const int64_t n_slot = omp_get_max_threads(), n_frame = ask->n_frame;
    const int64_t n = ask->count->n_unknown, k = ask->count->basis.rows;
    const int64_t n_wide = n_frame > BLOCK ? n_frame : BLOCK;
    const int64_t size = n * BLOCK + 2 * n * n + sqn__nnls_work_size(n) + (n + 1) * n_wide;

    space->n_slot = (int)n_slot;
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * size + k * n_frame, sizeof *space->numbers);
    space->flags = sqn__mem_alloc(n_slot * n, sizeof *space->flags);
    if (space->slot == NULL || space->numbers == NULL || space->flags == NULL) {
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames", n_frame);
    }
    for (int64_t s = 0; s < n_slot; s++) {
        carve_slot(&space->slot[s], space->numbers + s * size, n, n_wide);
        space->slot[s].active = space->flags + s * n;
    }
    space->w = space->numbers + n_slot * size;
    for (int64_t i = 0; i < n_frame; i++) {
        for (int64_t j = 0; j < k; j++) {
            space->w[j * n_frame + i] = ask->count->coefficients[i * k + j];
        }
    }
    return SQN_OK;
}

/* Weight of a reference datum as given; 0 where frame or pixel take no part. */
static double weight_at(const sqn_panels *panels, int64_t frame, int64_t pixel)
{
    const int64_t i = panels->frame[frame], j = panels->pixel[pixel];

    if (i < 0 || j < 0) {
        return 0.0;
    }
    const int64_t l = panels->info.pixels_are_long ? j : i;
    const int64_t s = panels->info.pixels_are_long ? i : j;
    const float *v = sqn__panels_v(panels, l / panels->width);

    return ldexp((double)v[s * panels->width + l % panels->width], panels->weight_exponent);
}

/* G_l = sum over references V w w^T at one pixel, and its inverse M_l where h > 0. */
static void invert_pixel(const pixel_space *slot, const request *ask, int64_t pixel)
{
    const sqn_panels *panels = ask->references;
    const int64_t k = ask->coefficients.cols;

    memset(slot->gram, 0, (size_t)(k * k) * sizeof *slot->gram);
    for (int64_t i = 0; i < ask->coefficients.rows; i++) {
        const double v = weight_at(panels, i, pixel);
        const double *w = ask->coefficients.data + i * ask->coefficients.stride;

        for (int64_t a = 0; v > 0.0 && a < k; a++) {
            for (int64_t b = 0; b <= a; b++) {
                slot->gram[a * k + b] += v * w[a] * w[b];
            }
        }
    }
    for (int64_t a = 0; a < k; a++) {
        slot->active[a] =
            slot->h[a * BLOCK + pixel % BLOCK] > 0.0 && slot->gram[a * k + a] > 0.0;
        for (int64_t b = a + 1; b < k; b++) {
            slot->gram[a * k + b] = slot->gram[b * k + a];
        }
    }
    sqn__target_frame_covariance(slot->m, slot->active, slot->gram, k, slot->small);
}

/* h of the pixels from `first` on; NaN where the basis has no value. Returns how many. */
static int64_t load(const pixel_space *slot, const request *ask, int64_t first)
{
    const sqn_matrix_const *basis = &ask->count->basis;
    const int64_t n = ask->n_pix - first < BLOCK ? ask->n_pix - first : BLOCK;

    for (int64_t j = 0; j < ask->count->n_unknown; j++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            slot->h[j * BLOCK + p] =
                j == basis->rows ? 1.0
                : p < n          ? (double)basis->data[j * basis->stride + first + p]
                                 : 0.0;
        }
    }
    return n;
}

/* h C h^T of every frame over a block of pixels. */
static void fill_fit(const pixel_space *slot, const request *ask, int64_t first, int64_t n)
{
    const int64_t n_unknown = ask->count->n_unknown;

    for (int64_t i = 0; i < ask->n_frame; i++) {
        const double *c = ask->count->covariance + i * n_unknown * n_unknown;
        float *out = ask->from_fit.data + i * ask->from_fit.stride + first;

        sqn__target_frame_quadratic(slot->result, c, slot->h, n_unknown, BLOCK,
                                    slot->product);
        for (int64_t p = 0; p < n; p++) {
            out[p] = (float)slot->result[p];
        }
    }
}

/* w M w^T of every frame at one pixel. */
static void fill_components(const pixel_space *slot, const request *ask, const double *w,
                            int64_t pixel)
{
    const int64_t k = ask->count->basis.rows;
    bool valid = true;

    for (int64_t j = 0; j < k; j++) {
        valid = valid && !isnan(slot->h[j * BLOCK + pixel % BLOCK]);
    }
    memset(slot->result, 0, (size_t)ask->n_frame * sizeof *slot->result);
    if (valid && ask->references != NULL) {
        invert_pixel(slot, ask, pixel);
        sqn__target_frame_quadratic(slot->result, slot->m, w, k, ask->n_frame,
                                    slot->product);
    }
    for (int64_t i = 0; i < ask->n_frame; i++) {
        ask->from_components.data[i * ask->from_components.stride + pixel] =
            valid ? (float)slot->result[i] : NAN;
    }
}

static void fill_block(const pixel_space *slot, const request *ask, const double *w,
                       int64_t first)
{
    const int64_t n = load(slot, ask, first);

    fill_fit(slot, ask, first, n);
    for (int64_t p = 0; p < n; p++) {
        fill_components(slot, ask, w, first + p);
    }
}

static sqn_status check(const request *ask, sqn_error *err)
{
    const int64_t n_frame = ask->n_frame, n_pix = ask->n_pix, k = ask->count->basis.rows;
    const sqn_matrix *fit = &ask->from_fit, *comp = &ask->from_components;

    if (fit->rows != n_frame || fit->cols != n_pix || comp->rows != n_frame ||
        comp->cols != n_pix) {
        return SQN_RAISE(err, E_SHAPE,
                         "variances are [%" PRId64 ", %" PRId64 "] and [%" PRId64
                         ", %" PRId64 "], frames [%" PRId64 ", %" PRId64 "]",
                         fit->rows, fit->cols, comp->rows, comp->cols, n_frame, n_pix);
    }
    if (ask->references != NULL &&
        (ask->references->info.n_pix != n_pix ||
         ask->references->info.n_frame != ask->coefficients.rows ||
         ask->coefficients.cols != k)) {
        return SQN_RAISE(err, E_SHAPE,
                         "references are [%" PRId64 ", %" PRId64
                         "], their coefficients [%" PRId64 ", %" PRId64
                         "], components [%" PRId64 ", %" PRId64 "]",
                         ask->references->info.n_frame, ask->references->info.n_pix,
                         ask->coefficients.rows, ask->coefficients.cols, k, n_pix);
    }
    return SQN_OK;
}

sqn_status sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                               const sqn_target *target, int64_t i_count,
                               const sqn_panels *references, sqn_dmatrix_const coefficients,
                               sqn_error *err)
{
    const request ask = {from_fit,     from_components, &target->count[i_count],
                         references,   coefficients,    target->n_frame,
                         target->n_pix};
    variance_space space = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(check(&ask, err));
    SQN_TRY(create_space(&space, &ask, err));
#pragma omp parallel for schedule(dynamic, 1) num_threads(space.n_slot) default(none) \
    shared(space, ask)
    for (int64_t first = 0; first < ask.n_pix; first += BLOCK) {
        fill_block(&space.slot[omp_get_thread_num()], &ask, space.w, first);
    }

cleanup:
    destroy_space(&space);
    return status;
}
