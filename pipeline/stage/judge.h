/**
 * @file judge.h
 * @brief What a result says against itself: warnings that need no other knowledge.
 *
 * In: what all stages left. Out: W_SELF_SUBTRACTION, W_UNDETERMINED, W_NOISE_SCALE, W_SCALE,
 * W_OVERSUBTRACTION, with the numbers.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "product.h"

/** Before the build: does the field turn far enough for angular differential imaging? */
void judge_rotation(const observation *obs, const config *settings, const sqn_log *log);

/**
 * After the subtraction. W_OVERSUBTRACTION looks at every group of frames and names the worst.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status judge_result(const result *r, sqn_error *err);

#endif
