/** @file combine_sums.h @brief Sums over frames, and what becomes of them. */
#ifndef SQN_COMBINE_SUMS_H
#define SQN_COMBINE_SUMS_H

#include "sequin/combine.h"

enum { SQN__COMBINE_STRIP = 64 }; /**< Pixels of a row that are combined side by side. */

/** Sums over the frames that take part, pixel by pixel; w is 1 or an inverse variance. */
typedef struct sqn__combine_sums {
    double n[SQN__COMBINE_STRIP], weight[SQN__COMBINE_STRIP];
    double value[SQN__COMBINE_STRIP], variance[SQN__COMBINE_STRIP]; /**< w x, var */
    double shared[SQN__COMBINE_STRIP], squares[SQN__COMBINE_STRIP]; /**< w cov, w^2 cov, */
    double by[SQN__COMBINE_STRIP];                                  /**< and w of these */
    uint32_t dq[SQN__COMBINE_STRIP], all_dq[SQN__COMBINE_STRIP]; /**< OR of those behind the
                                                                      pixel, and of all */
    uint8_t flags[SQN__COMBINE_STRIP], all_flags[SQN__COMBINE_STRIP];
} sqn__combine_sums;

/** Fill the `n` pixels from number `p` on, of `n_frame` frames; a median like a mean, but for its
 *  variance. */
void sqn__combine_store(const sqn_image *out, int32_t *coverage,
                        const sqn__combine_sums *sum, sqn_combine_method method,
                        int64_t n_frame, int64_t p, int64_t n);

#endif
