/** @file interleave.c @brief Squares of four by four numbers, turned in registers. */
#include "interleave.h"

#include <string.h>

enum { SIDE = 4 };

typedef float quad __attribute__((vector_size(SIDE * sizeof(float))));

/* Rows become columns. */
static inline void turn(quad q[SIDE])
{
    const quad low_01 = __builtin_shufflevector(q[0], q[1], 0, 4, 1, 5);
    const quad low_23 = __builtin_shufflevector(q[2], q[3], 0, 4, 1, 5);
    const quad high_01 = __builtin_shufflevector(q[0], q[1], 2, 6, 3, 7);
    const quad high_23 = __builtin_shufflevector(q[2], q[3], 2, 6, 3, 7);

    q[0] = __builtin_shufflevector(low_01, low_23, 0, 1, 4, 5);
    q[1] = __builtin_shufflevector(low_01, low_23, 2, 3, 6, 7);
    q[2] = __builtin_shufflevector(high_01, high_23, 0, 1, 4, 5);
    q[3] = __builtin_shufflevector(high_01, high_23, 2, 3, 6, 7);
}

void sqn__interleave(float *out, const sqn__rows_of *rows, int64_t lanes, int64_t n_pix)
{
    const int64_t n_whole = n_pix - n_pix % SIDE;

    for (int64_t l = 0; l < rows->n; l += SIDE) {
        const float *row[SIDE];

        for (int64_t i = 0; i < SIDE; i++) {
            row[i] = rows->row[l + i < rows->n ? l + i : l];
        }
        for (int64_t x = 0; x < n_whole; x += SIDE) {
            quad q[SIDE];

            for (int64_t i = 0; i < SIDE; i++) {
                memcpy(&q[i], row[i] + x, sizeof q[i]);
            }
            turn(q);
            for (int64_t i = 0; i < SIDE; i++) {
                memcpy(out + (x + i) * lanes + l, &q[i], sizeof q[i]);
            }
        }
        for (int64_t x = n_whole; x < n_pix; x++) {
            for (int64_t i = 0; i < SIDE; i++) {
                out[x * lanes + l + i] = row[i][x];
            }
        }
    }
}

/* Row `l` and those after it, as many as there are: columns x to x + 3. */
static void store(const sqn__rows_to *rows, const quad q[SIDE], int64_t l, int64_t x)
{
    for (int64_t i = 0; i < SIDE && l + i < rows->n; i++) {
        memcpy(rows->row[l + i] + x, &q[i], sizeof q[i]);
    }
}

void sqn__interleave_undo(const sqn__rows_to *rows, const float *in, int64_t lanes,
                          int64_t n_pix)
{
    const int64_t n_whole = n_pix - n_pix % SIDE;

    for (int64_t l = 0; l < rows->n; l += SIDE) {
        for (int64_t x = 0; x < n_whole; x += SIDE) {
            quad q[SIDE];

            for (int64_t i = 0; i < SIDE; i++) {
                memcpy(&q[i], in + (x + i) * lanes + l, sizeof q[i]);
            }
            turn(q);
            store(rows, q, l, x);
        }
    }
    for (int64_t l = 0; l < rows->n; l++) {
        for (int64_t x = n_whole; x < n_pix; x++) {
            rows->row[l][x] = in[x * lanes + l];
        }
    }
}
