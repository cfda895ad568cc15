/** @file vortex.c @brief A vortex sampled without aliases. */
#include "vortex.h"

#include <math.h>

#include "mem.h"
#include "pupil.h"
#include "raise.h"

static const double pi = 3.141592653589793;

enum {
    FINE = 8,   /* samples per element */
    CORE = 24,  /* elements on each side that are filtered */
    REACH = 12, /* half width of the filter (elements) */
    N_TAP = 2 * REACH * FINE + 1,
    N_FINE = 2 * (CORE + REACH) * FINE + 1, /* samples on a side */
    N_CORE = 2 * CORE + 1                   /* elements on a side */
};

static double complex vortex_at(double x, double y, int64_t charge)
{
    const double angle = (double)charge * atan2(y, x);

    return x == 0.0 && y == 0.0 ? 0.0
                                : cos(angle) + I * sin(angle); /* 0: the mean about it */
}

/* Sinc in a Blackman window: passes 3/8 cycles per element, stops at 5/8, sum 1. */
static void fill_taps(double tap[N_TAP])
{
    double sum = 0.0;

    for (int k = 0; k < N_TAP; k++) {
        const double x = (double)(k - REACH * FINE) / FINE; /* elements */
        const double turn = pi * x / REACH;
        const double window = 0.42 + 0.5 * cos(turn) + 0.08 * cos(2.0 * turn);

        tap[k] = window * (x == 0.0 ? 1.0 : sin(pi * x) / (pi * x));
        sum += tap[k];
    }
    for (int64_t k = 0; k < N_TAP; k++) {
        tap[k] /= sum;
    }
}

/* One row of fine samples, filtered along x, taken at whole elements. */
static void filter_row(double complex out[N_CORE], const double complex row[N_FINE],
                       const double tap[N_TAP])
{
    for (int64_t column = 0; column < N_CORE; column++) {
        double complex sum = 0.0;

        for (int64_t k = 0; k < N_TAP; k++) {
            sum += tap[k] * row[column * FINE + k];
        }
        out[column] = sum;
    }
}

/* All fine rows, filtered along x: rows [N_FINE, N_CORE]. */
static void filter_rows(double complex *rows, const double tap[N_TAP], int64_t charge)
{
    const double edge = CORE + REACH;

#pragma omp parallel for schedule(static) default(none) shared(rows, tap, charge, edge)
    for (int64_t j = 0; j < N_FINE; j++) {
        double complex row[N_FINE];

        for (int64_t i = 0; i < N_FINE; i++) {
            row[i] = vortex_at((double)i / FINE - edge, (double)j / FINE - edge, charge);
        }
        filter_row(rows + j * N_CORE, row, tap);
    }
}

/* The same along y, into the mask. */
static void filter_columns(double complex *mask, int64_t n, const double complex *rows,
                           const double tap[N_TAP])
{
    for (int64_t j = 0; j < N_CORE; j++) {
        const int64_t row = (j - CORE + n) % n;

        for (int64_t i = 0; i < N_CORE; i++) {
            double complex sum = 0.0;

            for (int64_t k = 0; k < N_TAP; k++) {
                sum += tap[k] * rows[(j * FINE + k) * N_CORE + i];
            }
            mask[row * n + (i - CORE + n) % n] = sum;
        }
    }
}

sqn_status vortex_draw(double complex *mask, int64_t n, int64_t charge, sqn_error *err)
{
    double tap[N_TAP];
    double complex *rows = sqn__mem_alloc((int64_t)N_FINE * N_CORE, sizeof *rows);

    if (rows == NULL) {
        return SQN_RAISE(err, E_MEM, "samples of a vortex, %d x %d", N_FINE, N_CORE);
    }
    for (int64_t p = 0; p < n * n; p++) {
        mask[p] = vortex_at(pupil_coordinate(p % n, n), pupil_coordinate(p / n, n), charge);
    }
    fill_taps(tap);
    filter_rows(rows, tap, charge);
    filter_columns(mask, n, rows, tap);
    sqn__mem_free(rows);
    return SQN_OK;
}
