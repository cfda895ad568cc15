/**
 * @file clip.h
 * @brief Both tails of a set of numbers clipped, again and again, as long as neither is empty.
 *
 * Numbers are kept in bins: what lies within limits is a run of bins, and only the bins that
 * hold a limit or the median are ever sorted.
 */
#ifndef SQN_CLIP_H
#define SQN_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "order.h"

enum { SQN__CLIP_BINS = 4096 };

/** Work space for up to `n_max` numbers, in one slab of the caller. */
typedef struct sqn__clip {
    double *binned; /**< [n_max] the numbers by bins; bulks are left out. */
    double *kept;   /**< [n_max] what is in no bulk. */
    double (*moments)
        [2];        /**< [bins] sums of the distances to the origin and of their squares. */
    int32_t *bin;   /**< [n_max] */
    int32_t *begin; /**< [bins + 1] in `binned` */
    uint8_t *sorted; /**< [bins] */
    double origin, low, per_bin;
    sqn__order_bulk bulk[2]; /**< Below and above the middle: known as a whole only. */
    int32_t bulk_bin[2];     /**< The bins that hold them, and nothing else. */
    bool is_lost;            /**< A limit or a median fell into a bulk. */
} sqn__clip;

/** Doubles of the slab. */
int64_t sqn__clip_work_size(int64_t n_max);

/** Lay out the work space. */
sqn__clip sqn__clip_carve(double *work, int64_t n_max);

/**
 * Clip numbers, all finite, at the median +- `significant` standard deviations until one of the
 * tails is empty.
 *
 * @param[out] rounds  That did clip.
 * @returns The standard deviation (n in the denominator) of what is left; NaN for n = 0.
 */
double sqn__clip_tails(int64_t *rounds, sqn__clip *clip, const sqn__order_terms *of,
                       double significant);

#endif
