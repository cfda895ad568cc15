/**
 * @file kernels_tile.h
 * @brief Products whose results stay in vector registers, compiled once per instruction set.
 *
 * The file that includes it says how wide a vector is (SQN__TILE_LANES), how many rows of a
 * tile of two vectors leave registers for the operands (SQN__TILE_ROWS), and how the front
 * and back halves of two vectors interleave (SQN__TILE_FRONT, SQN__TILE_BACK). All products
 * are one: rows of broadcast numbers times rows of vectors.
 */
#ifndef SQN_KERNELS_TILE_H
#define SQN_KERNELS_TILE_H

#include <assert.h>
#include <stddef.h>

#include "kernels_lanes.h"

enum { TILE_COLS = 2, TILE_ELEMENTS = TILE_COLS * SQN__TILE_LANES };

typedef float tile_vector
    __attribute__((vector_size(SQN__TILE_LANES * sizeof(float)), aligned(4), may_alias));
typedef double tile_wide __attribute__((vector_size(SQN__TILE_LANES * sizeof(double))));

static_assert((int)SQN__KERNELS_WIDTH % (int)TILE_ELEMENTS == 0, "a panel is whole tiles");
static_assert((int)SQN__KERNELS_ALIGN % SQN__TILE_LANES == 0,
              "turned rows are whole vectors");

#define TILE_INLINE static inline __attribute__((always_inline))

/* Loops over the rows of a tile: the sums stay in registers only when no loop is left. */
#if defined(__clang__)
#define TILE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TILE_UNROLL _Pragma("GCC unroll 12")
#endif

/* What a tile multiplies: a number for each row and depth, vectors for each depth. */
typedef struct tile_operands {
    const float *a;
    int64_t row, depth; /* steps in a from row to row, from depth to depth */
    const float *b;
    int64_t stride; /* step in b from depth to depth */
    int64_t n;      /* depths */
} tile_operands;

/* Rows and columns are constants where this is called, so the sums live in registers. */
TILE_INLINE void tile_multiply(tile_vector sum[SQN__TILE_ROWS][TILE_COLS],
                               const tile_operands *of, const int64_t rows,
                               const int64_t cols)
{
    for (int64_t i = 0; i < of->n; i++) {
        const float *b = of->b + i * of->stride, *a = of->a + i * of->depth;
        tile_vector vector[TILE_COLS];

        for (int64_t c = 0; c < cols; c++) {
            vector[c] = *(const tile_vector *)(b + c * SQN__TILE_LANES);
        }
        TILE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            const float number = a[r * of->row];

            for (int64_t c = 0; c < cols; c++) {
                sum[r][c] += number * vector[c];
            }
        }
    }
}

/* out [rows, cols vectors] += the product. */
TILE_INLINE void tile_add(float *out, int64_t stride, const tile_operands *of,
                          const int64_t rows, const int64_t cols)
{
    tile_vector sum[SQN__TILE_ROWS][TILE_COLS];

    TILE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            sum[r][c] = *(const tile_vector *)(out + r * stride + c * SQN__TILE_LANES);
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

/* Where the data of a tile lie, and sum v (x - product)^2 by lanes. */
typedef struct tile_data {
    float *r;
    const float *x, *v;
    tile_wide sum;
} tile_data;

/* r = v o (x - product) of the tile that begins at `first`. */
TILE_INLINE void tile_residual(tile_data *data, int64_t first, const tile_operands *of,
                               const int64_t rows)
{
    /* four sums: each addition would wait for the one before */
    tile_vector model[SQN__TILE_ROWS][TILE_COLS], part[2][TILE_COLS] = {{{0}}};

    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < TILE_COLS; c++) {
            model[i][c] = (tile_vector){0};
        }
    }
    tile_multiply(model, of, rows, TILE_COLS);
    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < TILE_COLS; c++) {
            const int64_t at = first + i * SQN__KERNELS_WIDTH + c * SQN__TILE_LANES;
            const tile_vector off = *(const tile_vector *)(data->x + at) - model[i][c];
            const tile_vector weighted = *(const tile_vector *)(data->v + at) * off;

            *(tile_vector *)(data->r + at) = weighted;
            part[i % 2][c] += weighted * off;
        }
    }
    part[0][0] += part[1][0];
    part[0][1] += part[1][1];
    data->sum += __builtin_convertvector(part[0][0] + part[0][1], tile_wide);
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
TILE_INLINE void tile_add_rows(float *out, int64_t stride, const tile_operands *of,
                               int64_t rows, const int64_t cols)
{
#define CALL(n) tile_add(out, stride, of, n, cols)
    switch (rows) {
        SQN__TILE_CASES(CALL)
    default:
        assert(rows == 0);
    }
#undef CALL
}

/* out += the product. */
TILE_INLINE void tile_product(sqn_matrix out, tile_operands of)
{
    const int64_t n_tile = tile_count(out.rows);
    const tile_operands whole = of;

    for (int64_t t = 0; t < out.cols; t += TILE_ELEMENTS) {
        of.b = whole.b + t;
        for (int64_t i = 0, row = 0; i < n_tile; i++) {
            const int64_t end = tile_end(i, n_tile, out.rows);
            float *to = out.data + row * out.stride + t;

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

static void spread(float *out, sqn_matrix_const a, const float *b)
{
    enum { T = SQN__KERNELS_WIDTH };

    tile_product((sqn_matrix){out, a.cols, T, T},
                 (tile_operands){a.data, 1, a.stride, b, T, a.rows});
}

static void gather(sqn_matrix out, const float *a, sqn_matrix_const b)
{
    enum { T = SQN__KERNELS_WIDTH };

    assert(b.rows == T && b.cols == out.cols && b.cols % SQN__KERNELS_ALIGN == 0);
    tile_product(out, (tile_operands){a, T, 1, b.data, b.stride, T});
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through `data` */
static double residual(float *r, const sqn__kernels_fit *fit)
{
    enum { T = SQN__KERNELS_WIDTH };
    const int64_t n = fit->s.cols, n_tile = tile_count(n);
    tile_operands of = {NULL, 1, fit->s.stride, NULL, T, fit->s.rows};
    tile_data data = {r, fit->x, fit->v, {0}};
    double total = 0.0;

    for (int64_t i = 0, row = 0; i < n_tile; i++) { /* data in the order of memory */
        const int64_t end = tile_end(i, n_tile, n);

        of.a = fit->s.data + row;
        for (int64_t t = 0; t < T; t += TILE_ELEMENTS) {
            const int64_t at = row * T + t;

            of.b = fit->u + t;
#define CALL(rows) tile_residual(&data, at, &of, rows)
            switch (end - row) {
                SQN__TILE_CASES(CALL)
            default:
                assert(end == row);
            }
#undef CALL
        }
        row = end;
    }
    for (int64_t l = 0; l < SQN__TILE_LANES; l++) {
        total += data.sum[l];
    }
    return total;
}

/* A square of numbers turned: interleaving halves log2(lanes) times swaps rows and columns. */
TILE_INLINE void tile_turn(tile_vector row[SQN__TILE_LANES])
{
    for (int64_t step = 1; step < SQN__TILE_LANES; step *= 2) {
        tile_vector next[SQN__TILE_LANES];

        for (int64_t i = 0; i < SQN__TILE_LANES / 2; i++) {
            const tile_vector a = row[i], b = row[i + SQN__TILE_LANES / 2];

            next[2 * i] = __builtin_shufflevector(a, b, SQN__TILE_FRONT);
            next[2 * i + 1] = __builtin_shufflevector(a, b, SQN__TILE_BACK);
        }
        for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
            row[i] = next[i];
        }
    }
}

static void turn(sqn_matrix out, const float *in, int64_t n)
{
    enum { T = SQN__KERNELS_WIDTH };

    assert(out.rows == T && n <= out.cols && out.cols % SQN__KERNELS_ALIGN == 0);
    for (int64_t j = 0; j < out.cols; j += SQN__TILE_LANES) {
        for (int64_t t = 0; t < T; t += SQN__TILE_LANES) {
            tile_vector row[SQN__TILE_LANES];

            for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
                row[i] = j + i < n ? *(const tile_vector *)(in + (j + i) * T + t)
                                   : (tile_vector){0};
            }
            tile_turn(row);
            for (int64_t i = 0; i < SQN__TILE_LANES; i++) {
                *(tile_vector *)(out.data + (t + i) * out.stride + j) = row[i];
            }
        }
    }
}

#define SQN__TILE_TABLE(NAME)                                                     \
    {                                                                             \
        .name = (NAME), .residual = residual, .spread = spread, .gather = gather, \
        .turn = turn, .pairs = sqn__lanes_pairs, .sweep = sqn__lanes_sweep,       \
    }

#endif
