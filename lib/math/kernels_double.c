/** @file kernels_double.c @brief The choice of a table in double by the processor. */
#include "kernels_double.h"

#include <stddef.h>

const sqn__kernels_double *sqn__kernels_double_choose(void)
{
    const sqn__kernels_double *widest = sqn__kernels_double_avx512_table();

    if (widest == NULL) {
        widest = sqn__kernels_double_avx2_table();
    }
    return widest != NULL ? widest : &sqn__kernels_double_base_table;
}
