/** @file combine.c @brief Frames of one orientation to one image. */
#include "sequin/combine.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

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

/* Value and variance of one output pixel. */
typedef struct datum {
    double value, variance;
} datum;

/* True when frame `f` takes part at pixel `p`. */
static bool valid(const stack *s, int64_t f, int64_t p)
{
    const sqn_image *frame = &s->frames[f];

    return isfinite(frame->value[p]) &&
           (s->method != SQN_COMBINE_WEIGHTED ||
            (isfinite(frame->variance[p]) && frame->variance[p] > 0.0F));
}

/* Sum of the values and of the variances at `p`, over the frames that take part. */
static datum sums(const stack *s, int64_t p)
{
    datum sum = {0.0, 0.0};

    for (int64_t f = 0; f < s->n_frame; f++) {
        if (valid(s, f, p)) {
            const sqn_image *frame = &s->frames[f];

            sum.value += frame->value[p];
            sum.variance += frame->variance != NULL ? frame->variance[p] : 0.0F;
        }
    }
    return sum;
}

/* Variance of a median of n over that of their mean, normal noise: pi / 2 for many, less for few
   (a fit to the exact values, within 1 % from 3 on); 1 for one or two, whose median is the mean. */
static double median_variance(int64_t n)
{
    const double count = (double)n;

    return n > 2 ? pi * count / (2.0 * count + (n % 2 == 1 ? 0.95 : 2.65)) : 1.0;
}

/* What the frames share at `p`: sum of w_i w_j cov_ij over pairs, each frame's covariances
   being spread evenly over the others; w = 1 / n or inverse variances, normalised to 1. */
static double shared_variance(const stack *s, int64_t p, int64_t n)
{
    const bool by_variance = s->method == SQN_COMBINE_WEIGHTED;
    double sum = 0.0, sum_w = 0.0, sum_own = 0.0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        const sqn_image *frame = &s->frames[f];

        if (frame->shared != NULL && valid(s, f, p)) {
            const double w = by_variance ? 1.0 / (double)frame->variance[p] : 1.0;

            sum += w * frame->shared[p];
            sum_w += w;
            sum_own += w * w * frame->shared[p];
        }
    }
    return n < 2 || sum_w == 0.0
               ? 0.0
               : (sum / sum_w - sum_own / (sum_w * sum_w)) / (double)(s->n_frame - 1);
}

static datum mean(const stack *s, int64_t p, int64_t n)
{
    const datum sum = sums(s, p);

    return (datum){sum.value / (double)n, sum.variance / ((double)n * (double)n)};
}

/* x = sum (x_i / var_i) / sum (1 / var_i), var = 1 / sum (1 / var_i) */
static datum weighted(const stack *s, int64_t p)
{
    double sum = 0.0, sum_w = 0.0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        if (valid(s, f, p)) {
            const double w = 1.0 / (double)s->frames[f].variance[p];

            sum += w * s->frames[f].value[p];
            sum_w += w;
        }
    }
    return (datum){sum / sum_w, 1.0 / sum_w};
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

static datum median(const stack *s, int64_t p, int64_t n, float *work)
{
    int64_t k = 0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        if (valid(s, f, p)) {
            work[k++] = s->frames[f].value[p];
        }
    }
    return (datum){middle(work, n), median_variance(n) * mean(s, p, n).variance};
}

/* OR of the flags over the frames behind the pixel; over all where there are none. */
static void join_flags(sqn_image *out, const stack *s, int64_t p, int64_t n)
{
    uint32_t dq = 0;
    unsigned flags = 0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        const sqn_image *frame = &s->frames[f];

        if (n == 0 || valid(s, f, p)) {
            dq |= frame->dq != NULL ? frame->dq[p] : 0;
            flags |= frame->flags != NULL ? frame->flags[p] : 0U;
        }
    }
    if (out->dq != NULL) {
        out->dq[p] = dq;
    }
    if (out->flags != NULL) {
        out->flags[p] = (uint8_t)flags;
    }
}

/* Combine pixel `p`; returns the number of frames behind it. */
static int32_t combine_pixel(sqn_image *out, const stack *s, int64_t p, float *work)
{
    datum d = {(double)NAN, (double)NAN};
    int64_t n = 0;

    for (int64_t f = 0; f < s->n_frame; f++) {
        n += valid(s, f, p);
    }
    if (n > 0 && s->method == SQN_COMBINE_WEIGHTED) {
        d = weighted(s, p);
    } else if (n > 0 && s->method == SQN_COMBINE_MEDIAN) {
        d = median(s, p, n, work);
    } else if (n > 0) {
        d = mean(s, p, n);
    }
    out->value[p] = (float)d.value;
    if (out->variance != NULL) {
        const double whole = d.variance + shared_variance(s, p, n);

        out->variance[p] =
            (float)(whole > least_share * d.variance ? whole : least_share * d.variance);
    }
    join_flags(out, s, p, n);
    return (int32_t)n;
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
        for (int64_t x = 0; x < out->nx; x++) {
            const int64_t p = y * out->nx + x;

            coverage[p] = combine_pixel(out, &s, p, work + y * n_work);
        }
    }

cleanup:
    sqn__mem_free(work);
    return status;
}
