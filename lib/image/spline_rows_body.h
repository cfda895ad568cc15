/**
 * @file spline_rows_body.h
 * @brief Rows of many planes, pixel by pixel, and back, of a table: as spline_lanes_body.h.
 *
 * Four pixels of as many rows as a vector has lanes are squares of four by four numbers side by
 * side, which are turned together.
 */
#ifndef SQN_SPLINE_ROWS_BODY_H
#define SQN_SPLINE_ROWS_BODY_H

#include <string.h>

#include "interleave.h"
#include "spline_lanes.h"

enum {
    SIDE = 4,
    FETCH = 16,                         /* floats of a cache line */
    N_SQUARE = SQN__SPLINE_WIDTH / SIDE /* side by side in a vector */
};

typedef float quad __attribute__((vector_size(SIDE * sizeof(float)), aligned(4)));

/* Numbers of a square, of this vector (0 to 3) or of another (4 to 7), in all squares. */
#define FROM(k, square) (SIDE * (square) + (k) % SIDE + (k) / SIDE * SQN__SPLINE_WIDTH)
#define SQUARE(a, b, c, d, square) \
    FROM(a, square), FROM(b, square), FROM(c, square), FROM(d, square)
#if SQN__SPLINE_WIDTH == 4
#define SQUARES(a, b, c, d) SQUARE(a, b, c, d, 0)
#elif SQN__SPLINE_WIDTH == 8
#define SQUARES(a, b, c, d) SQUARE(a, b, c, d, 0), SQUARE(a, b, c, d, 1)
#else
#define SQUARES(a, b, c, d)                                              \
    SQUARE(a, b, c, d, 0), SQUARE(a, b, c, d, 1), SQUARE(a, b, c, d, 2), \
        SQUARE(a, b, c, d, 3)
#endif

/* Rows of squares become columns. */
TAPS_INLINE void turn_squares(images q[SIDE])
{
    const images low_01 = __builtin_shufflevector(q[0], q[1], SQUARES(0, 4, 1, 5));
    const images low_23 = __builtin_shufflevector(q[2], q[3], SQUARES(0, 4, 1, 5));
    const images high_01 = __builtin_shufflevector(q[0], q[1], SQUARES(2, 6, 3, 7));
    const images high_23 = __builtin_shufflevector(q[2], q[3], SQUARES(2, 6, 3, 7));

    q[0] = __builtin_shufflevector(low_01, low_23, SQUARES(0, 1, 4, 5));
    q[1] = __builtin_shufflevector(low_01, low_23, SQUARES(2, 3, 6, 7));
    q[2] = __builtin_shufflevector(high_01, high_23, SQUARES(0, 1, 4, 5));
    q[3] = __builtin_shufflevector(high_01, high_23, SQUARES(2, 3, 6, 7));
}

/* Row i of all squares: pixels of rows i, i + 4, ... */
TAPS_INLINE images load_squares(const float *const row[WIDTH], int64_t i, int64_t x)
{
    quad part[N_SQUARE];

    for (int64_t k = 0; k < N_SQUARE; k++) {
        part[k] = *(const quad *)(const void *)(row[k * SIDE + i] + x);
    }
#if SQN__SPLINE_WIDTH == 4
    return part[0];
#elif SQN__SPLINE_WIDTH == 8
    return __builtin_shufflevector(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7);
#else
    return __builtin_shufflevector(
        __builtin_shufflevector(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7),
        __builtin_shufflevector(part[2], part[3], 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3, 4, 5,
        6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
}

/* Rows of a vector of lanes, into [n_pix, lanes]; what follows on either side is fetched, though it
   may lie outside. */
TAPS_INLINE void interleave_vector(float *restrict out, const float *const row[WIDTH],
                                   int64_t n_row, int64_t lanes, int64_t n_pix)
{
    const int64_t n_whole = n_pix - n_pix % SIDE;

    for (int64_t x = 0; x < n_whole; x += SIDE) {
        images q[SIDE];

        for (int64_t i = 0; i < n_row && x % FETCH == 0; i++) {
            __builtin_prefetch(row[i] + x + n_pix, 0, 3);
        }
        for (int64_t i = 0; i < SIDE; i++) {
            __builtin_prefetch(out + (x + i + n_pix) * lanes, 1, 3);
            q[i] = load_squares(row, i, x);
        }
        turn_squares(q);
        for (int64_t i = 0; i < SIDE; i++) {
            *(images *)(void *)(out + (x + i) * lanes) = q[i];
        }
    }
    for (int64_t x = n_whole; x < n_pix; x++) {
        for (int64_t l = 0; l < WIDTH; l++) {
            out[x * lanes + l] = row[l][x];
        }
    }
}

static void interleave(float *out, const sqn__rows_of *rows, int64_t lanes, int64_t n_pix)
{
    for (int64_t l = 0; l < rows->n; l += WIDTH) {
        const int64_t n = rows->n - l < WIDTH ? rows->n - l : WIDTH;
        const float *row[WIDTH];

        for (int64_t i = 0; i < WIDTH; i++) {
            row[i] = rows->row[i < n ? l + i : l];
        }
        interleave_vector(out + l, row, n, lanes, n_pix);
    }
}

/* Of four pixels, a vector from lane `l` on: rows, as many as there are, from column x on. */
TAPS_INLINE void store_squares(const sqn__rows_to *rows, const images q[SIDE], int64_t l,
                               int64_t x)
{
    for (int64_t i = 0; i < WIDTH && l + i < rows->n; i++) {
        const float *part = (const float *)(const void *)&q[i % SIDE] + i / SIDE * SIDE;

        memcpy(rows->row[l + i] + x, part, SIDE * sizeof *part);
    }
}

static void interleave_undo(const sqn__rows_to *rows, const float *in, int64_t lanes,
                            int64_t n_pix)
{
    const int64_t n_whole = n_pix - n_pix % SIDE;

    for (int64_t l = 0; l < rows->n; l += WIDTH) {
        for (int64_t x = 0; x < n_whole; x += SIDE) {
            images q[SIDE];

            for (int64_t i = 0; i < SIDE; i++) {
                q[i] = *(const images *)(const void *)(in + (x + i) * lanes + l);
            }
            turn_squares(q);
            store_squares(rows, q, l, x);
        }
    }
    for (int64_t l = 0; l < rows->n; l++) {
        for (int64_t x = n_whole; x < n_pix; x++) {
            rows->row[l][x] = in[x * lanes + l];
        }
    }
}

#endif
