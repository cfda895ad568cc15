/**
 * @file spread.h
 * @brief Median and median distance of a mixture of two planes, again and again as it changes.
 */
#ifndef SQN_SPREAD_H
#define SQN_SPREAD_H

#include "middle.h"

/** What was last found of the numbers (1 - f) a + f b. */
typedef struct sqn__spread {
    sqn__middle_desk
        desk;    /**< With the numbers; its factors are set by sqn__spread_measure(). */
    int n_found; /**< Of these before, from 0. */
    double mixture[2]; /**< The last, and the one before it. */
    sqn__middle_pair found[2];
    double off; /**< How far the last was off what was expected, in distances. */
} sqn__spread;

/** Nothing is known yet; the desk is left as it is. */
void sqn__spread_begin(sqn__spread *s);

/** Find both, exactly; quick where they are nearly what the last two mixtures let expect. */
sqn__middle_pair sqn__spread_measure(sqn__spread *s, double mixture);

/** The numbers above so many 1.4826 distances, with `both` also those below minus as many, of what
 *  was measured last: `set` [sqn__order_set_size()], number i is bit i % 64 of word i / 64. */
void sqn__spread_above(uint64_t *set, const sqn__spread *s, double sigmas, bool both);

#endif
