/**
 * @file target_sums.c
 * @brief Sums over pixels that make the small problems of frames (legend: target_internal.h).
 *
 * Every Gram matrix is a sum over pixels of weights times products of pairs of components, so those
 * of many frames with many bases are products of matrices: the pairs are formed once for all frames,
 * in cache, and the frames are read once for all bases.
 */
#include <string.h>

#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK, SECTION = SQN__TARGET_SECTION, ALIGN = SQN__GRAM_ALIGN };

/* How many data of a frame have a weight, and the basis a value. */
static int64_t count_common(const double *restrict weight, const float *restrict has_value)
{
    int64_t n = 0;

    for (int64_t p = 0; p < BLOCK; p++) {
        n += weight[p] > 0.0 && has_value[p] > 0.0F ? 1 : 0;
    }
    return n;
}

/* Add how many data of every frame take part in block number `b` with a basis, which is `whole`
   there or was just loaded. */
static void count_data(double *n_data, const sqn__target_desk *desk,
                       const sqn__target_group *group, int64_t b, bool whole)
{
    for (int64_t i = 0; i < group->n; i++) {
        const double *weight =
            group->frames + i * group->row + (group->n_block + b) * BLOCK;

        n_data[i] += (double)(whole ? group->n_data[i * group->n_block + b]
                                    : count_common(weight, desk->has_value));
    }
}

/* A basis in double at block number `b`, 0 where it has no value; true where it has all. */
static bool widen_basis(const sqn__target_desk *desk, double *wide,
                        const sqn__target_count *count, int64_t b, bool tried)
{
    const int64_t k = count->basis.rows, first = b * BLOCK;
    const sqn_matrix_const basis = {count->basis.data + first, k, BLOCK,
                                    count->basis.stride};

    if (!tried || first + BLOCK > count->basis.cols || !desk->sums->widen(wide, basis)) {
        sqn__target_load_basis(desk, count, b);
        (void)desk->sums->widen(
            wide, (sqn_matrix_const){desk->h, count->n_unknown, BLOCK, BLOCK});
        return false;
    }
    for (int64_t p = 0; p < BLOCK && count->n_unknown > k; p++) {
        wide[k * BLOCK + p] = 1.0; /* the background */
    }
    return true;
}

/* All bases at block number `b`, and how many data they share with the frames. */
static void load_block(double *n_data, const sqn__target_desk *desk,
                       const sqn__target_task *task, int64_t b)
{
    const sqn__target_group *group = task->group;

    for (int64_t q = 0; q < task->batch->n_whole; q++) {
        const sqn__target_whole *whole = &task->batch->whole[q];
        uint8_t *is_whole = task->desk->is_whole + q * group->n_block + b;
        /* pixels without a value are seldom alone */
        const bool tried = b % SECTION == 0 || is_whole[-1] != 0;

        *is_whole = widen_basis(desk, desk->wide + whole->row * BLOCK,
                                &task->target->count[whole->count], b, tried);
        count_data(n_data + q * group->n, desk, group, b, *is_whole != 0);
        sqn__target_ask_basis(&task->target->count[whole->count], b + 1);
    }
    for (int64_t i = 0; i < group->n; i++) {
        const double *restrict x = group->frames + i * group->row + b * BLOCK;
        const double *restrict v = x + group->n_block * BLOCK;
        double *restrict vx = desk->vx + i * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            vx[p] = v[p] * x[p];
        }
    }
}

/* G += V P(H)^T and H V x of block number `b`, for all frames and bases. */
static void add_block(double *sums, const sqn__target_desk *desk,
                      const sqn__target_task *task, int64_t b)
{
    const sqn__target_batch *batch = task->batch;
    const sqn__target_group *group = task->group;
    const int64_t n = group->n;
    const sqn_dmatrix_const v = {group->frames + (group->n_block + b) * BLOCK, n, BLOCK,
                                 group->row};
    const sqn_dmatrix_const vx = {desk->vx, n, BLOCK, BLOCK};

    for (int64_t c = 0; c < batch->n_column; c += ALIGN) {
        desk->sums->weighted_pairs(sums + c * n, v, desk->wide, batch->pair + c);
    }
    for (int64_t c = 0; c < batch->n_row; c += ALIGN) {
        desk->sums->dots(sums + (batch->n_column + c) * n, vx, desk->wide + c * BLOCK);
    }
}

/* Behind the components of all bases. */
static void clear_rest(const sqn__target_desk *desk, const sqn__target_task *task)
{
    const sqn__target_whole *last = &task->batch->whole[task->batch->n_whole - 1];
    const int64_t n = last->row + task->target->count[last->count].n_unknown;

    memset(desk->wide + n * BLOCK, 0,
           (size_t)((task->batch->n_row - n) * BLOCK) * sizeof *desk->wide);
}

static void add_section(double *sums, const sqn__target_desk *desk,
                        const sqn__target_task *task, int64_t s)
{
    double *n_data = sums + sqn__target_n_strip_sum(task->batch, task->group->n);
    const int64_t begin = s * SECTION, n_block = task->group->n_block;
    const int64_t end = begin + SECTION < n_block ? begin + SECTION : n_block;

    clear_rest(desk, task);
    for (int64_t b = begin; b < end; b++) {
        load_block(n_data, desk, task, b);
        add_block(sums, desk, task, b);
    }
}

void sqn__target_sum(const sqn__target_task *task)
{
    const int64_t n = task->group->n;

    sqn__target_join(task->desk->total,
                     sqn__target_n_strip_sum(task->batch, n) + n * task->batch->n_whole,
                     add_section, task);
}
