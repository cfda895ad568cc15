/** @file middle.h @brief Median of many floats, and their median distance from it. */
#ifndef SQN_MIDDLE_H
#define SQN_MIDDLE_H

#include "order.h"

/** Floats of work space for n numbers. */
int64_t sqn__middle_work_size(int64_t n);

/**
 * Exact median of numbers of which none is NaN, the middle two of an even number averaged; NaN of
 * none. A guess within `reach` of it makes it quick, any other changes nothing.
 *
 * @param[in]  reach  NaN or 0: there is no guess.
 * @param[out] work   [sqn__middle_work_size()]
 */
double sqn__middle_median(const sqn__order_floats *of, double guess, double reach,
                          float *work);

/**
 * 1.4826 times the median distance of n numbers from their median: the standard deviation of
 * normal data, whatever a minority of outliers does. NaN of none.
 *
 * @param[in]  values  [n] no NaN.
 * @param[out] median  Theirs.
 * @param[out] work    [sqn__middle_work_size()]
 */
double sqn__middle_sigma(double *median, const float *values, int64_t n, float *work);

#endif
