/**
 * @file clip.h
 * @brief Both tails of a set of numbers clipped, again and again, as long as neither is empty.
 *
 * Numbers are kept in bins: what lies within limits is a run of bins, and only the bins that
 * hold a limit or the median are ever sorted.
 */
#ifndef SQN_CLIP_H
#define SQN_CLIP_H

#include <stdint.h>

enum { SQN__CLIP_BINS = 4096 };

/** Work space for up to `n_max` numbers, in one slab of the caller. */
typedef struct sqn__clip {
    double *value;  /**< [n_max] to be filled; finite. */
    double *binned; /**< [n_max] the same by bins. */
    double (*moments)
        [2];        /**< [bins] sums of the distances to the origin and of their squares. */
    int32_t *bin;   /**< [n_max] */
    int32_t *begin; /**< [bins + 1] in `binned` */
    uint8_t *sorted; /**< [bins] */
    double origin, low, per_bin;
} sqn__clip;

/** Doubles of the slab. */
int64_t sqn__clip_work_size(int64_t n_max);

/** Lay out the work space. */
sqn__clip sqn__clip_carve(double *work, int64_t n_max);

/**
 * Clip at the median +- `significant` standard deviations until one of the tails is empty.
 *
 * @param[out] rounds  That did clip.
 * @returns The standard deviation (n in the denominator) of what is left; NaN for n = 0.
 */
double sqn__clip_tails(int64_t *rounds, sqn__clip *clip, int64_t n, double significant);

#endif
