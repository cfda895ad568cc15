/**
 * @file nnls.h
 * @brief Exact non-negative least squares on normal equations: small, dense, active set.
 *
 * Lawson & Hanson's active set method on the normal equations (Bro & de Jong 1997), in double.
 */
#ifndef SQN_NNLS_H
#define SQN_NNLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One problem: min over d, s + d >= 0, of 1/2 d^T Q d - c^T d. All borrowed. */
typedef struct sqn__nnls_problem {
    int64_t k;
    const double
        *gram; /**< Q [k, k] symmetric, both halves filled, positive semi-definite. */
    const double *rhs; /**< c [k] minus half the gradient at s. */
    bool free_last; /**< The last unknown has no bound and is always in the passive set. */
} sqn__nnls_problem;

/** Doubles of work space for problems of up to `k` unknowns. */
int64_t sqn__nnls_work_size(int64_t k);

/**
 * Solve one problem exactly; cannot fail: where Q is singular on the passive set, the step is
 * regularised by a proximal term (1e-7 of the mean diagonal), which keeps the value of s that
 * the data do not determine.
 *
 * @param[in,out] s        [k] start, >= 0; on return the minimiser, exact zeros on the bound.
 * @param[in,out] passive  [k] 1 = not on the bound: the first guess, and the final set.
 * @param[in]     work     [sqn__nnls_work_size(k)].
 * @returns |p| / |Q s0 + c| (2-norms), p the projected residual of the solution; 0 for a zero
 *          problem. Below 1e-10 unless the problem is beyond double precision.
 */
double sqn__nnls_solve(double *s, uint8_t *passive, const sqn__nnls_problem *problem,
                       double *work);

/**
 * Inverse of Q on the passive set, 0 elsewhere: the covariance of the solution.
 *
 * @param[out] out   [k, k] symmetric; NaN where Q is singular on the passive set.
 */
void sqn__nnls_covariance(double *out, const uint8_t *passive, const double *gram,
                          int64_t k, double *work);

#endif
