/** @file bits.h @brief A set of pixels, a bit each, and its growth by a circle. */
#ifndef SQN_BITS_H
#define SQN_BITS_H

#include <stdbool.h>
#include <stdint.h>

enum { SQN__BITS_WORD = 64 }; /**< Pixels in a word. */

/** A set of the pixels of an image; rows begin with a new word. Borrows its words. */
typedef struct sqn__bits {
    int64_t ny, nx;
    uint64_t *word; /**< [ny, sqn__bits_n_word(nx)] pixel x is bit x % 64 of word x / 64. */
} sqn__bits;

/** Words of a row of `nx` pixels: the last one is 0. */
static inline int64_t sqn__bits_n_word(int64_t nx)
{
    return (nx + SQN__BITS_WORD - 1) / SQN__BITS_WORD + 1;
}

/** Number of the bit of pixel (y, x) in the words of all rows. */
static inline int64_t sqn__bits_at(const sqn__bits *bits, int64_t y, int64_t x)
{
    return y * sqn__bits_n_word(bits->nx) * SQN__BITS_WORD + x;
}

/** The words of row `y`. */
static inline uint64_t *sqn__bits_row(const sqn__bits *bits, int64_t y)
{
    return bits->word + y * sqn__bits_n_word(bits->nx);
}

/** Put pixel (y, x) into the set. */
static inline void sqn__bits_set(const sqn__bits *bits, int64_t y, int64_t x)
{
    const int64_t bit = sqn__bits_at(bits, y, x);

    bits->word[bit / SQN__BITS_WORD] |= UINT64_C(1) << (bit % SQN__BITS_WORD);
}

static inline bool sqn__bits_has(const sqn__bits *bits, int64_t y, int64_t x)
{
    return (sqn__bits_row(bits, y)[x / SQN__BITS_WORD] >> (x % SQN__BITS_WORD) & 1U) != 0;
}

/** Words of work space for sqn__bits_grow(). */
int64_t sqn__bits_work_size(int64_t ny, int64_t nx);

/**
 * All pixels whose centre lies within `radius` of one in the set.
 *
 * @param[out] out   As large as `in`; other memory. Of the last word with pixels of a row, bits
 *                   behind the last pixel may be set.
 * @param[in]  radius  (pixels) >= 0.
 * @param[out] work  [sqn__bits_work_size()]
 */
void sqn__bits_grow(const sqn__bits *out, const sqn__bits *in, double radius,
                    uint64_t *work);

#endif
