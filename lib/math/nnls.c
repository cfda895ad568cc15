/**
 * @file nnls.c
 * @brief Lawson & Hanson's active set on normal equations (Bro & de Jong 1997).
 *
 * Legend: Q the Gram matrix, c minus half the gradient at the start s0, x = s0 + d >= 0 the
 * solution, r = c - Q d minus half the gradient at x, P the passive set (not on the bound).
 */
#include "nnls.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    MAX_REFINEMENTS = 400, /* steps on one passive set, as long as each helps */
    MAX_CHANGES = 30 /* entrants per unknown: a bound against cycles made by rounding */
};

static const double proximal = 1e-7; /* of the diagonal */
static const double helps = 0.97; /* a step that leaves more of the residual is the last */

/* One solution on its way; arrays are [k] but the factor. */
typedef struct active_set {
    const sqn__nnls_problem *problem;
    uint8_t
        *passive; /* an unknown without data (Q_jj = 0) is in no solve and keeps its s */
    double *start, *d, *r, *step;
    double *size;   /* sum of the magnitudes of the terms of r: what rounding acts on */
    double *barred; /* not 0: entered and was thrown out without progress */
    double *factor; /* [k, k] L below the diagonal, D on it */
} active_set;

int64_t sqn__nnls_work_size(int64_t k)
{
    return k * (k + 6);
}

static bool bounded(const sqn__nnls_problem *problem, int64_t j)
{
    return !(problem->free_last && j == problem->k - 1);
}

/* |v| over the k numbers, safe from overflow. */
static double norm(const double *v, int64_t k)
{
    double largest = 0.0, sum = 0.0;

    for (int64_t j = 0; j < k; j++) {
        largest = fmax(largest, fabs(v[j]));
    }
    if (!(largest > 0.0)) {
        return 0.0;
    }
    for (int64_t j = 0; j < k; j++) {
        const double x = v[j] / largest;

        sum += x * x;
    }
    return largest * sqrt(sum);
}

/* Row i of L D (left of the diagonal), from the rows above it. */
static void eliminate(double *factor, const uint8_t *in, const double *gram, int64_t k,
                      int64_t i)
{
    double *row = factor + i * k;

    for (int64_t j = 0; j < i; j++) {
        const double *above = factor + j * k;
        double sum = in[j] != 0 ? gram[i * k + j] : 0.0;

        for (int64_t l = 0; in[j] != 0 && l < j; l++) {
            sum -= row[l] * above[l];
        }
        row[j] = sum;
    }
}

/*
 * Q (1 + shift on the diagonal) = L D L^T on the rows and columns of `in`; no square roots, so
 * that scaling Q by a power of two keeps every bit. False where a pivot is lost in rounding.
 */
static bool factorise(double *factor, const uint8_t *in, const double *gram, int64_t k,
                      double shift)
{
    const double lost = 16.0 * (double)k * DBL_EPSILON;

    for (int64_t i = 0; i < k; i++) {
        double *row = factor + i * k;
        double pivot = gram[i * k + i] * (1.0 + shift);

        if (in[i] == 0) {
            continue;
        }
        eliminate(factor, in, gram, k, i);
        for (int64_t j = 0; j < i; j++) {
            const double scaled = row[j];

            row[j] = in[j] != 0 ? scaled / factor[j * k + j] : 0.0;
            pivot -= scaled * row[j]; /* L_ij^2 D_j */
        }
        if (!(pivot > lost * gram[i * k + i])) {
            return false;
        }
        row[i] = pivot;
    }
    return true;
}

/* x = (L D L^T)^-1 x on the rows of `in`; elsewhere x is not touched. */
static void substitute(double *x, const double *factor, const uint8_t *in, int64_t k)
{
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; in[i] != 0 && j < i; j++) {
            x[i] -= in[j] != 0 ? factor[i * k + j] * x[j] : 0.0;
        }
    }
    for (int64_t i = 0; i < k; i++) {
        x[i] = in[i] != 0 ? x[i] / factor[i * k + i] : x[i];
    }
    for (int64_t i = k - 1; i >= 0; i--) {
        for (int64_t j = i + 1; in[i] != 0 && j < k; j++) {
            x[i] -= in[j] != 0 ? factor[j * k + i] * x[j] : 0.0;
        }
    }
}

/* r = c - Q d, and the sizes of its terms. */
static void update_residual(const active_set *state)
{
    const int64_t k = state->problem->k;

    for (int64_t i = 0; i < k; i++) {
        const double *row = state->problem->gram + i * k;
        double sum = state->problem->rhs[i], size = fabs(sum);

        for (int64_t j = 0; j < k; j++) {
            const double term = row[j] * state->d[j];

            sum -= term;
            size += fabs(term);
        }
        state->r[i] = sum;
        state->size[i] = size;
    }
}

/* Factor of Q on the passive set, regularised as far as needed. */
static void prepare(const active_set *state)
{
    const sqn__nnls_problem *problem = state->problem;
    double shift = 0.0;

    while (!factorise(state->factor, state->passive, problem->gram, problem->k, shift) &&
           shift < 1e3) {
        shift = fmax(proximal, 10.0 * shift);
    }
}

/* The part of the step that unknown j can go before it reaches its bound; above 1: all. */
static double reach(const active_set *state, int64_t j)
{
    if (state->passive[j] == 0 || !bounded(state->problem, j) || !(state->step[j] < 0.0)) {
        return INFINITY;
    }
    return fmax(state->start[j] + state->d[j], 0.0) / -state->step[j];
}

/*
 * Move along the step as far as the bounds allow; unknowns that reach theirs leave the
 * passive set with x = 0 exactly. True when none did.
 */
static bool move(const active_set *state)
{
    const int64_t k = state->problem->k;
    double length = 1.0;
    bool whole = true;

    for (int64_t j = 0; j < k; j++) {
        length = fmin(length, reach(state, j));
    }
    for (int64_t j = 0; j < k; j++) {
        if (reach(state, j) <= length) {
            state->d[j] = -state->start[j];
            state->passive[j] = 0;
            whole = false;
        } else if (state->passive[j] != 0) {
            state->d[j] += length * state->step[j];
        }
    }
    return whole;
}

/* The passive part of r becomes the right-hand side of the next step; returns its norm. */
static double aim(const active_set *state)
{
    const int64_t k = state->problem->k;

    for (int64_t j = 0; j < k; j++) {
        state->step[j] = state->passive[j] != 0 ? state->r[j] : 0.0;
    }
    return norm(state->step, k);
}

/* Minimise over the passive set, dropping what reaches its bound on the way. */
static void minimise(const active_set *state)
{
    const int64_t k = state->problem->k;
    double before = INFINITY;
    bool prepared = false;

    for (int64_t n_step = 0; n_step < MAX_REFINEMENTS + k; n_step++) {
        const double now = aim(state);

        if (prepared &&
            (now <= DBL_EPSILON * norm(state->size, k) || !(now < helps * before))) {
            return;
        }
        before = prepared ? now : INFINITY;
        if (!prepared) {
            prepare(state);
        }
        substitute(state->step, state->factor, state->passive, k);
        prepared = move(state);
        update_residual(state);
    }
}

/* The unknown on its bound that promises the largest fall, r^2 / Q_jj; -1: none. */
static int64_t entrant(const active_set *state)
{
    const int64_t k = state->problem->k;
    const double rounding = 8.0 * (double)k * DBL_EPSILON;
    double best = 0.0;
    int64_t found = -1;

    for (int64_t j = 0; j < k; j++) {
        const double diagonal = state->problem->gram[j * (k + 1)];

        if (state->passive[j] == 0 && diagonal > 0.0 && !(state->barred[j] != 0.0) &&
            state->r[j] > rounding * state->size[j] &&
            state->r[j] * (state->r[j] / diagonal) > best) {
            best = state->r[j] * (state->r[j] / diagonal);
            found = j;
        }
    }
    return found;
}

static void iterate(const active_set *state)
{
    const int64_t k = state->problem->k;

    minimise(state);
    for (int64_t change = 0; change < MAX_CHANGES * k; change++) {
        const int64_t j = entrant(state);

        if (j < 0) {
            return;
        }
        state->passive[j] = 1;
        minimise(state);
        if (state->passive[j] == 0) {
            state->barred[j] = 1.0;
        } else {
            memset(state->barred, 0, (size_t)k * sizeof *state->barred);
        }
    }
}

/* |Q s0 + c|, the natural size of r. */
static double scale(const active_set *state)
{
    const int64_t k = state->problem->k;

    for (int64_t i = 0; i < k; i++) {
        state->step[i] = state->problem->rhs[i];
        for (int64_t j = 0; j < k; j++) {
            state->step[i] += state->problem->gram[i * k + j] * state->start[j];
        }
    }
    const double size = norm(state->step, k);

    return size > 0.0 ? size : norm(state->problem->rhs, k);
}

/* Write s and the final set; returns |p|. */
static double finish(const active_set *state, double *s)
{
    const int64_t k = state->problem->k;

    for (int64_t j = 0; j < k; j++) {
        const bool in = state->passive[j] != 0;
        const double x = state->start[j] + state->d[j];

        s[j] = bounded(state->problem, j) ? fmax(x, 0.0) : x;
        state->passive[j] = in || !bounded(state->problem, j) || s[j] > 0.0;
        state->step[j] = state->passive[j] != 0 ? state->r[j] : fmax(state->r[j], 0.0);
    }
    return norm(state->step, k);
}

double sqn__nnls_solve(double *s, uint8_t *passive, const sqn__nnls_problem *problem,
                       double *work)
{
    const int64_t k = problem->k;
    active_set state = {.problem = problem, .passive = passive};

    state.start = work;
    state.d = work + k;
    state.r = work + 2 * k;
    state.step = work + 3 * k;
    state.size = work + 4 * k;
    state.barred = work + 5 * k;
    state.factor = work + 6 * k;
    for (int64_t j = 0; j < k; j++) {
        const bool starts_in = passive[j] != 0 || s[j] > 0.0 || !bounded(problem, j);

        passive[j] = starts_in && problem->gram[j * (k + 1)] > 0.0;
        state.start[j] = s[j];
        state.d[j] = 0.0;
        state.barred[j] = 0.0;
    }
    const double size = scale(&state);

    update_residual(&state);
    iterate(&state);
    const double left = finish(&state, s);

    return left > 0.0 ? left / size : 0.0;
}

void sqn__nnls_covariance(double *out, const uint8_t *passive, const double *gram,
                          int64_t k, double *work)
{
    double *factor = work, *column = work + k * k;
    const bool regular = factorise(factor, passive, gram, k, 0.0);

    memset(out, 0, (size_t)(k * k) * sizeof *out);
    for (int64_t j = 0; j < k; j++) {
        if (passive[j] == 0) {
            continue;
        }
        memset(column, 0, (size_t)k * sizeof *column);
        column[j] = 1.0;
        if (regular) {
            substitute(column, factor, passive, k);
        }
        for (int64_t i = 0; i <= j; i++) { /* one half, mirrored: exactly symmetric */
            const double value = regular || passive[i] == 0 ? column[i] : NAN;

            out[i * k + j] = value;
            out[j * k + i] = value;
        }
    }
}
