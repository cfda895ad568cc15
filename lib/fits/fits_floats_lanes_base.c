/** @file fits_floats_lanes_base.c @brief Floats of a file everywhere, and the choice of a table. */
#include <stddef.h>

#include "fits_floats_lanes_body.h"

const sqn__fits_floats_lanes sqn__fits_floats_lanes_base = {sift, widen};

const sqn__fits_floats_lanes *sqn__fits_floats_lanes_choose(void)
{
    const sqn__fits_floats_lanes *widest = sqn__fits_floats_lanes_avx512();

    if (widest == NULL) {
        widest = sqn__fits_floats_lanes_avx2();
    }
    return widest != NULL ? widest : &sqn__fits_floats_lanes_base;
}
