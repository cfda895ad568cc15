/**
 * @file support.h
 * @brief Whether the pixels that are fitted tell the components, where others are excluded.
 *
 * In: what a subtraction has, the fits of all frames. Out: W_SUPPORT, the largest leverage.
 * Library: target.
 */
#ifndef STAGE_SUPPORT_H
#define STAGE_SUPPORT_H

#include "target.h"

/**
 * Judge the fits with the largest count. A component of which no fitted pixel of a frame holds
 * anything is left out of that frame's model; one of which they hold next to nothing is told by
 * noise. Both are named.
 *
 * @param[out] leverage  Largest of a fitted pixel, 0 to 1; NaN where nothing is excluded.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status support_judge(double *leverage, const target_input *in,
                                       sqn_error *err);

#endif
