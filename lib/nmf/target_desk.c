/** @file target_desk.c @brief Work space of one thread that fits frames. */
#include "target_internal.h"

#include "nnls.h"

enum { BLOCK = SQN__TARGET_BLOCK, GROUP = SQN__TARGET_GROUP };

/* Arrays are begun at whole cache lines. */
static int64_t whole_lines(int64_t n, int64_t per_line)
{
    return (n + per_line - 1) / per_line * per_line;
}

/* Take `n` numbers off the front. */
static double *take(double **from, int64_t n)
{
    double *taken = *from;

    *from += whole_lines(n, 8);
    return taken;
}

static float *take_floats(float **from, int64_t n)
{
    float *taken = *from;

    *from += whole_lines(n, 16);
    return taken;
}

void sqn__target_desk_carve(sqn__target_desk *desk, float *floats, double *doubles,
                            int64_t *integers, int64_t n, int64_t n_count)
{
    const int64_t wide = sqn__gram_aligned(n), n_pair = sqn__gram_n_pair(n);

    desk->sums = sqn__gram_choose();
    desk->block.h = take_floats(&floats, n * BLOCK);
    desk->block.has_value = take_floats(&floats, BLOCK);
    desk->block.wide = take(&doubles, BLOCK * wide);
    desk->block.pairs = take(&doubles, SQN__TARGET_PART * n_pair + SQN__GRAM_ALIGN);
    desk->block.x = take(&doubles, INT64_C(1) * GROUP * BLOCK);
    desk->block.v = take(&doubles, INT64_C(1) * GROUP * BLOCK);
    desk->block.vx = take(&doubles, INT64_C(1) * GROUP * BLOCK);
    desk->gram = take(&doubles, GROUP * n_pair);
    desk->rhs = take(&doubles, GROUP * wide);
    desk->part = take(&doubles, GROUP * (n_pair + wide));
    desk->small = take(&doubles, n * n);
    desk->small_rhs = take(&doubles, n);
    desk->work = take(&doubles, sqn__nnls_work_size(n));
    desk->solution = take(&doubles, GROUP * n_count * wide);
    desk->chi2 = take(&doubles, GROUP * n_count);
    desk->chi2_part = take(&doubles, GROUP * n_count);
    desk->member = integers;
    desk->n_data = integers + n_count;
    desk->n_part = desk->n_data + GROUP;
}

void sqn__target_desk_size(int64_t size[3], int64_t n, int64_t n_count)
{
    const int64_t wide = sqn__gram_aligned(n), n_pair = sqn__gram_n_pair(n);

    size[0] = n * BLOCK + BLOCK;
    size[1] = BLOCK * wide + SQN__TARGET_PART * n_pair + SQN__GRAM_ALIGN +
              3 * (int64_t)GROUP * BLOCK + 2 * (int64_t)GROUP * (n_pair + wide) +
              whole_lines(n * n, 8) + wide + whole_lines(sqn__nnls_work_size(n), 8) +
              GROUP * n_count * wide + 2 * whole_lines(GROUP * n_count, 8);
    size[2] = whole_lines(n_count + 2 * (int64_t)GROUP, 8);
}
