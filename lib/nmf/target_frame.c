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
static void load(const sqn__target_block *block, const sqn__target_datum *datum,
                 const sqn__target_count *count, int64_t first, int64_t n_pix)
{
    const int64_t n = n_pix - first < BLOCK ? n_pix - first : BLOCK;
    const int64_t n_unknown = count->n_unknown, k = count->basis.rows;

    for (int64_t p = 0; p < BLOCK; p++) {
        block->v[p] = p < n ? datum->weight[first + p] : 0.0;
    }
    for (int64_t j = 0; j < k; j++) {
        const float *row = count->basis.data + j * count->basis.stride + first;
        double *h = block->h + j * BLOCK;

        for (int64_t p = 0; p < n; p++) {
            h[p] = (double)row[p];
        }
        for (int64_t p = 0; p < n; p++) {
            block->v[p] = isnan(h[p]) ? 0.0 : block->v[p];
        }
    }
    for (int64_t p = 0; p < BLOCK; p++) {
        block->x[p] = block->v[p] > 0.0 ? datum->value[first + p] : 0.0;
    }
    for (int64_t j = 0; j < n_unknown; j++) {
        double *h = block->h + j * BLOCK;

        for (int64_t p = 0; p < BLOCK; p++) {
            const double here = j < k ? h[p] : 1.0; /* the background is last */

            h[p] = block->v[p] > 0.0 ? here : 0.0;
        }
    }
}

/* V h of the block. */
static void weigh(const sqn__target_block *block, int64_t n_unknown)
{
    for (int64_t j = 0; j < n_unknown; j++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            block->vh[j * BLOCK + p] = block->v[p] * block->h[j * BLOCK + p];
        }
    }
}

/* G = H V H^T and H V x, block after block. Returns the number of data. */
static int64_t accumulate(const sqn__target_desk *desk, const sqn__target_datum *datum,
                          const sqn__target_count *count, int64_t n_pix)
{
    const sqn__target_block *block = &desk->block;
    const int64_t n = count->n_unknown;
    int64_t n_data = 0;

    memset(desk->whole_gram, 0, (size_t)(n * n) * sizeof *desk->whole_gram);
    memset(desk->whole_rhs, 0, (size_t)n * sizeof *desk->whole_rhs);
    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        load(block, datum, count, first, n_pix);
        weigh(block, n);
        add_gram(desk->whole_gram, block, n);
        for (int64_t i = 0; i < n; i++) {
            desk->whole_rhs[i] += dot(block->vh + i * BLOCK, block->x);
        }
        for (int64_t p = 0; p < BLOCK; p++) {
            n_data += block->v[p] > 0.0 ? 1 : 0;
        }
    }
    return n_data;
}

/* The small problem of `count` out of that of `whole`: its first rows, and the background. */
static void extract(const sqn__target_desk *desk, const sqn__target_count *count,
                    const sqn__target_count *whole)
{
    const int64_t n = count->n_unknown, k = count->basis.rows, n_whole = whole->n_unknown;

    for (int64_t i = 0; i < n; i++) {
        const int64_t from = i < k ? i : n_whole - 1;

        desk->rhs[i] = desk->whole_rhs[from];
        for (int64_t j = 0; j <= i; j++) {
            const double g = desk->whole_gram[from * n_whole + (j < k ? j : n_whole - 1)];

            desk->gram[i * n + j] = g;
            desk->gram[j * n + i] = g;
        }
    }
}

/* r = x - w h - b over one block; the background is row `k_wide` of it. */
static void subtract_model(const sqn__target_block *block, const double *solution,
                           const sqn__target_count *count, int64_t k_wide)
{
    const int64_t k = count->basis.rows;

    memcpy(block->r, block->x, BLOCK * sizeof *block->r);
    for (int64_t j = 0; j < count->n_unknown; j++) {
        const double *restrict h = block->h + (j < k ? j : k_wide) * BLOCK;
        double *restrict r = block->r;
        const double w = solution[j];

        for (int64_t p = 0; p < BLOCK; p++) {
            r[p] -= w * h[p];
        }
    }
}

/* sum V r^2 over one block; the order of the sum is that of the lanes. */
static double chi2(const sqn__target_block *block)
{
    double lane[LANES] = {0};

    for (int64_t p = 0; p < BLOCK; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] += block->v[p + l] * block->r[p + l] * block->r[p + l];
        }
    }
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* chi2 of every basis of `whole`, over the fitted pixels. */
static void judge(const sqn__target_desk *desk, const sqn_target *target,
                  const sqn__target_datum *datum, int64_t whole, int64_t frame)
{
    const sqn__target_block *block = &desk->block;
    const int64_t n_wide = target->count[whole].n_unknown,
                  k_wide = target->count[whole].basis.rows;

    for (int64_t first = 0; first < target->n_pix; first += BLOCK) {
        load(block, datum, &target->count[whole], first, target->n_pix);
        for (int64_t c = 0; c < target->n_count; c++) {
            const sqn__target_count *count = &target->count[c];

            if (count->whole == whole) {
                subtract_model(block, desk->solution + c * n_wide, count, k_wide);
                count->record[frame].chi2 += chi2(block);
            }
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

/* Coefficients and covariance of one basis; its small problem is in the desk. */
static void solve(const sqn__target_desk *desk, double *solution,
                  const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;
    const sqn__nnls_problem problem = {n, desk->gram, desk->rhs, n > k};
    double *covariance = count->covariance + frame * n * n;

    memset(solution, 0, (size_t)n * sizeof *solution);
    memset(desk->passive, 1, (size_t)n); /* most coefficients are positive */
    count->record[frame].kkt =
        sqn__nnls_solve(solution, desk->passive, &problem, desk->work);
    sqn__target_frame_covariance(covariance, desk->passive, desk->gram, n, desk->work);
    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = solution[j];
        count->errors[frame * k + j] =
            desk->gram[j * n + j] > 0.0 ? sqrt(covariance[j * n + j]) : NAN;
    }
    if (n > k) {
        count->background[frame] = solution[k];
    }
}

void sqn__target_frame_fit(const sqn__target_desk *desk, const sqn_target *target,
                           const sqn__target_datum *datum, int64_t whole, int64_t frame)
{
    const sqn__target_count *wide = &target->count[whole];
    const int64_t n_data = accumulate(desk, datum, wide, target->n_pix);

    for (int64_t c = 0; c < target->n_count; c++) {
        const sqn__target_count *count = &target->count[c];

        if (count->whole != whole) {
            continue;
        }
        if (n_data == 0) {
            leave_open(count, frame);
            continue;
        }
        count->record[frame] = (sqn_target_record){.n_data = n_data};
        extract(desk, count, wide);
        solve(desk, desk->solution + c * wide->n_unknown, count, frame);
    }
    if (n_data > 0) {
        judge(desk, target, datum, whole, frame);
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
        sqn__target_frame_quadratic(hch, covariance, h, n, BLOCK, product);
        for (int64_t p = 0; p < n_here; p++) {
            largest = weight[first + p] > 0.0 ? fmax(largest, weight[first + p] * hch[p])
                                              : largest; /* NaN is passed over */
        }
    }
    return largest;
}
