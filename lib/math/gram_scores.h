/**
 * @file gram_scores.h
 * @brief What models or means leave of data, in units of its errors: a part of gram_tile.h.
 */
#ifndef SQN_GRAM_SCORES_H
#define SQN_GRAM_SCORES_H

typedef int32_t gram_truths
    __attribute__((vector_size(SQN__GRAM_LANES * sizeof(int32_t)), aligned(4), may_alias));

GRAM_INLINE gram_narrow narrow_at(const float *p)
{
    return *(const gram_narrow *)(const void *)p;
}

/* Square roots of so many numbers, widened. */
GRAM_INLINE gram_vector roots(const float *from)
{
#if defined(__AVX512F__)
    return (gram_vector)_mm512_cvtps_pd(_mm256_sqrt_ps(_mm256_loadu_ps(from)));
#else
    float root[LANES];

    for (int64_t l = 0; l < LANES; l++) {
        root[l] = sqrtf(from[l]);
    }
    return widened(root);
#endif
}

/* Where the weight is 0 all bits are set: NaN. */
GRAM_INLINE void store_scores(float *z, const gram_vector *score, const gram_truths *fitted)
{
    const gram_narrow number = __builtin_convertvector(*score, gram_narrow);

    *(gram_truths *)(void *)z = (gram_truths)number | ~*fitted;
}

/* Scores of so many models, beginning with the first of `of`, at two vectors from `t` on. */
GRAM_INLINE void add_scores(gram_vector chi2[ROWS], const sqn__gram_scores *of, int64_t t,
                            const int64_t rows)
{
    gram_vector model[ROWS][COLS], sum[COLS];
    gram_truths count[COLS];

    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        model[r][0] = model[r][1] = of->level[r] - (gram_vector){0};
    }
    add_models(model, &(sqn__gram_factor){of->w, of->row_w, 1},
               &(sqn_matrix_const){of->h + t, of->k, BLOCK, of->row_h}, rows);
    for (int64_t c = 0; c < COLS; c++) {
        sum[c] = *vector_at(of->sum + t + c * LANES);
        count[c] = *(const gram_truths *)(const void *)(of->count + t + c * LANES);
    }
    GRAM_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < COLS; c++) {
            const int64_t at = r * of->row + t + c * LANES;
            const gram_truths fitted = narrow_at(of->v + at) > 0.0F;
            const gram_vector score =
                of->unit * (widened(of->x + at) - model[r][c]) * roots(of->v + at);

            const gram_vector square = score * score;

            sum[c] += square;
            chi2[r] += square;
            count[c] -= fitted;
            store_scores(of->z + r * of->row_z + t + c * LANES, &score, &fitted);
        }
    }
    for (int64_t c = 0; c < COLS; c++) {
        *(gram_vector *)(void *)(of->sum + t + c * LANES) = sum[c];
        *(gram_truths *)(void *)(of->count + t + c * LANES) = count[c];
    }
}

static void scores(const sqn__gram_scores *of)
{
    const int64_t n_tile = (of->n + ROWS - 1) / ROWS;

    for (int64_t i = 0, row = 0; i < n_tile; i++) {
        const int64_t end = tile_end(i, n_tile, of->n);
        gram_vector chi2[ROWS] = {{0}};
        sqn__gram_scores part = *of;

        part.w += row * of->row_w;
        part.level += row;
        part.x += row * of->row;
        part.v += row * of->row;
        part.z += row * of->row_z;
        for (int64_t t = 0; t < BLOCK; t += COLS * (int64_t)LANES) {
#define CALL(rows) add_scores(chi2, &part, t, rows)
            switch (end - row) {
                SQN__GRAM_CASES(CALL)
            default:
                assert(end == row);
            }
#undef CALL
        }
        for (int64_t r = row; r < end; r++) {
            of->chi2[r] = chi2[r - row][0];
            for (int64_t l = 1; l < LANES; l++) {
                of->chi2[r] += chi2[r - row][l];
            }
        }
        row = end;
    }
}

/* Weighted means of columns. Row by row, as they lie in memory. */
static void column_means(double mean[BLOCK], const sqn__gram_center *of)
{
    double weight[BLOCK] = {0.0};

    memset(mean, 0, BLOCK * sizeof *mean);
    for (int64_t i = 0; i < of->n; i++) {
        for (int64_t t = 0; t < BLOCK; t += LANES) {
            const gram_vector v = widened(of->v + i * BLOCK + t);

            *(gram_vector *)(void *)(mean + t) += v * widened(of->x + i * BLOCK + t);
            *(gram_vector *)(void *)(weight + t) += v;
        }
    }
    for (int64_t t = 0; t < BLOCK; t++) {
        mean[t] = weight[t] > 0.0 ? mean[t] / weight[t] : 0.0;
    }
}

static double center(float *z, const sqn__gram_center *of)
{
    double mean[BLOCK], all = 0.0;
    gram_vector sum[COLS] = {{0}};

    if (of->mean == NULL) {
        column_means(mean, of);
    }
    for (int64_t i = 0; i < of->n; i++) {
        for (int64_t t = 0; t < BLOCK && of->mean != NULL; t++) {
            mean[t] = of->mean[i];
        }
        for (int64_t t = 0; t < BLOCK; t += COLS * (int64_t)LANES) {
            for (int64_t c = 0; c < COLS; c++) {
                const int64_t at = t + c * LANES, from = i * BLOCK + at;
                const gram_vector off =
                    (widened(of->x + from) - *vector_at(mean + at)) * roots(of->v + from);

                *(gram_narrow *)(void *)(z + from) =
                    __builtin_convertvector(off, gram_narrow);
                sum[c] += off * off;
            }
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        all += sum[0][l] + sum[1][l];
    }
    return all;
}

#endif
