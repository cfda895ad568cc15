/** @file smooth_sweep.c @brief Coordinate descent along the pixels of smooth components. */
#include "smooth_sweep.h"

#include <math.h>

double sqn__smooth_sweep_bend(const sqn__smooth_sums *s, int64_t p, int64_t a)
{
    if (p < 0 || p >= s->n_pix || s->bend[p] == 0) {
        return 0.0;
    }
    return s->h[(p - 1) * s->k + a] - 2.0 * s->h[p * s->k + a] + s->h[(p + 1) * s->k + a];
}

double sqn__smooth_sweep_roughness(const sqn__smooth_sums *s, int64_t a)
{
    double sum = 0.0;

    for (int64_t p = 0; p < s->n_pix; p++) {
        const double bend = sqn__smooth_sweep_bend(s, p, a);

        sum += bend * bend;
    }
    return sum;
}

static double has_bend(const sqn__smooth_sums *s, int64_t p)
{
    return p >= 0 && p < s->n_pix ? (double)s->bend[p] : 0.0;
}

/* The exact minimum over one element, not below 0. */
static void move(sqn__smooth_sums *s, int64_t p, int64_t a)
{
    const double *gram = s->gram + (p * s->k + a) * s->k;
    double *h = s->h + p * s->k;
    /* (D^T D h)_p: the pixel lies in three second differences, with weights 1, -2, 1 */
    const double pull = sqn__smooth_sweep_bend(s, p - 1, a) -
                        2.0 * sqn__smooth_sweep_bend(s, p, a) +
                        sqn__smooth_sweep_bend(s, p + 1, a);
    const double stiff = has_bend(s, p - 1) + 4.0 * has_bend(s, p) + has_bend(s, p + 1);
    const double curvature = gram[a] + s->price[a] * stiff;
    double slope = s->rhs[p * s->k + a] - s->price[a] * pull;

    for (int64_t b = 0; b < s->k; b++) {
        slope -= gram[b] * h[b];
    }
    if (curvature > 0.0) {
        h[a] = fmax(0.0, h[a] + slope / curvature);
    }
}

void sqn__smooth_sweep(sqn__smooth_sums *s, int n)
{
    for (int sweep = 0; sweep < 2 * n; sweep++) {
        for (int64_t i = 0; i < s->n_pix; i++) {
            const int64_t p = sweep % 2 == 0 ? i : s->n_pix - 1 - i;

            for (int64_t a = 0; a < s->k && !isnan(s->h[p * s->k]); a++) {
                move(s, p, a);
            }
        }
    }
}
