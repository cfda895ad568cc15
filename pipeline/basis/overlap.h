/** @file overlap.h @brief How much the components of earlier stages are like those of the last. */
#ifndef OVERLAP_H
#define OVERLAP_H

#include "sequin/nmf.h"

/**
 * Cosines of rows, over the pixels that both have.
 *
 * @param[out] out   [k, k] row = stage, column = component; NaN where not kept or not there.
 * @param[in]  nmf   Of k components.
 */
void overlap_measure(double *out, const sqn_nmf *nmf, int64_t k);

#endif
