/** @file panels_lanes_base.c @brief Data of a row everywhere, and the choice of a table. */
#include <stddef.h>

#define SQN__PANELS_VECTOR 2
#include "panels_lanes_body.h"

const sqn__panels_lanes sqn__panels_lanes_base = {is_wrong, is_beyond, add, store};

const sqn__panels_lanes *sqn__panels_lanes_choose(void)
{
    const sqn__panels_lanes *widest = sqn__panels_lanes_avx512();

    if (widest == NULL) {
        widest = sqn__panels_lanes_avx2();
    }
    return widest != NULL ? widest : &sqn__panels_lanes_base;
}
