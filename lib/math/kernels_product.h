/**
 * @file kernels_product.h
 * @brief The one product of matrices behind all kernels, its sums in vector registers.
 *
 * Rows of broadcast numbers times rows of vectors. The file that includes it says what a
 * number is (SQN__TILE_NUMBER), how many make a vector (SQN__TILE_LANES), and how many rows of
 * a tile of two vectors leave registers for the operands (SQN__TILE_ROWS, SQN__TILE_CASES).
 */
#ifndef SQN_KERNELS_PRODUCT_H
#define SQN_KERNELS_PRODUCT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels_ahead.h"

enum { TILE_COLS = 2, TILE_ELEMENTS = TILE_COLS * SQN__TILE_LANES };

typedef SQN__TILE_NUMBER tile_vector
    __attribute__((vector_size(SQN__TILE_LANES * sizeof(SQN__TILE_NUMBER)),
                   aligned(sizeof(SQN__TILE_NUMBER)), may_alias));

#define TILE_INLINE static inline __attribute__((always_inline))

/* Loops over the rows of a tile: the sums stay in registers only when no loop is left. */
#if defined(__clang__)
#define TILE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TILE_UNROLL _Pragma("GCC unroll 12")
#endif

/* What a tile multiplies: a number for each row and depth, vectors for each depth. */
typedef struct tile_operands {
    const SQN__TILE_NUMBER *a;
    int64_t row, depth; /* steps in a from row to row, from depth to depth */
    const SQN__TILE_NUMBER *b;
    int64_t stride;            /* step in b from depth to depth */
    int64_t n;                 /* depths */
    bool add;                  /* to what is there, which else does not count */
    sqn__kernels_ahead *ahead; /* NULL: nothing */
} tile_operands;

/* Ask for the lines of step `i`, without waiting for them. */
TILE_INLINE void tile_ask(const sqn__kernels_ahead *ahead, int64_t i)
{
    __builtin_prefetch(ahead->x + i * SQN__KERNELS_LINE, 0, 2);
    __builtin_prefetch(ahead->v + i * SQN__KERNELS_LINE, 0, 2);
}

/* The lines of `n` steps have been asked for; those behind the end did no harm. */
TILE_INLINE void tile_asked(sqn__kernels_ahead *ahead, int64_t n)
{
    ahead->x += n * SQN__KERNELS_LINE;
    ahead->v += n * SQN__KERNELS_LINE;
    ahead->n_line -= n;
}

/* Rows and columns are constants where this is called, so the sums live in registers. */
TILE_INLINE void tile_multiply(tile_vector sum[SQN__TILE_ROWS][TILE_COLS],
                               const tile_operands *of, const int64_t rows,
                               const int64_t cols)
{
    const bool asks = of->ahead != NULL && of->ahead->n_line > 0;
    const sqn__kernels_ahead ahead =
        asks ? *of->ahead : (sqn__kernels_ahead){NULL, NULL, 0};

    for (int64_t i = 0; i < of->n; i++) {
        const SQN__TILE_NUMBER *b = of->b + i * of->stride, *a = of->a + i * of->depth;
        tile_vector vector[TILE_COLS];

        if (asks) {
            tile_ask(&ahead, i);
        }
        for (int64_t c = 0; c < cols; c++) {
            vector[c] = *(const tile_vector *)(b + c * SQN__TILE_LANES);
        }
        TILE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            const SQN__TILE_NUMBER number = a[r * of->row];

            for (int64_t c = 0; c < cols; c++) {
                sum[r][c] += number * vector[c];
            }
        }
    }
    if (asks) {
        tile_asked(of->ahead, of->n);
    }
}

/* out [rows, cols vectors] = or += the product. */
TILE_INLINE void tile_add(SQN__TILE_NUMBER *out, int64_t stride, const tile_operands *of,
                          const int64_t rows, const int64_t cols)
{
    tile_vector sum[SQN__TILE_ROWS][TILE_COLS];

    TILE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            sum[r][c] = of->add
                            ? *(const tile_vector *)(out + r * stride + c * SQN__TILE_LANES)
                            : (tile_vector){0};
        }
    }
    tile_multiply(sum, of, rows, cols);
    TILE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            *(tile_vector *)(out + r * stride + c * SQN__TILE_LANES) = sum[r][c];
        }
    }
}

/* The tile of so many rows; `CALL(rows)` is one of the above with a constant. */
#define TILE_CASE_6(CALL) \
    case 1:               \
        CALL(1);          \
        break;            \
    case 2:               \
        CALL(2);          \
        break;            \
    case 3:               \
        CALL(3);          \
        break;            \
    case 4:               \
        CALL(4);          \
        break;            \
    case 5:               \
        CALL(5);          \
        break;            \
    case 6:               \
        CALL(6);          \
        break;
#define TILE_CASE_12(CALL) \
    TILE_CASE_6(CALL)      \
    case 7:                \
        CALL(7);           \
        break;             \
    case 8:                \
        CALL(8);           \
        break;             \
    case 9:                \
        CALL(9);           \
        break;             \
    case 10:               \
        CALL(10);          \
        break;             \
    case 11:               \
        CALL(11);          \
        break;             \
    case 12:               \
        CALL(12);          \
        break;

/* End of tile `i` of the `n_tile` of nearly equal height that `rows` rows are cut into. */
static inline int64_t tile_end(int64_t i, int64_t n_tile, int64_t rows)
{
    return (i + 1) * rows / n_tile;
}

static inline int64_t tile_count(int64_t rows)
{
    return (rows + SQN__TILE_ROWS - 1) / SQN__TILE_ROWS;
}

/* A tile of so many rows and of one or two vectors. */
TILE_INLINE void tile_add_rows(SQN__TILE_NUMBER *out, int64_t stride,
                               const tile_operands *of, int64_t rows, const int64_t cols)
{
#define CALL(n) tile_add(out, stride, of, n, cols)
    switch (rows) {
        SQN__TILE_CASES(CALL)
    default:
        assert(rows == 0);
    }
#undef CALL
}

/* Where a product goes; columns are whole vectors. */
typedef struct tile_matrix {
    SQN__TILE_NUMBER *data;
    int64_t rows, cols, stride;
} tile_matrix;

/* out = or += the product. */
TILE_INLINE void tile_product(tile_matrix out, tile_operands of)
{
    const int64_t n_tile = tile_count(out.rows);
    const tile_operands whole = of;

    for (int64_t t = 0; t < out.cols; t += TILE_ELEMENTS) {
        of.b = whole.b + t;
        for (int64_t i = 0, row = 0; i < n_tile; i++) {
            const int64_t end = tile_end(i, n_tile, out.rows);
            SQN__TILE_NUMBER *to = out.data + row * out.stride + t;

            of.a = whole.a + row * whole.row;
            if (t + TILE_ELEMENTS <= out.cols) {
                tile_add_rows(to, out.stride, &of, end - row, 2);
            } else {
                tile_add_rows(to, out.stride, &of, end - row, 1);
            }
            row = end;
        }
    }
}

#endif
