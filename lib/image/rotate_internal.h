/** @file rotate_internal.h @brief What the ways to turn share. */
#ifndef SQN_ROTATE_INTERNAL_H
#define SQN_ROTATE_INTERNAL_H

#include "sequin/rotate.h"
#include "turn.h"

/** Flags and DQ of the points of a row whose first pixel is `first`. */
void sqn__rotate_flags(sqn_image *out, const sqn_image *in, const sqn__turn_points *of,
                       int64_t first);

/** E_ARG where `in` cannot be turned into `out` like this. */
SQN_NODISCARD sqn_status sqn__rotate_check(const sqn_image *out, const sqn_image *in,
                                           const double center[2], double theta,
                                           sqn_error *err);

/** True for whole turns, which copy. */
bool sqn__rotate_copies(double theta);

/** Copy every plane that is not the same memory. */
void sqn__rotate_copy(sqn_image *out, const sqn_image *in);

#endif
