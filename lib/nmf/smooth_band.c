/** @file smooth_band.c @brief The pentadiagonal problem of one smooth component. */
#include "smooth_band.h"

#include <math.h>
#include <stdbool.h>

/** Symmetric matrix with two bands beside its diagonal, right side and step; all [n_pix]. */
typedef struct band {
    int64_t n;
    double *diagonal, *first, *second, *rhs, *step;
} band;

int64_t sqn__smooth_band_work_size(int64_t n_pix)
{
    return 5 * n_pix;
}

static double bend_at(const sqn__smooth_sums *s, int64_t p)
{
    return p >= 0 && p < s->n_pix ? (double)s->bend[p] : 0.0;
}

/* Curvature of the form in component `a`, and the right side with the others held. A pixel without
 * a component gets an equation of its own. */
static void fill(const band *m, const sqn__smooth_sums *s, int64_t a)
{
    for (int64_t p = 0; p < m->n; p++) {
        const double *gram = s->gram + (p * s->k + a) * s->k, *h = s->h + p * s->k;
        const bool is_there = !isnan(h[a]);
        const double stiff = bend_at(s, p - 1) + 4.0 * bend_at(s, p) + bend_at(s, p + 1);

        m->diagonal[p] = is_there ? gram[a] + s->price[a] * stiff : 1.0;
        m->first[p] = -2.0 * s->price[a] * (bend_at(s, p) + bend_at(s, p + 1));
        m->second[p] = s->price[a] * bend_at(s, p + 1);
        m->rhs[p] = is_there ? s->rhs[p * s->k + a] : 0.0;
        for (int64_t b = 0; b < s->k && is_there; b++) {
            m->rhs[p] -= b != a ? gram[b] * h[b] : 0.0;
        }
    }
}

/* Row `p` of the matrix times x; h of pixels without a component counts as 0. */
static double times(const band *m, const double *x, int64_t stride, int64_t p)
{
    double sum = isnan(x[p * stride]) ? 0.0 : m->diagonal[p] * x[p * stride];

    sum += p >= 1 && m->first[p - 1] != 0.0 ? m->first[p - 1] * x[(p - 1) * stride] : 0.0;
    sum += p >= 2 && m->second[p - 2] != 0.0 ? m->second[p - 2] * x[(p - 2) * stride] : 0.0;
    sum += p + 1 < m->n && m->first[p] != 0.0 ? m->first[p] * x[(p + 1) * stride] : 0.0;
    sum += p + 2 < m->n && m->second[p] != 0.0 ? m->second[p] * x[(p + 2) * stride] : 0.0;
    return sum;
}

/* Solve by L D L^T into `step`; the matrix is overwritten. False where it is not definite. */
static bool solve(const band *m)
{
    double *d = m->diagonal, *l1 = m->first, *l2 = m->second, *x = m->step;

    for (int64_t p = 0; p < m->n; p++) {
        const double a1 = p >= 1 ? l1[p - 1] : 0.0, a2 = p >= 2 ? l2[p - 2] : 0.0;

        x[p] = m->rhs[p] - (p >= 1 ? a1 * x[p - 1] : 0.0) - (p >= 2 ? a2 * x[p - 2] : 0.0);
        d[p] -= (p >= 1 ? a1 * a1 * d[p - 1] : 0.0) + (p >= 2 ? a2 * a2 * d[p - 2] : 0.0);
        if (!(d[p] > 0.0)) {
            return false;
        }
        /* column p below the diagonal: the second column before it reaches one row only */
        l1[p] = (l1[p] - (p >= 1 ? a1 * d[p - 1] * l2[p - 1] : 0.0)) / d[p];
        l2[p] /= d[p];
    }
    for (int64_t p = 0; p < m->n; p++) {
        x[p] /= d[p];
    }
    for (int64_t p = m->n - 2; p >= 0; p--) {
        x[p] -= l1[p] * x[p + 1] + (p + 2 < m->n ? l2[p] * x[p + 2] : 0.0);
    }
    return true;
}

void sqn__smooth_band(sqn__smooth_sums *s, int64_t a)
{
    const int64_t n = s->n_pix, k = s->k;
    const band m = {
        n, s->band, s->band + n, s->band + 2 * n, s->band + 3 * n, s->band + 4 * n};
    double slope = 0.0, curvature = 0.0;

    fill(&m, s, a);
    if (!solve(&m)) {
        return;
    }
    for (int64_t p = 0; p < n; p++) { /* from the component to the solution, cut at 0 */
        const double h = s->h[p * k + a];

        m.step[p] = isnan(h) ? 0.0 : fmax(m.step[p], 0.0) - h;
    }
    fill(&m, s, a);
    for (int64_t p = 0; p < n; p++) {
        if (!isnan(s->h[p * k + a])) {
            slope += m.step[p] * (m.rhs[p] - times(&m, s->h + a, k, p));
            curvature += m.step[p] * times(&m, m.step, 1, p);
        }
    }
    const double along =
        slope > 0.0 && curvature > 0.0 ? fmin(slope / curvature, 1.0) : 0.0;

    for (int64_t p = 0; p < n; p++) {
        s->h[p * k + a] += along * m.step[p];
    }
}
