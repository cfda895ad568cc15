/** @file nmf_anls_across.c @brief The short side: S from the sums of a pass, exactly. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "nmf_anls.h"
#include "nnls.h"

enum { WORTH_THREADS = 2048 }; /* short indices times k^2: some 30 microseconds */

/* Q_j in full, from its pairs. */
static void unpack(double *full, const double *pairs, int64_t k)
{
    for (int64_t b = 0; b < k; b++) {
        for (int64_t a = 0; a <= b; a++) {
            full[a * k + b] = full[b * k + a] = pairs[b * (b + 1) / 2 + a];
        }
    }
}

/* One short index: s_solved from s. */
static void solve_one(const sqn__nmf_anls *state, const sqn__nmf_anls_slot *slot, int64_t j)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    double *gram = slot->small, *s = gram + k * k;
    const sqn__nnls_problem problem = {
        .k = k,
        .gram = gram,
        .rhs = state->c + j * k,
        .free_last = k > state->k,
    };

    unpack(gram, state->q + j * (k * (k + 1) / 2), k);
    for (int64_t a = 0; a < k; a++) {
        s[a] = (double)state->s[j * state->stride + a];
    }
    (void)sqn__nnls_solve(s, state->passive + j * state->stride, &problem, slot->work);
    for (int64_t a = 0; a < k; a++) {
        state->s_solved[j * state->stride + a] = (float)s[a];
    }
}

void sqn__nmf_anls_pass_solve(sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    const bool worth_threads = state->panels->n_short * k * k >= WORTH_THREADS;

    memcpy(state->s_solved, state->s, (size_t)state->n_s * sizeof *state->s);
#pragma omp parallel for num_threads(state->n_slot) if (worth_threads) default(none) \
    shared(state) schedule(dynamic, 4)
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        solve_one(state, state->slots + omp_get_thread_num(), j);
    }
}

double sqn__nmf_anls_pass_size(const sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state), n_pair = k * (k + 1) / 2;
    double total = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const double *q = state->q + j * n_pair;
        double size = 0.0;

        for (int64_t a = 0; a < k; a++) {
            size += fabs((double)state->s[j * state->stride + a]) *
                    sqrt(fmax(q[a * (a + 1) / 2 + a], 0.0));
        }
        total += size * size;
    }
    return total;
}

double sqn__nmf_anls_pass_optimality(const sqn__nmf_anls *state)
{
    const int64_t k = sqn__nmf_anls_n_across(state);
    double *gram = state->slots[0].small, worst = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const float *s = state->s + j * state->stride;
        double p2 = 0.0, size2 = 0.0;

        unpack(gram, state->q + j * (k * (k + 1) / 2), k);
        for (int64_t a = 0; a < k; a++) {
            const double c = state->c[j * k + a];
            const bool on_bound = a < state->k && !(s[a] > 0.0F);
            const double p = on_bound ? fmax(c, 0.0) : c;
            double b = c; /* (Q s + C)_a */

            for (int64_t i = 0; i < k; i++) {
                b += gram[a * k + i] * (double)s[i];
            }
            p2 += p * p;
            size2 += b * b;
        }
        worst = size2 > 0.0 ? fmax(worst, sqrt(p2 / size2)) : worst;
    }
    return worst;
}
