/**
 * @file target_covariance.c
 * @brief What the errors of the components do to two frames at once.
 *
 * Legend: w [k] coefficients of a frame, M [k, k] covariance of the components at a pixel.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "nnls.h"
#include "panels_internal.h"
#include "raise.h"
#include "target_internal.h"

/* The call: of which frames, by which references. */
typedef struct request {
    const sqn__target_count *count;
    const sqn_panels *references; /* or NULL */
    sqn_dmatrix_const coefficients;
    int64_t n_frame;
} request;

/* M of the mean weights, without bounds; gram and out [k, k], gram 0. */
static void invert_mean(double *out, double *gram, uint8_t *active, const request *ask,
                        double *work)
{
    const int64_t k = ask->coefficients.cols;

    for (int64_t i = 0; i < ask->coefficients.rows; i++) {
        const double *w = ask->coefficients.data + i * ask->coefficients.stride;
        const double weight = ask->references->frame_weight[i];

        for (int64_t a = 0; a < k && weight > 0.0; a++) { /* without weight w is NaN */
            for (int64_t b = 0; b < k; b++) {
                gram[a * k + b] += weight * w[a] * w[b];
            }
        }
    }
    for (int64_t a = 0; a < k; a++) {
        active[a] = gram[a * k + a] > 0.0;
    }
    sqn__target_frame_covariance(out, active, gram, k, work);
}

static double dot(const double *restrict a, const double *restrict b, int64_t n)
{
    double sum = 0.0;

    for (int64_t e = 0; e < n; e++) {
        sum += a[e] * b[e];
    }
    return sum;
}

/* out = w M w^T of all pairs of frames; M w [k] of one at a time. */
static void fill_pairs(sqn_dmatrix out, const double *m, const request *ask, double *mw)
{
    const int64_t k = ask->coefficients.cols;
    const double *w = ask->count->coefficients;

    for (int64_t j = 0; j < ask->n_frame; j++) {
        for (int64_t a = 0; a < k; a++) {
            mw[a] = dot(m + a * k, w + j * k, k);
        }
        for (int64_t i = 0; i < ask->n_frame; i++) {
            out.data[i * out.stride + j] = dot(w + i * k, mw, k);
        }
    }
}

sqn_status sqn_target_component_covariance(sqn_dmatrix out, const sqn_target *target,
                                           int64_t i_count, const sqn_panels *references,
                                           sqn_dmatrix_const coefficients, sqn_error *err)
{
    const request ask = {&target->count[i_count], references, coefficients,
                         target->n_frame};
    const int64_t n = ask.n_frame, k = ask.count->basis.rows;
    sqn_status status = SQN_OK;
    double *numbers = NULL; /* Gram matrix, M, M w, work */
    uint8_t *active = NULL;

    if (out.rows != n || out.cols != n) {
        return SQN_RAISE(err, E_SHAPE,
                         "covariances are [%" PRId64 ", %" PRId64 "] of %" PRId64 " frames",
                         out.rows, out.cols, n);
    }
    SQN_TRY(sqn__target_check_references(target, k, references, coefficients, err));
    for (int64_t i = 0; i < n; i++) {
        memset(out.data + i * out.stride, 0, (size_t)n * sizeof *out.data);
    }
    if (references == NULL) {
        goto cleanup;
    }
    numbers = sqn__mem_alloc(2 * k * k + k + sqn__nnls_work_size(k), sizeof *numbers);
    active = sqn__mem_alloc(k, sizeof *active);
    if (numbers == NULL || active == NULL) {
        status = SQN_RAISE(err, E_MEM, "covariances of %" PRId64 " frames", n);
        goto cleanup;
    }
    memset(numbers, 0, (size_t)(k * k) * sizeof *numbers);
    double *m = numbers + k * k, *mw = m + k * k;

    invert_mean(m, numbers, active, &ask, mw + k);
    fill_pairs(out, m, &ask, mw);

cleanup:
    sqn__mem_free(numbers);
    sqn__mem_free(active);
    return status;
}
