/** @file nmf_anls_lane.h @brief A pixel with fewer data than components, one at a time. */
#ifndef SQN_NMF_ANLS_LANE_H
#define SQN_NMF_ANLS_LANE_H

#include <stdint.h>

/** One lane of a panel; the next element of every array but `work` is `width` on. */
typedef struct sqn__nmf_anls_lane {
    int64_t k, n_bounded, width;
    const float *gram;    /**< [k(k+1)/2] pair (a <= b) at b(b+1)/2 + a. */
    const float *g;       /**< [k] minus half the gradient at u. */
    int64_t n_anchor;     /**< Unknowns that have an anchor; that of the others is 0. */
    const float *anchor;  /**< [n_anchor] the solution of the stage before. */
    const float *support; /**< [k] 0: stays at its anchor. */
    float *u;             /**< [k] */
    double *work;         /**< [sqn__nmf_anls_lane_work_size(k)] */
} sqn__nmf_anls_lane;

/** Doubles of work space; at least what one problem of the short axis needs. */
int64_t sqn__nmf_anls_lane_work_size(int64_t k);

/**
 * u <- the minimiser nearest to `anchor`, or as near to it as conjugate gradients come; chi2
 * never rises.
 */
void sqn__nmf_anls_lane_descend(const sqn__nmf_anls_lane *lane);

#endif
