/**
 * @file kernels_double_tile.h
 * @brief The tables in double on tiles in vector registers, compiled once per instruction set.
 *
 * The file that includes it may say how a vector of floats becomes one of doubles
 * (SQN__TILE_WIDENED), beside what kernels_product.h asks for.
 */
#ifndef SQN_KERNELS_DOUBLE_TILE_H
#define SQN_KERNELS_DOUBLE_TILE_H

#include <assert.h>
#include <stddef.h>

#define SQN__TILE_NUMBER double
#include "kernels_double.h"
#include "kernels_product.h"

static_assert((int)SQN__KERNELS_DOUBLE_ALIGN % SQN__TILE_LANES == 0,
              "rows are whole vectors");

#ifndef SQN__TILE_WIDENED
typedef float tile_narrow __attribute__((vector_size(SQN__TILE_LANES * sizeof(float)),
                                         aligned(sizeof(float)), may_alias));
#define SQN__TILE_WIDENED(FROM) \
    __builtin_convertvector(*(const tile_narrow *)(FROM), tile_vector)
#endif

/* Where the data of a tile lie and where its products go; sum v (x - model)^2 by lanes. */
typedef struct tile_data {
    const float *x, *v;
    int64_t in_stride;
    double *out;
    int64_t out_stride, width; /* width: from v o x to v o (the product) */
    tile_vector sum;
} tile_data;

/* v o x and v o (the product) of one tile. */
TILE_INLINE void tile_weigh(tile_data *data, const tile_operands *of, const int64_t rows,
                            const int64_t cols)
{
    tile_vector model[SQN__TILE_ROWS][TILE_COLS], part[2] = {{0}};
    const float *in_x = data->x, *in_v = data->v;
    double *out = data->out;

    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < cols; c++) {
            model[i][c] = (tile_vector){0};
        }
    }
    tile_multiply(model, of, rows, cols);
    TILE_UNROLL
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < cols; c++) {
            const int64_t at = c * SQN__TILE_LANES;
            const tile_vector x = SQN__TILE_WIDENED(in_x + at),
                              v = SQN__TILE_WIDENED(in_v + at);
            const tile_vector off = x - model[i][c];

            *(tile_vector *)(out + at) = v * x;
            *(tile_vector *)(out + data->width + at) = v * model[i][c];
            part[i % 2] += v * off * off;
        }
        in_x += data->in_stride;
        in_v += data->in_stride;
        out += data->out_stride;
    }
    data->sum += part[0] + part[1];
}

/* A tile of so many rows and of one or two vectors. */
TILE_INLINE void tile_weigh_rows(tile_data *data, const tile_operands *of, int64_t rows,
                                 const int64_t cols)
{
#define CALL(n) tile_weigh(data, of, n, cols)
    switch (rows) {
        SQN__TILE_CASES(CALL)
    default:
        assert(rows == 0);
    }
#undef CALL
}

static double weigh(sqn_dmatrix out, const sqn__kernels_double_fit *fit)
{
    const int64_t n_tile = tile_count(out.rows), m = fit->b.cols;
    tile_operands of = {.row = fit->a.row,
                        .depth = fit->a.depth,
                        .stride = fit->b.stride,
                        .n = fit->b.rows};
    tile_data data = {.in_stride = fit->stride, .out_stride = out.stride, .width = m};
    double total = 0.0;

    assert(m % SQN__KERNELS_DOUBLE_ALIGN == 0 && out.cols == 2 * m);
    for (int64_t i = 0, row = 0; i < n_tile; i++) { /* data in the order of memory */
        const int64_t end = tile_end(i, n_tile, out.rows);

        of.a = fit->a.data + row * fit->a.row;
        for (int64_t c = 0; c < m; c += TILE_ELEMENTS) {
            of.b = fit->b.data + c;
            data.x = fit->x + row * fit->stride + c;
            data.v = fit->v + row * fit->stride + c;
            data.out = out.data + row * out.stride + c;
            if (c + TILE_ELEMENTS <= m) {
                tile_weigh_rows(&data, &of, end - row, 2);
            } else {
                tile_weigh_rows(&data, &of, end - row, 1);
            }
        }
        row = end;
    }
    for (int64_t l = 0; l < SQN__TILE_LANES; l++) {
        total += data.sum[l];
    }
    return total;
}

static void add_product(sqn_dmatrix out, sqn__kernels_double_factor a, sqn_dmatrix_const b)
{
    assert(out.cols == b.cols && b.cols % SQN__KERNELS_DOUBLE_ALIGN == 0);
    tile_product(
        (tile_matrix){out.data, out.rows, out.cols, out.stride},
        (tile_operands){a.data, a.row, a.depth, b.data, b.stride, b.rows, true, NULL});
}

#define SQN__TILE_TABLE(NAME)                                      \
    {                                                              \
        .name = (NAME), .weigh = weigh, .add_product = add_product \
    }

#endif
