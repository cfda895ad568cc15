/**
 * @file scene_light.c
 * @brief Fields of speckles that wander, and continua with lines.
 */
#include "scene_light.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "rng.h"

enum {
    N_FIELD = 24, /* fields of a scene of frames */
    N_WAVE = 8,   /* plane waves of one field */
    N_KIND = 20,  /* kinds of spectra */
    N_LINE = 12   /* lines of one kind */
};

enum {
    STREAM_WAVE,   /* of the fields: the same in every epoch */
    STREAM_WANDER, /* of what belongs to an epoch */
    STREAM_BRIGHT,
    STREAM_KIND,
    STREAM_AMOUNT
};

static const double pi = 3.14159265358979323846;
static const uint64_t seed_of_fields = 2385;

/* A plane wave over the detector: its phase at (x, y) is p + x kx + y ky. */
typedef struct wave {
    double p, kx, ky;
} wave;

static wave make_wave(int64_t index)
{
    const uint64_t i = 3 * (uint64_t)index;
    const double radius =
        0.25 * pi * sqrt(sqn__rng_uniform_double(seed_of_fields, STREAM_WAVE, i));
    const double turn =
        2.0 * pi * sqn__rng_uniform_double(seed_of_fields, STREAM_WAVE, i + 1);

    return (wave){2.0 * pi * sqn__rng_uniform_double(seed_of_fields, STREAM_WAVE, i + 2),
                  radius * cos(turn), radius * sin(turn)};
}

/* Add a plane wave in row y: its real part to field [nx], its imaginary part behind it. */
static void add_wave(float *field, const wave *w, int64_t y, int64_t nx)
{
    const double size = 1.0 / sqrt((double)N_WAVE);
    const double step_re = cos(w->kx), step_im = sin(w->kx);
    double re = size * cos(w->p + w->ky * (double)y);
    double im = size * sin(w->p + w->ky * (double)y);

    for (int64_t x = 0; x < nx; x++) {
        const double turned = re * step_re - im * step_im;

        field[x] += (float)re;
        field[nx + x] += (float)im;
        im = re * step_im + im * step_re;
        re = turned;
    }
}

/* Fields of row y: out [N_FIELD, 2, nx], real and imaginary part. */
static void fill_fields(float *out, int64_t y, int64_t nx)
{
    memset(out, 0, (size_t)nx * 2 * N_FIELD * sizeof *out);
    for (int64_t m = 0; m < N_FIELD; m++) {
        for (int64_t i = 0; i < N_WAVE; i++) {
            const wave w = make_wave(m * N_WAVE + i);

            add_wave(out + m * 2 * nx, &w, y, nx);
        }
    }
}

/* Amplitudes [n_frame, N_FIELD, 2]: each wanders with memory, the later the weaker. */
static void fill_amplitudes(float *out, int64_t n_frame, int epoch)
{
    const double memory = 0.9, fresh = sqrt(1.0 - memory * memory);
    const uint64_t seed = (uint64_t)epoch + 1;

    for (int64_t i = 0; i < (int64_t)N_FIELD * 2; i++) {
        const int64_t field = i / 2;
        const double size = 0.25 / (double)(field + 1);
        double state = 0.0;

        for (int64_t t = 0; t < n_frame; t++) {
            const double draw =
                sqn__rng_normal(seed, STREAM_WANDER, (uint64_t)(t * N_FIELD * 2 + i));

            state = t == 0 ? draw : memory * state + fresh * draw;
            out[t * N_FIELD * 2 + i] = (float)(size * state);
        }
    }
}

/* Counts of the halo of the star at each pixel of row y. */
static void fill_halo(float *out, const scene_size *size, int64_t y)
{
    const double dy = (double)y - 0.5 * (double)(size->ny - 1);
    const double core = (double)size->nx / 32.0;

    for (int64_t x = 0; x < size->nx; x++) {
        const double dx = (double)x - 0.5 * (double)(size->nx - 1);
        const double at = (dx * dx + dy * dy) / (core * core);

        out[x] = (float)(3000.0 / pow(1.0 + at, 1.1) + 5.0);
    }
}

/* One row of pixels of one frame. `work` is [2, nx]. */
static void shine(float *restrict out, const float *restrict fields,
                  const float *restrict amplitudes, float *restrict work, int64_t nx)
{
    float *restrict re = work, *restrict im = work + nx;

    for (int64_t x = 0; x < nx; x++) {
        re[x] = 1.0F;
        im[x] = 0.0F;
    }
    for (int64_t m = 0; m < N_FIELD; m++) {
        const float a = amplitudes[2 * m], b = amplitudes[2 * m + 1];
        const float *restrict field = fields + 2 * m * nx;

        for (int64_t x = 0; x < nx; x++) {
            re[x] += a * field[x] - b * field[nx + x];
            im[x] += a * field[nx + x] + b * field[x];
        }
    }
    for (int64_t x = 0; x < nx; x++) {
        out[x] = re[x] * re[x] + im[x] * im[x];
    }
}

static void fill_row(float *value, const scene_size *size, int64_t y,
                     const float *amplitudes, float *work)
{
    float *fields = work, *halo = fields + (int64_t)2 * N_FIELD * size->nx;
    float *parts = halo + size->nx;

    fill_fields(fields, y, size->nx);
    fill_halo(halo, size, y);
    for (int64_t t = 0; t < size->n_frame; t++) {
        const float bright =
            0.8F + 0.4F * sqn__rng_uniform(seed_of_fields, STREAM_BRIGHT, (uint64_t)t);
        float *out = value + (t * size->ny + y) * size->nx;

        shine(out, fields, amplitudes + t * N_FIELD * 2, parts, size->nx);
        for (int64_t x = 0; x < size->nx; x++) {
            out[x] *= bright * halo[x];
        }
    }
}

static sqn_status fill_frames(float *value, const scene_size *size, int epoch,
                              sqn_error *err)
{
    const int64_t n_work = (2 * N_FIELD + 3) * size->nx;
    float *amplitudes = sqn__mem_alloc(size->n_frame * N_FIELD * 2, sizeof *amplitudes);
    float *work = sqn__mem_alloc(omp_get_max_threads() * n_work, sizeof *work);
    sqn_status status = SQN_OK;

    if (amplitudes == NULL || work == NULL) {
        status = SQN_RAISE(err, E_MEM, "fields of %" PRId64 " frames", size->n_frame);
        goto cleanup;
    }
    fill_amplitudes(amplitudes, size->n_frame, epoch);
#pragma omp parallel for schedule(static) default(none) \
    shared(value, size, amplitudes, work, n_work)
    for (int64_t y = 0; y < size->ny; y++) {
        fill_row(value, size, y, amplitudes, work + omp_get_thread_num() * n_work);
    }

cleanup:
    sqn__mem_free(amplitudes);
    sqn__mem_free(work);
    return status;
}

/* Kind r of spectra: a continuum and lines, out [n_wave] of mean near 1. */
static void fill_kind(float *out, int64_t r, int64_t n_wave)
{
    for (int64_t j = 0; j < n_wave; j++) {
        const double at = (double)j / (double)n_wave;
        const uint64_t first = (uint64_t)(r * (2 * N_LINE + 2));
        const double slope =
            sqn__rng_uniform_double(seed_of_fields, STREAM_KIND, first) - 0.5;
        const double phase =
            sqn__rng_uniform_double(seed_of_fields, STREAM_KIND, first + 1);
        double light = 0.3 * exp(2.0 * slope * (at - 0.5)) *
                       (1.0 + 0.5 * sin(2.0 * pi * (at * (double)(1 + r % 5) + phase)));

        for (uint64_t line = 0; line < N_LINE; line++) {
            const uint64_t i = first + 2 + 2 * line;
            const double where = sqn__rng_uniform_double(seed_of_fields, STREAM_KIND, i);
            const double strength =
                sqn__rng_uniform_double(seed_of_fields, STREAM_KIND, i + 1);
            const double off = (at - where) / 0.003;

            light += strength * strength * 4.0 * exp(-0.5 * off * off);
        }
        out[j] = (float)light;
    }
}

static void fill_spectrum(float *out, const float *kinds, int64_t i, const scene_size *size,
                          int epoch)
{
    memset(out, 0, (size_t)size->nx * sizeof *out);
    for (int64_t r = 0; r < N_KIND; r++) {
        const double draw =
            sqn__rng_normal((uint64_t)epoch + 1, STREAM_AMOUNT, (uint64_t)(i * N_KIND + r));
        const float amount = (float)(100.0 * pow((double)(r + 1), -0.8) * exp(1.2 * draw));

        for (int64_t j = 0; j < size->nx; j++) {
            out[j] += amount * kinds[r * size->nx + j];
        }
    }
}

static sqn_status fill_spectra(float *value, const scene_size *size, int epoch,
                               sqn_error *err)
{
    float *kinds = sqn__mem_alloc(N_KIND * size->nx, sizeof *kinds);

    if (kinds == NULL) {
        return SQN_RAISE(err, E_MEM, "%d kinds of spectra", N_KIND);
    }
    for (int64_t r = 0; r < N_KIND; r++) {
        fill_kind(kinds + r * size->nx, r, size->nx);
    }
#pragma omp parallel for schedule(static) default(none) shared(value, kinds, size, epoch)
    for (int64_t i = 0; i < size->n_frame; i++) {
        fill_spectrum(value + i * size->nx, kinds, i, size, epoch);
    }
    sqn__mem_free(kinds);
    return SQN_OK;
}

sqn_status scene_light_fill(float *value, const scene_size *size, int epoch, sqn_error *err)
{
    return size->ny > 1 ? fill_frames(value, size, epoch, err)
                        : fill_spectra(value, size, epoch, err);
}
