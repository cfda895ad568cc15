/** @file target_desk.c @brief Work space of one thread that fits frames. */
#include "target_internal.h"

#include "nnls.h"

enum { BLOCK = SQN__TARGET_BLOCK, LINE = 8 /* doubles of a cache line */ };

static int64_t whole_lines(int64_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

/* Take `n` numbers off the front: arrays begin at whole cache lines. */
static double *take(double **from, int64_t n)
{
    double *taken = *from;

    *from += whole_lines(n);
    return taken;
}

void sqn__target_desk_carve(sqn__target_desk *desk, float *floats, double *doubles,
                            uint8_t *flags, const sqn__target_plan *plan, int64_t n)
{
    const int64_t k = plan->n_unknown, n_model = n * plan->n_member;

    desk->sums = sqn__gram_choose();
    desk->h = floats;
    desk->has_value = floats + k * BLOCK;
    desk->wide = take(&doubles, plan->n_row * BLOCK);
    desk->v = take(&doubles, n * BLOCK);
    desk->vx = take(&doubles, n * BLOCK);
    desk->small = take(&doubles, k * k);
    desk->small_rhs = take(&doubles, k);
    desk->work = take(&doubles, sqn__nnls_work_size(k));
    desk->total = take(&doubles, plan->n_sum);
    desk->solution = take(&doubles, n_model * sqn__gram_aligned(k));
    desk->chi2 = take(&doubles, n_model);
    desk->passive = flags;
    desk->is_whole = flags + k;
}

void sqn__target_desk_size(int64_t size[3], const sqn__target_plan *plan, int64_t n,
                           int64_t n_block)
{
    const int64_t k = plan->n_unknown, n_model = n * plan->n_member;

    size[0] = (k + 1) * BLOCK;
    size[1] = plan->n_row * BLOCK + 2 * n * BLOCK + whole_lines(k * k) + whole_lines(k) +
              whole_lines(sqn__nnls_work_size(k)) + whole_lines(plan->n_sum) +
              n_model * sqn__gram_aligned(k) + whole_lines(n_model);
    size[2] = k + plan->n_whole * n_block;
}
