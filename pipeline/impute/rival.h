/** @file rival.h @brief What a pixel would be by simpler means: neighbours, or other frames. */
#ifndef RIVAL_H
#define RIVAL_H

#include "frames.h"

/**
 * Median of the valid pixels among the 8 around each wanted one, and farther out until there are
 * any; out [n_all], NaN elsewhere and where the plane has none within 8 pixels.
 */
void rival_neighbours(float *out, const frames *f, const uint8_t *wanted);

/**
 * Weighted mean of the valid pixels at the same place of all frames; of patches, over the planes
 * at the same place, or over the image where there is but one plane.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status rival_frames(float *out, const frames *f, const uint8_t *wanted,
                                      sqn_error *err);

#endif
