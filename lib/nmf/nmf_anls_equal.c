/**
 * @file nmf_anls_equal.c
 * @brief Equal weights: one Gram matrix for all, less what is missing.
 *
 * With V = v or 0, G_l = v (sum_j P(s_j) - sum over what l misses of P(s_j)), and Q_j likewise
 * with P(u_l): what a pass spends most on is formed once (docs/numerics.md, section 2). A panel
 * that misses much takes the general way.
 */
#include "nmf_anls.h"

#include "mem.h"

enum {
    FEW = 64
}; /* a panel may miss one datum of so many, beyond it the products are cheaper */

/* List what panel `p` misses at `missing`, NULL: count only; -1 when it is too much. */
static int64_t list(int64_t *missing, const sqn_panels *panels, int64_t p)
{
    const int64_t n = panels->n_short * panels->width;
    const float *v = sqn__panels_v(panels, p);
    int64_t found = 0;

    for (int64_t e = 0; e < n; e++) {
        if (!(v[e] > 0.0F)) {
            if (missing != NULL) {
                missing[found] = e;
            }
            found++;
        }
    }
    return found <= n / FEW ? found : -1;
}

bool sqn__nmf_anls_equal_create(sqn__nmf_anls_equal *equal, const sqn_panels *panels)
{
    int64_t total = 0;

    *equal = (sqn__nmf_anls_equal){.weight = panels->equal_v};
    if (!(equal->weight > 0.0F)) {
        return true;
    }
    equal->first = sqn__mem_alloc(panels->n_panel, sizeof *equal->first);
    equal->n = sqn__mem_alloc(panels->n_panel, sizeof *equal->n);
    if (equal->first == NULL || equal->n == NULL) {
        return false;
    }
    for (int64_t p = 0; p < panels->n_panel; p++) {
        equal->first[p] = total;
        equal->n[p] = list(NULL, panels, p);
        total += equal->n[p] > 0 ? equal->n[p] : 0;
    }
    equal->missing = sqn__mem_alloc(total, sizeof *equal->missing);
    for (int64_t p = 0; equal->missing != NULL && p < panels->n_panel; p++) {
        if (equal->n[p] > 0) {
            (void)list(equal->missing + equal->first[p], panels, p);
        }
    }
    return equal->missing != NULL;
}

void sqn__nmf_anls_equal_clear(sqn__nmf_anls_equal *equal)
{
    sqn__mem_free(equal->first);
    sqn__mem_free(equal->n);
    sqn__mem_free(equal->missing);
    *equal = (sqn__nmf_anls_equal){0};
}

void sqn__nmf_anls_equal_begin(sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_along(state), n_pair = k * (k + 1) / 2;

    for (int64_t i = 0; i < n_pair; i++) {
        double sum = 0.0;

        for (int64_t j = 0; j < state->panels->n_short; j++) {
            sum += (double)state->pairs[j * state->n_pair + i];
        }
        state->pairs_sum[i] = (float)sum;
    }
}

void sqn__nmf_anls_equal_gram(const sqn__nmf_anls *state, float *out, int64_t panel)
{
    const sqn__nmf_anls_equal *equal = &state->equal;
    const int64_t *missing = equal->missing + equal->first[panel];
    const int64_t k = sqn__nmf_anls_n_along(state), n_pair = k * (k + 1) / 2;
    const int64_t width = state->panels->width;

    for (int64_t i = 0; i < n_pair; i++) {
        for (int64_t t = 0; t < width; t++) {
            out[i * width + t] = equal->weight * state->pairs_sum[i];
        }
    }
    for (int64_t m = 0; m < equal->n[panel]; m++) {
        const float *pairs = state->pairs + missing[m] / width * state->n_pair;
        float *gram = out + missing[m] % width;

        for (int64_t i = 0; i < n_pair; i++) {
            gram[i * width] -= equal->weight * pairs[i];
        }
    }
}

/* Sum of a row of lanes, in a fixed order that vectors can keep. */
static double sum_lanes(const float *row, int64_t width)
{
    enum { PARTS = 16 };
    float part[PARTS] = {0};
    double sum = 0.0;

    for (int64_t t = 0; t < width; t += PARTS) {
        for (int64_t i = 0; i < PARTS; i++) {
            part[i] += row[t + i];
        }
    }
    for (int64_t i = 0; i < PARTS; i++) {
        sum += (double)part[i];
    }
    return sum;
}

void sqn__nmf_anls_equal_sums(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                              int64_t panel)
{
    const sqn__nmf_anls_equal *equal = &state->equal;
    const int64_t *missing = equal->missing + equal->first[panel];
    const int64_t k = sqn__nmf_anls_n_across(state), n_pair = k * (k + 1) / 2;
    const int64_t width = state->panels->width;

    for (int64_t i = 0; i < n_pair; i++) {
        slot->shared[i] += sum_lanes(slot->pairs + i * width, width);
    }
    for (int64_t m = 0; m < equal->n[panel]; m++) {
        const float *pairs = slot->pairs + missing[m] % width;
        float *q = slot->q + missing[m] / width;

        for (int64_t i = 0; i < n_pair; i++) {
            q[i * state->n_aligned] -= equal->weight * pairs[i * width];
        }
    }
}
