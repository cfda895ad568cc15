/**
 * @file gram_single.h
 * @brief Products in float of a few depths, added up in double: a part of gram_tile.h.
 *
 * A tile is one vector of floats wide, and as high as there are registers: the factors of its rows
 * lie side by side, and are taken from where they lie.
 */
#ifndef SQN_GRAM_SINGLE_H
#define SQN_GRAM_SINGLE_H

enum { SINGLE_ROWS = 2 * ROWS, SINGLE_LANES = 2 * LANES };

typedef float gram_single __attribute__((vector_size(2 * SQN__GRAM_LANES * sizeof(float)),
                                         aligned(4), may_alias));

#if defined(__clang__)
#define SINGLE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SINGLE_UNROLL _Pragma("GCC unroll 24")
#endif

/* out [rows, one vector] += the product; rows is a constant where this is called. */
GRAM_INLINE void add_single(double *out, int64_t stride, const float *a, int64_t depth,
                            const sqn_matrix_const *b, const int64_t rows)
{
    gram_single sum[SINGLE_ROWS];

    SINGLE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        sum[r] = (gram_single){0};
    }
    for (int64_t i = 0; i < b->rows; i++) {
        const gram_single vector =
            *(const gram_single *)(const void *)(b->data + i * b->stride);
        const float *factor = a + i * depth;

        SINGLE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            sum[r] += factor[r] * vector;
        }
    }
    SINGLE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        gram_vector *to = (gram_vector *)(void *)(out + r * stride);
        float part[SINGLE_LANES];

        *(gram_single *)(void *)part = sum[r];
        to[0] += widened(part);
        to[1] += widened(part + LANES);
    }
}

/* The highest tile of at most so many rows. */
static int64_t single_height(int64_t n_left)
{
    static const int64_t heights[] = {SINGLE_ROWS, ROWS, ROWS / 2, 2, 1};
    int64_t i = 0;

    while (heights[i] > n_left) {
        i++;
    }
    return heights[i];
}

static void product_single(sqn_dmatrix out, sqn__gram_single a, sqn_matrix_const b)
{
    assert(out.cols % SINGLE_LANES == 0);
    for (int64_t t = 0; t < out.cols; t += SINGLE_LANES) {
        const sqn_matrix_const columns = {b.data + t, b.rows, b.cols, b.stride};

        for (int64_t row = 0, n = 0; row < out.rows; row += n) {
            double *to = out.data + row * out.stride + t;

            n = single_height(out.rows - row);
#define CALL(n) add_single(to, out.stride, a.data + row, a.depth, &columns, n)
            switch (n) {
                GRAM_CASE(SINGLE_ROWS, CALL)
                GRAM_CASE(ROWS, CALL)
                GRAM_CASE(ROWS / 2, CALL)
                GRAM_CASE(2, CALL)
            default:
                CALL(1);
            }
#undef CALL
        }
    }
}

#endif
