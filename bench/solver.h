/**
 * @file solver.h
 * @brief One pass of the fast method at a time; the only file here that looks inside it.
 */
#ifndef SOLVER_H
#define SOLVER_H

#include <stdbool.h>

#include "sequin/panels.h"

/** A fit with all its components at once. Opaque. */
typedef struct solver solver;

/**
 * `k` components, started at random, on as many threads as OpenMP will give now.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status solver_create(solver **out, const sqn_panels *panels, int64_t k,
                                       sqn_error *err);

/** Read the data once: the long factor, and the sums for the short one; Gram matrices are formed
 *  anew if `renew`, else those of the last pass that did serve on. Returns chi2. */
double solver_pass(solver *s, bool renew);

/** The short factor from the sums. */
void solver_solve(solver *s);

/** Elements of the matrix that is stored: frames and pixels that take part. */
double solver_elements(const solver *s);

/**
 * Multiply-adds of a pass times two; with `renew` per element two residuals (2 k), the gradients of both
 * factors (2 k) and their Gram matrices (k (k + 1) / 2 each), k (k + 5) in all. Coordinate
 * descent, products of pairs and small solves are not counted: they are overhead. Without new Gram
 * matrices 4 k.
 */
double solver_flop(const solver *s, bool renew);

/** Bytes that a pass must read: data and weights. */
double solver_bytes(const solver *s);

void solver_destroy(solver **s);

#endif
