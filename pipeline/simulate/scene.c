/** @file scene.c @brief A ring and point sources, turned and convolved. */
#include "scene.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "pupil.h"
#include "raise.h"

static const double pi = 3.141592653589793;

sqn_status scene_init(scene_view *out, const coronagraph *optics,
                      const config_simulate *options, const sqn__fft *fft, sqn_error *err)
{
    const int64_t n_element = optics->n * optics->n;
    double *psf = sqn__mem_alloc(n_element, sizeof *psf);

    *out = (scene_view){.n = optics->n, .options = options};
    out->transfer = sqn__mem_alloc(n_element, sizeof *out->transfer);
    if (psf == NULL || out->transfer == NULL) {
        sqn__mem_free(psf);
        scene_clear(out);
        return SQN_RAISE(err, E_MEM, "transfer function of %" PRId64 " elements",
                         n_element);
    }
    coronagraph_off_axis(psf, optics, out->transfer, fft);
    for (int64_t p = 0; p < n_element; p++) {
        out->transfer[p] = psf[p];
    }
    sqn__fft_forward(fft, out->transfer);
    for (int64_t p = 0; p < n_element; p++) {
        if (cabs(out->transfer[p]) < 1e-12) { /* rounding, beyond the band of the optics */
            out->transfer[p] = 0.0;
        }
    }
    sqn__mem_free(psf);
    return SQN_OK;
}

void scene_clear(scene_view *scene)
{
    if (scene != NULL) {
        sqn__mem_free(scene->transfer);
        *scene = (scene_view){0};
    }
}

void scene_offset(double offset[2], double separation, double position_angle, double angle)
{
    const double turn = (position_angle - angle) * pi / 180.0; /* from +y towards -x */

    offset[0] = -separation * sin(turn);
    offset[1] = separation * cos(turn);
}

/* The ring as drawing needs it: direction of its major axis in the frame, and its shape. */
typedef struct ring_shape {
    double major[2], radius, width, axis_ratio, sin_inclination, g;
} ring_shape;

static ring_shape ring_of(const config_simulate *options, double angle)
{
    ring_shape ring = {.radius = options->ring_radius,
                       .width = options->ring_width,
                       .axis_ratio = options->ring_axis_ratio,
                       .g = options->ring_g};

    ring.sin_inclination = sqrt(1.0 - ring.axis_ratio * ring.axis_ratio);
    scene_offset(ring.major, 1.0, options->ring_position_angle, angle);
    return ring;
}

/* Along the major axis and, seen from above the ring, across it towards the near side. */
static void ring_plane(double plane[2], const ring_shape *ring, double x, double y)
{
    plane[0] = x * ring->major[0] + y * ring->major[1];
    plane[1] = (y * ring->major[0] - x * ring->major[1]) / ring->axis_ratio;
}

static double ring_brightness(const ring_shape *ring, double x, double y)
{
    double plane[2];

    ring_plane(plane, ring, x, y);
    const double r = hypot(plane[0], plane[1]);
    const double across = (r - ring->radius) / ring->width;
    const double cos_angle = r > 0.0 ? ring->sin_inclination * plane[1] / r : 0.0;
    const double g = ring->g;

    return exp(-4.0 * log(2.0) * across * across) * /* Henyey-Greenstein: */
           (1.0 - g * g) / pow(1.0 + g * g - 2.0 * g * cos_angle, 1.5);
}

/* Mean brightness of an element; 0 beyond 3 widths, where it is below 2e-11 of the crest. */
static double ring_element(const ring_shape *ring, double x, double y)
{
    double plane[2], sum = 0.0;

    ring_plane(plane, ring, x, y);
    if (fabs(hypot(plane[0], plane[1]) - ring->radius) >
        3.0 * ring->width + 1.0 / ring->axis_ratio) {
        return 0.0;
    }
    for (int64_t j = 0; j < SCENE_FINE; j++) {
        for (int64_t i = 0; i < SCENE_FINE; i++) {
            sum += ring_brightness(ring, x + ((double)i + 0.5) / SCENE_FINE - 0.5,
                                   y + ((double)j + 0.5) / SCENE_FINE - 0.5);
        }
    }
    return sum / (SCENE_FINE * SCENE_FINE);
}

void scene_ring(double *image, const scene_view *scene, double angle)
{
    const int64_t n = scene->n;
    const ring_shape ring = ring_of(scene->options, angle);
    double sum = 0.0;

    if (!(scene->options->ring_contrast > 0.0)) {
        memset(image, 0, (size_t)(n * n) * sizeof *image);
        return;
    }
    for (int64_t p = 0; p < n * n; p++) {
        image[p] =
            ring_element(&ring, pupil_coordinate(p % n, n), pupil_coordinate(p / n, n));
        sum += image[p];
    }
    for (int64_t p = 0; p < n * n; p++) {
        image[p] *= scene->options->ring_contrast / sum;
    }
}

/* Transfer function of the mean over SCENE_FINE points of an element, f in cycles per pixel. */
static double mean_transfer(double f)
{
    return f == 0.0 ? 1.0 : sin(pi * f) / (SCENE_FINE * sin(pi * f / SCENE_FINE));
}

/* Spectrum of all sources at the frequency (fx, fy), cycles per pixel. */
static double complex source_spectrum(const config_numbers *sources, double angle,
                                      double fx, double fy)
{
    double complex sum = 0.0;

    for (int64_t s = 0; s + 2 < sources->n; s += 3) {
        double offset[2];

        scene_offset(offset, sources->item[s], sources->item[s + 1], angle);
        const double phase = -2.0 * pi * (fx * offset[0] + fy * offset[1]);

        sum += sources->item[s + 2] * (cos(phase) + I * sin(phase));
    }
    return sum;
}

void scene_image(double *image, const scene_view *scene, double angle, const double tilt[2],
                 double complex *work, const sqn__fft *fft)
{
    const int64_t n = scene->n;

    scene_ring(image, scene, angle);
    for (int64_t p = 0; p < n * n; p++) {
        work[p] = image[p];
    }
    sqn__fft_forward(fft, work);
    for (int64_t p = 0; p < n * n; p++) {
        const double fx = pupil_coordinate(p % n, n) / (double)n;
        const double fy = pupil_coordinate(p / n, n) / (double)n;
        const double phase = -2.0 * pi * (fx * tilt[0] + fy * tilt[1]);

        if (scene->transfer[p] == 0.0) {
            work[p] = 0.0;
            continue;
        }
        work[p] = (work[p] / (mean_transfer(fx) * mean_transfer(fy)) +
                   source_spectrum(&scene->options->sources, angle, fx, fy)) *
                  scene->transfer[p] * (cos(phase) + I * sin(phase));
    }
    sqn__fft_backward(fft, work);
    for (int64_t p = 0; p < n * n; p++) {
        image[p] = creal(work[p]) / (double)(n * n);
    }
}
