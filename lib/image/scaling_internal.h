/** @file scaling_internal.h @brief What both rules of the best fraction share. */
#ifndef SQN_SCALING_INTERNAL_H
#define SQN_SCALING_INTERNAL_H

#include "sequin/scaling.h"

/** True where data, model and weight are there. */
bool sqn__scaling_usable(const sqn_scaling_frame *frame, int64_t pixel);

#endif
