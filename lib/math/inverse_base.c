/** @file inverse_base.c @brief Inverses side by side everywhere, and the choice of a table. */
#include <float.h>
#include <stddef.h>

#define SQN__INVERSE_WIDTH 2
#include "inverse_body.h"

const sqn__inverse sqn__inverse_base = SQN__INVERSE_TABLE;

const sqn__inverse *sqn__inverse_choose(void)
{
    const sqn__inverse *widest = sqn__inverse_avx512();

    if (widest == NULL) {
        widest = sqn__inverse_avx2();
    }
    return widest != NULL ? widest : &sqn__inverse_base;
}

int64_t sqn__inverse_work_size(int64_t k)
{
    return (sqn__inverse_n_pair(k) + 7 * k) * LANES;
}

double sqn__inverse_least(int64_t k)
{
    return 16.0 * (double)k * DBL_EPSILON;
}
