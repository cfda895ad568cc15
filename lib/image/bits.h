/** @file bits.h @brief Sets of pixels, a bit each, and their growth by a circle. */
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

/** The words of row `y`. */
static inline uint64_t *sqn__bits_row(const sqn__bits *bits, int64_t y)
{
    return bits->word + y * sqn__bits_n_word(bits->nx);
}

static inline bool sqn__bits_has(const sqn__bits *bits, int64_t y, int64_t x)
{
    return (sqn__bits_row(bits, y)[x / SQN__BITS_WORD] >> (x % SQN__BITS_WORD) & 1U) != 0;
}

/** Words of a line of all pixels, one row right behind the other: pixel p is bit p % 64 of word
 *  p / 64. */
static inline int64_t sqn__bits_line_size(int64_t n_pix)
{
    return (n_pix + SQN__BITS_WORD - 1) / SQN__BITS_WORD;
}

/** Words of work space for sqn__bits_grow(). */
int64_t sqn__bits_work_size(int64_t ny, int64_t nx);

/**
 * All pixels whose centre lies within `radius` of one in a line.
 *
 * @param[out] out   Of the last word with pixels of a row, bits behind the last pixel may be set.
 * @param[in]  line  [sqn__bits_line_size()] other memory.
 * @param[in]  radius  (pixels) >= 0.
 * @param[out] work  [sqn__bits_work_size()]
 */
void sqn__bits_grow(const sqn__bits *out, const uint64_t *line, double radius,
                    uint64_t *work);

/** Its loops, as tables: one per vector width. Every table gives the same. */
typedef struct sqn__bits_loops {
    void (*grow)(const sqn__bits *out, const uint64_t *line, double radius, uint64_t *work);
} sqn__bits_loops;

/** What every processor runs. */
extern const sqn__bits_loops sqn__bits_base;

/** AVX2, AVX-512; NULL where the processor has none. */
const sqn__bits_loops *sqn__bits_avx2(void);
const sqn__bits_loops *sqn__bits_avx512(void);

#endif
