/** @file target.c @brief Exact non-negative coefficients of frames with fixed components. */
#include "sequin/target.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "mem.h"
#include "raise.h"
#include "target_internal.h"

enum {
    MAX_DOUBLES = 1 << 24, /* of frames read ahead; one frame may need more */
    LINE = 8,              /* doubles of a cache line */
    PIECE = 4096           /* pixels of a basis looked at together */
};

/* Frames that are read ahead, and a desk for each thread. */
typedef struct work_space {
    int64_t n_ahead;
    int n_desk;
    int64_t row;        /* from frame to frame */
    double *frames;     /* [n_ahead, 3, n_pix] values, weights and their products */
    int64_t *n_data;    /* [n_ahead, n_block] of their weights above 0 */
    sqn_status *status; /* [n_ahead] of their reading */
    sqn__target_desk *desk;
    double *doubles;
    float *floats;
    int64_t *integers;
    uint8_t *flags;
} work_space;

/* ---- Memory ---------------------------------------------------------------------------- */

static void destroy_space(work_space *space)
{
    sqn__mem_free(space->frames);
    sqn__mem_free(space->status);
    sqn__mem_free(space->n_data);
    sqn__mem_free(space->desk);
    sqn__mem_free(space->doubles);
    sqn__mem_free(space->floats);
    sqn__mem_free(space->integers);
    sqn__mem_free(space->flags);
    *space = (work_space){0};
}

/* A desk for each thread, for up to n unknowns and frames of n_block blocks; false: no memory. */
static bool create_desks(work_space *space, int64_t n, int64_t n_count, int64_t n_block)
{
    const int64_t n_desk = space->n_desk;
    int64_t size[3];

    sqn__target_desk_size(size, n, n_count);
    space->desk = sqn__mem_alloc(n_desk, sizeof *space->desk);
    space->floats =
        sqn__mem_alloc(sqn__mem_product(n_desk, size[0]), sizeof *space->floats);
    space->doubles =
        sqn__mem_alloc(sqn__mem_product(n_desk, size[1]), sizeof *space->doubles);
    space->integers =
        sqn__mem_alloc(sqn__mem_product(n_desk, size[2]), sizeof *space->integers);
    space->flags =
        sqn__mem_alloc(sqn__mem_product(n_desk, n + n_block), sizeof *space->flags);
    if (space->desk == NULL || space->floats == NULL || space->doubles == NULL ||
        space->integers == NULL || space->flags == NULL) {
        return false;
    }
    for (int64_t s = 0; s < n_desk; s++) {
        sqn__target_desk_carve(&space->desk[s], space->floats + s * size[0],
                               space->doubles + s * size[1], space->integers + s * size[2],
                               n, n_count);
        space->desk[s].passive = space->flags + s * (n + n_block);
        space->desk[s].is_whole = space->desk[s].passive + n;
    }
    return true;
}

/* From frame to frame, an odd number of cache lines: else many frames' pixels of one block share
   a few sets of the cache. */
static int64_t frame_row(int64_t n_pix)
{
    return ((3 * n_pix + LINE - 1) / LINE | 1) * LINE;
}

static sqn_status create_space(work_space *space, const sqn_target *target, sqn_error *err)
{
    const int64_t row = frame_row(target->n_pix);
    const int64_t n_desk = omp_get_max_threads(), room = MAX_DOUBLES / row;
    const int64_t most = room < 1 ? 1 : room;
    const int64_t n_turn = (target->n_frame + most - 1) / most; /* of nearly equal size */
    int64_t n = 1;

    for (int64_t i = 0; i < target->n_count; i++) {
        n = n < target->count[i].n_unknown ? target->count[i].n_unknown : n;
    }
    space->n_ahead = (target->n_frame + n_turn - 1) / n_turn;
    space->n_desk = (int)n_desk;
    space->row = row;
    space->frames =
        sqn__mem_reserve(sqn__mem_product(space->n_ahead, row), sizeof *space->frames);
    space->status = sqn__mem_alloc(space->n_ahead, sizeof *space->status);
    space->n_data =
        sqn__mem_alloc(sqn__mem_product(space->n_ahead, sqn__target_n_block(target->n_pix)),
                       sizeof *space->n_data);
    if (space->frames == NULL || space->status == NULL || space->n_data == NULL ||
        !create_desks(space, n, target->n_count, sqn__target_n_block(target->n_pix))) {
        return SQN_RAISE(err, E_MEM, "work space to model %" PRId64 " frames at a time",
                         space->n_ahead);
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

static sqn_status read_frame(double *frame, const sqn_rows *rows, int64_t number,
                             sqn_error *err)
{
    double *value = frame, *weight = frame + rows->n_col, *both = weight + rows->n_col;
    const sqn_status status = rows->read(rows->context, number, value, weight, err);

    for (int64_t p = 0; status == SQN_OK && p < rows->n_col; p++) {
        const double v = weight[p];

        if (!(v >= 0.0) || isinf(v) || (v > 0.0 && !isfinite(value[p]))) {
            return SQN_RAISE(err, E_NUM,
                             "frame %" PRId64 ", pixel %" PRId64 ": value %g, weight %g",
                             number + 1, p + 1, value[p], v);
        }
        value[p] = v > 0.0 ? value[p] : 0.0; /* whatever it was: it takes no part */
        both[p] = v * value[p];
    }
    return status;
}

/* How many groups `n_here` frames make: as few as leave every thread something to do. */
static int64_t count_groups(const sqn_target *target, const work_space *space,
                            int64_t n_here)
{
    int64_t n_whole = 0;

    for (int64_t i = 0; i < target->n_count; i++) {
        n_whole += target->count[i].whole == i ? 1 : 0;
    }
    const int64_t wanted =
        n_here > 1 ? ((int64_t)space->n_desk + n_whole - 1) / n_whole : 1;
    const int64_t least = (n_here + SQN__TARGET_GROUP - 1) / SQN__TARGET_GROUP;
    const int64_t n = wanted > least ? wanted : least;

    return n < n_here ? n : n_here;
}

/* Groups of the frames that were read, and bases, side by side: the dearest last bases first.
   Where these are fewer than threads, all threads share the pixels of one after the other. */
static void fit_ahead(const sqn_target *target, const work_space *space, int64_t first,
                      int64_t n_here)
{
    const int64_t n_group = count_groups(target, space, n_here);
    int64_t n_task = 0;

    for (int64_t c = 0; c < target->n_count; c++) {
        n_task += target->count[c].whole == c ? n_group : 0;
    }
    const int n_shared = n_task < space->n_desk ? space->n_desk : 1;

#pragma omp parallel for schedule(dynamic, 1)                   \
    num_threads(n_shared > 1 ? 1 : space->n_desk) default(none) \
        shared(target, space, first, n_here, n_group, n_shared)
    for (int64_t task = 0; task < n_group * target->n_count; task++) {
        const int64_t whole = target->n_count - 1 - task / n_group, g = task % n_group;
        const int64_t begin = g * n_here / n_group, end = (g + 1) * n_here / n_group;
        const sqn__target_group group = {space->frames + begin * space->row,
                                         space->n_data +
                                             begin * sqn__target_n_block(target->n_pix),
                                         end - begin,
                                         target->n_pix,
                                         space->row,
                                         first + begin};

        if (target->count[whole].whole == whole) {
            sqn__target_frame_fit(&space->desk[omp_get_thread_num()], n_shared, target,
                                  &group, whole);
        }
    }
}

/* How many weights of a frame are above 0, block by block. */
static void count_blocks(int64_t *n_data, const double *weight, int64_t n_pix)
{
    for (int64_t b = 0; b < sqn__target_n_block(n_pix); b++) {
        const int64_t first = b * SQN__TARGET_BLOCK, left = n_pix - first;

        n_data[b] = sqn__target_count_data(
            weight + first, left < SQN__TARGET_BLOCK ? left : SQN__TARGET_BLOCK);
    }
}

/* Read the `n_here` frames from `first` on, side by side where their rows allow it. */
static sqn_status read_ahead(const work_space *space, const sqn_rows *rows, int64_t first,
                             int64_t n_here, sqn_error *err)
{
#pragma omp parallel for schedule(static)                         \
    num_threads(rows->parallel ? space->n_desk : 1) default(none) \
        shared(space, rows, first, n_here)
    for (int64_t s = 0; s < n_here; s++) {
        sqn_error unsaid;

        space->status[s] =
            read_frame(space->frames + s * space->row, rows, first + s, &unsaid);
        if (space->status[s] == SQN_OK) {
            count_blocks(space->n_data + s * sqn__target_n_block(rows->n_col),
                         space->frames + s * space->row + rows->n_col, rows->n_col);
        }
    }
    for (int64_t s = 0; s < n_here; s++) {
        if (space->status[s] != SQN_OK) { /* once more, to say why */
            return read_frame(space->frames + s * space->row, rows, first + s, err);
        }
    }
    return SQN_OK;
}

static sqn_status fit_all(const sqn_target *target, const work_space *space,
                          const sqn_rows *rows, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t first = 0; first < target->n_frame; first += space->n_ahead) {
        const int64_t left = target->n_frame - first;
        const int64_t n_here = left < space->n_ahead ? left : space->n_ahead;

        SQN_TRY(read_ahead(space, rows, first, n_here, err));
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
