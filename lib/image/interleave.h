/** @file interleave.h @brief Rows of many planes that become pixels of many lanes, and back. */
#ifndef SQN_INTERLEAVE_H
#define SQN_INTERLEAVE_H

#include <stdint.h>

enum { SQN__INTERLEAVE_MOST = 16 }; /**< Planes. */

/** Rows of planes that lie side by side. Borrowed. */
typedef struct sqn__rows_of {
    const float *row[SQN__INTERLEAVE_MOST]; /**< [n] */
    int64_t n;                              /**< 1 ... SQN__INTERLEAVE_MOST */
} sqn__rows_of;

/** Rows that are filled. Borrowed. */
typedef struct sqn__rows_to {
    float *row[SQN__INTERLEAVE_MOST];
    int64_t n;
} sqn__rows_to;

#endif
