/** @file middle.h @brief Median of many floats, and their median distance from it. */
#ifndef SQN_MIDDLE_H
#define SQN_MIDDLE_H

#include "order.h"

/** The number of rank `rank`, from 0, of n floats without NaN; for a few thousand. */
float sqn__middle_select(const float *values, int64_t n, int64_t rank);

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
 * The same where the numbers within two bounds were found already.
 *
 * @param[in]     n_below  How many of all lie below those.
 * @param[in]     n_kept   How many lie within.
 * @param[in,out] work     [sqn__middle_work_size()] In front, those.
 */
double sqn__middle_of_kept(const sqn__order_floats *of, int64_t n_below, int64_t n_kept,
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
