/** @file arena.h @brief Arrays that are freed together, in lent memory as far as it goes. */
#ifndef SQN_ARENA_H
#define SQN_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "sequin/spare.h"

/** Where arrays come from; all zero: every one from the system. */
typedef struct sqn__arena {
    sqn_spare spare;               /**< What is left of what was lent. */
    struct sqn__arena_block *last; /**< Arrays of its own. */
} sqn__arena;

/** `count` elements of `size` bytes of any content on a 64-byte boundary, out of the fullest lent block
 *  that holds them, else from the system; NULL if impossible. They last until sqn__arena_clear(). */
void *sqn__arena_reserve(sqn__arena *arena, int64_t count, size_t size);

/** The same, zeroed. */
void *sqn__arena_alloc(sqn__arena *arena, int64_t count, size_t size);

/** Free all arrays; nothing is lent any more. */
void sqn__arena_clear(sqn__arena *arena);

#endif
