/** @file bits.c @brief Sets of pixels, 64 of a row at a time; all rows together. */
#include "bits.h"

#include <math.h>
#include <string.h>

enum { WORD = SQN__BITS_WORD };

/* The words of all rows, with one before and one behind them that are 0. */
typedef struct rows {
    int64_t ny, n_word, n;
    uint64_t *word, *copy; /* [n] */
} rows;

int64_t sqn__bits_work_size(int64_t ny, int64_t nx)
{
    return 2 * (ny * sqn__bits_n_word(nx) + 2);
}

static rows lay_out(const sqn__bits *in, uint64_t *work)
{
    const int64_t n_word = sqn__bits_n_word(in->nx), n = in->ny * n_word;

    memset(work, 0, (size_t)(2 * (n + 2)) * sizeof *work);
    memcpy(work + 1, in->word, (size_t)n * sizeof *work);
    return (rows){in->ny, n_word, n, work + 1, work + n + 3};
}

/* Rows that hold all within some distance of their pixels: then all within `step` more. What
   leaves a row goes no further than its last word, which no pixel has. */
static void widen(const rows *r, int64_t step)
{
    uint64_t *restrict word = r->word;
    const uint64_t *restrict copy = r->copy;

    memcpy(r->copy, r->word, (size_t)r->n * sizeof *r->copy);
    for (int64_t i = 0; i < r->n; i++) {
        word[i] |= copy[i] << step | copy[i] >> step | copy[i - 1] >> (WORD - step) |
                   copy[i + 1] << (WORD - step);
    }
    for (int64_t y = 0; y < r->ny; y++) {
        word[(y + 1) * r->n_word - 1] = 0;
    }
}

/* Rows that hold all within `from` of their pixels: then all within `to`. */
static void widen_to(const rows *r, int64_t from, int64_t to)
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
    const int64_t shift = height * r->n_word;

    for (int64_t i = 0; i < r->n - shift; i++) {
        out[i] |= word[i + shift];
    }
    for (int64_t i = shift; i < r->n; i++) {
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

void sqn__bits_grow(const sqn__bits *out, const sqn__bits *in, double radius,
                    uint64_t *work)
{
    const rows r = lay_out(in, work);
    const int64_t reach = (int64_t)floor(fmin(radius, (double)in->ny));
    int64_t from = 0;

    memset(out->word, 0, (size_t)r.n * sizeof *out->word);
    for (int64_t height = reach; height >= 0; height--) {
        const int64_t half = half_chord(radius, height, in->nx);

        widen_to(&r, from, half);
        from = half;
        join(out->word, &r, height);
    }
}
