/** @file sqn_gram.h @brief Numbers for tests of sums, and the tables that run on this processor. */
#ifndef SQN_TEST_GRAM_H
#define SQN_TEST_GRAM_H

#include "gram.h"
#include "rng.h"

enum { N_TABLE = 3 };

static inline double number(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(11, stream, (uint64_t)i) - 0.385;
}

static inline void fill(double *to, int64_t n, uint64_t stream)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = number(stream, i);
    }
}

static inline const sqn__gram_table *table_at(int64_t i)
{
    return i == 0 ? &sqn__gram_base : i == 1 ? sqn__gram_avx2() : sqn__gram_avx512();
}

#endif
