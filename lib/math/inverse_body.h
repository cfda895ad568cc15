/**
 * @file inverse_body.h
 * @brief Lanes of Q = L D L^T, w Q^-1 w^T, X = L^-1 and Q^-1 = X^T D^-1 X, compiled for each
 *        vector width.
 *
 * The file that includes it says how wide a vector is (SQN__INVERSE_WIDTH). Legend: t = L D of the
 * row at work; an unknown that takes no part has 0 in D^-1, and with it a column of 0 in L: its
 * own row is of no consequence.
 */
#ifndef SQN_INVERSE_BODY_H
#define SQN_INVERSE_BODY_H

#include <assert.h>
#include <string.h>

#include "inverse.h"

enum {
    LANES = SQN__INVERSE_LANES,
    WIDTH = SQN__INVERSE_WIDTH,
    ROWS = 12,  /* rows at a time, */
    BESIDE = 2, /* vectors at a time: each waits for its last sum */
};

static_assert((int)LANES % (BESIDE * (int)WIDTH) == 0, "lanes are whole vectors");

typedef double inverse_vector __attribute__((
    vector_size(SQN__INVERSE_WIDTH * sizeof(double)), aligned(8), may_alias));
typedef int64_t inverse_mask __attribute__((
    vector_size(SQN__INVERSE_WIDTH * sizeof(double)), aligned(8), may_alias));
typedef float inverse_narrow
    __attribute__((vector_size(SQN__INVERSE_WIDTH * sizeof(float)), aligned(4), may_alias));

#define INVERSE_INLINE static inline __attribute__((always_inline))

/* Loops over the rows of a tile: the sums stay in registers only when no loop is left. */
#if defined(__clang__)
#define INVERSE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define INVERSE_UNROLL _Pragma("GCC unroll 12")
#endif

static int64_t at(int64_t a, int64_t b)
{
    return (a * (a + 1) / 2 + b) * LANES;
}

INVERSE_INLINE inverse_vector load(const double *from)
{
    return *(const inverse_vector *)(const void *)from;
}

INVERSE_INLINE void store(double *to, inverse_vector vector)
{
    *(inverse_vector *)(void *)to = vector;
}

INVERSE_INLINE void store_narrow(float *to, inverse_vector vector)
{
    *(inverse_narrow *)(void *)to = __builtin_convertvector(vector, inverse_narrow);
}

/* ---- Factors --------------------------------------------------------------------------- */

/* t of row i and L over it, from the rows above; the pivots. A few vectors of lanes: each waits for
   its last sum. */
INVERSE_INLINE void eliminate(inverse_vector pivot[BESIDE], double *m, double *t,
                              const double *inverse, int64_t i)
{
    INVERSE_UNROLL
    for (int64_t v = 0; v < BESIDE; v++) {
        pivot[v] = load(m + at(i, i) + v * WIDTH);
    }
    for (int64_t j = 0; j < i; j++) {
        inverse_vector sum[BESIDE];

        INVERSE_UNROLL
        for (int64_t v = 0; v < BESIDE; v++) {
            sum[v] = load(m + at(i, j) + v * WIDTH);
        }
        for (int64_t q = 0; q < j; q++) {
            INVERSE_UNROLL
            for (int64_t v = 0; v < BESIDE; v++) {
                sum[v] -= load(t + q * LANES + v * WIDTH) * load(m + at(j, q) + v * WIDTH);
            }
        }
        INVERSE_UNROLL
        for (int64_t v = 0; v < BESIDE; v++) {
            const inverse_vector l_ij = sum[v] * load(inverse + j * LANES + v * WIDTH);

            store(t + j * LANES + v * WIDTH, sum[v]);
            store(m + at(i, j) + v * WIDTH, l_ij);
            pivot[v] -= sum[v] * l_ij;
        }
    }
}

/* 1 / D of row i out of its pivot, 0 where it takes no part or is lost, which is kept in `lost`.
   One vector of lanes, from number `lane` on. */
INVERSE_INLINE void keep_pivot(double *inverse, inverse_mask *lost, inverse_vector pivot,
                               inverse_vector whole, const sqn__inverse_lanes *of,
                               int64_t i, int64_t lane)
{
    const inverse_mask is_in =
        (inverse_mask)(load(of->h + i * LANES + lane) > 0.0) & (inverse_mask)(whole > 0.0);
    const inverse_mask is_kept = (inverse_mask)(pivot > of->least * whole);
    const inverse_vector reciprocal = 1.0 / pivot;

    *lost |= is_in & ~is_kept;
    store(inverse + i * LANES + lane,
          (inverse_vector)((inverse_mask)reciprocal & is_in & is_kept));
}

/* L over m, row by row; 1 / D in `inverse`. A few vectors of lanes, from number `lane` on. */
INVERSE_INLINE void factorise_part(const sqn__inverse_lanes *of, double *inverse, double *t,
                                   int64_t lane)
{
    double *m = of->m + lane;
    inverse_mask lost[BESIDE] = {{0}};

    for (int64_t i = 0; i < of->k; i++) {
        inverse_vector whole[BESIDE], pivot[BESIDE];

        INVERSE_UNROLL
        for (int64_t v = 0; v < BESIDE; v++) {
            whole[v] = load(m + at(i, i) + v * WIDTH);
        }
        eliminate(pivot, m, t + lane, inverse + lane, i);
        INVERSE_UNROLL
        for (int64_t v = 0; v < BESIDE; v++) {
            keep_pivot(inverse, &lost[v], pivot[v], whole[v], of, i, lane + v * WIDTH);
        }
    }
    for (int64_t l = 0; l < BESIDE * (int64_t)WIDTH; l++) {
        of->singular[lane + l] = lost[l / WIDTH][l % WIDTH] != 0;
    }
}

static void factorise(const sqn__inverse_lanes *of, double *inverse, double *t)
{
    for (int64_t lane = 0; lane < LANES; lane += BESIDE * (int64_t)WIDTH) {
        factorise_part(of, inverse, t, lane);
    }
}

/* ---- Quadratic forms ------------------------------------------------------------------- */

/* What forms are made of: L is in m. */
typedef struct factor {
    const sqn__inverse_lanes *of;
    double *inverse;     /* 1 / D */
    double *t;           /* [k, rows] vectors */
    double trace[LANES]; /* NaN where one of h is, else 0 */
} factor;

/* L^-1 w of so many rows, and the sums of its squares over D. `rows` is a constant where this is
   called. */
INVERSE_INLINE void add_squares(inverse_vector sum[ROWS], const factor *by, const double *w,
                                const int64_t lane, const int64_t rows)
{
    const int64_t k = by->of->k;
    double *t = by->t;

    INVERSE_UNROLL
    for (int64_t r = 0; r < rows; r++) {
        sum[r] = (inverse_vector){0};
    }
    for (int64_t j = 0; j < k; j++) {
        const double *left = by->of->m + at(j, 0) + lane;
        const inverse_vector reciprocal = load(by->inverse + j * LANES + lane);
        inverse_vector one[ROWS];

        INVERSE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            one[r] = w[r * k + j] + (inverse_vector){0};
        }
        for (int64_t q = 0; q < j; q++) {
            const inverse_vector l_jq = load(left + q * LANES);

            INVERSE_UNROLL
            for (int64_t r = 0; r < rows; r++) {
                one[r] -= l_jq * load(t + (q * rows + r) * WIDTH);
            }
        }
        INVERSE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            store(t + (j * rows + r) * WIDTH, one[r]);
            sum[r] += one[r] * (one[r] * reciprocal);
        }
    }
}

/* Forms of so many rows from number `first` on. */
INVERSE_INLINE void fill_rows(float *out, const factor *by, const sqn__inverse_rows *from,
                              const int64_t first, const int64_t rows)
{
    for (int64_t lane = 0; lane < LANES; lane += WIDTH) {
        inverse_vector sum[ROWS];

        add_squares(sum, by, from->w + first * by->of->k, lane, rows);
        INVERSE_UNROLL
        for (int64_t r = 0; r < rows; r++) {
            store_narrow(out + (first + r) * LANES + lane,
                         sum[r] * from->scale + load(by->trace + lane));
        }
    }
}

static_assert(ROWS * WIDTH <= 6 * LANES, "sqn__inverse_work_size()");

/* The same of any number of rows. */
static void fill_tile(float *out, const factor *by, const sqn__inverse_rows *from,
                      int64_t first, int64_t n)
{
#define INVERSE_CASE(n)                     \
    case n:                                 \
        fill_rows(out, by, from, first, n); \
        break;
    switch (n) {
        INVERSE_CASE(1)
        INVERSE_CASE(2)
        INVERSE_CASE(3)
        INVERSE_CASE(4)
        INVERSE_CASE(5)
        INVERSE_CASE(6)
        INVERSE_CASE(7)
        INVERSE_CASE(8)
        INVERSE_CASE(9)
        INVERSE_CASE(10)
        INVERSE_CASE(11)
        INVERSE_CASE(12)
    default:
        assert(n == 0);
    }
#undef INVERSE_CASE
}

static void forms(float *out, const sqn__inverse_lanes *of, const sqn__inverse_rows *rows)
{
    const int64_t n_tile = (rows->n + ROWS - 1) / ROWS;
    factor by = {of, of->work, of->work + of->k * LANES, {0.0}};

    factorise(of, by.inverse, by.t);
    for (int64_t e = 0; e < of->k * LANES; e += WIDTH) {
        double *to = by.trace + e % LANES;

        store(to, load(to) + 0.0 * load(of->h + e));
    }
    for (int64_t i = 0; i < n_tile; i++) {
        const int64_t first = i * rows->n / n_tile, end = (i + 1) * rows->n / n_tile;

        fill_tile(out, &by, rows, first, end - first);
    }
}

/* ---- Inverses -------------------------------------------------------------------------- */

/* X left of the diagonal, where it is 1. One vector of lanes. */
static void invert_factor(double *x, const double *m, int64_t k)
{
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < i; j++) {
            inverse_vector sum = -load(m + at(i, j));

            for (int64_t q = j + 1; q < i; q++) {
                sum -= load(m + at(i, q)) * load(x + at(q, j));
            }
            store(x + at(i, j), sum);
        }
    }
}

/* m_ij = sum over q >= i of X_qi X_qj / D_q, i >= j */
static void multiply(double *m, const double *x, const double *inverse, int64_t k)
{
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j <= i; j++) {
            inverse_vector sum = load(inverse + i * LANES);

            if (j < i) {
                sum *= load(x + at(i, j));
            }
            for (int64_t q = i + 1; q < k; q++) {
                sum += load(inverse + q * LANES) * load(x + at(q, i)) * load(x + at(q, j));
            }
            store(m + at(i, j), sum);
        }
    }
}

static void invert(const sqn__inverse_lanes *of)
{
    double *inverse = of->work, *x = inverse + of->k * LANES; /* and t, before it */

    factorise(of, inverse, x);
    for (int64_t lane = 0; lane < LANES; lane += WIDTH) {
        invert_factor(x + lane, of->m + lane, of->k);
        multiply(of->m + lane, x + lane, inverse + lane, of->k);
    }
}

/* ---- Lanes as they come and go --------------------------------------------------------- */

static void widen(double *restrict out, const float *restrict in, int64_t stride, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t l = 0; l < LANES; l++) {
            out[i * LANES + l] = (double)in[i * stride + l];
        }
    }
}

static void narrow(float *out, const double *in, int64_t n)
{
    for (int64_t e = 0; e < n * LANES; e += WIDTH) {
        store_narrow(out + e, load(in + e));
    }
}

static void pairs(double *out, const double *h, int64_t k)
{
    for (int64_t lane = 0; lane < LANES; lane += WIDTH) {
        for (int64_t a = 0; a < k; a++) {
            const inverse_vector left = load(h + a * LANES + lane);

            for (int64_t b = 0; b <= a; b++) {
                store(out + at(a, b) + lane, left * load(h + b * LANES + lane));
            }
        }
    }
}

#define SQN__INVERSE_TABLE                  \
    {                                       \
        widen, narrow, pairs, invert, forms \
    }

#endif
