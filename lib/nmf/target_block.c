/** @file target_block.c @brief A block of pixels: components, and the data of frames there. */
#include <math.h>
#include <string.h>

#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK };

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

void sqn__target_load_basis(const sqn__target_block *block, const sqn__target_count *count,
                            int64_t first, int64_t n)
{
    const int64_t k = count->basis.rows;
    float *restrict has_value = block->has_value;

    memset(has_value, 0, BLOCK * sizeof *has_value);
    for (int64_t j = 0; j < k; j++) {
        load_row(block->h + j * BLOCK, has_value,
                 count->basis.data + j * count->basis.stride + first, n);
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        has_value[p] = isnan(has_value[p]) ? 0.0F : 1.0F;
    }
    for (int64_t j = 0; j < k; j++) {
        float *restrict h = block->h + j * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            h[p] = has_value[p] > 0.0F ? h[p] : 0.0F;
        }
    }
    if (count->n_unknown > k) {
        memcpy(block->h + k * BLOCK, has_value, BLOCK * sizeof *block->h);
    }
}

/* Copy data and weights of a frame; 0 where the basis has no value. */
static void load_frame(const sqn__target_block *block, const sqn__target_group *group,
                       int64_t i, int64_t first, int64_t n)
{
    const double *restrict value = group->frames + i * group->row + first;
    const double *restrict weight = value + group->n_pix;
    const float *restrict has_value = block->has_value;
    double *restrict x = block->x + i * BLOCK, *restrict v = block->v + i * BLOCK;
    double *restrict vx = block->vx + i * BLOCK;

    for (int64_t p = 0; p < n; p++) {
        x[p] = value[p];
        v[p] = weight[p] * (double)has_value[p];
        vx[p] = v[p] * x[p];
    }
    for (int64_t p = n; p < BLOCK; p++) {
        x[p] = v[p] = vx[p] = 0.0;
    }
}

sqn__target_view sqn__target_view_frames(const sqn__target_block *block,
                                         const sqn__target_group *group, int64_t first,
                                         bool whole)
{
    const double *x = group->frames + first;
    const int64_t left = group->n_pix - first;

    if (whole) {
        return (sqn__target_view){x, x + group->n_pix, x + 2 * group->n_pix, group->row};
    }
    for (int64_t i = 0; i < group->n; i++) {
        load_frame(block, group, i, first, left < BLOCK ? left : BLOCK);
    }
    return (sqn__target_view){block->x, block->v, block->vx, BLOCK};
}
