/** @file arena.c @brief Arrays cut out of lent blocks, and a list of the others. */
#include "arena.h"

#include <stdbool.h>
#include <string.h>

#include "mem.h"

enum { ALIGNMENT = 64 }; /* bytes */

/** An array that came from the system. */
typedef struct sqn__arena_block {
    void *memory;
    struct sqn__arena_block *before;
} block;

/* The lent block that `bytes` fill best; -1: none. */
static int choose_block(const sqn_spare *spare, size_t bytes)
{
    int best = -1;

    for (int k = 0; k < SQN_SPARE_BLOCKS; k++) {
        const bool fits = spare->block[k] != NULL && spare->bytes[k] >= bytes;

        best = fits && (best < 0 || spare->bytes[k] < spare->bytes[best]) ? k : best;
    }
    return best;
}

/* The first `bytes` of a lent block. */
static void *cut(sqn_spare *spare, int k, size_t bytes)
{
    char *memory = spare->block[k];

    spare->block[k] = memory + bytes;
    spare->bytes[k] -= bytes;
    return memory;
}

/* An array of its own. */
static void *add_block(sqn__arena *arena, int64_t count, size_t size)
{
    block *b = sqn__mem_alloc(1, sizeof *b);
    void *memory = b != NULL ? sqn__mem_reserve(count, size) : NULL;

    if (memory == NULL) {
        sqn__mem_free(b);
        return NULL;
    }
    *b = (block){memory, arena->last};
    arena->last = b;
    return memory;
}

void *sqn__arena_reserve(sqn__arena *arena, int64_t count, size_t size)
{
    if (count < 0 || size == 0 || (uint64_t)count > (PTRDIFF_MAX - ALIGNMENT) / size) {
        return NULL;
    }

    const size_t bytes =
        ((size_t)count * size / ALIGNMENT + 1) * ALIGNMENT; /* never empty */
    const int k = choose_block(&arena->spare, bytes);

    return k >= 0 ? cut(&arena->spare, k, bytes) : add_block(arena, count, size);
}

void *sqn__arena_alloc(sqn__arena *arena, int64_t count, size_t size)
{
    void *memory = sqn__arena_reserve(arena, count, size);

    if (memory != NULL) {
        memset(memory, 0, (size_t)count * size);
    }
    return memory;
}

void sqn__arena_clear(sqn__arena *arena)
{
    for (block *b = arena->last; b != NULL;) {
        block *before = b->before;

        sqn__mem_free(b->memory);
        sqn__mem_free(b);
        b = before;
    }
    *arena = (sqn__arena){0};
}
