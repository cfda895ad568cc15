/** @file combine.c @brief Frames of one orientation to one image. */
#include "sequin/combine.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "combine_sums.h"
#include "mem.h"
#include "raise.h"

static const double pi = 3.14159265358979323846;
static const double least_share =
    0.1; /* of a variance that remains, whatever frames have in common with opposite signs */

/* The frames, and what is asked of them. */
typedef struct stack {
    const sqn_image *frames;
    int64_t n_frame;
    sqn_combine_method method;
} stack;

static const double most = FLT_MAX;

enum { STRIP = SQN__COMBINE_STRIP };

typedef sqn__combine_sums sums;

/* How a frame takes part: weights, and where they are not 0. */
typedef struct part {
    double there[STRIP], w[STRIP];
} part;

static void weigh(part *restrict of, const stack *s, const sqn_image *frame, int64_t p,
                  int64_t n)
{
    const float *restrict value = frame->value + p, *restrict variance = frame->variance;

    for (int64_t x = 0; x < n; x++) {
        of->there[x] = of->w[x] = fabs((double)value[x]) <= most ? 1.0 : 0.0;
    }
    for (int64_t x = 0; x < n && s->method == SQN_COMBINE_WEIGHTED; x++) {
        const double v = variance[p + x];
        const bool known = of->there[x] > 0.0 && v > 0.0 && v <= most;

        of->there[x] = known ? 1.0 : 0.0;
        of->w[x] = known ? 1.0 / v : 0.0;
    }
}

static void add_values(sums *restrict to, const part *restrict of,
                       const float *restrict value, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        const double v = value[x], kept = of->there[x] > 0.0 ? v : 0.0;

        to->n[x] += of->there[x];
        to->weight[x] += of->w[x];
        to->value[x] += of->w[x] * kept;
    }
}

static void add_variances(sums *restrict to, const part *restrict of,
                          const float *restrict variance, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        const double v = variance[x];

        to->variance[x] += of->there[x] > 0.0 ? v : 0.0;
    }
}

static void add_shared(sums *restrict to, const part *restrict of,
                       const float *restrict shared, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        const double v = shared[x], kept = of->there[x] > 0.0 ? v : 0.0;

        to->shared[x] += of->w[x] * kept;
        to->squares[x] += of->w[x] * of->w[x] * kept;
        to->by[x] += of->w[x];
    }
}

static void join_flags(sums *restrict to, const part *restrict of,
                       const uint8_t *restrict flags, int64_t n)
{
    int32_t there[STRIP];

    for (int64_t x = 0; x < n; x++) {
        there[x] = -(int32_t)of->there[x]; /* all bits, or none */
    }
    for (int64_t x = 0; x < n; x++) {
        to->flags[x] |= (uint8_t)(flags[x] & there[x]);
        to->all_flags[x] |= flags[x];
    }
}

static void join_dq(sums *restrict to, const part *restrict of, const uint32_t *restrict dq,
                    int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        to->dq[x] |= of->there[x] > 0.0 ? dq[x] : 0;
        to->all_dq[x] |= dq[x];
    }
}

/* All frames at the `n` pixels from `p` on. */
static void add_frames(sums *to, const stack *s, int64_t p, int64_t n)
{
    memset(to, 0, sizeof *to);
    for (int64_t f = 0; f < s->n_frame; f++) {
        const sqn_image *frame = &s->frames[f];
        part of;

        weigh(&of, s, frame, p, n);
        add_values(to, &of, frame->value + p, n);
        if (frame->variance != NULL) {
            add_variances(to, &of, frame->variance + p, n);
        }
        if (frame->shared != NULL) {
            add_shared(to, &of, frame->shared + p, n);
        }
        if (frame->flags != NULL) {
            join_flags(to, &of, frame->flags + p, n);
        }
        if (frame->dq != NULL) {
            join_dq(to, &of, frame->dq + p, n);
        }
    }
}

/* Variance of a median of n over that of their mean, normal noise: pi / 2 for many, less for few
   (a fit to the exact values, within 1 % from 3 on); 1 for one or two, whose median is the mean. */
static double median_variance(double n)
{
    return n > 2.0 ? pi * n / (2.0 * n + (fmod(n, 2.0) == 1.0 ? 0.95 : 2.65)) : 1.0;
}

/* var / n for a mean, var = 1 / sum (1 / var_i) for one by inverse variances. */
static void find_own(double *restrict own, const sums *restrict sum,
                     sqn_combine_method method, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        own[x] = sum->variance[x] / (sum->n[x] * sum->n[x]);
    }
    for (int64_t x = 0; x < n && method == SQN_COMBINE_MEDIAN; x++) {
        own[x] *= median_variance(sum->n[x]);
    }
    for (int64_t x = 0; x < n && method == SQN_COMBINE_WEIGHTED; x++) {
        own[x] = 1.0 / sum->weight[x];
    }
}

/* What the frames share at a pixel: sum of w_i w_j cov_ij over pairs, each frame's covariances
   being spread evenly over the others; w = 1 / n or inverse variances, normalised to 1. */
static void find_shared(double *restrict out, const sums *restrict sum, int64_t n_frame,
                        int64_t n)
{
    const double share = 1.0 / (double)(n_frame - 1);

    for (int64_t x = 0; x < n; x++) {
        const double by = 1.0 / sum->by[x];
        const double one = (sum->shared[x] - sum->squares[x] * by) * by * share;
        const double pairs = sum->n[x] >= 2.0 ? one : 0.0; /* alone: nothing */

        out[x] = sum->by[x] > 0.0 ? pairs : 0.0;
    }
}

/* Part the range about a pivot until element k is the k-th smallest (Hoare's selection). */
static void select_smallest(float *values, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;

    while (low < high) {
        const float pivot = values[k];
        int64_t i = low, j = high;

        while (i <= j) {
            while (values[i] < pivot) {
                i++;
            }
            while (values[j] > pivot) {
                j--;
            }
            if (i <= j) {
                const float other = values[i];

                values[i++] = values[j];
                values[j--] = other;
            }
        }
        low = j < k ? i : low;
        high = k < i ? j : high;
    }
}

/* Median of values [n], which are reordered; the middle two of an even number are averaged. */
static double middle(float *values, int64_t n)
{
    const int64_t k = n / 2;

    select_smallest(values, n, k);
    if (n % 2 == 1) {
        return values[k];
    }

    float below = values[0];

    for (int64_t i = 1; i < k; i++) {
        below = values[i] > below ? values[i] : below;
    }
    return 0.5 * ((double)below + (double)values[k]);
}

/* Median of the frames that take part at `p`, of which there are some. */
static double median(const stack *s, int64_t p, float *work)
{
    int64_t n = 0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        if (isfinite(s->frames[f].value[p])) {
            work[n++] = s->frames[f].value[p];
        }
    }
    return middle(work, n);
}

/* Variances of the `n` pixels from `p` on. */
static void store_variances(const sqn_image *out, const sums *sum,
                            sqn_combine_method method, int64_t n_frame, int64_t p,
                            int64_t n)
{
    float *restrict variance = out->variance + p;
    double own[STRIP], shared[STRIP];

    find_own(own, sum, method, n);
    find_shared(shared, sum, n_frame, n);
    for (int64_t x = 0; x < n; x++) {
        const double whole = own[x] + shared[x], least = least_share * own[x];
        const double kept = whole > least ? whole : least;

        variance[x] = sum->n[x] > 0.0 ? (float)kept : NAN;
    }
}

void sqn__combine_store(const sqn_image *out, int32_t *coverage, const sums *sum,
                        sqn_combine_method method, int64_t n_frame, int64_t p, int64_t n)
{
    for (int64_t x = 0; x < n; x++) {
        const double mean = sum->value[x] / sum->weight[x]; /* weights are 1, or not */

        coverage[p + x] = (int32_t)sum->n[x];
        out->value[p + x] = sum->n[x] > 0.0 ? (float)mean : NAN;
    }
    if (out->variance != NULL) {
        store_variances(out, sum, method, n_frame, p, n);
    }
    for (int64_t x = 0; x < n && out->dq != NULL; x++) {
        out->dq[p + x] = sum->n[x] > 0.0 ? sum->dq[x] : sum->all_dq[x];
    }
    for (int64_t x = 0; x < n && out->flags != NULL; x++) {
        out->flags[p + x] = sum->n[x] > 0.0 ? sum->flags[x] : sum->all_flags[x];
    }
}

/* Combine the `n` pixels from `p` on. */
static void combine_strip(const sqn_image *out, int32_t *coverage, const stack *s,
                          int64_t p, int64_t n, float *work)
{
    sums sum;

    add_frames(&sum, s, p, n);
    sqn__combine_store(out, coverage, &sum, s->method, s->n_frame, p, n);
    for (int64_t x = 0; x < n && s->method == SQN_COMBINE_MEDIAN; x++) {
        out->value[p + x] = sum.n[x] > 0.0 ? (float)median(s, p + x, work) : NAN;
    }
}

static sqn_status check(const sqn_image *out, const stack *s, sqn_error *err)
{
    if (s->n_frame < 1 || s->n_frame > INT32_MAX) {
        return SQN_RAISE(err, E_ARG, "%" PRId64 " frames to combine", s->n_frame);
    }
    for (int64_t f = 0; f < s->n_frame; f++) {
        const sqn_image *frame = &s->frames[f];

        if (frame->ny != out->ny || frame->nx != out->nx) {
            return SQN_RAISE(err, E_ARG,
                             "frame %" PRId64 " has %" PRId64 " x %" PRId64
                             " pixels, the result %" PRId64 " x %" PRId64,
                             f + 1, frame->nx, frame->ny, out->nx, out->ny);
        }
        if (frame->variance == NULL &&
            (s->method == SQN_COMBINE_WEIGHTED || out->variance != NULL)) {
            return SQN_RAISE(err, E_ARG, "frame %" PRId64 " has no variance", f + 1);
        }
    }
    return SQN_OK;
}

sqn_status sqn_combine_frames(sqn_image *out, int32_t *coverage, const sqn_image *frames,
                              int64_t n_frame, sqn_combine_method method, sqn_error *err)
{
    const stack s = {frames, n_frame, method};
    const int64_t n_work = method == SQN_COMBINE_MEDIAN ? n_frame : 0;
    sqn_status status = SQN_OK;
    float *work = NULL; /* [ny, n_frame]: one line per row, whichever thread takes it */

    SQN_TRY(check(out, &s, err));
    work = sqn__mem_alloc(sqn__mem_product(out->ny, n_work), sizeof *work);
    if (work == NULL) {
        status = SQN_RAISE(err, E_MEM, "work space to combine %" PRId64 " frames", n_frame);
        goto cleanup;
    }
#pragma omp parallel for default(none) shared(out, coverage, s, n_work, work)
    for (int64_t y = 0; y < out->ny; y++) {
        for (int64_t x = 0; x < out->nx; x += STRIP) {
            const int64_t left = out->nx - x;

            combine_strip(out, coverage, &s, y * out->nx + x, left < STRIP ? left : STRIP,
                          work + y * n_work);
        }
    }

cleanup:
    sqn__mem_free(work);
    return status;
}
