/**
 * @file nmf_anls_equal.c
 * @brief Weights equal up to a factor of each axis: one Gram matrix for all, less what is missing.
 *
 * With V_lj = a_l b_j or 0, G_l = a_l (sum_j b_j P(s_j) - what l misses of it), and Q_j likewise
 * with P(u_l): what a pass spends most on is formed once (docs/numerics.md, section 2). A panel
 * whose weights are not such, or that misses much, takes the general way.
 */
#include "nmf_anls.h"

#include <math.h>

#include "mem.h"

enum {
    T = SQN__PANELS_WIDTH,
    FEW = 64 /* a panel may miss one datum of so many, beyond it the products are cheaper */
};

/* Weights from errors in float32, and a and b from those, are off by some units in the last
 * place. Gram matrices may be: residuals and gradients are formed with V itself. */
static const float tolerance = 0x1p-20F;

/* Missing of the weights of one long or short index, at most: the difference then holds all
 * but one of its digits. */
static const double share_max = 0.9;

/* Data of lane t of panel p. */
static int64_t count_lane(const sqn_panels *panels, int64_t p, int64_t t)
{
    const float *v = sqn__panels_v(panels, p) + t;
    int64_t n = 0;

    for (int64_t j = 0; j < panels->n_short; j++) {
        n += v[j * T] > 0.0F ? 1 : 0;
    }
    return n;
}

/* b: the weights of the first complete long index, or of that with the most data. */
static void take_fullest(float *across, const sqn_panels *panels)
{
    int64_t best = 0, most = -1;

    for (int64_t l = 0; l < panels->n_long && most < panels->n_short; l++) {
        const int64_t n = count_lane(panels, l / T, l % T);

        best = n > most ? l : best;
        most = n > most ? n : most;
    }
    for (int64_t j = 0; j < panels->n_short; j++) {
        across[j] = sqn__panels_v(panels, best / T)[j * T + best % T];
    }
}

/* a of one lane: from the first datum whose b is known; 0 without. */
static float factor_of(const float *v, const float *across, int64_t n_short)
{
    for (int64_t j = 0; j < n_short; j++) {
        if (v[j * T] > 0.0F && across[j] > 0.0F) {
            return v[j * T] / across[j];
        }
    }
    return 0.0F;
}

/* b that the fullest misses, from others. */
static void fill_across(float *across, const sqn_panels *panels)
{
    int64_t n_left = 0;

    for (int64_t j = 0; j < panels->n_short; j++) {
        n_left += across[j] > 0.0F ? 0 : 1;
    }
    for (int64_t l = 0; l < panels->n_long && n_left > 0; l++) {
        const float *v = sqn__panels_v(panels, l / T) + l % T;
        const float a = factor_of(v, across, panels->n_short);

        for (int64_t j = 0; j < panels->n_short && a > 0.0F; j++) {
            if (v[j * T] > 0.0F && !(across[j] > 0.0F)) {
                across[j] = v[j * T] / a;
                n_left--;
            }
        }
    }
}

/* a of a panel's lanes; false where a datum has another weight than a b. */
static bool match(float *along, const float *across, const sqn_panels *panels, int64_t p)
{
    const float *v = sqn__panels_v(panels, p);

    for (int64_t t = 0; t < T; t++) {
        along[t] = factor_of(v + t, across, panels->n_short);
    }
    for (int64_t j = 0; j < panels->n_short; j++) {
        int n_other = 0;

        for (int64_t t = 0; t < T; t++) {
            const float here = v[j * T + t], off = fabsf(here - along[t] * across[j]);

            n_other += here > 0.0F && !(off <= tolerance * here) ? 1 : 0;
        }
        if (n_other > 0) {
            return false;
        }
    }
    return true;
}

/* List what panel `p` misses at `missing`, NULL: count only. Lanes past L have a = 0. */
static int64_t list(int64_t *missing, const sqn__nmf_anls_equal *equal,
                    const sqn_panels *panels, int64_t p)
{
    const int64_t n = panels->n_short * T;
    const float *v = sqn__panels_v(panels, p), *along = equal->along + p * T;
    int64_t found = 0;

    for (int64_t e = 0; e < n; e++) {
        if (!(v[e] > 0.0F) && along[e % T] > 0.0F) {
            if (missing != NULL) {
                missing[found] = e;
            }
            found++;
        }
    }
    return found;
}

/* Whether no index of the panel misses too large a part of its weights. */
static bool is_exact(const sqn__nmf_anls_equal *equal, const sqn_panels *panels, int64_t p)
{
    const float *v = sqn__panels_v(panels, p), *along = equal->along + p * T;
    double lane[T] = {0}, all = 0.0;
    bool good = true;

    for (int64_t j = 0; j < panels->n_short; j++) {
        double row = 0.0, row_all = 0.0;

        for (int64_t t = 0; t < T; t++) {
            const bool is_missing = !(v[j * T + t] > 0.0F);

            row_all += (double)along[t];
            row += is_missing ? (double)along[t] : 0.0;
            lane[t] += is_missing ? (double)equal->across[j] : 0.0;
        }
        all += (double)equal->across[j];
        good = good && row <= share_max * row_all;
    }
    for (int64_t t = 0; t < T; t++) {
        good = good && (lane[t] <= share_max * all || !(along[t] > 0.0F));
    }
    return good;
}

/* a, and how many a panel misses; -1 for the general way. */
static int64_t classify(const sqn__nmf_anls_equal *equal, const sqn_panels *panels,
                        int64_t p)
{
    if (!match(equal->along + p * T, equal->across, panels, p)) {
        return -1;
    }

    const int64_t n = list(NULL, equal, panels, p);

    return n <= panels->n_short * T / FEW && is_exact(equal, panels, p) ? n : -1;
}

bool sqn__nmf_anls_equal_create(sqn__nmf_anls_equal *equal, const sqn_panels *panels)
{
    int64_t total = 0, n_shared = 0;

    *equal = (sqn__nmf_anls_equal){
        .along = sqn__mem_alloc(panels->n_panel * T, sizeof *equal->along),
        .across = sqn__mem_alloc(panels->n_short, sizeof *equal->across),
        .first = sqn__mem_alloc(panels->n_panel, sizeof *equal->first),
        .n = sqn__mem_alloc(panels->n_panel, sizeof *equal->n),
    };
    if (equal->along == NULL || equal->across == NULL || equal->first == NULL ||
        equal->n == NULL) {
        return false;
    }
    take_fullest(equal->across, panels);
    fill_across(equal->across, panels);
    for (int64_t p = 0; p < panels->n_panel; p++) {
        equal->first[p] = total;
        equal->n[p] = classify(equal, panels, p);
        total += equal->n[p] > 0 ? equal->n[p] : 0;
        n_shared += equal->n[p] >= 0;
    }
    equal->mostly = 2 * n_shared > panels->n_panel;
    equal->missing = sqn__mem_alloc(total, sizeof *equal->missing);
    for (int64_t p = 0; equal->missing != NULL && p < panels->n_panel; p++) {
        if (equal->n[p] > 0) {
            (void)list(equal->missing + equal->first[p], equal, panels, p);
        }
    }
    return equal->missing != NULL;
}

void sqn__nmf_anls_equal_clear(sqn__nmf_anls_equal *equal)
{
    sqn__mem_free(equal->along);
    sqn__mem_free(equal->across);
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
            sum += (double)state->equal.across[j] *
                   (double)state->pairs[j * state->n_pair + i];
        }
        state->pairs_sum[i] = (float)sum;
    }
}

/* Whether lane `t` misses nearly all of a component: what is left in `gram` of the difference is
 * then rounding. */
static bool lane_cancels(const sqn__nmf_anls *state, const float *gram, float along,
                         int64_t t)
{
    const float least = (float)(1.0 - share_max) * along;

    for (int64_t a = 0; a < sqn__nmf_anls_n_along(state); a++) {
        const int64_t i = a * (a + 3) / 2;

        if (gram[i * T + t] < least * state->pairs_sum[i]) {
            return true;
        }
    }
    return false;
}

/* The Gram matrix of one lane from its own weights `v`. */
static void form_lane(const sqn__nmf_anls *state, float *out, const float *v, int64_t t)
{
    const int64_t k = sqn__nmf_anls_n_along(state);

    for (int64_t i = 0; i < k * (k + 1) / 2; i++) {
        double sum = 0.0;

        for (int64_t j = 0; j < state->panels->n_short; j++) {
            sum += (double)v[j * T + t] * (double)state->pairs[j * state->n_pair + i];
        }
        out[i * T + t] = (float)sum;
    }
}

void sqn__nmf_anls_equal_gram(const sqn__nmf_anls *state, float *out, int64_t panel)
{
    const sqn__nmf_anls_equal *equal = &state->equal;
    const int64_t *missing = equal->missing + equal->first[panel];
    const float *along = equal->along + panel * T;
    const int64_t k = sqn__nmf_anls_n_along(state), n_pair = k * (k + 1) / 2;

    for (int64_t i = 0; i < n_pair; i++) {
        for (int64_t t = 0; t < T; t++) {
            out[i * T + t] = along[t] * state->pairs_sum[i];
        }
    }
    for (int64_t m = 0; m < equal->n[panel]; m++) {
        const int64_t j = missing[m] / T, t = missing[m] % T;
        const float *pairs = state->pairs + j * state->n_pair;
        const float weight = along[t] * equal->across[j];

        for (int64_t i = 0; i < n_pair; i++) {
            out[i * T + t] -= weight * pairs[i];
        }
    }
    for (int64_t t = 0; t < T && equal->n[panel] > 0; t++) {
        if (lane_cancels(state, out, along[t], t)) {
            form_lane(state, out, sqn__panels_v(state->panels, panel), t);
        }
    }
}

/* sum_l a_l row_l of a panel, in a fixed order that vectors can keep. */
static double sum_lanes(const float *along, const float *row)
{
    enum { PARTS = 16 };
    float part[PARTS] = {0};
    double sum = 0.0;

    for (int64_t t = 0; t < T; t += PARTS) {
        for (int64_t i = 0; i < PARTS; i++) {
            part[i] += along[t + i] * row[t + i];
        }
    }
    for (int64_t i = 0; i < PARTS; i++) {
        sum += (double)part[i];
    }
    return sum;
}

/* Whether a row misses nearly all that the lanes of a panel hold of one component. */
static bool row_cancels(const sqn__nmf_anls *state, const float *squares, int64_t panel)
{
    const sqn__nmf_anls_equal *equal = &state->equal;
    const int64_t *missing = equal->missing + equal->first[panel];
    const float *along = equal->along + panel * T;
    const double most = share_max * sum_lanes(along, squares);
    double lost = 0.0;

    for (int64_t m = 0; m < equal->n[panel]; m++) { /* row after row */
        const bool same = m > 0 && missing[m] / T == missing[m - 1] / T;
        const int64_t t = missing[m] % T;

        lost = (same ? lost : 0.0) + (double)along[t] * (double)squares[t];
        if (lost > most) {
            return true;
        }
    }
    return false;
}

bool sqn__nmf_anls_equal_cancels(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot,
                                 int64_t panel)
{
    for (int64_t a = 0; a < sqn__nmf_anls_n_across(state); a++) {
        if (row_cancels(state, slot->pairs + a * (a + 3) / 2 * T, panel)) {
            return true;
        }
    }
    return false;
}

void sqn__nmf_anls_equal_sums(const sqn__nmf_anls *state, sqn__nmf_anls_slot *slot,
                              int64_t panel)
{
    const sqn__nmf_anls_equal *equal = &state->equal;
    const int64_t *missing = equal->missing + equal->first[panel];
    const float *along = equal->along + panel * T;
    const int64_t k = sqn__nmf_anls_n_across(state), n_pair = k * (k + 1) / 2;

    for (int64_t i = 0; i < n_pair; i++) {
        slot->shared[i] += sum_lanes(along, slot->pairs + i * T);
    }
    for (int64_t m = 0; m < equal->n[panel]; m++) {
        const int64_t j = missing[m] / T, t = missing[m] % T;
        const float weight = along[t] * equal->across[j];

        for (int64_t i = 0; i < n_pair; i++) {
            slot->q[i * state->n_aligned + j] -= weight * slot->pairs[i * T + t];
        }
    }
}
