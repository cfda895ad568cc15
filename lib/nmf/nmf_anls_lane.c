/**
 * @file nmf_anls_lane.c
 * @brief Least squares with fewer data than unknowns, by conjugate gradients from an anchor.
 *
 * The iterates never leave what the data see, so that of all minimisers the one nearest to the
 * anchor is found, in the metric of the diagonal of G: in units of what an unknown contributes.
 * Bounds met on the way start the conjugacy again on another face.
 */
#include "nmf_anls_lane.h"

#include <math.h>
#include <stdbool.h>

enum { STEPS_PER_UNKNOWN = 3 };

/* The problem in double: G [k, k], g at u, u, the direction p and G p. */
typedef struct problem {
    int64_t k, n_bounded;
    double *gram, *g, *u, *direction, *image;
    const float *support; /* [k], `width` apart */
    int64_t width;
} problem;

int64_t sqn__nmf_anls_lane_work_size(int64_t k)
{
    return k * (k + 5);
}

static void load(problem *p, const sqn__nmf_anls_lane *lane)
{
    const int64_t k = lane->k;

    p->k = k;
    p->n_bounded = lane->n_bounded;
    p->support = lane->support;
    p->width = lane->width;
    p->gram = lane->work;
    p->g = p->gram + k * k;
    p->u = p->g + k;
    p->direction = p->u + k;
    p->image = p->direction + k;
    for (int64_t b = 0; b < k; b++) {
        for (int64_t a = 0; a <= b; a++) {
            const double value = (double)lane->gram[(b * (b + 1) / 2 + a) * lane->width];

            p->gram[a * k + b] = p->gram[b * k + a] = value;
        }
    }
}

/* out = G v */
static void apply(double *out, const problem *p, const double *v)
{
    for (int64_t a = 0; a < p->k; a++) {
        out[a] = 0.0;
        for (int64_t b = 0; b < p->k; b++) {
            out[a] += p->gram[a * p->k + b] * v[b];
        }
    }
}

/* Start at u = anchor, g = g0 - G (anchor - u0). */
static void start(const problem *p, const sqn__nmf_anls_lane *lane)
{
    for (int64_t a = 0; a < p->k; a++) {
        p->u[a] = a < lane->n_anchor ? (double)lane->anchor[a * lane->width] : 0.0;
        p->direction[a] = p->u[a] - (double)lane->u[a * lane->width];
    }
    apply(p->image, p, p->direction);
    for (int64_t a = 0; a < p->k; a++) {
        p->g[a] = (double)lane->g[a * lane->width] - p->image[a];
    }
}

/* The unknown may move: data see and support it, and it is off its bound or the gradient leads off it. */
static bool can_move(const problem *p, int64_t a)
{
    return p->gram[a * (p->k + 1)] > 0.0 && p->support[a * p->width] > 0.0F &&
           (a >= p->n_bounded || p->u[a] > 0.0 || p->g[a] > 0.0);
}

/* p <- z + share p over what can move, z = g / G_aa; returns g z. */
static double aim(const problem *p, double before)
{
    double gz = 0.0;

    for (int64_t a = 0; a < p->k; a++) {
        gz += can_move(p, a) ? p->g[a] * p->g[a] / p->gram[a * (p->k + 1)] : 0.0;
    }
    for (int64_t a = 0; a < p->k; a++) {
        const double share = before > 0.0 ? gz / before * p->direction[a] : 0.0;

        p->direction[a] = can_move(p, a) ? p->g[a] / p->gram[a * (p->k + 1)] + share : 0.0;
    }
    return gz;
}

/* The step along p that minimises; 0 where p does not descend. */
static double measure(const problem *p)
{
    double along = 0.0, curvature = 0.0;

    apply(p->image, p, p->direction);
    for (int64_t a = 0; a < p->k; a++) {
        along += p->g[a] * p->direction[a];
        curvature += p->image[a] * p->direction[a];
    }
    return curvature > 0.0 && along > 0.0 ? along / curvature : 0.0;
}

/* Go that far, or to the first bound; true when one was met. */
static bool go(const problem *p, double length)
{
    bool met = false;

    for (int64_t a = 0; a < p->n_bounded; a++) {
        if (p->direction[a] < 0.0) {
            length = fmin(length, p->u[a] / -p->direction[a]);
        }
    }
    for (int64_t a = 0; a < p->k; a++) {
        p->u[a] += length * p->direction[a];
        p->g[a] -= length * p->image[a];
        if (a < p->n_bounded && p->direction[a] < 0.0 && !(p->u[a] > 0.0)) {
            p->u[a] = 0.0;
            met = true;
        }
    }
    return met;
}

static void minimise(const problem *p)
{
    double before = 0.0, first = 0.0;

    for (int64_t step = 0; step < STEPS_PER_UNKNOWN * p->k; step++) {
        const double now = aim(p, before);

        first = fmax(first, now);
        if (!(now > 1e-14 * first)) { /* what float32 data can say */
            return;
        }
        const double length = measure(p);
        const bool met = go(p, length);

        if (!(length > 0.0) && !(before > 0.0)) {
            return;
        }
        before = met || !(length > 0.0) ? 0.0 : now;
    }
}

/* chi2 at the found u does not exceed that at the u before: 1/2 d^T G d - g0^T d <= 0. */
static bool descends(const problem *p, const sqn__nmf_anls_lane *lane)
{
    double change = 0.0;

    for (int64_t a = 0; a < p->k; a++) {
        p->direction[a] = (double)(float)p->u[a] - (double)lane->u[a * lane->width];
    }
    apply(p->image, p, p->direction);
    for (int64_t a = 0; a < p->k; a++) {
        change += p->direction[a] * (0.5 * p->image[a] - (double)lane->g[a * lane->width]);
    }
    return change <= 0.0;
}

void sqn__nmf_anls_lane_descend(const sqn__nmf_anls_lane *lane)
{
    problem p;

    load(&p, lane);
    start(&p, lane);
    minimise(&p);
    if (!descends(&p, lane)) {
        return;
    }
    for (int64_t a = 0; a < p.k; a++) {
        lane->u[a * lane->width] = (float)p.u[a];
    }
}
