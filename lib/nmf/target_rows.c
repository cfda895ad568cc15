/**
 * @file target_rows.c
 * @brief Models of some frames, and their variances out of covariances that are known.
 *
 * Legend: as target_variance.h: h C h^T of a frame, and w M w^T, sums over the pairs b <= a with
 * those off the diagonal counted twice.
 */
#include <math.h>

#include "target_internal.h"

enum {
    BLOCK = SQN__TARGET_BLOCK,
    TILE = 12,      /* frames modelled together */
    STEP = 16,      /* pixels, likewise */
    LARGE = 1 << 18 /* multiply-adds that are worth several threads */
};

/* ---- Models ---------------------------------------------------------------------------- */

/* b + w H of `n_frame` frames, at the n pixels from `first` on. */
static void model_tile(double *m, const sqn__target_count *count, int64_t frame,
                       int64_t n_frame, int64_t first, int64_t n)
{
    const int64_t k = count->basis.rows, n_whole = n - n % STEP;
    const double *w = count->coefficients + frame * k;
    const float *h = count->basis.data + first;

    for (int64_t i = 0; i < n_frame; i++) {
        for (int64_t p = 0; p < n; p++) {
            m[i * BLOCK + p] =
                count->background != NULL ? count->background[frame + i] : 0.0;
        }
        for (int64_t j = 0; j < k; j++) {
            for (int64_t p = n_whole; p < n; p++) {
                m[i * BLOCK + p] += w[i * k + j] * (double)h[j * count->basis.stride + p];
            }
        }
    }
    sqn__gram_choose()->product_narrow(
        (sqn_dmatrix){m, n_frame, n_whole, BLOCK}, (sqn__gram_factor){w, k, 1},
        (sqn_matrix_const){h, k, n_whole, count->basis.stride});
}

/* NaN where the basis is, or the coefficients are. */
static void model_block(sqn_matrix out, const sqn__target_count *count, int64_t frame,
                        int64_t first, int64_t n)
{
    double m[TILE * BLOCK];

    for (int64_t i = 0; i < out.rows; i += TILE) {
        const int64_t n_frame = out.rows - i < TILE ? out.rows - i : TILE;

        model_tile(m, count, frame + i, n_frame, first, n);
        for (int64_t r = 0; r < n_frame; r++) {
            float *row = out.data + (i + r) * out.stride + first;

            for (int64_t p = 0; p < n; p++) {
                row[p] = (float)m[r * BLOCK + p];
            }
        }
    }
}

void sqn_target_model_rows(sqn_matrix out, const sqn_target *target, int64_t i_count,
                           int64_t first)
{
    const sqn__target_count *count = &target->count[i_count];
    const int64_t n_pix = target->n_pix, n_block = sqn__target_n_block(n_pix);
    const bool large = out.rows > 1 && out.rows * count->basis.rows * n_pix > LARGE;

#pragma omp parallel for schedule(static) if (large) default(none) \
    shared(out, count, first, n_pix, n_block)
    for (int64_t b = 0; b < n_block; b++) {
        const int64_t begin = b * BLOCK, left = n_pix - begin;

        model_block(out, count, first, begin, left < BLOCK ? left : BLOCK);
    }
}

void sqn_target_model(float *out, const sqn_target *target, int64_t i_count, int64_t frame)
{
    sqn_target_model_rows((sqn_matrix){out, 1, target->n_pix, target->n_pix}, target,
                          i_count, frame);
}

/* ---- Variances ------------------------------------------------------------------------- */

/* sum += factor times x times y, entry by entry; `y` NULL = 1. */
static void add_product(double *restrict sum, double factor, const float *restrict x,
                        const float *restrict y, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        sum[p] += factor * (double)x[p] * (y != NULL ? (double)y[p] : 1.0);
    }
}

/* h C h^T of `n` pixels from `first` on. */
static void fill_fit(float *out, const sqn__target_count *count, int64_t frame,
                     int64_t first, int64_t n)
{
    const int64_t n_unknown = count->n_unknown, k = count->basis.rows;
    const double *c = count->covariance + frame * n_unknown * n_unknown;
    double sum[BLOCK] = {0.0};

    for (int64_t a = 0; a < k; a++) {
        const float *h = count->basis.data + a * count->basis.stride + first;

        for (int64_t b = 0; b <= a; b++) {
            add_product(sum, (a == b ? 1.0 : 2.0) * c[a * n_unknown + b], h,
                        count->basis.data + b * count->basis.stride + first, n);
        }
        if (n_unknown > k) {
            add_product(sum, 2.0 * c[k * n_unknown + a], h, NULL, n);
        }
    }
    for (int64_t p = 0; p < n; p++) {
        out[p] = (float)(sum[p] + (n_unknown > k ? c[k * n_unknown + k] : 0.0));
    }
}

/* w M w^T of the same pixels. */
static void fill_components(float *out, const sqn__target_count *count, int64_t frame,
                            const double *covariance, int64_t n_pix, int64_t first,
                            int64_t n)
{
    const int64_t k = count->basis.rows;
    const double *w = count->coefficients + frame * k;
    double sum[BLOCK] = {0.0};

    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a && covariance != NULL; b++) {
            const double *m = covariance + (a * (a + 1) / 2 + b) * n_pix + first;
            const double pair = (a == b ? 1.0 : 2.0) * w[a] * w[b];

            for (int64_t p = 0; p < n; p++) {
                sum[p] += pair * m[p];
            }
        }
    }
    for (int64_t a = 0; a < k && covariance == NULL; a++) {
        const float *h = count->basis.data + a * count->basis.stride + first;

        for (int64_t p = 0; p < n; p++) {
            sum[p] += isnan(h[p]) ? (double)NAN : 0.0;
        }
    }
    for (int64_t p = 0; p < n; p++) {
        out[p] = (float)sum[p];
    }
}

void sqn_target_variance_rows(sqn_matrix from_fit, sqn_matrix from_components,
                              const sqn_target *target, int64_t i_count, int64_t first,
                              const double *covariance)
{
    const sqn__target_count *count = &target->count[i_count];
    const int64_t n_pix = target->n_pix;

#pragma omp parallel for schedule(static) default(none) \
    shared(from_fit, from_components, count, first, covariance, n_pix)
    for (int64_t i = 0; i < from_fit.rows; i++) {
        for (int64_t p = 0; p < n_pix; p += BLOCK) {
            const int64_t n = n_pix - p < BLOCK ? n_pix - p : BLOCK;

            fill_fit(from_fit.data + i * from_fit.stride + p, count, first + i, p, n);
            fill_components(from_components.data + i * from_components.stride + p, count,
                            first + i, covariance, n_pix, p, n);
        }
    }
}
