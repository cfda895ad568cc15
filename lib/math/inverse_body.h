/**
 * @file inverse_body.h
 * @brief Lanes of Q = L D L^T, X = L^-1 and Q^-1 = X^T D^-1 X, compiled for each vector width.
 *
 * Legend: t = L D of the row at work; an inactive unknown has a row and column of 0 in L, and 0
 * in D^-1.
 */
#ifndef SQN_INVERSE_BODY_H
#define SQN_INVERSE_BODY_H

#include <float.h>
#include <string.h>

#include "inverse.h"

enum { LANES = SQN__INVERSE_LANES };

static int64_t at(int64_t a, int64_t b)
{
    return (a * (a + 1) / 2 + b) * LANES;
}

/* out -= a b */
static void subtract(double *restrict out, const double *restrict a,
                     const double *restrict b)
{
    for (int64_t l = 0; l < LANES; l++) {
        out[l] -= a[l] * b[l];
    }
}

/* t of row i, from the rows of L above it. */
static void eliminate(double *t, const double *m, const double *active, int64_t i)
{
    for (int64_t j = 0; j < i; j++) {
        double *t_j = t + j * LANES;

        for (int64_t l = 0; l < LANES; l++) {
            t_j[l] = m[at(i, j) + l] * active[i * LANES + l] * active[j * LANES + l];
        }
        for (int64_t q = 0; q < j; q++) {
            subtract(t_j, t + q * LANES, m + at(j, q));
        }
    }
}

/* L over m, row by row; 1 / D in `inverse`. */
static void factorise(double *m, double *inverse, uint8_t *singular, const double *active,
                      int64_t k, double *t)
{
    const double lost = 16.0 * (double)k * DBL_EPSILON; /* as the scalar factor */

    for (int64_t i = 0; i < k; i++) {
        double pivot[LANES];

        eliminate(t, m, active, i);
        memcpy(pivot, m + at(i, i), sizeof pivot);
        for (int64_t j = 0; j < i; j++) {
            double *restrict l_ij = m + at(i, j);

            for (int64_t l = 0; l < LANES; l++) {
                l_ij[l] = t[j * LANES + l] * inverse[j * LANES + l];
            }
            subtract(pivot, t + j * LANES, l_ij);
        }
        for (int64_t l = 0; l < LANES; l++) {
            const int is_in = active[i * LANES + l] > 0.0;
            const int kept = pivot[l] > lost * m[at(i, i) + l];

            singular[l] |= (uint8_t)(is_in && !kept);
            inverse[i * LANES + l] = is_in && kept ? 1.0 / pivot[l] : 0.0;
        }
    }
}

/* X left of the diagonal, where it is 1. */
static void invert_factor(double *x, const double *m, int64_t k)
{
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < i; j++) {
            double *restrict x_ij = x + at(i, j);

            for (int64_t l = 0; l < LANES; l++) {
                x_ij[l] = -m[at(i, j) + l];
            }
            for (int64_t q = j + 1; q < i; q++) {
                subtract(x_ij, m + at(i, q), x + at(q, j));
            }
        }
    }
}

/* m_ij += sum over q > i of X_qi X_qj / D_q */
static void add_products(double *restrict m_ij, const double *x, const double *inverse,
                         int64_t k, const int64_t pair[2])
{
    for (int64_t q = pair[0] + 1; q < k; q++) {
        const double *x_qi = x + at(q, pair[0]), *x_qj = x + at(q, pair[1]);

        for (int64_t l = 0; l < LANES; l++) {
            m_ij[l] += inverse[q * LANES + l] * x_qi[l] * x_qj[l];
        }
    }
}

/* m_ij = sum over q >= i of X_qi X_qj / D_q, i >= j */
static void multiply(double *m, const double *x, const double *inverse, int64_t k)
{
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double *m_ij = m + at(i, j);

            for (int64_t l = 0; l < LANES; l++) {
                m_ij[l] = inverse[i * LANES + l] * (i == j ? 1.0 : x[at(i, j) + l]);
            }
            add_products(m_ij, x, inverse, k, (const int64_t[2]){i, j});
        }
    }
}

static void invert(double *m, uint8_t *singular, const double *active, int64_t k,
                   double *work)
{
    double *x = work, *t = work + sqn__inverse_n_pair(k) * LANES, *inverse = t + k * LANES;

    memset(singular, 0, LANES);
    factorise(m, inverse, singular, active, k, t);
    invert_factor(x, m, k);
    multiply(m, x, inverse, k);
}

static void pairs(double *out, const double *h, int64_t k)
{
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double *restrict pair = out + at(a, b);
            const double *restrict left = h + a * LANES, *restrict right = h + b * LANES;

            for (int64_t l = 0; l < LANES; l++) {
                pair[l] = left[l] * right[l];
            }
        }
    }
}

#endif
