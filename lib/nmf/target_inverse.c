/**
 * @file target_inverse.c
 * @brief Covariance M of the components' errors at a block of pixels (target_variance.h).
 */
#include <math.h>
#include <string.h>

#include "panels_internal.h"
#include "target_variance.h"

enum { BLOCK = SQN__VARIANCE_BLOCK };

/* The weights of a whole block as they lie in a panel; NULL where they do not. */
static const float *stored_weights(const sqn__variance_call *call,
                                   const sqn__variance_block *block)
{
    const sqn_panels *panels = call->references;
    const int64_t *pixel = panels->pixel + block->first;
    const bool whole = panels->info.pixels_are_long && block->n == BLOCK && pixel[0] >= 0 &&
                       pixel[0] % BLOCK == 0 && pixel[BLOCK - 1] == pixel[0] + BLOCK - 1;

    return whole ? panels->v + sqn__panels_place(panels, pixel[0], true) : NULL;
}

/* Pixel by pixel. */
static void gather_weights(const sqn__variance_slot *slot, const sqn_panels *panels,
                           const sqn__variance_block *block)
{
    const bool long_pixels = panels->info.pixels_are_long;
    int64_t pixel[BLOCK];

    for (int64_t p = 0; p < BLOCK; p++) {
        pixel[p] = sqn__panels_place(
            panels, p < block->n ? panels->pixel[block->first + p] : -1, long_pixels);
    }
    for (int64_t i = 0; i < panels->info.n_frame_used; i++) {
        const float *restrict v = panels->v + sqn__panels_place(panels, i, !long_pixels);

        for (int64_t p = 0; p < BLOCK; p++) {
            slot->weight[i * BLOCK + p] = pixel[p] < 0 ? 0.0F : v[pixel[p]];
        }
    }
}

/* Rows of a panel lie far apart: side by side they stay in the cache for all counts. */
void sqn__target_inverse_load(const sqn__variance_slot *slot,
                              const sqn__variance_call *call,
                              const sqn__variance_block *block)
{
    const float *stored = stored_weights(call, block);

    if (stored == NULL) {
        gather_weights(slot, call->references, block);
        return;
    }
    for (int64_t i = 0; i < call->references->info.n_frame_used; i++) {
        memcpy(slot->weight + i * BLOCK, stored + i * call->references->width,
               BLOCK * sizeof *stored);
    }
}

/* M of pixel `p` of the block, where the inversion of lanes has lost a pivot. */
static void invert_single(const sqn__variance_slot *slot, const sqn__variance_call *call,
                          const sqn__variance_count *of, int64_t p)
{
    const int64_t k = of->coefficients.cols, n_pair = sqn__inverse_n_pair(k);
    double *gram = slot->single, *m = gram + k * k;
    uint8_t *active = slot->flags + BLOCK;

    memset(gram, 0, (size_t)(k * k) * sizeof *gram);
    for (int64_t i = 0; i < call->references->info.n_frame_used; i++) {
        for (int64_t a = 0; a < k; a++) {
            for (int64_t b = 0; b <= a; b++) {
                gram[a * k + b] += (double)slot->weight[i * BLOCK + p] *
                                   of->w_ref[i * n_pair + a * (a + 1) / 2 + b];
            }
        }
    }
    for (int64_t a = 0; a < k; a++) {
        active[a] = slot->active[a * BLOCK + p] > 0.0;
        for (int64_t b = a + 1; b < k; b++) {
            gram[a * k + b] = gram[b * k + a];
        }
    }
    sqn__target_frame_covariance(m, active, gram, k, m + k * k);
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++) {
            slot->pairs[(a * (a + 1) / 2 + b) * BLOCK + p] = m[a * k + b];
        }
    }
}

/* M of the block, with its scale; NaN where one of the components is. */
static void keep(const sqn__variance_slot *slot, const sqn__variance_call *call,
                 const sqn__variance_count *of, const sqn__variance_block *block)
{
    const int64_t k = of->coefficients.cols, n_pair = sqn__inverse_n_pair(k);

    for (int64_t p = 0; p < block->n; p++) {
        double known = 0.0;

        for (int64_t j = 0; j < k; j++) {
            known += isnan(slot->h[j * BLOCK + p]) ? NAN : 0.0;
        }
        for (int64_t q = 0; q < n_pair; q++) {
            of->covariance[q * call->n_pix + block->first + p] =
                slot->pairs[q * BLOCK + p] / call->scale + known;
        }
    }
}

void sqn__target_inverse_find(const sqn__variance_slot *slot,
                              const sqn__variance_call *call, const sqn__variance_count *of,
                              const sqn__variance_block *block)
{
    const int64_t k = of->coefficients.cols, n_pair = sqn__inverse_n_pair(k);
    const sqn_matrix_const weight = {slot->weight, call->references->info.n_frame_used,
                                     BLOCK, BLOCK};

    memset(slot->pairs, 0, (size_t)(n_pair * BLOCK) * sizeof *slot->pairs);
    sqn__gram_choose()->product_narrow((sqn_dmatrix){slot->pairs, n_pair, BLOCK, BLOCK},
                                       (sqn__gram_factor){of->w_ref, 1, n_pair}, weight);
    for (int64_t a = 0; a < k; a++) {
        const double *diagonal = slot->pairs + (a * (a + 1) / 2 + a) * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            slot->active[a * BLOCK + p] =
                slot->h[a * BLOCK + p] > 0.0 && diagonal[p] > 0.0 ? 1.0 : 0.0;
        }
    }
    sqn__inverse_choose()->invert(slot->pairs, slot->flags, slot->active, k, slot->work);
    for (int64_t p = 0; p < BLOCK; p++) {
        if (slot->flags[p] != 0) { /* rare */
            invert_single(slot, call, of, p);
        }
    }
    if (of->covariance != NULL) {
        keep(slot, call, of, block);
    }
}
