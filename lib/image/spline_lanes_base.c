/** @file spline_lanes_base.c @brief Values and variances everywhere, and the choice of a table. */
#include <stddef.h>

#define SQN__SPLINE_WIDTH 4
#include "spline_lanes_body.h"
#include "spline_rows_body.h"
#include "spline_stack_body.h"
#include "spline_sums_body.h"

const sqn__spline_lanes sqn__spline_lanes_base = {
    SQN__SPLINE_WIDTH, values, variances, stack, filter,
    filter_stack,      add,    share,     know,  interleave,
    interleave_undo};

const sqn__spline_lanes *sqn__spline_lanes_choose(void)
{
    const sqn__spline_lanes *widest = sqn__spline_lanes_avx512();

    if (widest == NULL) {
        widest = sqn__spline_lanes_avx2();
    }
    return widest != NULL ? widest : &sqn__spline_lanes_base;
}
