/** @file combine_planes.h @brief Combination of turned planes, as medians and weights ask for. */
#ifndef STAGE_COMBINE_PLANES_H
#define STAGE_COMBINE_PLANES_H

#include "combine.h"
#include "growth.h"
#include "sequin/combine.h"

/** Fill the planes of the batch, variances in place of errors, and add its frames to `g`. The
 *  planes of its counts are used up but for those of the largest. */
SQN_NODISCARD sqn_status combine_planes(disk *d, growth *g, const observation *obs,
                                        const subtraction_batch *batch,
                                        sqn_combine_method method, sqn_error *err);

#endif
