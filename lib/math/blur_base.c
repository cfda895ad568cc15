/** @file blur_base.c @brief Convolution everywhere, and the choice of a table. */
#include <stddef.h>

#define SQN__BLUR_LANES 4
#include "blur_body.h"

const sqn__blur sqn__blur_base = {convolve};

const sqn__blur *sqn__blur_choose(void)
{
    const sqn__blur *widest = sqn__blur_avx512();

    if (widest == NULL) {
        widest = sqn__blur_avx2();
    }
    return widest != NULL ? widest : &sqn__blur_base;
}
