/** @file target_leverage.c @brief How much of its own datum the model of a frame holds. */
#include <math.h>
#include <string.h>

#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK };

int64_t sqn__target_leverage_size(int64_t n)
{
    return (2 * n + 1) * BLOCK;
}

/* out = q C q of every column q of h [n, block]. */
static void quadratic(double *out, const double *c, const double *h, int64_t n, double *ch)
{
    memset(ch, 0, (size_t)(n * BLOCK) * sizeof *ch);
    memset(out, 0, BLOCK * sizeof *out);
    sqn__gram_choose()->product((sqn_dmatrix){ch, n, BLOCK, BLOCK},
                                (sqn__gram_factor){c, n, 1},
                                (sqn_dmatrix_const){h, n, BLOCK, BLOCK});
    for (int64_t i = 0; i < n; i++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            out[p] += h[i * BLOCK + p] * ch[i * BLOCK + p];
        }
    }
}

double sqn__target_frame_leverage(const sqn__target_count *count, int64_t frame,
                                  const double *weight, int64_t n_pix, double *work)
{
    const int64_t n = count->n_unknown, k = count->basis.rows;
    const double *covariance = count->covariance + frame * n * n;
    double *h = work, *product = h + n * BLOCK, *hch = product + n * BLOCK;
    double largest = 0.0;

    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        const int64_t n_here = n_pix - first < BLOCK ? n_pix - first : BLOCK;

        for (int64_t j = 0; j < n; j++) {
            const float *row = count->basis.data + j * count->basis.stride + first;

            for (int64_t p = 0; p < BLOCK; p++) {
                h[j * BLOCK + p] = j == k ? 1.0 : p < n_here ? (double)row[p] : 0.0;
            }
        }
        quadratic(hch, covariance, h, n, product);
        for (int64_t p = 0; p < n_here; p++) {
            largest = weight[first + p] > 0.0 ? fmax(largest, weight[first + p] * hch[p])
                                              : largest; /* NaN is passed over */
        }
    }
    return largest;
}
