/** @file target_plan.c @brief Which bases of a target are fitted together. */
#include <inttypes.h>

#include "mem.h"
#include "raise.h"
#include "target_internal.h"

/* Components of a batch of more than one basis: memory is read well from so many places at a time. */
enum { TOGETHER = 80 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool allocate(sqn__target_plan *plan, const sqn_target *target)
{
    const int64_t n = target->n_count;
    int64_t n_pair = 0;

    for (int64_t c = 0; c < n; c++) {
        n_pair += sqn__gram_n_pair(target->count[c].n_unknown);
    }
    plan->batch = sqn__mem_alloc(n, sizeof *plan->batch);
    plan->whole = sqn__mem_alloc(n, sizeof *plan->whole);
    plan->member = sqn__mem_alloc(n, sizeof *plan->member);
    plan->pair = sqn__mem_alloc(n_pair, sizeof *plan->pair);
    return plan->batch != NULL && plan->whole != NULL && plan->member != NULL &&
           plan->pair != NULL;
}

/* The pairs of n rows from `row` on. */
static void fill_pairs(sqn__gram_pair *pair, int64_t row, int64_t n)
{
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b <= a; b++, pair++) {
            *pair = (sqn__gram_pair){(int32_t)(row + a), (int32_t)(row + b)};
        }
    }
}

/* Basis `whole` and its parts, behind the others of a batch. */
static void add_whole(sqn__target_batch *batch, sqn__target_whole *whole,
                      const sqn_target *target)
{
    const int64_t n = target->count[whole->count].n_unknown;

    whole->member = batch->n_member;
    whole->row = batch->n_row;
    whole->column = batch->n_column;
    for (int64_t c = 0; c < target->n_count; c++) {
        if (target->count[c].whole == whole->count) {
            batch->member[batch->n_member++] = (sqn__target_member){c, batch->n_whole};
        }
    }
    whole->n_member = batch->n_member - whole->member;
    fill_pairs(batch->pair + batch->n_column, batch->n_row, n);
    batch->n_row += n;
    batch->n_column += n * (n + 1) / 2;
    batch->n_whole++;
}

static void align(sqn__target_batch *batch)
{
    batch->n_row = sqn__gram_aligned(batch->n_row);
    batch->n_column = sqn__gram_aligned(batch->n_column);
}

/* Batch after batch, as many bases in each as go together. */
static void fill(sqn__target_plan *plan, const sqn_target *target, int64_t n)
{
    const int64_t together = n > 1 ? TOGETHER : 0; /* one frame is soon read again */
    sqn__target_batch *batch = plan->batch;

    *batch = (sqn__target_batch){plan->whole, plan->member, plan->pair, 0, 0, 0, 0};
    for (int64_t c = 0; c < target->n_count; c++) {
        if (target->count[c].whole != c) {
            continue;
        }
        if (batch->n_whole > 0 && batch->n_row + target->count[c].n_unknown > together) {
            align(batch);
            batch[1] = (sqn__target_batch){batch->whole + batch->n_whole,
                                           batch->member + batch->n_member,
                                           batch->pair + batch->n_column,
                                           0,
                                           0,
                                           0,
                                           0};
            batch++;
        }
        batch->whole[batch->n_whole].count = c;
        add_whole(batch, &batch->whole[batch->n_whole], target);
    }
    align(batch);
    plan->n_batch = batch - plan->batch + 1;
}

static void measure(sqn__target_plan *plan, const sqn_target *target, int64_t n)
{
    for (int64_t i = 0; i < plan->n_batch; i++) {
        const sqn__target_batch *batch = &plan->batch[i];

        plan->n_whole = larger(plan->n_whole, batch->n_whole);
        plan->n_member = larger(plan->n_member, batch->n_member);
        plan->n_row = larger(plan->n_row, batch->n_row);
        plan->n_sum =
            larger(plan->n_sum, sqn__target_n_strip_sum(batch, n) + n * batch->n_whole);
        plan->n_sum = larger(plan->n_sum, n * batch->n_member);
    }
    for (int64_t c = 0; c < target->n_count; c++) {
        plan->n_unknown = larger(plan->n_unknown, target->count[c].n_unknown);
    }
}

sqn_status sqn__target_plan_create(sqn__target_plan *plan, const sqn_target *target,
                                   int64_t n, sqn_error *err)
{
    *plan = (sqn__target_plan){0};
    if (!allocate(plan, target)) {
        return SQN_RAISE(err, E_MEM, "order of %" PRId64 " bases", target->n_count);
    }
    fill(plan, target, n);
    measure(plan, target, n);
    return SQN_OK;
}

void sqn__target_plan_clear(sqn__target_plan *plan)
{
    sqn__mem_free(plan->batch);
    sqn__mem_free(plan->whole);
    sqn__mem_free(plan->member);
    sqn__mem_free(plan->pair);
    *plan = (sqn__target_plan){0};
}
