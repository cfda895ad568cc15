/** @file detector.c @brief Noise, cosmic rays and bad pixels. */
#include "detector.h"

#include <math.h>

#include "rng.h"

static const double two_pi = 6.283185307179586;
static const double hot_signal = 20000.0;  /* (electrons) at most, added to a hot pixel */
static const double ray_mean_length = 3.0; /* (pixels) of the track */
static const double ray_mean_signal = 1500.0; /* (electrons per pixel) of the track */

void detector_pointing(double tilt[2], const config_simulate *options, stream_role role,
                       int64_t frame)
{
    const uint64_t stream = stream_of(STREAM_POINTING, role, frame);

    for (uint64_t axis = 0; axis < 2; axis++) {
        tilt[axis] =
            options->jitter * sqn__rng_normal((uint64_t)options->seed, stream, axis);
    }
}

/* A bad pixel is dead or hot, for all frames: 0, or what it adds (electrons); NaN = good. */
static double defect(const config_simulate *options, int64_t pixel)
{
    const uint64_t seed = (uint64_t)options->seed, draw = 3 * (uint64_t)pixel;
    const uint64_t stream = stream_of(STREAM_BAD_PIXEL, STREAM_REFERENCE, 0);

    if (sqn__rng_uniform_double(seed, stream, draw) >= options->bad_pixels) {
        return NAN;
    }
    return sqn__rng_uniform_double(seed, stream, draw + 1) < 0.5
               ? 0.0
               : hot_signal * sqn__rng_uniform_double(seed, stream, draw + 2);
}

/* Charge and flags of one track, in steps of a quarter of a pixel. */
static void strike(const detector_frame *out, const config_simulate *options,
                   uint64_t stream, uint64_t ray)
{
    enum { STEPS = 4, DRAWS = 8 };
    const uint64_t seed = (uint64_t)options->seed, draw = DRAWS * ray;
    const double size = (double)options->size;
    const double x = size * sqn__rng_uniform_double(seed, stream, draw);
    const double y = size * sqn__rng_uniform_double(seed, stream, draw + 1);
    const double angle = two_pi * sqn__rng_uniform_double(seed, stream, draw + 2);
    const double length =
        -ray_mean_length * log(sqn__rng_uniform_double(seed, stream, draw + 3));
    const double signal =
        -ray_mean_signal * log(sqn__rng_uniform_double(seed, stream, draw + 4));
    const int64_t n_step = 1 + (int64_t)(STEPS * length);

    for (int64_t step = 0; step < n_step; step++) {
        const double along = (double)step / STEPS;
        const double at_x = floor(x + along * cos(angle));
        const double at_y = floor(y + along * sin(angle));

        if (at_x >= 0.0 && at_x < size && at_y >= 0.0 && at_y < size) {
            const int64_t p = (int64_t)at_y * options->size + (int64_t)at_x;

            out->value[p] += (float)(signal / STEPS / options->gain);
            out->dq[p] |= DETECTOR_DQ_COSMIC;
        }
    }
}

static void expose_pixel(const detector_frame *out, const config_simulate *options,
                         double electrons, stream_role role, int64_t frame, int64_t pixel)
{
    const uint64_t seed = (uint64_t)options->seed, index = (uint64_t)pixel;
    const uint64_t photons = stream_of(STREAM_PHOTONS, role, frame);
    const uint64_t reading = stream_of(STREAM_READ_NOISE, role, frame);
    const double added = defect(options, pixel);
    const double light = fmax(electrons, 0.0) + options->background;
    const double expected = isnan(added) ? light : added;
    const double counted = sqn__rng_poisson(expected, seed, photons, index) +
                           options->read_noise * sqn__rng_normal(seed, reading, index);

    out->value[pixel] = (float)((counted - options->background) / options->gain);
    out->error[pixel] =
        (float)(sqrt(expected + options->read_noise * options->read_noise) / options->gain);
    out->dq[pixel] = isnan(added) ? 0 : DETECTOR_DQ_BAD;
}

void detector_expose(const detector_frame *out, const config_simulate *options,
                     const double *electrons, stream_role role, int64_t frame)
{
    const uint64_t seed = (uint64_t)options->seed;
    const double n_ray = sqn__rng_poisson(options->cosmic_rays, seed,
                                          stream_of(STREAM_COSMIC_COUNT, role, frame), 0);

    for (int64_t p = 0; p < options->size * options->size; p++) {
        expose_pixel(out, options, electrons[p], role, frame, p);
    }
    for (uint64_t ray = 0; (double)ray < n_ray; ray++) {
        strike(out, options, stream_of(STREAM_COSMIC_RAY, role, frame), ray);
    }
}
