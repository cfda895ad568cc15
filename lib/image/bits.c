/** @file bits.c @brief Sets of pixels, 64 of a row at a time. */
#include "bits.h"

#include <math.h>
#include <string.h>

enum { WORD = SQN__BITS_WORD };

/* row |= from moved to larger x by `step`. */
static void join_later(uint64_t *row, const uint64_t *from, int64_t n, int64_t step)
{
    const int64_t words = step / WORD, bits = step % WORD;

    for (int64_t i = words; i < n; i++) {
        const uint64_t carried =
            bits > 0 && i > words ? from[i - words - 1] >> (WORD - bits) : 0;

        row[i] |= from[i - words] << bits | carried;
    }
}

/* row |= from moved to smaller x by `step`. */
static void join_earlier(uint64_t *row, const uint64_t *from, int64_t n, int64_t step)
{
    const int64_t words = step / WORD, bits = step % WORD;

    for (int64_t i = 0; i + words < n; i++) {
        const uint64_t carried =
            bits > 0 && i + words + 1 < n ? from[i + words + 1] << (WORD - bits) : 0;

        row[i] |= from[i + words] >> bits | carried;
    }
}

/* A row that holds all within `from` of its pixels: then all within `to`. */
static void widen(uint64_t *row, uint64_t *copy, int64_t n, int64_t from, int64_t to)
{
    while (from < to) {
        const int64_t step =
            to - from < 2 * from + 1 ? to - from : 2 * from + 1; /* no gap */

        memcpy(copy, row, (size_t)n * sizeof *row);
        join_later(row, copy, n, step);
        join_earlier(row, copy, n, step);
        from += step;
    }
}

static bool is_empty(const uint64_t *row, int64_t n)
{
    uint64_t any = 0;

    for (int64_t i = 0; i < n; i++) {
        any |= row[i];
    }
    return any == 0;
}

static void join(const sqn__bits *out, int64_t y, const uint64_t *row, int64_t n)
{
    uint64_t *to = sqn__bits_row(out, y);

    for (int64_t i = 0; i < n && y >= 0 && y < out->ny; i++) {
        to[i] |= row[i];
    }
}

/* Half the chord, in whole pixels below `limit`, of a circle at `height` from its middle. */
static int64_t half_chord(double radius, int64_t height, int64_t limit)
{
    int64_t u = (int64_t)floor(fmin(radius, (double)limit));

    while (u >= 0 && (double)(u * u + height * height) > radius * radius) {
        u--;
    }
    return u;
}

void sqn__bits_grow(const sqn__bits *out, const sqn__bits *in, double radius,
                    uint64_t *work)
{
    const int64_t n = sqn__bits_n_word(in->nx);
    const int64_t reach = (int64_t)floor(fmin(radius, (double)in->ny));
    uint64_t *row = work, *copy = work + n;

    memset(out->word, 0, (size_t)(in->ny * n) * sizeof *out->word);
    for (int64_t y = 0; y < in->ny; y++) {
        int64_t from = 0;

        memcpy(row, sqn__bits_row(in, y), (size_t)n * sizeof *row);
        for (int64_t height = reach; height >= 0 && !is_empty(row, n); height--) {
            const int64_t half = half_chord(radius, height, in->nx);

            widen(row, copy, n, from, half);
            from = half;
            join(out, y - height, row, n);
            join(out, y + height, row, n);
        }
    }
}
