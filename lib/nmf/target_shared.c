/**
 * @file target_shared.c
 * @brief What all pixels share when variances of models are found (legend: target_variance.h).
 */
#include <math.h>

#include "panels_internal.h"
#include "target_variance.h"

enum { LINE = 8 }; /* doubles of a cache line */

/* References that take part. */
static int64_t n_reference(const sqn__variance_call *call)
{
    return call->references != NULL ? call->references->info.n_frame_used : 0;
}

/* From pair to pair of the references, an odd number of cache lines: else the rows of a tile share a
   few sets of the cache. */
static int64_t row_size(const sqn__variance_call *call)
{
    return ((n_reference(call) + LINE - 1) / LINE | 1) * LINE;
}

int64_t sqn__target_shared_size(const sqn__variance_call *call,
                                const sqn__target_count *count)
{
    const int64_t n = count->n_unknown;

    return call->n_frame * (sqn__inverse_n_pair(n) + n) + n +
           row_size(call) * sqn__inverse_n_pair(count->basis.rows);
}

/* Powers of 2 that the references' coefficients do not exceed: in float their products neither
   vanish nor overflow. */
static void find_sizes(const sqn__variance_call *call, const sqn__variance_count *of)
{
    for (int64_t a = 0; a < of->count->basis.rows; a++) {
        double most = 0.0;
        int exponent = 0;

        for (int64_t i = 0; i < of->coefficients.rows; i++) {
            const double w = of->coefficients.data[i * of->coefficients.stride + a];

            most = call->references->frame[i] >= 0 ? fmax(most, fabs(w)) : most;
        }
        (void)frexp(most, &exponent);
        of->size[a] = ldexp(1.0, exponent);
    }
}

/* P(w) of the references, over the sizes. */
static void form_references(const sqn__variance_call *call, const sqn__variance_count *of)
{
    const int64_t k = of->count->basis.rows;

    for (int64_t i = 0; i < of->coefficients.rows; i++) {
        const double *w = of->coefficients.data + i * of->coefficients.stride;
        const int64_t used = call->references->frame[i]; /* others have no coefficients */

        for (int64_t a = 0; a < k && used >= 0; a++) {
            for (int64_t b = 0; b <= a; b++) {
                const int64_t pair = of->pair + a * (a + 1) / 2 + b;
                const double one = w[a] / of->size[a] * (w[b] / of->size[b]);

                call->w_ref[pair * call->n_row + used] = one;
                call->single[used * call->n_pair + pair] = (float)one;
            }
        }
    }
}

/* The coefficients of the frames over the sizes. */
static void scale_frames(const sqn__variance_call *call, const sqn__variance_count *of)
{
    const int64_t k = of->count->basis.rows;

    for (int64_t e = 0; e < call->n_frame * k; e++) {
        of->w[e] = of->count->coefficients[e] / of->size[e % k];
    }
}

/* Covariances of the frames as quadratic forms. */
static void form_frames(const sqn__variance_call *call, const sqn__variance_count *of)
{
    const int64_t n = of->count->n_unknown, n_pair = sqn__inverse_n_pair(n);

    for (int64_t i = 0; i < call->n_frame; i++) {
        const double *c = of->count->covariance + i * n * n;

        for (int64_t a = 0; a < n; a++) {
            for (int64_t b = 0; b <= a; b++) {
                of->c[i * n_pair + a * (a + 1) / 2 + b] =
                    (a == b ? 1.0 : 2.0) * c[a * n + b];
            }
        }
    }
}

void sqn__target_shared_form(sqn__variance_call *call, double *numbers, float *single)
{
    call->n_row = row_size(call);
    call->w_ref = numbers;
    call->single = single;
    numbers += call->n_row * call->n_pair;
    for (int64_t i = 0; i < call->n_count; i++) {
        sqn__variance_count *of = &call->count[i];
        const int64_t n = of->count->n_unknown;

        of->c = numbers;
        of->size = of->c + call->n_frame * sqn__inverse_n_pair(n);
        of->w = of->size + n;
        numbers = of->w + call->n_frame * n;
        form_frames(call, of);
        if (call->references != NULL) {
            find_sizes(call, of);
            form_references(call, of);
            scale_frames(call, of);
        }
    }
}
