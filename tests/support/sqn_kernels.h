/** @file sqn_kernels.h @brief Every table of kernels, and numbers to feed them. */
#ifndef SQN_TEST_KERNELS_H
#define SQN_TEST_KERNELS_H

#include <math.h>

#include "kernels.h"
#include "rng.h"

/* Numbers of both signs over `decades` powers of ten; never 0. */
static inline void sqn_kernels_fill(float *out, int64_t n, uint64_t stream, double decades)
{
    for (int64_t i = 0; i < n; i++) {
        const double a = (double)sqn__rng_uniform(3, stream, (uint64_t)(2 * i));
        const double b = (double)sqn__rng_uniform(3, stream, (uint64_t)(2 * i + 1));

        out[i] = (float)((a < 0.5 ? -1.0 : 1.0) * pow(10.0, decades * (b - 0.5)));
    }
}

enum { SQN_N_KERNELS = 4 };

/* What this processor has not is tested where it is built. */
static inline const sqn__kernels *sqn_kernels_at(int i)
{
    const sqn__kernels *all[SQN_N_KERNELS] = {
        &sqn__kernels_ref_table, &sqn__kernels_base_table, sqn__kernels_avx2_table(),
        sqn__kernels_avx512_table()};

    return all[i] != NULL ? all[i] : &sqn__kernels_base_table;
}

#endif
