/** @file gram_base.c @brief Sums over data by vectors of two, and the choice of a table. */
#include <stddef.h>

#define SQN__GRAM_LANES 2
#define SQN__GRAM_ROWS  6
#define SQN__GRAM_FEW   4
#define SQN__GRAM_CASES GRAM_CASES_6
#define SQN__GRAM_FRONT 0, 2
#define SQN__GRAM_BACK  1, 3
#include "gram_tile.h"

const sqn__gram_table sqn__gram_base = SQN__GRAM_TABLE("base");

const sqn__gram_table *sqn__gram_choose(void)
{
    const sqn__gram_table *widest = sqn__gram_avx512();

    if (widest == NULL) {
        widest = sqn__gram_avx2();
    }
    return widest != NULL ? widest : &sqn__gram_base;
}
