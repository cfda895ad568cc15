/**
 * @file spare.h
 * @brief Memory that nobody reads any more, lent to whoever needs some next.
 *
 * A page that was written before costs nothing; the first touch of a new one costs more than
 * most of what is done with it.
 */
#ifndef SEQUIN_SPARE_H
#define SEQUIN_SPARE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SQN_SPARE_BLOCKS = 2 };

/** Blocks of memory of any content, borrowed from their owner, who frees them after the borrower has
 *  ended. All zero: none. */
typedef struct sqn_spare {
    void *block[SQN_SPARE_BLOCKS];  /**< On 64-byte boundaries; NULL = none. */
    size_t bytes[SQN_SPARE_BLOCKS]; /**< Multiples of 64. */
} sqn_spare;

#ifdef __cplusplus
}
#endif
#endif
