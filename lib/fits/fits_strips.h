/** @file fits_strips.h @brief Images of a product that are made, or lent, and written a strip of rows at a time. */
#ifndef SQN_FITS_STRIPS_H
#define SQN_FITS_STRIPS_H

#include <stdbool.h>

#include "fits_product.h"

/** The largest magnitude of n values that is finite; 0 where none is. */
float sqn__fits_product_largest(const float *values, int64_t n);

/** Whether float32 holds values of which the largest is this one, without losing digits. */
bool sqn__fits_product_holds(double largest);

/** Decide what type is written; all rows are made where that depends on them. */
SQN_NODISCARD sqn_status sqn__fits_strips_choose(sqn__fits_strips *strips, int exponent,
                                                 sqn_error *err);

/**
 * Make all rows and put them from `offset` on, filled up to a whole number of FITS blocks.
 *
 * @param[out] sum   Of the data, as DATASUM.
 * @param[out] size  (bytes) with what fills the last block.
 */
SQN_NODISCARD sqn_status sqn__fits_strips_put(uint32_t *sum, int64_t *size,
                                              const sqn__fits_strips *strips,
                                              const sqn_fits_sink *sink, int64_t offset,
                                              sqn_error *err);

#endif
