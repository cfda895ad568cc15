/** @file interleave.h @brief Rows of many planes, pixel by pixel, and back. */
#ifndef SQN_INTERLEAVE_H
#define SQN_INTERLEAVE_H

#include <stdint.h>

enum { SQN__INTERLEAVE_MOST = 16 }; /**< Planes. */

/** Rows of planes that lie side by side. Borrowed. */
typedef struct sqn__rows_of {
    const float *row[SQN__INTERLEAVE_MOST]; /**< [n] */
    int64_t n;                              /**< 1 ... SQN__INTERLEAVE_MOST */
} sqn__rows_of;

/**
 * out[x lanes + l] = row l at x.
 *
 * @param[out] out    [n_pix, lanes] Lanes behind the last row, up to a multiple of four, hold
 *                    numbers of some of them; those after stay.
 * @param[in]  lanes  A multiple of four, not less than the rows.
 */
void sqn__interleave(float *out, const sqn__rows_of *rows, int64_t lanes, int64_t n_pix);

/** Rows that are filled. Borrowed. */
typedef struct sqn__rows_to {
    float *row[SQN__INTERLEAVE_MOST];
    int64_t n;
} sqn__rows_to;

/** Row l at x = in[x lanes + l], of the first lanes; in [n_pix, lanes]. */
void sqn__interleave_undo(const sqn__rows_to *rows, const float *in, int64_t lanes,
                          int64_t n_pix);

#endif
