/**
 * @file target_inverse.c
 * @brief Covariance M of the components' errors at a strip of pixels (target_variance.h).
 */
#include <math.h>
#include <string.h>

#include "panels_internal.h"
#include "target_variance.h"

enum { STRIP = SQN__VARIANCE_STRIP, PART = SQN__VARIANCE_PART };

/* ---- Gram matrices --------------------------------------------------------------------- */

/* Where the weights of the pixels begin; -1 where one takes no part. True: side by side. */
static bool find_places(int64_t place[STRIP], const sqn_panels *panels,
                        const sqn__variance_strip *strip)
{
    int64_t n_beside = 1;

    for (int64_t p = 0; p < STRIP; p++) {
        place[p] =
            sqn__panels_place(panels, p < strip->n ? panels->pixel[strip->first + p] : -1,
                              panels->info.pixels_are_long);
        n_beside += p > 0 && place[p] == place[0] + p ? 1 : 0;
    }
    return panels->info.pixels_are_long && place[0] >= 0 && n_beside == STRIP;
}

/* Weights of the references first .. first + n; 0 where a pixel takes no part. */
static void load_weights(float *restrict out, const sqn_panels *panels,
                         const int64_t place[STRIP], bool beside, int64_t first, int64_t n)
{
    const bool long_pixels = panels->info.pixels_are_long;

    for (int64_t i = 0; i < n; i++) {
        const float *v = panels->v + sqn__panels_place(panels, first + i, !long_pixels);

        if (beside) {
            memcpy(out + i * STRIP, v + place[0], STRIP * sizeof *out);
            continue;
        }
        for (int64_t p = 0; p < STRIP; p++) {
            out[i * STRIP + p] = place[p] < 0 ? 0.0F : v[place[p]];
        }
    }
}

/* Ask for the weights of the last pixel of the strip behind this one: one line of every row. */
static void ask_ahead(const sqn__variance_call *call, const sqn__variance_strip *strip)
{
    const sqn_panels *panels = call->references;
    const int64_t last = strip->first + 2 * (int64_t)STRIP - 1,
                  n = panels->info.n_frame_used;
    const int64_t place = panels->info.pixels_are_long && last < call->n_pix
                              ? sqn__panels_place(panels, panels->pixel[last], true)
                              : -1;

    for (int64_t i = 0; i < n && i < PART && place >= 0; i++) {
        __builtin_prefetch(panels->v + place + sqn__panels_place(panels, i, false), 0, 2);
    }
}

void sqn__target_inverse_sum(const sqn__variance_slot *slot, const sqn__variance_call *call,
                             const sqn__variance_strip *strip)
{
    const int64_t n_reference = call->references->info.n_frame_used;
    int64_t place[STRIP];
    const bool beside = find_places(place, call->references, strip);

    memset(slot->gram, 0, (size_t)(call->n_pair * STRIP) * sizeof *slot->gram);
    for (int64_t first = 0; first < n_reference; first += PART) {
        const int64_t left = n_reference - first, n = left < PART ? left : PART;

        load_weights(slot->weight, call->references, place, beside, first, n);
        if (first + PART >= n_reference) {
            ask_ahead(call, strip);
        }
        sqn__gram_choose()->product_single(
            (sqn_dmatrix){slot->gram, call->n_pair, STRIP, STRIP},
            (sqn__gram_single){call->single + first * call->n_pair, call->n_pair},
            (sqn_matrix_const){slot->weight, n, STRIP, STRIP});
    }
}

/* Those of one count again, in double. */
static void sum_exact(const sqn__variance_slot *slot, const sqn__variance_call *call,
                      const sqn__variance_count *of, const sqn__variance_strip *strip)
{
    const int64_t n_reference = call->references->info.n_frame_used;
    const int64_t n_pair = sqn__inverse_n_pair(of->coefficients.cols);
    double *gram = slot->gram + of->pair * STRIP;
    int64_t place[STRIP];
    const bool beside = find_places(place, call->references, strip);

    memset(gram, 0, (size_t)(n_pair * STRIP) * sizeof *gram);
    for (int64_t first = 0; first < n_reference; first += PART) {
        const int64_t left = n_reference - first, n = left < PART ? left : PART;
        const double *pairs = call->w_ref + of->pair * call->n_row + first;

        load_weights(slot->weight, call->references, place, beside, first, n);
        sqn__inverse_choose()->widen(slot->exact, slot->weight, STRIP, n);
        sqn__gram_choose()->product((sqn_dmatrix){gram, n_pair, STRIP, STRIP},
                                    (sqn__gram_factor){pairs, call->n_row, 1},
                                    (sqn_dmatrix_const){slot->exact, n, STRIP, STRIP});
    }
}

/* ---- Inverses -------------------------------------------------------------------------- */

/* Gram matrices in float stand for themselves where pivots keep so much of their diagonals. */
static const double least_single = 1e-2;

static sqn__inverse_lanes lanes_of(const sqn__variance_slot *slot,
                                   const sqn__variance_count *of, double least)
{
    return (sqn__inverse_lanes){of->coefficients.cols,
                                slot->gram + of->pair * STRIP,
                                slot->h,
                                least,
                                slot->flags,
                                slot->work};
}

static bool any_singular(const sqn__variance_slot *slot)
{
    int any = 0;

    for (int64_t p = 0; p < STRIP; p++) {
        any |= slot->flags[p];
    }
    return any != 0;
}

/* The Gram matrix of one pixel, summed again. */
static void sum_single(double *gram, const sqn__variance_call *call,
                       const sqn__variance_count *of, int64_t pixel)
{
    const sqn_panels *panels = call->references;
    const bool long_pixels = panels->info.pixels_are_long;
    const int64_t k = of->coefficients.cols;
    const float *v =
        panels->v + sqn__panels_place(panels, panels->pixel[pixel], long_pixels);

    memset(gram, 0, (size_t)(k * k) * sizeof *gram);
    for (int64_t i = 0; i < panels->info.n_frame_used; i++) {
        const double weight = v[sqn__panels_place(panels, i, !long_pixels)];
        const double *pairs = call->w_ref + of->pair * call->n_row + i;

        for (int64_t a = 0; a < k; a++) {
            for (int64_t b = 0; b <= a; b++) {
                gram[a * k + b] += weight * pairs[(a * (a + 1) / 2 + b) * call->n_row];
            }
        }
    }
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = a + 1; b < k; b++) {
            gram[a * k + b] = gram[b * k + a];
        }
    }
}

/* M [k, k] of pixel `p` of the strip, where the factor of lanes has lost a pivot. */
static const double *invert_single(const sqn__variance_slot *slot,
                                   const sqn__variance_call *call,
                                   const sqn__variance_count *of, int64_t pixel, int64_t p)
{
    const int64_t k = of->coefficients.cols;
    double *gram = slot->single, *m = gram + k * k;
    uint8_t *active = slot->flags + STRIP;

    sum_single(gram, call, of, pixel);
    for (int64_t a = 0; a < k; a++) {
        active[a] = slot->h[a * STRIP + p] > 0.0 && gram[a * k + a] > 0.0;
    }
    sqn__target_frame_covariance(m, active, gram, k, m + k * k);
    return m;
}

static double form(const double *m, const double *w, int64_t k)
{
    double sum = 0.0;

    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b < k; b++) {
            sum += w[a] * m[a * k + b] * w[b];
        }
    }
    return sum;
}

void sqn__target_inverse_forms(const sqn__variance_slot *slot,
                               const sqn__variance_call *call,
                               const sqn__variance_count *of,
                               const sqn__variance_strip *strip)
{
    const int64_t k = of->coefficients.cols;
    const sqn__inverse_lanes fast = lanes_of(slot, of, least_single);
    const sqn__inverse_lanes exact = lanes_of(slot, of, sqn__inverse_least(k));
    const sqn__inverse_rows rows = {call->n_frame, of->w, 1.0 / call->scale};

    sqn__inverse_choose()->forms(slot->narrow, &fast, &rows);
    if (any_singular(slot)) {
        sum_exact(slot, call, of, strip);
        sqn__inverse_choose()->forms(slot->narrow, &exact, &rows);
    }
    for (int64_t p = 0; p < strip->n; p++) {
        if (slot->flags[p] == 0) {
            continue;
        }
        const double *m = invert_single(slot, call, of, strip->first + p, p); /* rare */

        for (int64_t i = 0; i < call->n_frame; i++) {
            float *out = slot->narrow + i * STRIP + p;

            *out = isnan(*out) ? *out : (float)(rows.scale * form(m, rows.w + i * k, k));
        }
    }
}

void sqn__target_inverse_keep(const sqn__variance_slot *slot,
                              const sqn__variance_call *call, const sqn__variance_count *of,
                              const sqn__variance_strip *strip)
{
    const int64_t k = of->coefficients.cols;
    const sqn__inverse_lanes fast = lanes_of(slot, of, least_single);
    const sqn__inverse_lanes exact = lanes_of(slot, of, sqn__inverse_least(k));

    sqn__inverse_choose()->invert(&fast);
    if (any_singular(slot)) {
        sum_exact(slot, call, of, strip);
        sqn__inverse_choose()->invert(&exact);
    }
    for (int64_t p = 0; p < strip->n; p++) {
        const double *m =
            slot->flags[p] != 0 ? invert_single(slot, call, of, strip->first + p, p) : NULL;
        double known = 0.0; /* NaN where one of the components is */

        for (int64_t j = 0; j < k; j++) {
            known += isnan(slot->h[j * STRIP + p]) ? NAN : 0.0;
        }
        for (int64_t a = 0; a < k; a++) {
            for (int64_t b = 0; b <= a; b++) {
                const int64_t q = a * (a + 1) / 2 + b;
                const double one = m != NULL ? m[a * k + b] : fast.m[q * STRIP + p];

                of->covariance[q * call->n_pix + strip->first + p] =
                    one / (of->size[a] * of->size[b] * call->scale) + known;
            }
        }
    }
}
