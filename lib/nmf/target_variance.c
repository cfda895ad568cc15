/**
 * @file target_variance.c
 * @brief Variance of the model: from the coefficients of the frame, and from the components.
 *
 * Legend: C covariance of the coefficients w of a frame; h [k] the components at a pixel; M its
 * covariance of them, the inverse of the weighted Gram matrix of the references' coefficients on
 * the components that are above 0 there (docs/numerics.md, section 5). P(q) holds the products
 * q_a q_b of all pairs b <= a: a quadratic form of many q with many matrices is one product of
 * matrices, with the off-diagonal elements of one side doubled.
 */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "inverse.h"
#include "mem.h"
#include "nnls.h"
#include "panels_internal.h"
#include "raise.h"
#include "target_internal.h"

enum { BLOCK = SQN__INVERSE_LANES };

/* What one thread needs for a block of pixels. */
typedef struct pixel_space {
    double *h;      /* [n_unknown, block], the last 1 with a background */
    double *pairs;  /* [n_pair, block] P(h), then the Gram matrices, then M */
    float *weight;  /* [n_reference, block] */
    double *active; /* [k, block] */
    double *work;   /* of the inversion */
    double *result; /* [n_frame, block] */
    double *single; /* [k, k] twice and work, of one pixel */
    uint8_t *flags; /* [block + k] */
} pixel_space;

/* All threads' work space, and what they share. */
typedef struct variance_space {
    int n_slot;
    pixel_space *slot;
    double *c;     /* [n_frame, n_pair] covariances, doubled off the diagonal */
    double *w;     /* [n_frame, n_pair] P(w) of the targets, doubled off the diagonal */
    double *w_ref; /* [used references, n_pair] P(w) of the references */
    double scale;  /* of the stored weights */
    double *numbers;
    uint8_t *flags;
    int64_t *begin; /* [n_pix + 1] of the blocks */
} variance_space;

/* The call: what is asked, and of what. */
typedef struct request {
    sqn_matrix from_fit, from_components;
    const sqn__target_count *count;
    const sqn_panels *references; /* or NULL */
    sqn_dmatrix_const coefficients;
    int64_t n_frame, n_pix;
    double *covariance; /* [n_pair, n_pix] M itself, or NULL */
} request;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(variance_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->flags);
    sqn__mem_free(space->begin);
    *space = (variance_space){0};
}

static int64_t n_reference(const request *ask)
{
    return ask->references != NULL ? ask->coefficients.rows : 0;
}

/* Numbers of one slot. */
static int64_t slot_size(const request *ask)
{
    const int64_t n = ask->count->n_unknown;

    return (2 * n + sqn__inverse_n_pair(n) + (n_reference(ask) + 1) / 2 + ask->n_frame) *
               BLOCK +
           sqn__inverse_work_size(n) + 2 * n * n + sqn__nnls_work_size(n);
}

static void carve_slot(pixel_space *slot, double *numbers, const request *ask)
{
    const int64_t n = ask->count->n_unknown;

    slot->h = numbers;
    slot->active = slot->h + n * BLOCK;
    slot->pairs = slot->active + n * BLOCK;
    slot->result = slot->pairs + sqn__inverse_n_pair(n) * BLOCK;
    slot->weight = (float *)(void *)(slot->result + ask->n_frame * BLOCK);
    slot->work = slot->result + (ask->n_frame + (n_reference(ask) + 1) / 2) * BLOCK;
    slot->single = slot->work + sqn__inverse_work_size(n);
}

/* P(q), with `factor` off the diagonal. */
static void form_pairs(double *out, const double *q, int64_t k, double factor)
{
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++) {
            out[a * (a + 1) / 2 + b] = (a == b ? 1.0 : factor) * q[a] * q[b];
        }
    }
}

/* What is the same for all pixels. */
static void form_frames(const variance_space *space, const request *ask)
{
    const sqn__target_count *count = ask->count;
    const int64_t n = count->n_unknown, k = count->basis.rows;
    const int64_t n_pair = sqn__inverse_n_pair(k), n_all = sqn__inverse_n_pair(n);

    for (int64_t i = 0; i < ask->n_frame; i++) {
        for (int64_t a = 0; a < n; a++) {
            for (int64_t b = 0; b <= a; b++) {
                space->c[i * n_all + a * (a + 1) / 2 + b] =
                    (a == b ? 1.0 : 2.0) * count->covariance[(i * n + a) * n + b];
            }
        }
        form_pairs(space->w + i * n_pair, count->coefficients + i * k, k, 2.0);
    }
    for (int64_t i = 0; i < n_reference(ask); i++) {
        if (ask->references->frame[i] < 0) {
            continue; /* it has no coefficients */
        }
        form_pairs(space->w_ref + ask->references->frame[i] * n_pair,
                   ask->coefficients.data + i * ask->coefficients.stride, k, 1.0);
    }
}

static sqn_status create_space(variance_space *space, const request *ask, sqn_error *err)
{
    const int64_t n_slot = omp_get_max_threads(), n_frame = ask->n_frame;
    const int64_t n = ask->count->n_unknown, k = ask->count->basis.rows;
    const int64_t size = slot_size(ask), n_pair = sqn__inverse_n_pair(k);
    const int64_t n_shared =
        n_frame * (sqn__inverse_n_pair(n) + n_pair) + n_reference(ask) * n_pair;

    space->n_slot = (int)n_slot;
    space->scale =
        ask->references != NULL ? ldexp(1.0, ask->references->weight_exponent) : 1.0;
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * size + n_shared, sizeof *space->numbers);
    space->flags = sqn__mem_alloc(n_slot * (BLOCK + n), sizeof *space->flags);
    space->begin = sqn__mem_alloc(ask->n_pix + 1, sizeof *space->begin);
    if (space->slot == NULL || space->numbers == NULL || space->flags == NULL ||
        space->begin == NULL) {
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames", n_frame);
    }
    for (int64_t s = 0; s < n_slot; s++) {
        carve_slot(&space->slot[s], space->numbers + s * size, ask);
        space->slot[s].flags = space->flags + s * (BLOCK + n);
    }
    space->c = space->numbers + n_slot * size;
    space->w = space->c + n_frame * sqn__inverse_n_pair(n);
    space->w_ref = space->w + n_frame * n_pair;
    form_frames(space, ask);
    return SQN_OK;
}

/* ---- One block of pixels --------------------------------------------------------------- */

/* h of the n pixels from `first` on; NaN where the basis has no value. */
static void load(const pixel_space *slot, const request *ask, int64_t first, int64_t n)
{
    const sqn_matrix_const *basis = &ask->count->basis;

    for (int64_t j = 0; j < ask->count->n_unknown; j++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            slot->h[j * BLOCK + p] =
                j == basis->rows ? 1.0
                : p < n          ? (double)basis->data[j * basis->stride + first + p]
                                 : 0.0;
        }
    }
}

/* The block's results to the rows of `out`. */
static void store(sqn_matrix out, const double *result, int64_t first, int64_t n)
{
    for (int64_t i = 0; i < out.rows; i++) {
        for (int64_t p = 0; p < n; p++) {
            out.data[i * out.stride + first + p] = (float)result[i * BLOCK + p];
        }
    }
}

/* result = forms [n_frame, n_pair] times pairs. */
static void apply(const pixel_space *slot, const double *forms, int64_t n_frame,
                  int64_t n_pair)
{
    memset(slot->result, 0, (size_t)(n_frame * BLOCK) * sizeof *slot->result);
    sqn__gram_choose()->product((sqn_dmatrix){slot->result, n_frame, BLOCK, BLOCK},
                                (sqn__gram_factor){forms, n_pair, 1},
                                (sqn_dmatrix_const){slot->pairs, n_pair, BLOCK, BLOCK});
}

/* h C h^T of every frame. */
static void fill_fit(const pixel_space *slot, const variance_space *space,
                     const request *ask, int64_t first, int64_t n)
{
    const int64_t n_unknown = ask->count->n_unknown;

    sqn__inverse_choose()->pairs(slot->pairs, slot->h, n_unknown);
    apply(slot, space->c, ask->n_frame, sqn__inverse_n_pair(n_unknown));
    store(ask->from_fit, slot->result, first, n);
}

/* The weights of a whole block as they lie in a panel; NULL where they do not. */
static const float *stored_weights(const request *ask, int64_t first, int64_t n)
{
    const sqn_panels *panels = ask->references;
    const int64_t *pixel = panels->pixel + first;
    const bool whole = panels->info.pixels_are_long && n == BLOCK && pixel[0] >= 0 &&
                       pixel[0] % BLOCK == 0 && pixel[n - 1] == pixel[0] + n - 1;

    return whole ? panels->v + sqn__panels_place(panels, pixel[0], true) : NULL;
}

/* Weights of the used frames at a block; 0 where a pixel takes no part. */
static void load_weights(const pixel_space *slot, const request *ask, int64_t first,
                         int64_t n)
{
    const sqn_panels *panels = ask->references;
    const bool long_pixels = panels->info.pixels_are_long;
    int64_t pixel[BLOCK];

    for (int64_t p = 0; p < BLOCK; p++) {
        pixel[p] =
            sqn__panels_place(panels, p < n ? panels->pixel[first + p] : -1, long_pixels);
    }
    for (int64_t i = 0; i < panels->info.n_frame_used; i++) {
        const float *restrict v = panels->v + sqn__panels_place(panels, i, !long_pixels);

        for (int64_t p = 0; p < BLOCK; p++) {
            slot->weight[i * BLOCK + p] = pixel[p] < 0 ? 0.0F : v[pixel[p]];
        }
    }
}

/* M of pixel `p` of the block, where the inversion of lanes has lost a pivot. */
static void invert_single(const pixel_space *slot, const variance_space *space,
                          const request *ask, int64_t p)
{
    const int64_t k = ask->coefficients.cols, n_pair = sqn__inverse_n_pair(k);
    double *gram = slot->single, *m = gram + k * k;
    uint8_t *active = slot->flags + BLOCK;

    memset(gram, 0, (size_t)(k * k) * sizeof *gram);
    for (int64_t i = 0; i < ask->references->info.n_frame_used; i++) {
        for (int64_t a = 0; a < k; a++) {
            for (int64_t b = 0; b <= a; b++) {
                gram[a * k + b] += (double)slot->weight[i * BLOCK + p] *
                                   space->w_ref[i * n_pair + a * (a + 1) / 2 + b];
            }
        }
    }
    for (int64_t a = 0; a < k; a++) {
        active[a] = slot->active[a * BLOCK + p] > 0.0;
        for (int64_t b = a + 1; b < k; b++) {
            gram[a * k + b] = gram[b * k + a];
        }
    }
    sqn__target_frame_covariance(m, active, gram, k, m + k * k);
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++) {
            slot->pairs[(a * (a + 1) / 2 + b) * BLOCK + p] = m[a * k + b];
        }
    }
}

/* M of all pixels of the block. */
static void invert(const pixel_space *slot, const variance_space *space, const request *ask,
                   int64_t first, int64_t n)
{
    const int64_t k = ask->coefficients.cols, n_pair = sqn__inverse_n_pair(k);
    const int64_t n_ref = ask->references->info.n_frame_used;
    const float *stored = stored_weights(ask, first, n);
    sqn_matrix_const weight = {stored, n_ref, BLOCK, ask->references->width};
    int64_t n_singular = 0;

    if (stored == NULL) {
        load_weights(slot, ask, first, n);
        weight = (sqn_matrix_const){slot->weight, n_ref, BLOCK, BLOCK};
    }
    memset(slot->pairs, 0, (size_t)(n_pair * BLOCK) * sizeof *slot->pairs);
    sqn__gram_choose()->product_narrow((sqn_dmatrix){slot->pairs, n_pair, BLOCK, BLOCK},
                                       (sqn__gram_factor){space->w_ref, 1, n_pair}, weight);
    for (int64_t a = 0; a < k; a++) {
        const double *diagonal = slot->pairs + (a * (a + 1) / 2 + a) * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            slot->active[a * BLOCK + p] =
                slot->h[a * BLOCK + p] > 0.0 && diagonal[p] > 0.0 ? 1.0 : 0.0;
        }
    }
    sqn__inverse_choose()->invert(slot->pairs, slot->flags, slot->active, k, slot->work);
    for (int64_t p = 0; p < BLOCK; p++) {
        if (slot->flags[p] != 0 && n_singular++ == 0) { /* rare */
            load_weights(slot, ask, first, n);
        }
        if (slot->flags[p] != 0) {
            invert_single(slot, space, ask, p);
        }
    }
}

/* M of the block, with its scale; NaN where one of the components is. */
static void keep_covariance(const pixel_space *slot, const variance_space *space,
                            const request *ask, int64_t first, int64_t n)
{
    const int64_t k = ask->coefficients.cols, n_pair = sqn__inverse_n_pair(k);

    for (int64_t p = 0; p < n; p++) {
        double known = 0.0;

        for (int64_t j = 0; j < k; j++) {
            known += isnan(slot->h[j * BLOCK + p]) ? NAN : 0.0;
        }
        for (int64_t q = 0; q < n_pair; q++) {
            ask->covariance[q * ask->n_pix + first + p] =
                slot->pairs[q * BLOCK + p] / space->scale + known;
        }
    }
}

/* w M w^T of every frame. */
static void fill_components(const pixel_space *slot, const variance_space *space,
                            const request *ask, int64_t first, int64_t n)
{
    const int64_t k = ask->count->basis.rows;

    memset(slot->result, 0, (size_t)(ask->n_frame * BLOCK) * sizeof *slot->result);
    if (ask->references != NULL) {
        invert(slot, space, ask, first, n);
        if (ask->covariance != NULL) {
            keep_covariance(slot, space, ask, first, n);
        }
        apply(slot, space->w, ask->n_frame, sqn__inverse_n_pair(k));
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        double known = 0.0; /* NaN where one of the components is */

        for (int64_t j = 0; j < k; j++) {
            known += isnan(slot->h[j * BLOCK + p]) ? NAN : 0.0;
        }
        for (int64_t i = 0; i < ask->n_frame; i++) {
            slot->result[i * BLOCK + p] =
                slot->result[i * BLOCK + p] / space->scale + known;
        }
    }
    store(ask->from_components, slot->result, first, n);
}

/* The end of the block that begins with pixel `first`: where the pixels are stored side by side,
   blocks are those of the panels. */
static int64_t block_end(const request *ask, int64_t first)
{
    const int64_t most = ask->n_pix - first < BLOCK ? ask->n_pix - first : BLOCK;
    int64_t n = 1;

    if (ask->references == NULL || !ask->references->info.pixels_are_long) {
        return first + most;
    }
    const int64_t *pixel = ask->references->pixel + first;
    const int64_t step = pixel[0] < 0 ? 0 : 1;

    while (n < most && pixel[n] == pixel[0] + n * step &&
           (step == 0 || pixel[n] % BLOCK != 0)) {
        n++;
    }
    return first + n;
}

/* First pixels of the blocks, and behind the last the number of pixels; returns how many. */
static int64_t find_blocks(int64_t *begin, const request *ask)
{
    int64_t n = 0;

    for (int64_t first = 0; first < ask->n_pix; first = block_end(ask, first)) {
        begin[n++] = first;
    }
    begin[n] = ask->n_pix;
    return n;
}

static void fill_block(const pixel_space *slot, const variance_space *space,
                       const request *ask, const int64_t block[2])
{
    const int64_t first = block[0], n = block[1] - first;

    load(slot, ask, first, n);
    fill_fit(slot, space, ask, first, n);
    fill_components(slot, space, ask, first, n);
}

sqn_status sqn__target_check_references(const sqn_target *target, int64_t k,
                                        const sqn_panels *references,
                                        sqn_dmatrix_const coefficients, sqn_error *err)
{
    if (references != NULL &&
        (references->info.n_pix != target->n_pix ||
         references->info.n_frame != coefficients.rows || coefficients.cols != k)) {
        return SQN_RAISE(err, E_SHAPE,
                         "references are [%" PRId64 ", %" PRId64
                         "], their coefficients [%" PRId64 ", %" PRId64
                         "], components [%" PRId64 ", %" PRId64 "]",
                         references->info.n_frame, references->info.n_pix,
                         coefficients.rows, coefficients.cols, k, target->n_pix);
    }
    return SQN_OK;
}

static sqn_status check(const request *ask, sqn_error *err)
{
    const int64_t n_frame = ask->n_frame, n_pix = ask->n_pix;
    const sqn_matrix *fit = &ask->from_fit, *comp = &ask->from_components;

    if (fit->rows != n_frame || fit->cols != n_pix || comp->rows != n_frame ||
        comp->cols != n_pix) {
        return SQN_RAISE(err, E_SHAPE,
                         "variances are [%" PRId64 ", %" PRId64 "] and [%" PRId64
                         ", %" PRId64 "], frames [%" PRId64 ", %" PRId64 "]",
                         fit->rows, fit->cols, comp->rows, comp->cols, n_frame, n_pix);
    }
    return SQN_OK;
}

/* All pixels, block by block. */
static sqn_status answer(const request *ask, const sqn_target *target, sqn_error *err)
{
    variance_space space = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(check(ask, err));
    SQN_TRY(sqn__target_check_references(target, ask->count->basis.rows, ask->references,
                                         ask->coefficients, err));
    SQN_TRY(create_space(&space, ask, err));
    const int64_t n_block = find_blocks(space.begin, ask);

#pragma omp parallel for schedule(dynamic, 4) num_threads(space.n_slot) default(none) \
    shared(space, ask, n_block)
    for (int64_t b = 0; b < n_block; b++) {
        fill_block(&space.slot[omp_get_thread_num()], &space, ask, space.begin + b);
    }

cleanup:
    destroy_space(&space);
    return status;
}

sqn_status sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                               const sqn_target *target, int64_t i_count,
                               const sqn_panels *references, sqn_dmatrix_const coefficients,
                               sqn_error *err)
{
    const request ask = {.from_fit = from_fit,
                         .from_components = from_components,
                         .count = &target->count[i_count],
                         .references = references,
                         .coefficients = coefficients,
                         .n_frame = target->n_frame,
                         .n_pix = target->n_pix};

    return answer(&ask, target, err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through the request */
sqn_status sqn_target_pixel_covariance(double *out, const sqn_target *target,
                                       int64_t i_count, const sqn_panels *references,
                                       sqn_dmatrix_const coefficients, sqn_error *err)
{
    const sqn_matrix none = {.cols = target->n_pix};
    const request ask = {.from_fit = none,
                         .from_components = none,
                         .count = &target->count[i_count],
                         .references = references,
                         .coefficients = coefficients,
                         .n_pix = target->n_pix,
                         .covariance = out};

    if (references == NULL) {
        return SQN_RAISE(err, E_ARG, "errors of components need what they were built from");
    }
    return answer(&ask, target, err);
}
