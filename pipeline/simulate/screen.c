/** @file screen.c @brief Phase screens with a power-law spectrum. */
#include "screen.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "pupil.h"
#include "raise.h"
#include "rng.h"

/* The three functions that basis and products are made of: 1, x, y. */
static double monomial(int m, double x, double y)
{
    return m == 0 ? 1.0 : m == 1 ? x : y;
}

static double polynomial(const double factor[3], double x, double y)
{
    return factor[0] + factor[1] * x + factor[2] * y;
}

/* Mean over the pupil of 1, x and y times one another. */
static void pupil_moments(double moment[3][3], int64_t n, const double *pupil)
{
    double sum[3][3] = {{0}};

    for (int64_t p = 0; p < n * n; p++) {
        const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);

        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) {
                sum[a][b] += pupil[p] * monomial(a, x, y) * monomial(b, x, y);
            }
        }
    }
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            moment[a][b] = sum[a][b] / sum[0][0];
        }
    }
}

static double dot(const double moment[3][3], const double u[3], const double v[3])
{
    double sum = 0.0;

    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            sum += u[a] * moment[a][b] * v[b];
        }
    }
    return sum;
}

/* Gram-Schmidt on 1, x, y. */
static void orthonormalise(double basis[3][3], const double moment[3][3])
{
    for (int m = 0; m < 3; m++) {
        double next[3] = {0};

        next[m] = 1.0;
        for (int before = 0; before < m; before++) {
            const double overlap = dot(moment, next, basis[before]);

            for (int a = 0; a < 3; a++) {
                next[a] -= overlap * basis[before][a];
            }
        }
        const double norm = sqrt(dot(moment, next, next));

        for (int a = 0; a < 3; a++) {
            basis[m][a] = next[a] / norm;
        }
    }
}

/* Square root of |f|^exponent, 0 at f = 0; f in cycles per grid. */
static void fill_root(double *root, int64_t n, double exponent)
{
    for (int64_t p = 0; p < n * n; p++) {
        const double f = hypot(pupil_coordinate(p % n, n), pupil_coordinate(p / n, n));

        root[p] = p == 0 ? 0.0 : pow(f, 0.5 * exponent);
    }
}

/* Power at each frequency that is left when one member of the basis is taken out. */
static void keep_share(double *share, const screen_maker *screen, int member,
                       double complex *work, const sqn__fft *fft)
{
    const int64_t n = screen->n;
    double open = 0.0;

    for (int64_t p = 0; p < n * n; p++) {
        const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);

        work[p] = screen->pupil[p] * polynomial(screen->basis[member], x, y);
        open += screen->pupil[p];
    }
    sqn__fft_forward(fft, work);
    for (int64_t p = 0; p < n * n; p++) {
        const double amplitude = cabs(work[p]) / open;

        share[p] -= amplitude * amplitude;
    }
}

/* Scale the root so that a screen without its basis has an expected variance of 1. */
static sqn_status normalise(screen_maker *screen, const sqn__fft *fft, sqn_error *err)
{
    const int64_t n = screen->n;
    double *share = sqn__mem_alloc(n * n, sizeof *share);
    double complex *work = sqn__mem_alloc(n * n, sizeof *work);
    double variance = 0.0;
    sqn_status status = SQN_OK;

    if (share == NULL || work == NULL) {
        status =
            SQN_RAISE(err, E_MEM, "spectrum of a screen of %" PRId64 " elements", n * n);
        goto cleanup;
    }
    for (int64_t p = 0; p < n * n; p++) {
        share[p] = 1.0;
    }
    for (int member = 0; member < 3; member++) {
        keep_share(share, screen, member, work, fft);
    }
    for (int64_t p = 0; p < n * n; p++) {
        variance += screen->root[p] * screen->root[p] * share[p] / (double)(n * n);
    }
    for (int64_t p = 0; p < n * n; p++) {
        screen->root[p] /= sqrt(variance);
    }

cleanup:
    sqn__mem_free(work);
    sqn__mem_free(share);
    return status;
}

sqn_status screen_init(screen_maker *out, int64_t n, const double *pupil, double exponent,
                       const sqn__fft *fft, sqn_error *err)
{
    double moment[3][3];

    *out = (screen_maker){
        .n = n, .pupil = pupil, .root = sqn__mem_alloc(n * n, sizeof(double))};
    if (out->root == NULL) {
        return SQN_RAISE(err, E_MEM, "screen of %" PRId64 " elements", n * n);
    }
    pupil_moments(moment, n, pupil);
    orthonormalise(out->basis, (const double(*)[3])moment);
    fill_root(out->root, n, exponent);
    const sqn_status status = normalise(out, fft, err);

    if (status != SQN_OK) {
        screen_clear(out);
    }
    return status;
}

void screen_clear(screen_maker *screen)
{
    if (screen != NULL) {
        sqn__mem_free(screen->root);
        *screen = (screen_maker){0};
    }
}

void screen_step(double *state, int64_t n, double correlation, uint64_t seed,
                 uint64_t stream)
{
    const double fresh = sqrt(1.0 - correlation * correlation);

#pragma omp parallel for schedule(static) default(none) \
    shared(state, n, correlation, fresh, seed, stream)
    for (int64_t p = 0; p < n * n; p++) {
        state[p] =
            correlation * state[p] + fresh * sqn__rng_normal(seed, stream, (uint64_t)p);
    }
}

/* Take piston, tip and tilt over the pupil out of a screen. */
static void remove_basis(double *phase, const screen_maker *screen)
{
    const int64_t n = screen->n;
    double open = 0.0, factor[3] = {0};

    for (int64_t p = 0; p < n * n; p++) {
        if (screen->pupil[p] > 0.0) {
            const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);

            open += screen->pupil[p];
            for (int m = 0; m < 3; m++) {
                factor[m] +=
                    screen->pupil[p] * phase[p] * polynomial(screen->basis[m], x, y);
            }
        }
    }
    for (int64_t p = 0; p < n * n; p++) {
        const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);

        for (int m = 0; m < 3; m++) {
            phase[p] -= factor[m] / open * polynomial(screen->basis[m], x, y);
        }
    }
}

void screen_make(double *phase, const screen_maker *screen, const double *noise,
                 double complex *work, const sqn__fft *fft)
{
    const int64_t n_element = screen->n * screen->n;

    for (int64_t p = 0; p < n_element; p++) {
        work[p] = noise[p];
    }
    sqn__fft_forward(fft, work);
    for (int64_t p = 0; p < n_element; p++) {
        work[p] *= screen->root[p];
    }
    sqn__fft_backward(fft, work);
    for (int64_t p = 0; p < n_element; p++) {
        phase[p] = creal(work[p]) / (double)n_element;
    }
    remove_basis(phase, screen);
}

double screen_rms(const double *phase, const screen_maker *screen)
{
    double open = 0.0, sum = 0.0, square = 0.0;

    for (int64_t p = 0; p < screen->n * screen->n; p++) {
        open += screen->pupil[p];
        sum += screen->pupil[p] * phase[p];
        square += screen->pupil[p] * phase[p] * phase[p];
    }
    return sqrt(square / open - sum / open * (sum / open));
}
