/**
 * @file gram_tile.h
 * @brief Sums that stay in vector registers, compiled once per instruction set.
 *
 * The file that includes it says how wide a vector is (SQN__GRAM_LANES), how many rows a tile of
 * two vectors may have (SQN__GRAM_ROWS), and how many vectors a tile of up to three rows has
 * (SQN__GRAM_FEW): as many sums as there are registers, so that none waits for itself. Two vectors
 * interleaved have their elements SQN__GRAM_FRONT in front and SQN__GRAM_BACK behind.
 */
#ifndef SQN_GRAM_TILE_H
#define SQN_GRAM_TILE_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "gram.h"

enum {
    LANES = SQN__GRAM_LANES,
    ROWS = SQN__GRAM_ROWS,
    FEW = SQN__GRAM_FEW, /* vectors of a tile of few rows */
    FEW_ROWS = 3,
    COLS = 2, /* vectors of a tile of more */
    BLOCK = SQN__GRAM_BLOCK
};

typedef double gram_vector
    __attribute__((vector_size(SQN__GRAM_LANES * sizeof(double)), aligned(8), may_alias));
typedef float gram_narrow
    __attribute__((vector_size(SQN__GRAM_LANES * sizeof(float)), aligned(4), may_alias));

static_assert(BLOCK % (COLS * LANES) == 0 && BLOCK % (FEW * LANES) == 0,
              "a block is whole tiles");
static_assert(SQN__GRAM_ALIGN % LANES == 0, "aligned rows are whole vectors");

#define GRAM_INLINE static inline __attribute__((always_inline))

/* Loops over the rows of a tile: the sums stay in registers only when no loop is left. */
#if defined(__clang__)
#define GRAM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define GRAM_UNROLL _Pragma("GCC unroll 12")
#endif

GRAM_INLINE const gram_vector *vector_at(const double *p)
{
    return (const gram_vector *)(const void *)p;
}

/* So many numbers in float, widened: at once, where the compiler would make two halves of it. */
GRAM_INLINE gram_vector widened(const float *p)
{
#if defined(__AVX512F__)
    return (gram_vector)_mm512_cvtps_pd(_mm256_loadu_ps(p));
#else
    return __builtin_convertvector(*(const gram_narrow *)(const void *)p, gram_vector);
#endif
}

/* What a tile multiplies. */
typedef struct operands {
    sqn__gram_factor a;
    const double *b;
    int64_t stride, n; /* of b; depths */
} operands;

/* out [rows, cols vectors] += the product, depth by depth; rows and cols are constants where this
   is called. */
GRAM_INLINE void add_tile(double *out, int64_t stride, const operands *of,
                          const int64_t rows, const int64_t cols)
{
    gram_vector sum[ROWS][FEW];

    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        GRAM_UNROLL
        for (int64_t c = 0; c < cols; c++) {
            sum[r][c] = *vector_at(out + r * stride + c * LANES);
        }
    }
    for (int64_t i = 0; i < of->n; i++) {
        const double *b = of->b + i * of->stride, *a = of->a.data + i * of->a.depth;
        gram_vector vector[FEW];

        GRAM_UNROLL
        for (int64_t c = 0; c < cols; c++) {
            vector[c] = *vector_at(b + c * LANES);
        }
        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            const double number = a[r * of->a.row];

            GRAM_UNROLL
            for (int64_t c = 0; c < cols; c++) {
                sum[r][c] += number * vector[c];
            }
        }
    }
    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        GRAM_UNROLL
        for (int64_t c = 0; c < cols; c++) {
            *(gram_vector *)(void *)(out + r * stride + c * LANES) = sum[r][c];
        }
    }
}

/* The tile of so many rows; `CALL(rows)` is a tile with a constant. */
#define GRAM_CASE(n, CALL) \
    case n:                \
        CALL(n);           \
        break;
#define GRAM_CASES_6(CALL) \
    GRAM_CASE(1, CALL)     \
    GRAM_CASE(2, CALL)     \
    GRAM_CASE(3, CALL)     \
    GRAM_CASE(4, CALL)     \
    GRAM_CASE(5, CALL)     \
    GRAM_CASE(6, CALL)
#define GRAM_CASES_12(CALL) \
    GRAM_CASES_6(CALL)      \
    GRAM_CASE(7, CALL)      \
    GRAM_CASE(8, CALL)      \
    GRAM_CASE(9, CALL)      \
    GRAM_CASE(10, CALL)     \
    GRAM_CASE(11, CALL)     \
    GRAM_CASE(12, CALL)

/* A tile of any number of rows, and of one or two vectors. */
GRAM_INLINE void add_rows(double *out, int64_t stride, const operands *of, int64_t rows,
                          const int64_t cols)
{
#define CALL(n) add_tile(out, stride, of, n, cols)
    switch (rows) {
        SQN__GRAM_CASES(CALL)
    default:
        assert(rows == 0);
    }
#undef CALL
}

/* A tile of few rows and many vectors. */
GRAM_INLINE void add_few(double *out, int64_t stride, const operands *of, int64_t rows)
{
    switch (rows) {
    case 1:
        add_tile(out, stride, of, 1, FEW);
        break;
    case 2:
        add_tile(out, stride, of, 2, FEW);
        break;
    default:
        add_tile(out, stride, of, 3, FEW);
    }
}

/* How wide a strip of columns is: as many vectors as are left, at most two, or FEW. */
static int64_t strip_width(int64_t rows, int64_t n_left)
{
    const int64_t few = FEW * (int64_t)LANES, both = COLS * (int64_t)LANES;

    return rows <= FEW_ROWS && n_left >= few ? few : n_left >= both ? both : LANES;
}

/* A tile that is a strip wide. */
static void add_strip(double *out, int64_t stride, const operands *of, int64_t rows,
                      int64_t width)
{
    if (width == FEW * (int64_t)LANES) {
        add_few(out, stride, of, rows);
    } else if (width == COLS * (int64_t)LANES) {
        add_rows(out, stride, of, rows, COLS);
    } else {
        add_rows(out, stride, of, rows, 1);
    }
}

/* The end of tile `i` of the `n_tile` of nearly equal height that `rows` rows are cut into. */
static int64_t tile_end(int64_t i, int64_t n_tile, int64_t rows)
{
    return (i + 1) * rows / n_tile;
}

/* sum [rows, 2 vectors] += the product with numbers in float. */
GRAM_INLINE void add_models(gram_vector sum[ROWS][COLS], const sqn__gram_factor *a,
                            const sqn_matrix_const *b, const int64_t rows)
{
    for (int64_t i = 0; i < b->rows; i++) {
        const float *from = b->data + i * b->stride;
        const double *factor = a->data + i * a->depth;
        const gram_vector first = widened(from), second = widened(from + LANES);

        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            sum[r][0] += factor[r * a->row] * first;
            sum[r][1] += factor[r * a->row] * second;
        }
    }
}

/* The same, out of registers that begin with 0. */
GRAM_INLINE void add_narrow(double *out, int64_t stride, const sqn__gram_factor *a,
                            const sqn_matrix_const *b, const int64_t rows)
{
    gram_vector sum[ROWS][COLS];

    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        sum[r][0] = sum[r][1] = (gram_vector){0};
    }
    add_models(sum, a, b, rows);
    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        gram_vector *to = (gram_vector *)(void *)(out + r * stride);

        to[0] += sum[r][0];
        to[1] += sum[r][1];
    }
}

static void product_narrow(sqn_dmatrix out, sqn__gram_factor a, sqn_matrix_const b)
{
    const int64_t n_tile = (out.rows + ROWS - 1) / ROWS;

    assert(out.cols % (COLS * (int64_t)LANES) == 0);
    for (int64_t t = 0; t < out.cols; t += COLS * (int64_t)LANES) {
        const sqn_matrix_const columns = {b.data + t, b.rows, b.cols, b.stride};

        for (int64_t i = 0, row = 0; i < n_tile; i++) {
            const int64_t end = tile_end(i, n_tile, out.rows);
            const sqn__gram_factor of = {a.data + row * a.row, a.row, a.depth};

#define CALL(n) add_narrow(out.data + row * out.stride + t, out.stride, &of, &columns, n)
            switch (end - row) {
                SQN__GRAM_CASES(CALL)
            default:
                assert(end == row);
            }
#undef CALL
            row = end;
        }
    }
}

/* Strip by strip of b, which stays in cache for all tiles. */
static void product(sqn_dmatrix out, sqn__gram_factor a, sqn_dmatrix_const b)
{
    const int64_t n_tile = (out.rows + ROWS - 1) / ROWS;

    assert(out.cols % SQN__GRAM_ALIGN == 0);
    for (int64_t t = 0, width = 0; t < out.cols; t += width) {
        width = strip_width(out.rows, out.cols - t);
        for (int64_t i = 0, row = 0; i < n_tile; i++) {
            const int64_t end = tile_end(i, n_tile, out.rows);
            const operands of = {
                {a.data + row * a.row, a.row, a.depth}, b.data + t, b.stride, b.rows};

            add_strip(out.data + row * out.stride + t, out.stride, &of, end - row, width);
            row = end;
        }
    }
}

/* A square of numbers turned: interleaving halves log2(lanes) times swaps rows and columns. */
GRAM_INLINE void turn_square(gram_vector row[LANES])
{
    GRAM_UNROLL
    for (int64_t step = 1; step < LANES; step *= 2) {
        gram_vector next[LANES];

        GRAM_UNROLL
        for (int64_t i = 0; i < LANES / 2; i++) {
            const gram_vector a = row[i], b = row[i + LANES / 2];

            next[2 * i] = __builtin_shufflevector(a, b, SQN__GRAM_FRONT);
            next[2 * i + 1] = __builtin_shufflevector(a, b, SQN__GRAM_BACK);
        }
        GRAM_UNROLL
        for (int64_t i = 0; i < LANES; i++) {
            row[i] = next[i];
        }
    }
}

/* Columns j .. j + LANES of `out`; what is not finite leaves a NaN in `trace`. */
GRAM_INLINE void turn_rows(sqn_dmatrix out, sqn_matrix_const in, int64_t j,
                           gram_vector trace[LANES])
{
    static const float nothing[BLOCK];
    const float *from[LANES];

    for (int64_t i = 0; i < LANES; i++) {
        from[i] = j + i < in.rows ? in.data + (j + i) * in.stride : nothing;
    }
    for (int64_t t = 0; t < BLOCK; t += LANES) {
        gram_vector row[LANES];

        GRAM_UNROLL
        for (int64_t i = 0; i < LANES; i++) {
            row[i] = widened(from[i] + t);
            trace[i] += 0.0 * row[i];
        }
        turn_square(row);
        GRAM_UNROLL
        for (int64_t i = 0; i < LANES; i++) {
            *(gram_vector *)(void *)(out.data + (t + i) * out.stride + j) = row[i];
        }
    }
}

static bool turn(sqn_dmatrix out, sqn_matrix_const in)
{
    gram_vector trace[LANES] = {{0}};
    double all = 0.0;

    assert(out.rows == BLOCK && in.rows <= out.cols && out.cols % SQN__GRAM_ALIGN == 0);
    for (int64_t j = 0; j < out.cols; j += LANES) {
        turn_rows(out, in, j, trace);
    }
    for (int64_t i = 0; i < LANES; i++) {
        for (int64_t l = 0; l < LANES; l++) {
            all += trace[i][l];
        }
    }
    return all == 0.0;
}

static bool widen(double *out, sqn_matrix_const in)
{
    gram_vector trace[FEW] = {{0}}; /* several, so that none waits for itself */
    double all = 0.0;

    for (int64_t j = 0; j < in.rows; j++) {
        for (int64_t t = 0; t < BLOCK; t += FEW * (int64_t)LANES) {
            GRAM_UNROLL
            for (int64_t c = 0; c < FEW; c++) {
                const int64_t at = t + c * LANES;
                const gram_vector vector = widened(in.data + j * in.stride + at);

                trace[c] += 0.0 * vector;
                *(gram_vector *)(void *)(out + j * BLOCK + at) = vector;
            }
        }
    }
    for (int64_t c = 0; c < FEW; c++) {
        for (int64_t l = 0; l < LANES; l++) {
            all += trace[c][l];
        }
    }
    return all == 0.0;
}

/* sum v (x - w h)^2 of so many models, beginning with the first of `fit`. */
GRAM_INLINE void add_misfits(double *sum, const sqn__gram_fit *fit, const int64_t rows)
{
    gram_vector total[ROWS][COLS];

    memset(total, 0, sizeof total);
    for (int64_t t = 0; t < BLOCK; t += COLS * (int64_t)LANES) {
        gram_vector model[ROWS][COLS];

        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            model[r][0] = model[r][1] = (gram_vector){0};
        }
        add_models(model, &(sqn__gram_factor){fit->w, fit->row_w, 1},
                   &(sqn_matrix_const){fit->h + t, fit->k, BLOCK, fit->row_h}, rows);
        const double *x = fit->x + t, *v = fit->v + t;

        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++, x += fit->row_x, v += fit->row_v) {
            for (int64_t c = 0; c < COLS; c++) {
                const gram_vector off = *vector_at(x + c * LANES) - model[r][c];

                total[r][c] += *vector_at(v + c * LANES) * off * off;
            }
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        const gram_vector both = total[r][0] + total[r][1];
        double one = 0.0;

        for (int64_t l = 0; l < LANES; l++) {
            one += both[l];
        }
        sum[r] += one;
    }
}

static void misfit(double *sum, const sqn__gram_fit *fit)
{
    const int64_t n_tile = (fit->n + ROWS - 1) / ROWS;

    for (int64_t i = 0, row = 0; i < n_tile; i++) {
        const int64_t end = tile_end(i, n_tile, fit->n);
        sqn__gram_fit part = *fit;

        part.w += row * fit->row_w;
        part.x += row * fit->row_x;
        part.v += row * fit->row_v;
#define CALL(rows) add_misfits(sum + row, &part, rows)
        switch (end - row) {
            SQN__GRAM_CASES(CALL)
        default:
            assert(end == row);
        }
#undef CALL
        row = end;
    }
}

#include "gram_dots.h"
#include "gram_scores.h"
#include "gram_single.h"

#define SQN__GRAM_TABLE(NAME)                                                       \
    {                                                                               \
        (NAME), product, product_narrow, product_single, turn, widen, misfit, dots, \
            weighted_pairs, scores, center                                          \
    }

#endif
