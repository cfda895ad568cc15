/** @file target_block.c @brief Components at a block of pixels. */
#include <math.h>
#include <string.h>

#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK, LINE = 16 /* floats of a cache line */ };

void sqn__target_ask_basis(const sqn__target_count *count, int64_t block)
{
    const sqn_matrix_const *basis = &count->basis;

    for (int64_t j = 0; j < basis->rows && (block + 1) * BLOCK <= basis->cols; j++) {
        const float *h = basis->data + j * basis->stride + block * BLOCK;

        for (int64_t p = 0; p < BLOCK; p += LINE) {
            __builtin_prefetch(h + p, 0, 2);
        }
    }
}

/* Copy `n` pixels of a row. What is NaN in it stays NaN in `trace`, whatever is added later. */
static void load_row(float *restrict h, float *restrict trace, const float *restrict row,
                     int64_t n)
{
    memcpy(h, row, (size_t)n * sizeof *h);
    for (int64_t p = n; p < BLOCK; p++) {
        h[p] = NAN;
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        trace[p] += 0.0F * h[p];
    }
}

void sqn__target_load_basis(const sqn__target_desk *desk, const sqn__target_count *count,
                            int64_t block)
{
    const int64_t k = count->basis.rows, first = block * BLOCK;
    const int64_t left = count->basis.cols - first, n = left < BLOCK ? left : BLOCK;
    float *restrict has_value = desk->has_value;

    memset(has_value, 0, BLOCK * sizeof *has_value);
    for (int64_t j = 0; j < k; j++) {
        load_row(desk->h + j * BLOCK, has_value,
                 count->basis.data + j * count->basis.stride + first, n);
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        has_value[p] = isnan(has_value[p]) ? 0.0F : 1.0F;
    }
    for (int64_t j = 0; j < k; j++) {
        float *restrict h = desk->h + j * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            h[p] = has_value[p] > 0.0F ? h[p] : 0.0F;
        }
    }
    if (count->n_unknown > k) {
        memcpy(desk->h + k * BLOCK, has_value, BLOCK * sizeof *desk->h);
    }
}
