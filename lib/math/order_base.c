/** @file order_base.c @brief Loops over many numbers everywhere, and the choice of a table. */
#include <stddef.h>

#define SQN__ORDER_LANES 2
#include "order_body.h"

const sqn__order sqn__order_base = SQN__ORDER_TABLE;

const sqn__order *sqn__order_choose(void)
{
    const sqn__order *widest = sqn__order_avx512();

    if (widest == NULL) {
        widest = sqn__order_avx2();
    }
    return widest != NULL ? widest : &sqn__order_base;
}
