/** @file fraction_base.c @brief Sums behind a best fraction everywhere, and the choice of a table. */
#include <stddef.h>

#define SQN__FRACTION_LANES 4
#include "fraction_body.h"

const sqn__fraction sqn__fraction_base = {subtract, follow};

const sqn__fraction *sqn__fraction_choose(void)
{
    const sqn__fraction *widest = sqn__fraction_avx512();

    if (widest == NULL) {
        widest = sqn__fraction_avx2();
    }
    return widest != NULL ? widest : &sqn__fraction_base;
}
