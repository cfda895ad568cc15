/**
 * @file spread.h
 * @brief Median and median distance of a mixture of two planes, again and again as it changes.
 */
#ifndef SQN_SPREAD_H
#define SQN_SPREAD_H

#include "middle.h"

enum { SQN__SPREAD_KNOWN = 8 }; /**< Mixtures that are remembered. */

/** What was found of the numbers (1 - f) a + f b. */
typedef struct sqn__spread {
    sqn__middle_desk desk; /**< With the numbers; sqn__spread_measure() sets its factors. */
    sqn__middle_list list; /**< With its arrays; made when mixtures change little. */
    int n_found;           /**< Mixtures so far. */
    double mixture[SQN__SPREAD_KNOWN]; /**< Number i of them is at i % SQN__SPREAD_KNOWN. */
    sqn__middle_pair found[SQN__SPREAD_KNOWN];
    double
        bend; /**< How far off the line through two of them one was, in distances, over the
                      product of its distances in mixture from both. */
} sqn__spread;

/** Nothing is known yet; the desk and the arrays of the list are left as they are. */
void sqn__spread_begin(sqn__spread *s);

/** Find both, exactly; quick where they are nearly what the nearest mixtures let expect. */
sqn__middle_pair sqn__spread_measure(sqn__spread *s, double mixture);

/** The numbers above so many 1.4826 distances, with `both` also those below minus as many, of what
 *  was measured last: `set` [sqn__order_set_size()], number i is bit i % 64 of word i / 64. */
void sqn__spread_above(uint64_t *set, const sqn__spread *s, double sigmas, bool both);

#endif
