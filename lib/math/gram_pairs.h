/**
 * @file gram_pairs.h
 * @brief Products of pairs of numbers, and their weighted sums: a part of gram_tile.h.
 */
#ifndef SQN_GRAM_PAIRS_H
#define SQN_GRAM_PAIRS_H

/*
 * Vector by vector of h, the last first. What a row writes behind its end belongs to the first
 * vector of the next one, which is written later.
 */
static void pairs(sqn_dmatrix out, sqn_dmatrix_const h, int64_t k)
{
    const int64_t n_pair = k * (k + 1) / 2;

    for (int64_t p = 0; p < h.rows; p++) {
        const double *from = h.data + p * h.stride;
        double *to = out.data + p * out.stride;

        for (int64_t j = (k - 1) / LANES * LANES; j >= 0; j -= LANES) {
            const gram_vector vector = *vector_at(from + j);
            double *row = to + j * (j + 1) / 2 + j;

            for (int64_t i = j; i < k; i++) {
                *(gram_vector *)(void *)row = from[i] * vector;
                row += i + 1;
            }
        }
        GRAM_UNROLL
        for (int64_t e = 0; e < SQN__GRAM_ALIGN; e += LANES) {
            *(gram_vector *)(void *)(to + n_pair + e) = (gram_vector){0};
        }
    }
}

/* The first `n` numbers of a vector, 0 behind them. */
GRAM_INLINE gram_vector load_part(const double *from, int64_t n)
{
#if defined(__AVX512F__)
    return (gram_vector)_mm512_maskz_loadu_pd((__mmask8)((1U << n) - 1U), from);
#else
    double part[LANES] = {0.0};

    for (int64_t l = 0; l < n; l++) {
        part[l] = from[l];
    }
    return *vector_at(part);
#endif
}

GRAM_INLINE void store_part(double *to, const gram_vector *vector, int64_t n)
{
#if defined(__AVX512F__)
    _mm512_mask_storeu_pd(to, (__mmask8)((1U << n) - 1U), (__m512d)*vector);
#else
    for (int64_t l = 0; l < n; l++) {
        to[l] = (*vector)[l];
    }
#endif
}

/* Rows i .. i + rows of the pairs, and the vector of columns at j. */
GRAM_INLINE void add_pairs(double *out, const double *v, sqn_dmatrix_const h,
                           const int64_t at[2], const int64_t rows)
{
    const int64_t i = at[0], j = at[1];
    const double *left = h.data + i, *right = h.data + j;
    gram_vector sum[ROWS];

    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        const int64_t row = i + r, n = row - j >= LANES ? LANES : row - j + 1;

        sum[r] = load_part(out + row * (row + 1) / 2 + j, n);
    }
    for (int64_t p = 0; p < h.rows; p++) {
        const gram_vector vector = *vector_at(right);
        const double weight = v[p];

        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            const gram_vector pair = left[r] * vector;

            sum[r] += weight * pair;
        }
        left += h.stride;
        right += h.stride;
    }
    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        const int64_t row = i + r, n = row - j >= LANES ? LANES : row - j + 1;

        store_part(out + row * (row + 1) / 2 + j, &sum[r], n);
    }
}

static void weighted_pairs(double *out, const double *v, sqn_dmatrix_const h, int64_t k)
{
    for (int64_t j = 0; j < k; j += LANES) {
        const int64_t n_tile = (k - j + ROWS - 1) / ROWS;

        for (int64_t tile = 0, row = 0; tile < n_tile; tile++) {
            const int64_t end = tile_end(tile, n_tile, k - j);
            const int64_t at[2] = {j + row, j};

#define CALL(n) add_pairs(out, v, h, at, n)
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

#endif
