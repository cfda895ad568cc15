/** @file target.c @brief Exact non-negative coefficients of frames with fixed components. */
#include "sequin/target.h"

#include <inttypes.h>
#include <omp.h>

#include "mem.h"
#include "raise.h"
#include "target_internal.h"

enum {
    MAX_DOUBLES = 1 << 24, /* of frames read ahead; one frame may need more */
    BLOCK = SQN__TARGET_BLOCK,
    LINE = 8,             /* doubles of a cache line */
    LANES = 8,            /* pixels looked at side by side */
    LEAST_ROOM = 1 << 16, /* doubles of sums over sections: half a MB */
    PIECE = 4096,         /* pixels of a basis looked at together */
    SHARED = 4, /* sections for each thread that are worth sharing; tasks that are not */
    FRAMES = 4  /* of each thread that are worth a group */
};

/* Frames that are read ahead, and a desk for each thread. */
typedef struct work_space {
    int n_desk;
    sqn__target_ahead ahead;
    sqn__target_plan plan;
    sqn__target_desk *desk;
    double *part; /* [room] sums over sections, for each of the desks at least */
    int64_t room;
    double *doubles;
    float *floats;
    uint8_t *flags;
} work_space;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(work_space *space)
{
    sqn__target_plan_clear(&space->plan);
    sqn__target_ahead_clear(&space->ahead);
    sqn__mem_free(space->desk);
    sqn__mem_free(space->doubles);
    sqn__mem_free(space->floats);
    sqn__mem_free(space->part);
    sqn__mem_free(space->flags);
    *space = (work_space){0};
}

/* A desk for each thread, for groups of up to n frames; false: no memory. */
static bool create_desks(work_space *space, int64_t n)
{
    const int64_t n_desk = space->n_desk;
    int64_t size[3];

    sqn__target_desk_size(size, &space->plan, n, space->ahead.n_block);
    space->desk = sqn__mem_alloc(n_desk, sizeof *space->desk);
    space->floats =
        sqn__mem_alloc(sqn__mem_product(n_desk, size[0]), sizeof *space->floats);
    space->doubles =
        sqn__mem_reserve(sqn__mem_product(n_desk, size[1]), sizeof *space->doubles);
    space->flags = sqn__mem_alloc(sqn__mem_product(n_desk, size[2]), sizeof *space->flags);
    space->room = n_desk * space->plan.n_sum;
    space->room = space->room > LEAST_ROOM ? space->room : LEAST_ROOM;
    space->part = sqn__mem_reserve(space->room, sizeof *space->part);
    if (space->desk == NULL || space->floats == NULL || space->doubles == NULL ||
        space->part == NULL || space->flags == NULL) {
        return false;
    }
    for (int64_t s = 0; s < n_desk; s++) {
        sqn__target_desk_carve(&space->desk[s], space->floats + s * size[0],
                               space->doubles + s * size[1], space->flags + s * size[2],
                               &space->plan, n);
    }
    return true;
}

static sqn_status create_space(work_space *space, const sqn_target *target, sqn_error *err)
{
    sqn_status status = SQN_OK;

    space->n_desk = omp_get_max_threads();
    SQN_TRY(sqn__target_ahead_create(&space->ahead, target->n_frame, target->n_pix, err));
    const int64_t n_ahead = space->ahead.n;
    const int64_t n = n_ahead < SQN__TARGET_GROUP ? n_ahead : SQN__TARGET_GROUP;

    SQN_TRY(sqn__target_plan_create(&space->plan, target, n, err));
    if (!create_desks(space, n)) {
        return SQN_RAISE(err, E_MEM, "work space to model %" PRId64 " frames at a time", n);
    }

cleanup:
    return status;
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

/* Pixels from `first` on, up to `end`, that have some components but not all. */
static int64_t count_uneven(sqn_matrix_const basis, int64_t first, int64_t end)
{
    const float *restrict one = basis.data;
    int64_t n = 0;

    for (int64_t j = 1; j < basis.rows; j++) {
        const float *restrict row = basis.data + j * basis.stride;
        int32_t n_odd = 0;

        for (int64_t p = first; p < end; p++) {
            n_odd += (row[p] != row[p]) != (one[p] != one[p]) ? 1 : 0; /* NaN */
        }
        n += n_odd;
    }
    return n;
}

/* True when every pixel has all components or none. */
static bool is_even(sqn_matrix_const basis)
{
    int64_t n_odd = 0;

#pragma omp parallel for schedule(static) default(none) shared(basis) reduction(+ : n_odd)
    for (int64_t p = 0; p < basis.cols; p += PIECE) {
        n_odd += count_uneven(basis, p, p + PIECE < basis.cols ? p + PIECE : basis.cols);
    }
    return n_odd == 0;
}

/* True when another basis is a part of this one. */
static bool is_shared(const sqn_target *target, int64_t whole)
{
    int64_t n = 0;

    for (int64_t i = 0; i < target->n_count; i++) {
        n += target->count[i].whole == whole && i != whole ? 1 : 0;
    }
    return n > 0;
}

/* The first rows of a basis need no Gram matrix of their own, if they see the same pixels. */
static void find_wholes(const sqn_target *target)
{
    for (int64_t i = 0; i < target->n_count; i++) {
        sqn__target_count *count = &target->count[i];

        count->whole = i;
        for (int64_t c = 0; c < target->n_count; c++) {
            const sqn_matrix_const *other = &target->count[c].basis;

            if (other->data == count->basis.data && other->stride == count->basis.stride &&
                other->rows > target->count[count->whole].basis.rows) {
                count->whole = c;
            }
        }
    }
    for (int64_t whole = 0; whole < target->n_count; whole++) {
        if (!is_shared(target, whole) || is_even(target->count[whole].basis)) {
            continue;
        }
        for (int64_t i = 0; i < target->n_count; i++) {
            sqn__target_count *count = &target->count[i];

            count->whole = count->whole == whole ? i : count->whole;
        }
    }
}

/* How many groups `n_here` frames make: as few as leave every thread something to do, or one of a few
   frames that are large enough to be shared. */
static int64_t count_groups(const work_space *space, int64_t n_here)
{
    const int64_t n_desk = space->n_desk;
    const int64_t n_section = sqn__target_n_section(space->ahead.n_block);
    const bool few = n_here < FRAMES * n_desk && n_section >= SHARED * n_desk;
    const int64_t wanted = few ? 1 : n_desk;
    const int64_t least = (n_here + SQN__TARGET_GROUP - 1) / SQN__TARGET_GROUP;
    const int64_t n = wanted > least ? wanted : least;

    return n < n_here ? n : n_here;
}

/* Group `g` of n_group of the frames that were read, which begin with number `first`. */
static sqn__target_group group_at(const work_space *space, const int64_t frames[2],
                                  int64_t g, int64_t n_group)
{
    const int64_t begin = g * frames[1] / n_group, end = (g + 1) * frames[1] / n_group;

    return (sqn__target_group){.frames = space->ahead.frames + begin * space->ahead.row,
                               .n_data = space->ahead.n_data + begin * space->ahead.n_block,
                               .n = end - begin,
                               .n_block = space->ahead.n_block,
                               .row = space->ahead.row,
                               .first = frames[0] + begin};
}

/* Frames that were read, and how they are shared out. */
typedef struct portion {
    int64_t frames[2]; /* the first, and how many */
    int64_t n_group, n_task;
    bool shared; /* all threads work on one task after the other */
} portion;

/* A group of frames with a batch of bases, the dearest first. */
static void fit_task(const sqn_target *target, const work_space *space, const portion *of,
                     int64_t t, int thread)
{
    const sqn__target_plan *plan = &space->plan;
    const sqn__target_group group =
        group_at(space, of->frames, t % of->n_group, of->n_group);
    const sqn__target_task task = {.target = target,
                                   .batch =
                                       &plan->batch[plan->n_batch - 1 - t / of->n_group],
                                   .group = &group,
                                   .desk = &space->desk[thread],
                                   .n_desk = of->shared ? space->n_desk : 1,
                                   .part = space->part + thread * plan->n_sum,
                                   .room = of->shared ? space->room : plan->n_sum,
                                   .wide = sqn__gram_aligned(plan->n_unknown)};

    sqn__target_frame_fit(&task);
}

/* Groups of the frames that were read, and batches of bases, side by side; where threads would be left
   without, all share the pixels of one after the other: not from within another parallel region,
   whose inner ones begin with new threads. */
static void fit_ahead(const sqn_target *target, const work_space *space, int64_t first,
                      int64_t n_here)
{
    const int64_t n_group = count_groups(space, n_here);
    const int64_t n_task = n_group * space->plan.n_batch;
    const portion of = {{first, n_here},
                        n_group,
                        n_task,
                        n_task % space->n_desk != 0 &&
                            n_task < SHARED * (int64_t)space->n_desk};

    for (int64_t t = 0; t < n_task && of.shared; t++) {
        fit_task(target, space, &of, t, 0);
    }
    if (of.shared) {
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(space->n_desk) default(none) \
    shared(target, space, of)
    for (int64_t t = 0; t < of.n_task; t++) {
        fit_task(target, space, &of, t, omp_get_thread_num());
    }
}

static sqn_status fit_all(const sqn_target *target, const work_space *space,
                          const sqn_rows *rows, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t first = 0; first < target->n_frame; first += space->ahead.n) {
        const int64_t left = target->n_frame - first;
        const int64_t n_here = left < space->ahead.n ? left : space->ahead.n;

        SQN_TRY(
            sqn__target_ahead_read(&space->ahead, rows, first, n_here, space->n_desk, err));
        fit_ahead(target, space, first, n_here);
    }

cleanup:
    return status;
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
    find_wholes(target);
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

sqn_status sqn_target_leverage(double *out, const sqn_target *target, int64_t i_count,
                               int64_t frame, const double *weight, sqn_error *err)
{
    const sqn__target_count *count = &target->count[i_count];
    const int64_t n = count->n_unknown;
    double *work = sqn__mem_alloc(sqn__target_leverage_size(n), sizeof *work);

    *out = 0.0;
    if (work == NULL) {
        return SQN_RAISE(err, E_MEM, "leverage of a frame");
    }
    *out = sqn__target_frame_leverage(count, frame, weight, target->n_pix, work);
    sqn__mem_free(work);
    return SQN_OK;
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
