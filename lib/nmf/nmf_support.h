/** @file nmf_support.h @brief What the valid frames of a pixel say about a component. */
#ifndef SQN_NMF_SUPPORT_H
#define SQN_NMF_SUPPORT_H

#include "nmf_internal.h"

/** Whether a pixel with `n_valid` frames misses enough for a component to lack support. */
bool sqn__nmf_support_asked(const sqn_panels *panels, int64_t n_valid);

/** Whether `sum` of squares (below) over the `n_valid` frames of a pixel supports it there. */
bool sqn__nmf_support_given(double sum, int64_t n_valid);

/** out [s, k], stride as `s` [s, k]: squares over the mean square of their column; 1 in a column
 *  of zeros, of which nothing is to be known. May be s itself. */
void sqn__nmf_support_squares(float *out, sqn_matrix_const s);

/**
 * undetermined [n_pix] = 1 where some, but fewer valid frames than components, or frames that do
 * not support one of them, determine the pixel. `squares` [s, k] of the factor on the frames.
 */
void sqn__nmf_support_mark(uint8_t *undetermined, const sqn_panels *panels,
                           sqn_matrix_const squares);

#endif
