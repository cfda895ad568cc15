/**
 * @file clip.h
 * @brief Both tails of a set of numbers clipped, again and again, as long as neither is empty.
 *
 * Medians are near the first one and limits far from it: most numbers are between and known as a
 * whole only. Those in the centre wait in bins, of which only the ones that hold a median are ever
 * sorted; those in the tails are gone through in every round.
 */
#ifndef SQN_CLIP_H
#define SQN_CLIP_H

#include <stdint.h>

#include "order.h"

/** Doubles of work space for up to `n_max` numbers. */
int64_t sqn__clip_work_size(int64_t n_max);

/**
 * Clip numbers, all finite, at the median +- `significant` standard deviations until one of the
 * tails is empty.
 *
 * @param[out] rounds  That did clip.
 * @param[out] work    [sqn__clip_work_size() of of->n or more]
 * @returns The standard deviation (n in the denominator) of what is left; NaN for n = 0.
 */
double sqn__clip_tails(int64_t *rounds, double *work, const sqn__order_terms *of,
                       double significant);

#endif
