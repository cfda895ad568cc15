/** @file middle.h @brief Median of many floats, and their median distance from it. */
#ifndef SQN_MIDDLE_H
#define SQN_MIDDLE_H

#include <stdbool.h>

#include "order.h"

/** The number of rank `rank`, from 0, of n floats without NaN; for a few thousand. */
float sqn__middle_select(const float *values, int64_t n, int64_t rank);

/** Floats of work space for n numbers. */
int64_t sqn__middle_work_size(int64_t n);

/**
 * Exact median of numbers of which none is NaN, the middle two of an even number averaged; NaN of
 * none.
 *
 * @param[out] work  [sqn__middle_work_size()]
 */
double sqn__middle_median(const sqn__order_floats *of, float *work);

/** Median of numbers, and their median distance from it. */
typedef struct sqn__middle_pair {
    double median, distance;
} sqn__middle_pair;

/** What it takes to look for both. All borrowed. */
typedef struct sqn__middle_desk {
    sqn__order_mix of; /**< The numbers. */
    int64_t n_valid;   /**< How many are not NaN. */
    float *value;      /**< [n + SQN__ORDER_SLACK] */
    float *work;       /**< [2 n] */
} sqn__middle_desk;

/** A desk for n numbers in `work` [sqn__middle_work_size()]. */
sqn__middle_desk sqn__middle_desk_in(float *work, const sqn__order_mix *of,
                                     int64_t n_valid);

/**
 * Find both, exactly, if they are near what is expected.
 *
 * @param[in,out] pair   What is expected; what is found.
 * @param[in]     reach  How far off each may be, in distances.
 * @returns false, and both are unknown, where they are elsewhere.
 */
bool sqn__middle_near(sqn__middle_pair *pair, const sqn__middle_desk *desk,
                      const double reach[2]);

/** The numbers of a desk of a mixture p + q = 1 that may come near its middle as q changes little. */
typedef struct sqn__middle_list {
    sqn__order_listed of;   /**< Its arrays are borrowed. */
    sqn__order_zones zones; /**< About the middle. */
    double q, off;          /**< For q - off to q + off. */
} sqn__middle_list;

/** List the numbers of a desk that come no further from what is expected than `reach`, in
 *  distances, while q changes by no more than `off`; the arrays of the list are given. */
void sqn__middle_enlist(sqn__middle_list *list, const sqn__middle_desk *desk,
                        const sqn__middle_pair *expected, double reach, double off);

/** True where the numbers that sqn__middle_near() looks for are all in the list. */
bool sqn__middle_is_listed(const sqn__middle_list *list, const sqn__middle_desk *desk,
                           const sqn__middle_pair *expected, const double reach[2]);

/** The same as sqn__middle_near(), where that is true. */
bool sqn__middle_near_listed(sqn__middle_pair *pair, const sqn__middle_list *list,
                             const sqn__middle_desk *desk, const double reach[2]);

/** Find both, exactly, wherever they are; NaN of none. */
sqn__middle_pair sqn__middle_anywhere(const sqn__middle_desk *desk);

/**
 * 1.4826 times the median distance of n numbers from their median: the standard deviation of
 * normal data, whatever a minority of outliers does. NaN of none.
 *
 * @param[in]  values  [n] no NaN.
 * @param[out] median  Theirs.
 * @param[out] work    [sqn__middle_work_size()]
 */
double sqn__middle_sigma(double *median, const float *values, int64_t n, float *work);

/** The same of those that are not NaN, of which there are `n_valid`. */
double sqn__middle_sigma_valid(double *median, const float *values, int64_t n,
                               int64_t n_valid, float *work);

#endif
