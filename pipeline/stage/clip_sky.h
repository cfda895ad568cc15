/** @file clip_sky.h @brief What stands on the sky is no outlier of a frame. */
#ifndef STAGE_CLIP_SKY_H
#define STAGE_CLIP_SKY_H

#include "read.h"
#include "sequin/matrix.h"

/**
 * Take from each score the median of all science frames at the same place of the sky, and where
 * that is steep (a planet, the edge of a disk) up to its largest step to a neighbour; divide it
 * by how much more the frames scatter there than elsewhere: turning by whole pixels misses as
 * much. Nothing is done where fewer than three frames see the place.
 *
 * @param[in]     context  const observation *
 * @param[in,out] score    [n_science, n_pix] NaN = not judged.
 */
SQN_NODISCARD sqn_status clip_sky_reduce(const void *context, sqn_matrix score,
                                         sqn_error *err);

#endif
