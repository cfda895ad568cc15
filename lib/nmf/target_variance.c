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
    STRIP = SQN__VARIANCE_STRIP,
    PIECE = SQN__VARIANCE_PIECE,
    TOGETHER = 1 << 17, /* numbers of the counts in one sweep: 1 MB */
    LINE = 8            /* doubles of a cache line */
};

/* All threads' work space, and what they share. */
typedef struct variance_space {
    int n_slot;
    sqn__variance_slot *slot;
    double *numbers;
    float *floats;
    uint8_t *flags;
} variance_space;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(variance_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->floats);
    sqn__mem_free(space->flags);
    *space = (variance_space){0};
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

/* Numbers of one slot, whole cache lines. */
static int64_t slot_size(const sqn__variance_call *call)
{
    const int64_t n = most_unknowns(call);
    const int64_t size =
        (SQN__VARIANCE_PART + call->n_pair + n + sqn__inverse_n_pair(n) + call->n_frame) *
            STRIP +
        sqn__inverse_work_size(n) + 2 * n * n + sqn__nnls_work_size(n);

    return (size + LINE - 1) / LINE * LINE;
}

/* Numbers in float of one slot. */
static int64_t float_size(const sqn__variance_call *call)
{
    return call->n_frame * (STRIP + 2 * call->n_count * PIECE) +
           (int64_t)SQN__VARIANCE_PART * STRIP;
}

static void carve_slot(sqn__variance_slot *slot, double *numbers, float *floats,
                       const sqn__variance_call *call)
{
    const int64_t n = most_unknowns(call);

    slot->exact = numbers;
    slot->gram = slot->exact + (int64_t)SQN__VARIANCE_PART * STRIP;
    slot->h = slot->gram + call->n_pair * STRIP;
    slot->pairs = slot->h + n * STRIP;
    slot->result = slot->pairs + sqn__inverse_n_pair(n) * STRIP;
    slot->work = slot->result + call->n_frame * STRIP;
    slot->single = slot->work + sqn__inverse_work_size(n);
    slot->weight = floats;
    slot->narrow = slot->weight + (int64_t)SQN__VARIANCE_PART * STRIP;
    slot->from_fit = slot->narrow + call->n_frame * STRIP;
    slot->from_components = slot->from_fit + call->n_count * call->n_frame * PIECE;
}

static sqn_status create_space(variance_space *space, sqn__variance_call *call,
                               sqn_error *err)
{
    const int64_t n_slot = omp_get_max_threads(), n = most_unknowns(call);
    int64_t n_shared = 0;

    call->n_pair = 0;
    for (int64_t i = 0; i < call->n_count; i++) {
        const sqn__target_count *count = call->count[i].count;

        call->count[i].pair = call->n_pair;
        call->n_pair +=
            call->references != NULL ? sqn__inverse_n_pair(count->basis.rows) : 0;
        n_shared += sqn__target_shared_size(call, count);
    }
    const int64_t size = slot_size(call), n_float = float_size(call);
    const int64_t n_single =
        (call->references != NULL ? call->references->info.n_frame_used : 0) * call->n_pair;

    space->n_slot = (int)n_slot;
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(n_slot * size + n_shared, sizeof *space->numbers);
    space->floats = sqn__mem_alloc(n_slot * n_float + n_single, sizeof *space->floats);
    space->flags = sqn__mem_alloc(n_slot * (STRIP + n), sizeof *space->flags);
    if (space->slot == NULL || space->numbers == NULL || space->floats == NULL ||
        space->flags == NULL) {
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " frames", call->n_frame);
    }
    for (int64_t s = 0; s < n_slot; s++) {
        carve_slot(&space->slot[s], space->numbers + s * size, space->floats + s * n_float,
                   call);
        space->slot[s].flags = space->flags + s * (STRIP + n);
    }
    sqn__target_shared_form(call, space->numbers + n_slot * size,
                            space->floats + n_slot * n_float);
    return SQN_OK;
}

/* ---- One strip of pixels --------------------------------------------------------------- */

/* h of the pixels; NaN where the basis has no value, 0 behind the last pixel. */
static void load(const sqn__variance_slot *slot, const sqn__target_count *count,
                 const sqn__variance_strip *strip)
{
    const sqn_matrix_const *basis = &count->basis;

    if (strip->n == STRIP) {
        sqn__inverse_choose()->widen(slot->h, basis->data + strip->first, basis->stride,
                                     basis->rows);
    }
    for (int64_t j = 0; j < basis->rows && strip->n < STRIP; j++) {
        const float *row = basis->data + j * basis->stride + strip->first;

        for (int64_t p = 0; p < STRIP; p++) {
            slot->h[j * STRIP + p] = p < strip->n ? (double)row[p] : 0.0;
        }
    }
    for (int64_t e = basis->rows * STRIP; e < count->n_unknown * STRIP; e++) {
        slot->h[e] = 1.0;
    }
}

/* Ask for the components of count `i` at a strip: their rows lie so far apart that only a few can
   be near at the same time. */
static void ask_ahead(const sqn__variance_call *call, int64_t i,
                      const sqn__variance_strip *strip)
{
    const sqn_matrix_const *basis = &call->count[i].count->basis;

    for (int64_t j = 0; j < basis->rows; j++) {
        __builtin_prefetch(basis->data + j * basis->stride + strip->first);
    }
}

/* h C h^T of every frame. */
static void fill_fit(const sqn__variance_slot *slot, const sqn__variance_call *call,
                     const sqn__variance_count *of)
{
    const int64_t n = of->count->n_unknown, n_pair = sqn__inverse_n_pair(n);
    const sqn__inverse *lanes = sqn__inverse_choose();

    lanes->pairs(slot->pairs, slot->h, n);
    memset(slot->result, 0, (size_t)(call->n_frame * STRIP) * sizeof *slot->result);
    sqn__gram_choose()->product((sqn_dmatrix){slot->result, call->n_frame, STRIP, STRIP},
                                (sqn__gram_factor){of->c, n_pair, 1},
                                (sqn_dmatrix_const){slot->pairs, n_pair, STRIP, STRIP});
    lanes->narrow(slot->narrow, slot->result, call->n_frame);
}

/* Components without errors: 0, or NaN where one has no value. */
static void fill_exact(const sqn__variance_slot *slot, int64_t n_frame, int64_t k)
{
    for (int64_t p = 0; p < STRIP; p++) {
        float known = 0.0F;

        for (int64_t j = 0; j < k; j++) {
            known += isnan(slot->h[j * STRIP + p]) ? NAN : 0.0F;
        }
        for (int64_t i = 0; i < n_frame; i++) {
            slot->narrow[i * STRIP + p] = known;
        }
    }
}

/* The rows of a strip beside those before it. */
static void keep_strip(float *piece, const sqn__variance_slot *slot, int64_t n_frame)
{
    for (int64_t i = 0; i < n_frame; i++) {
        memcpy(piece + i * PIECE, slot->narrow + i * STRIP, STRIP * sizeof *piece);
    }
}

/* Both variances of every frame with count `i`; the Gram matrices are summed. */
static void fill_count(const sqn__variance_slot *slot, const sqn__variance_call *call,
                       int64_t i, const sqn__variance_strip *strip)
{
    const sqn__variance_count *of = &call->count[i];
    const int64_t to = i * call->n_frame * PIECE + strip->first % PIECE;

    load(slot, of->count, strip);
    if (i + 1 < call->n_count) {
        ask_ahead(call, i + 1, strip);
    }
    if (of->covariance != NULL) {
        sqn__target_inverse_keep(slot, call, of, strip);
        return;
    }
    fill_fit(slot, call, of);
    keep_strip(slot->from_fit + to, slot, call->n_frame);
    if (call->references != NULL) {
        sqn__target_inverse_forms(slot, call, of, strip);
    } else {
        fill_exact(slot, call->n_frame, of->count->basis.rows);
    }
    keep_strip(slot->from_components + to, slot, call->n_frame);
}

/* All counts, strip by strip, and on with what was found. */
static void fill_piece(const sqn__variance_slot *slot, const sqn__variance_call *call,
                       int64_t first)
{
    const int64_t end = first + PIECE < call->n_pix ? first + PIECE : call->n_pix;
    const sqn_target_variance_part part = {call->i_asked,  call->n_count,
                                           first,          end - first,
                                           slot->from_fit, slot->from_components};

    for (int64_t p = first; p < end; p += STRIP) {
        const sqn__variance_strip strip = {p, end - p < STRIP ? end - p : STRIP};

        if (call->references != NULL) {
            sqn__target_inverse_sum(slot, call, &strip);
        }
        for (int64_t i = 0; i < call->n_count; i++) {
            fill_count(slot, call, i, &strip);
        }
    }
    if (call->take != NULL) {
        call->take(call->context, &part);
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

/* All pixels, piece by piece. */
static sqn_status answer(sqn__variance_call *call, const sqn_target *target, sqn_error *err)
{
    variance_space space = {0};
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < call->n_count; i++) {
        const sqn__variance_count *of = &call->count[i];

        SQN_TRY(sqn__target_check_references(target, of->count->basis.rows,
                                             call->references, of->coefficients, err));
    }
    SQN_TRY(create_space(&space, call, err));

#pragma omp parallel for schedule(dynamic, 16) num_threads(space.n_slot) default(none) \
    shared(space, call)
    for (int64_t first = 0; first < call->n_pix; first += PIECE) {
        fill_piece(&space.slot[omp_get_thread_num()], call, first);
    }

cleanup:
    destroy_space(&space);
    return status;
}

static double scale_of(const sqn_panels *references)
{
    return references != NULL ? ldexp(1.0, references->weight_exponent) : 1.0;
}

/* What a count adds to that of its sweep: its own and what is found. */
static int64_t together_size(const sqn__variance_call *call, int64_t i)
{
    return sqn__target_shared_size(call, call->count[i].count) +
           call->n_frame * PIECE; /* two floats */
}

/* How many of the first `n` counts go together: their numbers stay in the second cache beside
 * those of a strip, or each strip would read them from memory. At least one. */
static int64_t count_together(const sqn__variance_call *call, int64_t n)
{
    int64_t together = 1, shared = together_size(call, 0);

    while (together < n) {
        shared += together_size(call, together);
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
        call.i_asked += call.n_count;
    }

cleanup:
    return status;
}

sqn_status sqn_target_variances(const sqn_target_variance_of *asked, int64_t n,
                                const sqn_target *target, const sqn_panels *references,
                                sqn_target_take *take, void *context, sqn_error *err)
{
    sqn__variance_count *count = sqn__mem_alloc(n, sizeof *count);
    sqn_status status = SQN_OK;

    if (count == NULL) {
        return SQN_RAISE(err, E_MEM, "variances with %" PRId64 " counts", n);
    }
    for (int64_t i = 0; i < n; i++) {
        count[i].count = &target->count[asked[i].i_count];
        count[i].coefficients = asked[i].coefficients;
    }
    status = answer_all((sqn__variance_call){.count = count,
                                             .n_count = n,
                                             .n_frame = target->n_frame,
                                             .n_pix = target->n_pix,
                                             .references = references,
                                             .scale = scale_of(references),
                                             .take = take,
                                             .context = context},
                        target, err);
    sqn__mem_free(count);
    return status;
}

/* ---- Whole planes ---------------------------------------------------------------------- */

/* Where the variances of one count go. */
typedef struct variance_planes {
    sqn_matrix from_fit, from_components;
} variance_planes;

static void keep_rows(sqn_matrix out, const float *rows,
                      const sqn_target_variance_part *part)
{
    for (int64_t i = 0; i < out.rows; i++) {
        memcpy(out.data + i * out.stride + part->first, rows + i * PIECE,
               (size_t)part->n * sizeof *rows);
    }
}

static void keep_part(void *planes, const sqn_target_variance_part *part)
{
    const variance_planes *to = planes;

    keep_rows(to->from_fit, part->from_fit, part);
    keep_rows(to->from_components, part->from_components, part);
}

sqn_status sqn_target_variance(sqn_matrix from_fit, sqn_matrix from_components,
                               const sqn_target *target, int64_t i_count,
                               const sqn_panels *references, sqn_dmatrix_const coefficients,
                               sqn_error *err)
{
    const int64_t n_frame = target->n_frame, n_pix = target->n_pix;
    const sqn_target_variance_of asked = {i_count, coefficients};
    variance_planes planes = {from_fit, from_components};

    if (from_fit.rows != n_frame || from_fit.cols != n_pix ||
        from_components.rows != n_frame || from_components.cols != n_pix) {
        return SQN_RAISE(err, E_SHAPE,
                         "variances are [%" PRId64 ", %" PRId64 "] and [%" PRId64
                         ", %" PRId64 "], frames [%" PRId64 ", %" PRId64 "]",
                         from_fit.rows, from_fit.cols, from_components.rows,
                         from_components.cols, n_frame, n_pix);
    }
    return sqn_target_variances(&asked, 1, target, references, keep_part, &planes, err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through the count */
sqn_status sqn_target_pixel_covariance(double *out, const sqn_target *target,
                                       int64_t i_count, const sqn_panels *references,
                                       sqn_dmatrix_const coefficients, sqn_error *err)
{
    sqn__variance_count count = {
        .count = &target->count[i_count], .coefficients = coefficients, .covariance = out};
    sqn__variance_call call = {.count = &count,
                               .n_count = 1,
                               .n_pix = target->n_pix,
                               .references = references,
                               .scale = scale_of(references)};

    if (references == NULL) {
        return SQN_RAISE(err, E_ARG, "errors of components need what they were built from");
    }
    return answer(&call, target, err);
}
