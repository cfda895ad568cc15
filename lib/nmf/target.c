/** @file target.c @brief Exact non-negative coefficients of frames with fixed components. */
#include "sequin/target.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "mem.h"
#include "nnls.h"
#include "raise.h"
#include "target_internal.h"

enum { MAX_DOUBLES = 1 << 24 }; /* of frames read ahead, unless the threads need more */

/* One slot per frame that is read ahead, and what they are carved from. */
typedef struct work_space {
    int64_t n_slot;
    sqn__target_slot *slot;
    double *numbers;
    uint8_t *flags;
} work_space;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(work_space *space)
{
    sqn__mem_free(space->slot);
    sqn__mem_free(space->numbers);
    sqn__mem_free(space->flags);
    *space = (work_space){0};
}

/* Numbers of one slot for problems of up to n unknowns. */
static int64_t slot_size(int64_t n_pix, int64_t n)
{
    return 2 * n_pix + (2 * n + 3) * SQN__TARGET_BLOCK + n * (n + 2) +
           sqn__nnls_work_size(n);
}

static void carve_slot(sqn__target_slot *slot, double *numbers, uint8_t *flags,
                       int64_t n_pix, int64_t n)
{
    slot->value = numbers;
    slot->weight = slot->value + n_pix;
    slot->block.h = slot->weight + n_pix;
    slot->block.vh = slot->block.h + n * SQN__TARGET_BLOCK;
    slot->block.x = slot->block.vh + n * SQN__TARGET_BLOCK;
    slot->block.v = slot->block.x + SQN__TARGET_BLOCK;
    slot->block.hch = slot->block.v + SQN__TARGET_BLOCK;
    slot->gram = slot->block.hch + SQN__TARGET_BLOCK;
    slot->rhs = slot->gram + n * n;
    slot->solution = slot->rhs + n;
    slot->work = slot->solution + n;
    slot->passive = flags;
}

static sqn_status create_space(work_space *space, const sqn_target *target, sqn_error *err)
{
    const int64_t n_thread = omp_get_max_threads(),
                  room = MAX_DOUBLES / slot_size(target->n_pix, 1);
    const int64_t n_ahead = room > n_thread ? room : n_thread;
    const int64_t n_slot = target->n_frame < n_ahead ? target->n_frame : n_ahead;
    int64_t n = 1;

    for (int64_t i = 0; i < target->n_count; i++) {
        n = n < target->count[i].n_unknown ? target->count[i].n_unknown : n;
    }
    const int64_t size = slot_size(target->n_pix, n);

    space->n_slot = n_slot;
    space->slot = sqn__mem_alloc(n_slot, sizeof *space->slot);
    space->numbers = sqn__mem_alloc(sqn__mem_product(n_slot, size), sizeof *space->numbers);
    space->flags = sqn__mem_alloc(n_slot * n, sizeof *space->flags);
    if (space->slot == NULL || space->numbers == NULL || space->flags == NULL) {
        return SQN_RAISE(err, E_MEM, "work space to model %" PRId64 " frames at a time",
                         n_slot);
    }
    for (int64_t s = 0; s < n_slot; s++) {
        carve_slot(&space->slot[s], space->numbers + s * size, space->flags + s * n,
                   target->n_pix, n);
    }
    return SQN_OK;
}

/* Numbers that the results of one count need per frame. */
static int64_t result_size(int64_t k, int64_t n_unknown)
{
    return 2 * k + 1 + n_unknown * n_unknown;
}

static void carve_count(sqn__target_count *count, double *numbers, int64_t n_frame)
{
    const int64_t k = count->basis.rows;

    count->coefficients = numbers;
    count->errors = count->coefficients + n_frame * k;
    count->covariance = count->errors + n_frame * k;
    count->background =
        count->n_unknown > k
            ? count->covariance + n_frame * count->n_unknown * count->n_unknown
            : NULL;
}

static sqn_status allocate(sqn_target *target, const sqn_target_basis *basis,
                           sqn_error *err)
{
    const int64_t n_frame = target->n_frame;
    int64_t per_frame = 0;

    target->count = sqn__mem_alloc(basis->n_count, sizeof *target->count);
    target->record =
        sqn__mem_alloc(sqn__mem_product(basis->n_count, n_frame), sizeof *target->record);
    for (int64_t i = 0; i < basis->n_count; i++) {
        const int64_t k = basis->components[i].rows;

        per_frame += result_size(k, k + (basis->background ? 1 : 0));
    }
    target->numbers =
        sqn__mem_alloc(sqn__mem_product(n_frame, per_frame), sizeof *target->numbers);
    if (target->count == NULL || target->record == NULL || target->numbers == NULL) {
        return SQN_RAISE(err, E_MEM,
                         "coefficients of %" PRId64 " frames with %" PRId64 " bases",
                         n_frame, basis->n_count);
    }
    double *numbers = target->numbers;

    for (int64_t i = 0; i < basis->n_count; i++) {
        sqn__target_count *count = &target->count[i];

        count->basis = basis->components[i];
        count->n_unknown = count->basis.rows + (basis->background ? 1 : 0);
        count->record = target->record + i * n_frame;
        carve_count(count, numbers, n_frame);
        numbers += n_frame * result_size(count->basis.rows, count->n_unknown);
    }
    return SQN_OK;
}

/* ---- All frames ------------------------------------------------------------------------ */

static sqn_status check(const sqn_target_basis *basis, const sqn_rows *rows, sqn_error *err)
{
    if (basis->n_count < 1 || rows->n_row < 1 || rows->n_col < 1) {
        return SQN_RAISE(err, E_ARG,
                         "%" PRId64 " bases for %" PRId64 " frames of %" PRId64 " pixels",
                         basis->n_count, rows->n_row, rows->n_col);
    }
    for (int64_t i = 0; i < basis->n_count; i++) {
        const sqn_matrix_const *components = &basis->components[i];

        if (components->rows < 1 || components->cols != rows->n_col) {
            return SQN_RAISE(err, E_SHAPE,
                             "components are [%" PRId64 ", %" PRId64 "], frames [%" PRId64
                             ", %" PRId64 "]",
                             components->rows, components->cols, rows->n_row, rows->n_col);
        }
    }
    return SQN_OK;
}

static sqn_status read_frame(const sqn__target_slot *slot, const sqn_rows *rows,
                             int64_t frame, sqn_error *err)
{
    const sqn_status status =
        rows->read(rows->context, frame, slot->value, slot->weight, err);

    for (int64_t p = 0; status == SQN_OK && p < rows->n_col; p++) {
        const double v = slot->weight[p];

        if (!(v >= 0.0) || isinf(v) || (v > 0.0 && !isfinite(slot->value[p]))) {
            return SQN_RAISE(err, E_NUM,
                             "frame %" PRId64 ", pixel %" PRId64 ": value %g, weight %g",
                             frame + 1, p + 1, slot->value[p], v);
        }
    }
    return status;
}

/* Frames are read in turn and fitted side by side, each by one thread. */
static sqn_status fit_all(sqn_target *target, const work_space *space, const sqn_rows *rows,
                          sqn_error *err)
{
    for (int64_t first = 0; first < target->n_frame; first += space->n_slot) {
        const int64_t left = target->n_frame - first;
        const int64_t n_here = left < space->n_slot ? left : space->n_slot;

        for (int64_t s = 0; s < n_here; s++) {
            const sqn_status status = read_frame(&space->slot[s], rows, first + s, err);

            if (status != SQN_OK) {
                return status;
            }
        }
#pragma omp parallel for schedule(dynamic, 1) default(none) \
    shared(target, space, first, n_here)
        for (int64_t s = 0; s < n_here; s++) {
            for (int64_t i = 0; i < target->n_count; i++) {
                sqn__target_frame_fit(&space->slot[s], &target->count[i], first + s,
                                      target->n_pix);
            }
        }
    }
    return SQN_OK;
}

sqn_status sqn_target_fit(sqn_target **out, const sqn_target_basis *basis,
                          const sqn_rows *rows, sqn_error *err)
{
    work_space space = {0};
    sqn_target *target = NULL;
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(check(basis, rows, err));
    target = sqn__mem_alloc(1, sizeof *target);
    if (target == NULL) {
        return SQN_RAISE(err, E_MEM, "model of %" PRId64 " frames", rows->n_row);
    }
    target->n_count = basis->n_count;
    target->n_frame = rows->n_row;
    target->n_pix = rows->n_col;
    target->background = basis->background;
    SQN_TRY(allocate(target, basis, err));
    SQN_TRY(create_space(&space, target, err));
    SQN_TRY(fit_all(target, &space, rows, err));
    *out = target;
    target = NULL;

cleanup:
    destroy_space(&space);
    sqn_target_destroy(&target);
    return status;
}

/* ---- What was found -------------------------------------------------------------------- */

static sqn_dmatrix_const view(const sqn_target *target, int64_t i_count, const double *data)
{
    const int64_t k = target->count[i_count].basis.rows;

    return (sqn_dmatrix_const){data, target->n_frame, k, k};
}

sqn_dmatrix_const sqn_target_coefficients(const sqn_target *target, int64_t i_count)
{
    return view(target, i_count, target->count[i_count].coefficients);
}

sqn_dmatrix_const sqn_target_errors(const sqn_target *target, int64_t i_count)
{
    return view(target, i_count, target->count[i_count].errors);
}

const double *sqn_target_background(const sqn_target *target, int64_t i_count)
{
    return target->count[i_count].background;
}

sqn_target_record sqn_target_about(const sqn_target *target, int64_t i_count, int64_t frame)
{
    return target->count[i_count].record[frame];
}

void sqn_target_model(float *out, const sqn_target *target, int64_t i_count, int64_t frame)
{
    const sqn__target_count *count = &target->count[i_count];
    const int64_t k = count->basis.rows;
    const double *w = count->coefficients + frame * k;
    const double b = count->background != NULL ? count->background[frame] : 0.0;

    for (int64_t p = 0; p < target->n_pix; p++) {
        double m = b;

        for (int64_t j = 0; j < k; j++) {
            m += w[j] * (double)count->basis.data[j * count->basis.stride + p];
        }
        out[p] = (float)m; /* NaN where the basis is, or the coefficients are */
    }
}

void sqn_target_destroy(sqn_target **target)
{
    if (target != NULL && *target != NULL) {
        sqn__mem_free((*target)->count);
        sqn__mem_free((*target)->numbers);
        sqn__mem_free((*target)->record);
        sqn__mem_free(*target);
        *target = NULL;
    }
}
