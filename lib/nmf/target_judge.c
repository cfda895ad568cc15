/** @file target_judge.c @brief What models of frames leave of their data. */
#include "target_internal.h"

enum {
    BLOCK = SQN__TARGET_BLOCK,
    SECTION = SQN__TARGET_SECTION,
    MEMBERS = 10 /* models of a frame judged together */
};

/* Weights of the frames of a group at a block. */
typedef struct weights {
    const double *v;
    int64_t row; /* from frame to frame */
} weights;

/* Unknowns of a model that may differ from 0: of `whole`, which has the background last. */
static int64_t n_needed(const sqn__target_count *count, const sqn__target_count *whole)
{
    return count->n_unknown > count->basis.rows ? whole->n_unknown : count->basis.rows;
}

/* The components of a basis at block number `b`: where they lie, or as they were just loaded. */
static sqn_matrix_const view_basis(const sqn__target_desk *desk,
                                   const sqn__target_count *count, int64_t b, bool in_place)
{
    return in_place ? (sqn_matrix_const){count->basis.data + b * BLOCK, count->n_unknown,
                                         BLOCK, count->basis.stride}
                    : (sqn_matrix_const){desk->h, count->n_unknown, BLOCK, BLOCK};
}

/* The weights at block number `b`: where they lie, or 0 where the loaded basis has no value. */
static weights view_weights(const sqn__target_desk *desk, const sqn__target_group *group,
                            int64_t b, bool in_place)
{
    const double *weight = group->frames + (group->n_block + b) * BLOCK;

    for (int64_t i = 0; i < group->n && !in_place; i++) {
        const double *restrict from = weight + i * group->row;
        double *restrict v = desk->v + i * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            v[p] = from[p] * (double)desk->has_value[p];
        }
    }
    return in_place ? (weights){weight, group->row} : (weights){desk->v, BLOCK};
}

/* Frame `i` of a fit, model after model; these are in the order of their sizes, or may be. */
static void judge_frame(double *chi2, const sqn__target_desk *desk,
                        const sqn__target_task *task, const sqn__target_whole *whole,
                        const sqn__gram_fit *all, int64_t i)
{
    const sqn__target_count *count = task->target->count;
    const sqn__target_member *member = task->batch->member + whole->member;

    for (int64_t m = 0; m < whole->n_member; m += MEMBERS) {
        const int64_t n = whole->n_member - m < MEMBERS ? whole->n_member - m : MEMBERS;
        int64_t k = 0;

        for (int64_t q = m; q < m + n; q++) {
            const int64_t needed = n_needed(&count[member[q].count], &count[whole->count]);

            k = needed > k ? needed : k;
        }
        desk->sums->misfit(
            chi2 + sqn__target_place(whole, task->group, i) + m,
            &(sqn__gram_fit){.n = n,
                             .k = k,
                             .w = all->w + (i * whole->n_member + m) * all->row_w,
                             .h = all->h,
                             .x = all->x + i * all->row_x,
                             .v = all->v + i * all->row_v,
                             .row_w = all->row_w,
                             .row_h = all->row_h});
    }
}

/* Number `q` of the bases, and its parts, at block number `b`. */
static void judge_whole(double *chi2, const sqn__target_desk *desk,
                        const sqn__target_task *task, int64_t q, int64_t b)
{
    const sqn__target_group *group = task->group;
    const sqn__target_whole *whole = &task->batch->whole[q];
    const sqn__target_count *count = &task->target->count[whole->count];
    const bool complete = task->desk->is_whole[q * group->n_block + b] != 0;
    const bool in_place = complete && count->n_unknown == count->basis.rows;

    sqn__target_ask_basis(count, b + 1);
    if (!in_place) {
        sqn__target_load_basis(desk, count, b);
    }
    const sqn_matrix_const h = view_basis(desk, count, b, in_place);
    const weights v = view_weights(desk, group, b, complete);
    const int64_t at = sqn__target_place(whole, group, 0);
    const sqn__gram_fit fit = {.n = group->n,
                               .k = count->n_unknown,
                               .w = task->desk->solution + at * task->wide,
                               .h = h.data,
                               .x = group->frames + b * BLOCK,
                               .v = v.v,
                               .row_w = task->wide,
                               .row_h = h.stride,
                               .row_x = group->row,
                               .row_v = v.row};

    if (whole->n_member == 1) {
        desk->sums->misfit(chi2 + at, &fit);
        return;
    }
    for (int64_t i = 0; i < group->n; i++) {
        judge_frame(chi2, desk, task, whole, &fit, i);
    }
}

static void judge_section(double *chi2, const sqn__target_desk *desk,
                          const sqn__target_task *task, int64_t s)
{
    const int64_t begin = s * SECTION, n_block = task->group->n_block;
    const int64_t end = begin + SECTION < n_block ? begin + SECTION : n_block;

    for (int64_t b = begin; b < end; b++) {
        for (int64_t q = 0; q < task->batch->n_whole; q++) {
            judge_whole(chi2, desk, task, q, b);
        }
    }
}

void sqn__target_judge(const sqn__target_task *task)
{
    sqn__target_join(task->desk->chi2, task->group->n * task->batch->n_member,
                     judge_section, task);
}
