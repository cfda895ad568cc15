/** @file bits_body.h @brief The loops of a table, compiled for each vector width. */
#ifndef SQN_BITS_BODY_H
#define SQN_BITS_BODY_H

#include <math.h>
#include <string.h>

#include "bits.h"

enum { WORD = SQN__BITS_WORD };

/* The words of all rows, with one before and one behind them that are 0, and as many others. */
typedef struct rows {
    int64_t ny, n_word, n;
    uint64_t *word, *other; /* [n] */
} rows;

static rows rows_in(uint64_t *work, int64_t ny, int64_t nx)
{
    const int64_t n_word = sqn__bits_n_word(nx), n = ny * n_word;

    return (rows){ny, n_word, n, work + 1, work + n + 3};
}

/* Copy `n` bits of a line from bit `first` on; no word behind the last of them is read. */
static void copy_bits(uint64_t *restrict to, const uint64_t *restrict line, int64_t first,
                      int64_t n)
{
    const int64_t shift = first % WORD, last = (n - 1) / WORD; /* word of `to` */
    const int64_t n_rest = n - last * WORD;
    const uint64_t *from = line + first / WORD;

    for (int64_t i = 0; i < last && shift == 0; i++) {
        to[i] = from[i];
    }
    for (int64_t i = 0; i < last && shift > 0; i++) {
        to[i] = from[i] >> shift | from[i + 1] << (WORD - shift);
    }
    to[last] = from[last] >> shift;
    if (shift + n_rest > WORD) {
        to[last] |= from[last + 1] << (WORD - shift);
    }
    to[last] &= n_rest < WORD ? (UINT64_C(1) << n_rest) - 1 : UINT64_MAX;
}

/* Fill the rows from a line. */
static void fold(const rows *r, const uint64_t *line, int64_t nx)
{
    r->word[-1] = r->word[r->n] = r->other[-1] = r->other[r->n] = 0;
    for (int64_t y = 0; y < r->ny; y++) {
        uint64_t *row = r->word + y * r->n_word;

        copy_bits(row, line, y * nx, nx);
        row[r->n_word - 1] = 0;
    }
}

/* Rows that hold all within some distance of their pixels: then all within `step` more. What
   leaves a row goes no further than its last word, which no pixel has. */
static void widen(rows *r, int64_t step)
{
    const uint64_t *restrict from = r->word;
    uint64_t *restrict to = r->other;

    for (int64_t i = 0; i < r->n; i++) {
        to[i] = from[i] | from[i] << step | from[i] >> step | from[i - 1] >> (WORD - step) |
                from[i + 1] << (WORD - step);
    }
    for (int64_t y = 0; y < r->ny; y++) {
        to[(y + 1) * r->n_word - 1] = 0;
    }
    r->other = r->word;
    r->word = to;
}

/* Rows that hold all within `from` of their pixels: then all within `to`. */
static void widen_to(rows *r, int64_t from, int64_t to)
{
    while (from < to) {
        const int64_t most = 2 * from + 1 < WORD ? 2 * from + 1 : WORD - 1; /* no gap */
        const int64_t step = to - from < most ? to - from : most;

        widen(r, step);
        from += step;
    }
}

/* Join the rows to those `height` above and below. */
static void join(uint64_t *restrict out, const rows *r, int64_t height)
{
    const uint64_t *restrict word = r->word;
    const int64_t shift = height * r->n_word, n = r->n;
    const int64_t first = shift < n - shift ? shift : n - shift; /* of those with both */

    for (int64_t i = 0; i < first; i++) {
        out[i] |= word[i + shift];
    }
    for (int64_t i = first; i < n - shift; i++) {
        out[i] |= word[i + shift] | word[i - shift];
    }
    for (int64_t i = n - shift > shift ? n - shift : shift; i < n; i++) {
        out[i] |= word[i - shift];
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

static void grow(const sqn__bits *out, const uint64_t *line, double radius, uint64_t *work)
{
    rows r = rows_in(work, out->ny, out->nx);
    const int64_t reach = (int64_t)floor(fmin(radius, (double)out->ny));
    int64_t from = 0;

    fold(&r, line, out->nx);
    memset(out->word, 0, (size_t)r.n * sizeof *out->word);
    for (int64_t height = reach; height >= 0; height--) {
        const int64_t half = half_chord(radius, height, out->nx);

        widen_to(&r, from, half);
        from = half;
        join(out->word, &r, height);
    }
}

#endif
