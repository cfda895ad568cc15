/**
 * @file gram_dots.h
 * @brief Products of rows with rows, both as they lie in memory: a part of gram_tile.h.
 *
 * A tile has a vector of sums for each of its elements, which is folded at the end: over as many
 * columns as there are lanes, so that the sums of a row come out side by side.
 */
#ifndef SQN_GRAM_DOTS_H
#define SQN_GRAM_DOTS_H

enum {
    DOT_ROWS = 3,
    DOT_COLS = LANES == 2 ? 4 : LANES, /* as many sums as there are registers */
    PAIRS = 4
};

static_assert(SQN__GRAM_ALIGN % DOT_COLS == 0, "a strip is whole tiles");

/* The sums over the lanes of so many vectors, side by side; these are spoilt. */
GRAM_INLINE gram_vector folded(gram_vector sum[LANES])
{
    GRAM_UNROLL
    for (int64_t n = LANES / 2; n > 0; n /= 2) {
        GRAM_UNROLL
        for (int64_t i = 0; i < n; i++) {
            sum[i] = __builtin_shufflevector(sum[i], sum[i + n], SQN__GRAM_FRONT) +
                     __builtin_shufflevector(sum[i], sum[i + n], SQN__GRAM_BACK);
        }
    }
    return sum[0];
}

/* out [rows, tile] += the sums. */
GRAM_INLINE void fold_tile(double *out, gram_vector (*sum)[DOT_COLS], const int64_t rows)
{
    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        GRAM_UNROLL
        for (int64_t c = 0; c < DOT_COLS; c += LANES) {
            gram_vector *to = (gram_vector *)(void *)(out + r * SQN__GRAM_ALIGN + c);

            *to += folded(&sum[r][c]);
        }
    }
}

/* out [rows, tile] += a b^T; rows is a constant where this is called. */
GRAM_INLINE void add_dots(double *out, const sqn_dmatrix_const *a, const double *b,
                          const int64_t rows)
{
    gram_vector sum[DOT_ROWS][DOT_COLS];

    memset(sum, 0, sizeof sum);
    for (int64_t t = 0; t < BLOCK; t += LANES) {
        gram_vector left[DOT_ROWS];

        GRAM_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            left[r] = *vector_at(a->data + r * a->stride + t);
        }
        GRAM_UNROLL
        for (int64_t c = 0; c < DOT_COLS; c++) {
            const gram_vector right = *vector_at(b + c * BLOCK + t);

            GRAM_UNROLL
            for (int64_t r = 0; r < rows; r++) {
                sum[r][c] += left[r] * right;
            }
        }
    }
    fold_tile(out, sum, rows);
}

static void dots(double *out, sqn_dmatrix_const a, const double *b)
{
    const int64_t n_tile = (a.rows + DOT_ROWS - 1) / DOT_ROWS;

    for (int64_t i = 0, row = 0; i < n_tile; i++) {
        const int64_t end = tile_end(i, n_tile, a.rows);
        const sqn_dmatrix_const part = {a.data + row * a.stride, end - row, BLOCK,
                                        a.stride};

        for (int64_t c = 0; c < SQN__GRAM_ALIGN; c += DOT_COLS) {
            double *to = out + row * SQN__GRAM_ALIGN + c;

            switch (end - row) {
            case 1:
                add_dots(to, &part, b + c * BLOCK, 1);
                break;
            case 2:
                add_dots(to, &part, b + c * BLOCK, 2);
                break;
            default:
                add_dots(to, &part, b + c * BLOCK, 3);
            }
        }
        row = end;
    }
}

/* The sums of so many pairs weighted, which are not kept: as many as have registers for where they
   lie. */
GRAM_INLINE void add_pairs(gram_vector sum[PAIRS], const double *v, const double *h,
                           const sqn__gram_pair *pair)
{
    const double *left[PAIRS], *right[PAIRS];

    GRAM_UNROLL
    for (int64_t c = 0; c < PAIRS; c++) {
        left[c] = h + (int64_t)pair[c].left * BLOCK;
        right[c] = h + (int64_t)pair[c].right * BLOCK;
        sum[c] = (gram_vector){0};
    }
    for (int64_t t = 0; t < BLOCK; t += LANES) {
        const gram_vector weight = *vector_at(v + t);

        GRAM_UNROLL
        for (int64_t c = 0; c < PAIRS; c++) {
            const gram_vector both = *vector_at(left[c] + t) * *vector_at(right[c] + t);

            sum[c] += weight * both;
        }
    }
}

/* Whether so many pairs are of one row and of rows that follow each other. */
GRAM_INLINE bool is_run(const sqn__gram_pair *pair)
{
    bool run = true;

    for (int64_t c = 1; c < PAIRS; c++) {
        run = run && pair[c].left == pair[0].left && pair[c].right == pair[0].right + c;
    }
    return run;
}

/* The same of a run: one row is read once. */
GRAM_INLINE void add_run(gram_vector sum[PAIRS], const double *v, const double *h,
                         const sqn__gram_pair *pair)
{
    const double *left = h + (int64_t)pair->left * BLOCK;
    const double *right = h + (int64_t)pair->right * BLOCK;

    GRAM_UNROLL
    for (int64_t c = 0; c < PAIRS; c++) {
        sum[c] = (gram_vector){0};
    }
    for (int64_t t = 0; t < BLOCK; t += LANES) {
        const gram_vector weight = *vector_at(v + t), one = *vector_at(left + t);

        GRAM_UNROLL
        for (int64_t c = 0; c < PAIRS; c++) {
            const gram_vector both = one * *vector_at(right + c * BLOCK + t);

            sum[c] += weight * both;
        }
    }
}

/* out [1, strip] += the pairs weighted. */
static void add_strip_of_pairs(double *out, const double *v, const double *h,
                               const sqn__gram_pair *pair)
{
    for (int64_t c = 0; c < SQN__GRAM_ALIGN; c += DOT_COLS) {
        gram_vector sum[1][DOT_COLS];

        GRAM_UNROLL
        for (int64_t d = 0; d < DOT_COLS; d += PAIRS) {
            if (is_run(pair + c + d)) {
                add_run(sum[0] + d, v, h, pair + c + d);
            } else {
                add_pairs(sum[0] + d, v, h, pair + c + d);
            }
        }
        fold_tile(out + c, sum, 1);
    }
}

static void weighted_pairs(double *out, sqn_dmatrix_const v, const double *h,
                           const sqn__gram_pair *pair)
{
    double both[SQN__GRAM_ALIGN * BLOCK];

    if (v.rows == 1) {
        add_strip_of_pairs(out, v.data, h, pair);
        return;
    }
    for (int64_t c = 0; c < SQN__GRAM_ALIGN; c++) {
        const double *left = h + (int64_t)pair[c].left * BLOCK;
        const double *right = h + (int64_t)pair[c].right * BLOCK;

        for (int64_t t = 0; t < BLOCK; t += LANES) {
            *(gram_vector *)(void *)(both + c * BLOCK + t) =
                *vector_at(left + t) * *vector_at(right + t);
        }
    }
    dots(out, v, both);
}

#endif
