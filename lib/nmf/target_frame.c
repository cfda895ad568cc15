/** @file target_frame.c @brief The small problem of one frame: summed, solved, judged. */
#include <math.h>
#include <string.h>

#include "blas.h"
#include "nnls.h"
#include "target_internal.h"

enum { BLOCK = SQN__TARGET_BLOCK, LANES = 8 }; /* partial sums of a product */

/* a . b over one block; the order of the sum is that of the lanes. */
static double dot(const double *restrict a, const double *restrict b)
{
    double lane[LANES] = {0};

    for (int64_t p = 0; p < BLOCK; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] += a[p + l] * b[p + l];
        }
    }
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* gram += vh h^T over one block, at least below the diagonal. Our own loops where BLAS would
 * split the sum among threads. */
static void add_gram(double *gram, const sqn__target_block *block, int64_t n)
{
    if (sqn__blas_n_thread() == 1) {
        sqn__blas_dgemm((sqn_dmatrix){gram, n, n, n},
                        (sqn_dmatrix_const){block->vh, n, BLOCK, BLOCK}, false,
                        (sqn_dmatrix_const){block->h, n, BLOCK, BLOCK}, true, 1.0, 1.0);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            gram[i * n + j] += dot(block->vh + i * BLOCK, block->h + j * BLOCK);
        }
    }
}

void sqn__target_product(sqn_dmatrix out, sqn_dmatrix_const a, bool transpose,
                         sqn_dmatrix_const b)
{
    const int64_t step_i = transpose ? 1 : a.stride, step_j = transpose ? a.stride : 1;

    if (sqn__blas_n_thread() == 1) {
        sqn__blas_dgemm(out, a, transpose, b, false, 1.0, 0.0);
        return;
    }
    for (int64_t i = 0; i < out.rows; i++) {
        memset(out.data + i * out.stride, 0, (size_t)out.cols * sizeof *out.data);
        for (int64_t j = 0; j < b.rows; j++) {
            for (int64_t c = 0; c < out.cols; c++) {
                out.data[i * out.stride + c] +=
                    a.data[i * step_i + j * step_j] * b.data[j * b.stride + c];
            }
        }
    }
}

void sqn__target_frame_quadratic(double *out, const double *m, const double *q, int64_t n,
                                 int64_t n_col, double *work)
{
    sqn__target_product((sqn_dmatrix){work, n, n_col, n_col},
                        (sqn_dmatrix_const){m, n, n, n}, false,
                        (sqn_dmatrix_const){q, n, n_col, n_col});
    memset(out, 0, (size_t)n_col * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < n_col; c++) {
            out[c] += q[i * n_col + c] * work[i * n_col + c];
        }
    }
}

void sqn__target_frame_covariance(double *out, const uint8_t *active, double *gram,
                                  int64_t n, double *work)
{
    bool singular = false;

    sqn__nnls_covariance(out, active, gram, n, work);
    for (int64_t i = 0; i < n; i++) {
        singular = singular || isnan(out[i * n + i]);
    }
    if (singular) {
        for (int64_t i = 0; i < n; i++) {
            gram[i * n + i] *= 1.0 + 1e-7;
        }
        sqn__nnls_covariance(out, active, gram, n, work);
    }
}

/* Fill the block from `first` on: only data of positive weight where the basis has a value. */
static void load(const sqn__target_slot *slot, const sqn__target_count *count,
                 int64_t first, int64_t n_pix)
{
    const sqn__target_block *block = &slot->block;
    const int64_t n = n_pix - first < BLOCK ? n_pix - first : BLOCK;
    const int64_t n_unknown = count->n_unknown, k = count->basis.rows;

    for (int64_t p = 0; p < BLOCK; p++) {
        block->v[p] = p < n ? slot->weight[first + p] : 0.0;
    }
    for (int64_t j = 0; j < k; j++) {
        const float *row = count->basis.data + j * count->basis.stride + first;

        for (int64_t p = 0; p < BLOCK; p++) {
            block->h[j * BLOCK + p] = p < n ? (double)row[p] : 0.0;
            block->v[p] = isnan(block->h[j * BLOCK + p]) ? 0.0 : block->v[p];
        }
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        block->x[p] = block->v[p] > 0.0 ? slot->value[first + p] : 0.0;
    }
    for (int64_t j = 0; j < n_unknown; j++) {
        double *h = block->h + j * BLOCK, *vh = block->vh + j * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            const double here = j < k ? h[p] : 1.0; /* the background is last */

            h[p] = block->v[p] > 0.0 ? here : 0.0;
            vh[p] = block->v[p] * h[p];
        }
    }
}

/* G = H V H^T and H V x, block after block. Returns the number of data. */
static int64_t accumulate(const sqn__target_slot *slot, const sqn__target_count *count,
                          int64_t n_pix)
{
    const int64_t n = count->n_unknown;
    int64_t n_data = 0;

    memset(slot->gram, 0, (size_t)(n * n) * sizeof *slot->gram);
    memset(slot->rhs, 0, (size_t)n * sizeof *slot->rhs);
    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        load(slot, count, first, n_pix);
        add_gram(slot->gram, &slot->block, n);
        for (int64_t i = 0; i < n; i++) {
            slot->rhs[i] += dot(slot->block.vh + i * BLOCK, slot->block.x);
        }
        for (int64_t p = 0; p < BLOCK; p++) {
            n_data += slot->block.v[p] > 0.0 ? 1 : 0;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = i + 1; j < n; j++) {
            slot->gram[i * n + j] = slot->gram[j * n + i];
        }
    }
    return n_data;
}

/* chi2 and the largest leverage, over the fitted pixels. */
static void judge(sqn_target_record *record, const sqn__target_slot *slot,
                  const sqn__target_count *count, int64_t n_pix, const double *covariance)
{
    const sqn__target_block *block = &slot->block;
    const int64_t n = count->n_unknown;

    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        load(slot, count, first, n_pix);
        for (int64_t j = 0; j < n; j++) {
            for (int64_t p = 0; p < BLOCK; p++) {
                block->x[p] -= slot->solution[j] * block->h[j * BLOCK + p];
            }
        }
        sqn__target_frame_quadratic(block->hch, covariance, block->h, n, BLOCK, block->vh);
        for (int64_t p = 0; p < BLOCK; p++) {
            const double v = block->v[p], r = block->x[p];

            record->chi2 += v * r * r; /* V (x - w h - b)^2 */
            record->leverage = fmax(record->leverage, v * block->hch[p]);
        }
    }
}

/* A frame without data has no coefficients. */
static void leave_open(const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;

    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = NAN;
        count->errors[frame * k + j] = NAN;
    }
    for (int64_t i = 0; i < n * n; i++) {
        count->covariance[frame * n * n + i] = NAN;
    }
    if (count->background != NULL) {
        count->background[frame] = NAN;
    }
    count->record[frame] = (sqn_target_record){0};
}

void sqn__target_frame_fit(const sqn__target_slot *slot, const sqn__target_count *count,
                           int64_t frame, int64_t n_pix)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;
    const sqn__nnls_problem problem = {n, slot->gram, slot->rhs, n > k};
    double *covariance = count->covariance + frame * n * n;
    sqn_target_record record = {.n_data = accumulate(slot, count, n_pix)};

    if (record.n_data == 0) {
        leave_open(count, frame);
        return;
    }
    memset(slot->solution, 0, (size_t)n * sizeof *slot->solution);
    memset(slot->passive, 1, (size_t)n); /* most coefficients are positive */
    record.kkt = sqn__nnls_solve(slot->solution, slot->passive, &problem, slot->work);
    sqn__target_frame_covariance(covariance, slot->passive, slot->gram, n, slot->work);
    judge(&record, slot, count, n_pix, covariance);
    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = slot->solution[j];
        count->errors[frame * k + j] =
            slot->gram[j * n + j] > 0.0 ? sqrt(covariance[j * n + j]) : NAN;
    }
    if (n > k) {
        count->background[frame] = slot->solution[k];
    }
    count->record[frame] = record;
}
