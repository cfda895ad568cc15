/** @file coronagraph.c @brief Fraunhofer propagation through mask and stop by FFT. */
#include "coronagraph.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "pupil.h"
#include "raise.h"
#include "vortex.h"

static const double two_pi = 6.283185307179586;

int64_t coronagraph_grid(const config_simulate *options)
{
    const double least = fmax(2.0 * (double)options->size, 64.0 * options->fwhm);
    int64_t n = 64;

    while ((double)n < least) {
        n *= 2;
    }
    return n;
}

/* Pupil of radius `outer` elements, other edges moved by `growth`. */
static pupil_shape shape_of(const config_simulate *options, double diameter, double rim,
                            double growth)
{
    return (pupil_shape){.outer = 0.5 * diameter * rim,
                         .inner = 0.5 * diameter * options->obstruction * growth,
                         .n_spider = options->spiders,
                         .spider_width = diameter * options->spider_width * growth};
}

/* Opaque spot; `share` is work space. */
static void draw_spot(double complex *mask, double *share, int64_t n, double radius)
{
    const pupil_shape spot = {.outer = radius};

    pupil_draw(share, n, &spot);
    for (int64_t p = 0; p < n * n; p++) {
        mask[p] = 1.0 - share[p];
    }
}

static sqn_status draw_mask(coronagraph *out, const config_simulate *options,
                            sqn_error *err)
{
    if (options->coronagraph == CONFIG_CORONAGRAPH_VORTEX) {
        return vortex_draw(out->mask, out->n, options->charge, err);
    }
    /* The stop is drawn later: until then its plane is free. */
    draw_spot(out->mask, out->stop, out->n, options->mask_radius * options->fwhm);
    return SQN_OK;
}

static sqn_status allocate(coronagraph *out, bool masked, sqn_error *err)
{
    const int64_t n_element = out->n * out->n;

    out->pupil = sqn__mem_alloc(n_element, sizeof *out->pupil);
    if (masked) {
        out->stop = sqn__mem_alloc(n_element, sizeof *out->stop);
        out->mask = sqn__mem_alloc(n_element, sizeof *out->mask);
    }
    if (out->pupil == NULL || (masked && (out->stop == NULL || out->mask == NULL))) {
        return SQN_RAISE(err, E_MEM, "pupil planes of %" PRId64 " elements", n_element);
    }
    return SQN_OK;
}

sqn_status coronagraph_init(coronagraph *out, int64_t n, double origin,
                            const config_simulate *options, sqn_error *err)
{
    const double diameter =
        (double)n / options->fwhm; /* so that lambda / D = fwhm pixels */
    const bool masked = options->coronagraph != CONFIG_CORONAGRAPH_NONE;
    const pupil_shape pupil = shape_of(options, diameter, 1.0, 1.0);
    const pupil_shape stop =
        shape_of(options, diameter, options->lyot_stop, 1.0 / options->lyot_stop);

    *out = (coronagraph){.n = n, .origin = origin};
    sqn_status status = SQN_OK;

    SQN_TRY(allocate(out, masked, err));
    pupil_draw(out->pupil, n, &pupil);
    if (masked) {
        SQN_TRY(draw_mask(out, options, err));
        pupil_draw(out->stop, n, &stop);
    }
    for (int64_t p = 0; p < n * n; p++) {
        const double amplitude = out->pupil[p] * (masked ? out->stop[p] : 1.0);

        out->flux += amplitude * amplitude * (double)(n * n); /* Parseval, unscaled FFT */
    }

cleanup:
    if (status != SQN_OK) {
        coronagraph_clear(out);
    }
    return status;
}

void coronagraph_clear(coronagraph *optics)
{
    if (optics != NULL) {
        sqn__mem_free(optics->pupil);
        sqn__mem_free(optics->stop);
        sqn__mem_free(optics->mask);
        *optics = (coronagraph){0};
    }
}

/* Field behind the pupil; the tilt (pixels) moves the image by as much. */
static void enter_pupil(double complex *field, const coronagraph *optics,
                        const double *phase, const double tilt[2])
{
    const int64_t n = optics->n;

    for (int64_t p = 0; p < n * n; p++) {
        const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);
        const double open = optics->pupil[p];

        if (open > 0.0) {
            const double angle = (phase != NULL ? phase[p] : 0.0) +
                                 two_pi * (tilt[0] * x + tilt[1] * y) / (double)n;

            field[p] = open * (cos(angle) + I * sin(angle));
        } else {
            field[p] = 0.0;
        }
    }
}

/* Pupil to focal plane, through the mask, and back to a pupil. */
static void pass_mask(double complex *field, const coronagraph *optics, const sqn__fft *fft)
{
    const int64_t n_element = optics->n * optics->n;

    sqn__fft_forward(fft, field);
    for (int64_t p = 0; p < n_element; p++) {
        field[p] *= optics->mask[p] / (double)n_element;
    }
    sqn__fft_backward(fft, field);
}

/* Through the stop, and to the image with the star on `origin`. */
static void reach_image(double *image, const coronagraph *optics, double complex *field,
                        const sqn__fft *fft)
{
    const int64_t n = optics->n;

    for (int64_t p = 0; p < n * n; p++) {
        const double x = pupil_coordinate(p % n, n), y = pupil_coordinate(p / n, n);
        const double open = optics->stop != NULL ? optics->stop[p] : 1.0;
        const double angle = two_pi * optics->origin * (x + y) / (double)n;

        field[p] = open > 0.0 ? field[p] * (open * (cos(angle) + I * sin(angle))) : 0.0;
    }
    sqn__fft_forward(fft, field);
    for (int64_t p = 0; p < n * n; p++) {
        image[p] = (creal(field[p]) * creal(field[p]) + cimag(field[p]) * cimag(field[p])) /
                   optics->flux;
    }
}

void coronagraph_star(double *image, const coronagraph *optics, const double *phase,
                      const double tilt[2], double complex *work, const sqn__fft *fft)
{
    enter_pupil(work, optics, phase, tilt);
    if (optics->mask != NULL) {
        pass_mask(work, optics, fft);
    }
    reach_image(image, optics, work, fft);
}

void coronagraph_off_axis(double *image, const coronagraph *optics, double complex *work,
                          const sqn__fft *fft)
{
    const double straight[2] = {0.0, 0.0};

    enter_pupil(work, optics, NULL, straight);
    reach_image(image, optics, work, fft);
}
