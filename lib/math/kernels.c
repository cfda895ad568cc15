/** @file kernels.c @brief The choice of a table by the processor. */
#include "kernels.h"

#include <stddef.h>

const sqn__kernels *sqn__kernels_choose(void)
{
    const sqn__kernels *widest = sqn__kernels_avx512_table();

    if (widest == NULL) {
        widest = sqn__kernels_avx2_table();
    }
    return widest != NULL ? widest : &sqn__kernels_base_table;
}
