/**
 * @file target_variance.c
 * @brief Variance of the model: from the coefficients of the frame, and from the components
 *        (legend: target_variance.h).
 */
#include "target_variance.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "nnls.h"
#include "panels_internal.h"
#include "raise.h"

enum {
    BLOCK = SQN__VARIANCE_BLOCK,
    TOGETHER = 1 << 17 /* numbers of the counts in one sweep: 1 MB */
};

/* All threads' work space, and what they share. */
typedef struct variance_space {
    int n_slot;
    sqn__variance_slot *slot;
    double *numbers;
    uint8_t *flags;
    int64_t *begin; /* [n_pix + 1] of the blocks */
} variance_space;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(variance_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->flags);
    sqn__mem_free(space->begin);
    *space = (variance_space){0};
}

/* References that take part. */
static int64_t n_reference(const sqn__variance_call *call)
{
    return call->references != NULL ? call->references->info.n_frame_used : 0;
}

/* The most unknowns of a count. */
static int64_t most_unknowns(const sqn__variance_call *call)
{
    int64_t n = 1;

    for (int64_t i = 0; i < call->n_count; i++) {
        n = call->count[i].count->n_unknown > n ? call->count[i].count->n_unknown : n;
    }
    return n;
}

/* Numbers of one slot. */
static int64_t slot_size(const sqn__variance_call *call)
{
    const int64_t n = most_unknowns(call);

    return (2 * n + sqn__inverse_n_pair(n) + (n_reference(call) + 1) / 2 + call->n_frame) *
               BLOCK +
           sqn__inverse_work_size(n) + 2 * n * n + sqn__nnls_work_size(n);
}

static void carve_slot(sqn__variance_slot *slot, double *numbers,
                       const sqn__variance_call *call)
{
    const int64_t n = most_unknowns(call);

    slot->h = numbers;
    slot->active = slot->h + n * BLOCK;
    slot->pairs = slot->active + n * BLOCK;
    slot->result = slot->pairs + sqn__inverse_n_pair(n) * BLOCK;
    slot->weight = (float *)(void *)(slot->result + call->n_frame * BLOCK);
    slot->work = slot->result + (call->n_frame + (n_reference(call) + 1) / 2) * BLOCK;
    slot->single = slot->work + sqn__inverse_work_size(n);
}

/* Numbers that all pixels share of one count. */
static int64_t shared_size(const sqn__variance_call *call, const sqn__target_count *count)
{
    const int64_t n_pair = sqn__inverse_n_pair(count->basis.rows);

    return call->n_frame * (sqn__inverse_n_pair(count->n_unknown) + n_pair) +
           n_reference(call) * n_pair;
}

static void carve_count(sqn__variance_count *of, double *numbers,
                        const sqn__variance_call *call)
{
    of->c = numbers;
    of->w = of->c + call->n_frame * sqn__inverse_n_pair(of->count->n_unknown);
    of->w_ref = of->w + call->n_frame * sqn__inverse_n_pair(of->count->basis.rows);
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
static void form_frames(const sqn__variance_count *of, const sqn__variance_call *call)
{
    const sqn__target_count *count = of->count;
    const int64_t n = count->n_unknown, k = count->basis.rows;
    const int64_t n_pair = sqn__inverse_n_pair(k), n_all = sqn__inverse_n_pair(n);
    const sqn_panels *references = call->references;

    for (int64_t i = 0; i < call->n_frame; i++) {
        for (int64_t a = 0; a < n; a++) {
            for (int64_t b = 0; b <= a; b++) {
                of->c[i * n_all + a * (a + 1) / 2 + b] =
                    (a == b ? 1.0 : 2.0) * count->covariance[(i * n + a) * n + b];
            }
        }
        form_pairs(of->w + i * n_pair, count->coefficients + i * k, k, 2.0);
    }
    for (int64_t i = 0; references != NULL && i < of->coefficients.rows; i++) {
        if (references->frame[i] >= 0) { /* others have no coefficients */
            form_pairs(of->w_ref + references->frame[i] * n_pair,
                       of->coefficients.data + i * of->coefficients.stride, k, 1.0);
        }
    }
}

static sqn_status create_space(variance_space *space, const sqn__variance_call *call,
                               sqn_error *err)
{
    const int64_t n_slot = omp_get_max_threads(), n = most_unknowns(call);
    const int64_t size = slot_size(call);
    int64_t n_shared = 0;

    for (int64_t i = 0; i < call->n_count; i++) {
        n_shared += shared_size(call, call->count[i].count);
    }
    space->n_slot = (int)n_slot;
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * size + n_shared, sizeof *space->numbers);
    space->flags = sqn__mem_alloc(n_slot * (BLOCK + n), sizeof *space->flags);
    space->begin = sqn__mem_alloc(call->n_pix + 1, sizeof *space->begin);
    if (space->slot == NULL || space->numbers == NULL || space->flags == NULL ||
        space->begin == NULL) {
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames", call->n_frame);
    }
    for (int64_t s = 0; s < n_slot; s++) {
        carve_slot(&space->slot[s], space->numbers + s * size, call);
        space->slot[s].flags = space->flags + s * (BLOCK + n);
    }
    double *shared = space->numbers + n_slot * size;

    for (int64_t i = 0; i < call->n_count; i++) {
        carve_count(&call->count[i], shared, call);
        form_frames(&call->count[i], call);
        shared += shared_size(call, call->count[i].count);
    }
    return SQN_OK;
}

/* ---- One block of pixels --------------------------------------------------------------- */

/* h of the pixels; NaN where the basis has no value. */
static void load(const sqn__variance_slot *slot, const sqn__variance_count *of,
                 const sqn__variance_block *block)
{
    const sqn_matrix_const *basis = &of->count->basis;

    for (int64_t j = 0; j < of->count->n_unknown; j++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            slot->h[j * BLOCK + p] =
                j == basis->rows ? 1.0
                : p < block->n   ? (double)basis->data[j * basis->stride + block->first + p]
                                 : 0.0;
        }
    }
}

/* The block's results to the rows of `out`. */
static void store(sqn_matrix out, const double *result, const sqn__variance_block *block)
{
    for (int64_t i = 0; i < out.rows; i++) {
        float *restrict to = out.data + i * out.stride + block->first;

        for (int64_t p = 0; p < block->n; p++) {
            to[p] = (float)result[i * BLOCK + p];
        }
    }
}

/* result = forms [n_frame, n_pair] times pairs. */
static void apply(const sqn__variance_slot *slot, const double *forms, int64_t n_frame,
                  int64_t n_pair)
{
    memset(slot->result, 0, (size_t)(n_frame * BLOCK) * sizeof *slot->result);
    sqn__gram_choose()->product((sqn_dmatrix){slot->result, n_frame, BLOCK, BLOCK},
                                (sqn__gram_factor){forms, n_pair, 1},
                                (sqn_dmatrix_const){slot->pairs, n_pair, BLOCK, BLOCK});
}

/* h C h^T of every frame. */
static void fill_fit(const sqn__variance_slot *slot, const sqn__variance_call *call,
                     const sqn__variance_count *of, const sqn__variance_block *block)
{
    const int64_t n_unknown = of->count->n_unknown;

    sqn__inverse_choose()->pairs(slot->pairs, slot->h, n_unknown);
    apply(slot, of->c, call->n_frame, sqn__inverse_n_pair(n_unknown));
    store(of->from_fit, slot->result, block);
}

/* 0, or NaN where one of the components is. */
static void find_known(double known[BLOCK], const sqn__variance_slot *slot, int64_t k)
{
    memset(known, 0, BLOCK * sizeof *known);
    for (int64_t j = 0; j < k; j++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            known[p] += isnan(slot->h[j * BLOCK + p]) ? NAN : 0.0;
        }
    }
}

/* w M w^T of every frame. */
static void fill_components(const sqn__variance_slot *slot, const sqn__variance_call *call,
                            const sqn__variance_count *of, const sqn__variance_block *block)
{
    const int64_t k = of->count->basis.rows;
    double known[BLOCK];

    memset(slot->result, 0, (size_t)(call->n_frame * BLOCK) * sizeof *slot->result);
    if (call->references != NULL) {
        sqn__target_inverse_find(slot, call, of, block);
        apply(slot, of->w, call->n_frame, sqn__inverse_n_pair(k));
    }
    find_known(known, slot, k);
    for (int64_t i = 0; i < call->n_frame; i++) {
        double *restrict result = slot->result + i * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            result[p] = result[p] / call->scale + known[p];
        }
    }
    store(of->from_components, slot->result, block);
}

/* The end of the block that begins with pixel `first`: where the pixels are stored side by side,
   blocks are those of the panels. */
static int64_t block_end(const sqn__variance_call *call, int64_t first)
{
    const int64_t most = call->n_pix - first < BLOCK ? call->n_pix - first : BLOCK;
    int64_t n = 1;

    if (call->references == NULL || !call->references->info.pixels_are_long) {
        return first + most;
    }
    const int64_t *pixel = call->references->pixel + first;
    const int64_t step = pixel[0] < 0 ? 0 : 1;

    while (n < most && pixel[n] == pixel[0] + n * step &&
           (step == 0 || pixel[n] % BLOCK != 0)) {
        n++;
    }
    return first + n;
}

/* First pixels of the blocks, and behind the last the number of pixels; returns how many. */
static int64_t find_blocks(int64_t *begin, const sqn__variance_call *call)
{
    int64_t n = 0;

    for (int64_t first = 0; first < call->n_pix; first = block_end(call, first)) {
        begin[n++] = first;
    }
    begin[n] = call->n_pix;
    return n;
}

/* All counts: the weights are read once. */
static void fill_block(const sqn__variance_slot *slot, const sqn__variance_call *call,
                       const int64_t begin[2])
{
    const sqn__variance_block block = {begin[0], begin[1] - begin[0]};

    if (call->references != NULL) {
        sqn__target_inverse_load(slot, call, &block);
    }
    for (int64_t i = 0; i < call->n_count; i++) {
        load(slot, &call->count[i], &block);
        fill_fit(slot, call, &call->count[i], &block);
        fill_components(slot, call, &call->count[i], &block);
    }
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

static sqn_status check(const sqn__variance_call *call, const sqn__variance_count *of,
                        const sqn_target *target, sqn_error *err)
{
    const int64_t n_frame = call->n_frame, n_pix = call->n_pix;
    const sqn_matrix *fit = &of->from_fit, *comp = &of->from_components;

    if (fit->rows != n_frame || fit->cols != n_pix || comp->rows != n_frame ||
        comp->cols != n_pix) {
        return SQN_RAISE(err, E_SHAPE,
                         "variances are [%" PRId64 ", %" PRId64 "] and [%" PRId64
                         ", %" PRId64 "], frames [%" PRId64 ", %" PRId64 "]",
                         fit->rows, fit->cols, comp->rows, comp->cols, n_frame, n_pix);
    }
    return sqn__target_check_references(target, of->count->basis.rows, call->references,
                                        of->coefficients, err);
}

/* All pixels, block by block. */
static sqn_status answer(const sqn__variance_call *call, const sqn_target *target,
                         sqn_error *err)
{
    variance_space space = {0};
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < call->n_count; i++) {
        SQN_TRY(check(call, &call->count[i], target, err));
    }
    SQN_TRY(create_space(&space, call, err));
    const int64_t n_block = find_blocks(space.begin, call);

#pragma omp parallel for schedule(dynamic, 1) num_threads(space.n_slot) default(none) \
    shared(space, call, n_block)
    for (int64_t b = 0; b < n_block; b++) {
        fill_block(&space.slot[omp_get_thread_num()], call, space.begin + b);
    }

cleanup:
    destroy_space(&space);
    return status;
}

static double scale_of(const sqn_panels *references)
{
    return references != NULL ? ldexp(1.0, references->weight_exponent) : 1.0;
}

/* How many of the first `n` counts go together: their numbers stay in the second cache beside
 * those of a block, or each pixel block would read them from memory. At least one. */
static int64_t count_together(const sqn__variance_call *call, int64_t n)
{
    int64_t together = 1, shared = shared_size(call, call->count[0].count);

    while (together < n) {
        shared += shared_size(call, call->count[together].count);
        if (shared > TOGETHER) {
            break;
        }
        together++;
    }
    return together;
}

/* All counts, a few at a time. */
static sqn_status answer_all(sqn__variance_call call, const sqn_target *target,
                             sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t left = call.n_count; left > 0; left -= call.n_count) {
        call.n_count = count_together(&call, left);
        SQN_TRY(answer(&call, target, err));
        call.count += call.n_count;
    }

cleanup:
    return status;
}

sqn_status sqn_target_variances(const sqn_target_variance_of *asked, int64_t n,
                                const sqn_target *target, const sqn_panels *references,
                                sqn_error *err)
{
    sqn__variance_count *count = sqn__mem_alloc(n, sizeof *count);
    const sqn__variance_call call = {count,         n,          target->n_frame,
                                     target->n_pix, references, scale_of(references)};
    sqn_status status = SQN_OK;

    if (count == NULL) {
        return SQN_RAISE(err, E_MEM, "variances with %" PRId64 " counts", n);
    }
    for (int64_t i = 0; i < n; i++) {
        count[i].count = &target->count[asked[i].i_count];
        count[i].from_fit = asked[i].from_fit;
        count[i].from_components = asked[i].from_components;
        count[i].coefficients = asked[i].coefficients;
    }
    status = answer_all(call, target, err);
    sqn__mem_free(count);
    return status;
}

sqn_status sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                               const sqn_target *target, int64_t i_count,
                               const sqn_panels *references, sqn_dmatrix_const coefficients,
                               sqn_error *err)
{
    const sqn_target_variance_of asked = {i_count, from_fit, from_components, coefficients};

    return sqn_target_variances(&asked, 1, target, references, err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through the count */
sqn_status sqn_target_pixel_covariance(double *out, const sqn_target *target,
                                       int64_t i_count, const sqn_panels *references,
                                       sqn_dmatrix_const coefficients, sqn_error *err)
{
    const sqn_matrix none = {.cols = target->n_pix};
    sqn__variance_count count = {.count = &target->count[i_count],
                                 .from_fit = none,
                                 .from_components = none,
                                 .coefficients = coefficients,
                                 .covariance = out};
    const sqn__variance_call call = {&count,        1,          0,
                                     target->n_pix, references, scale_of(references)};

    if (references == NULL) {
        return SQN_RAISE(err, E_ARG, "errors of components need what they were built from");
    }
    return answer(&call, target, err);
}
