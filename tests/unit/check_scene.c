/** @file check_scene.c @brief Ring and sources: flux, geometry, scattering, position. */
#include "scene.h"

#include <math.h>

#include "pupil.h"
#include "sqn_check.h"
#include "sqn_observation.h"
#include "sqn_wrap.h"

enum { SIDE = 96, N_ELEMENT = SIDE * SIDE };

static const double pi = 3.141592653589793;
static sqn_error err;
static sqn_observation observation;
static coronagraph optics;
static sqn__fft *fft;
static scene_view scene;
static double image[N_ELEMENT];
static _Alignas(64) double complex work[N_ELEMENT]; /* as the allocator aligns */
static const double straight[2] = {0.0, 0.0};

static void build(double origin)
{
    SQN_ASSERT_OK(sqn__fft_create(&fft, SIDE, SIDE, &err), err);
    SQN_ASSERT_OK(coronagraph_init(&optics, SIDE, origin, &observation.options, &err), err);
    SQN_ASSERT_OK(scene_init(&scene, &optics, &observation.options, fft, &err), err);
}

static void set_up(void)
{
    sqn_observation_init(&observation);
    observation.options.fwhm = 4.0;
    observation.options.ring_radius = 20.385;
    observation.options.ring_width = 3.0;
}

static void tear_down(void)
{
    scene_clear(&scene);
    coronagraph_clear(&optics);
    sqn__fft_destroy(&fft);
}

static double total(void)
{
    double sum = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        sum += image[p];
    }
    return sum;
}

START_TEST(a_source_stands_east_of_north_and_turns_against_the_frame)
{
    double offset[2];

    scene_offset(offset, 10.0, 90.0, 0.0); /* East: to the left */
    ck_assert_double_eq_tol(offset[0], -10.0, 1e-12);
    ck_assert_double_eq_tol(offset[1], 0.0, 1e-12);
    scene_offset(offset, 10.0, 30.0, 30.0); /* where +y points */
    ck_assert_double_eq_tol(offset[0], 0.0, 1e-12);
    ck_assert_double_eq_tol(offset[1], 10.0, 1e-12);
    scene_offset(offset, 2.0, 0.0, 90.0); /* +y points East: North is to the right */
    ck_assert_double_eq_tol(offset[0], 2.0, 1e-12);
}
END_TEST

START_TEST(the_sum_is_the_contrast_before_and_after_the_instrument)
{
    observation.options.sources.n = 3;
    observation.source[0] = 11.2;
    observation.source[1] = 200.0;
    observation.source[2] = 7e-4;
    build(-0.5);
    scene_ring(image, &scene, 12.0);
    ck_assert_double_eq_tol(total(), 2e-3, 1e-15);
    scene_image(image, &scene, 12.0, straight, work, fft);
    ck_assert_double_eq_tol(total(), 2e-3 + 7e-4, 1e-14);
}
END_TEST

/* Integral over the ring of weight(radius, azimuth), a Gaussian across, Henyey-Greenstein. */
static double ring_integral(int power, double (*weight)(double azimuth), double g,
                            double sin_inclination)
{
    const config_simulate *options = &observation.options;
    double sum = 0.0;

    for (int i = 0; i < 400; i++) {
        const double r = options->ring_radius + options->ring_width * (0.015 * i - 3.0);
        const double across = (r - options->ring_radius) / options->ring_width;

        for (int k = 0; k < 720; k++) {
            const double azimuth = 2.0 * pi * k / 720.0;
            const double scatter =
                pow(1.0 + g * g - 2.0 * g * sin_inclination * sin(azimuth), -1.5);

            sum += pow(r, power + 1) * exp(-4.0 * log(2.0) * across * across) * scatter *
                   weight(azimuth);
        }
    }
    return sum;
}

static double unity(double azimuth)
{
    (void)azimuth;
    return 1.0;
}

static double square_cosine(double azimuth)
{
    return cos(azimuth) * cos(azimuth);
}

static double square_sine(double azimuth)
{
    return sin(azimuth) * sin(azimuth);
}

/* Moments of the drawn ring along and across its major axis. */
static void ring_moments(double out[3], double position_angle)
{
    const double s = sin(position_angle * pi / 180.0), c = cos(position_angle * pi / 180.0);
    double sum = 0.0, v = 0.0, uu = 0.0, vv = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        const double x = pupil_coordinate(p % SIDE, SIDE),
                     y = pupil_coordinate(p / SIDE, SIDE);
        const double along = -x * s + y * c, across = -x * c - y * s;

        sum += image[p];
        v += image[p] * across;
        uu += image[p] * along * along;
        vv += image[p] * across * across;
    }
    out[0] = v / sum;
    out[1] = uu / sum;
    out[2] = vv / sum;
}

START_TEST(moments_of_the_ring_are_those_of_direct_integration)
{
    const double g = observation.options.ring_g, q = 0.6, si = 0.8;
    const double angles[] = {0.0, 35.0, -71.3};
    double moment[3];

    build(0.0);
    const double flux = ring_integral(0, unity, g, si);

    for (int k = 0; k < 3; k++) {
        scene_ring(image, &scene, angles[k]);
        ring_moments(moment, observation.options.ring_position_angle - angles[k]);
        ck_assert_double_eq_tol(moment[0], q * ring_integral(1, sin, g, si) / flux, 0.01);
        ck_assert_double_eq_tol(moment[1], ring_integral(2, square_cosine, g, si) / flux,
                                0.2);
        ck_assert_double_eq_tol(moment[2],
                                q * q * ring_integral(2, square_sine, g, si) / flux, 0.2);
        ck_assert_double_gt(moment[0], 3.0); /* the near side is the brighter one */
    }
}
END_TEST

/* The ring as a crowd of point sources on a fine polar grid: a second way to draw it. */
static int64_t crowd(double *source)
{
    const config_simulate *options = &observation.options;
    double sum = 0.0;
    int64_t n = 0;

    for (int i = -8; i <= 8; i++) {
        const double across = 0.25 * i,
                     r = options->ring_radius + across * options->ring_width;

        for (int k = 0; k < 128; k++) {
            const double azimuth = 2.0 * pi * k / 128.0, g = options->ring_g;
            const double u = r * cos(azimuth), v = 0.6 * r * sin(azimuth);

            source[n] = hypot(u, v);
            source[n + 1] = options->ring_position_angle + atan2(v, u) * 180.0 / pi;
            source[n + 2] = r * exp(-4.0 * log(2.0) * across * across) *
                            pow(1.0 + g * g - 2.0 * g * 0.8 * sin(azimuth), -1.5);
            sum += source[n + 2];
            n += 3;
        }
    }
    for (int64_t s = 0; s < n; s += 3) {
        source[s + 2] *= options->ring_contrast / sum;
    }
    return n;
}

START_TEST(the_ring_equals_a_crowd_of_point_sources)
{
    static double drawn[N_ELEMENT], source[3 * 17 * 128];
    const double tilt[2] = {0.385, -0.21};
    double peak = 0.0;

    build(-0.5);
    scene_image(drawn, &scene, 17.0, tilt, work, fft);
    observation.options.sources = (config_numbers){crowd(source), source};
    observation.options.ring_contrast = 0.0;
    scene_image(image, &scene, 17.0, tilt, work, fft);
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        peak = fmax(peak, image[p]);
    }
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        ck_assert_double_eq_tol(drawn[p], image[p], 2e-3 * peak);
    }
}
END_TEST

/* Position of the only source in a periodic image, from its lowest harmonic. */
static double harmonic(int axis)
{
    double re = 0.0, im = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        const int64_t column = p % SIDE, row = p / SIDE;
        const double at = (double)(axis == 0 ? column : row);

        re += image[p] * cos(2.0 * pi * at / SIDE);
        im += image[p] * sin(2.0 * pi * at / SIDE);
    }
    return atan2(im, re) * SIDE / (2.0 * pi);
}

START_TEST(a_source_stands_where_it_should_to_a_thousandth_of_a_pixel)
{
    const double tilt[2] = {0.31, -0.12}, origins[] = {0.0, -0.5};
    double offset[2];

    observation.options.ring_contrast = 0.0;
    observation.options.sources.n = 3;
    observation.source[0] = 23.385;
    observation.source[1] = 222.0;
    observation.source[2] = 1.0;
    for (int k = 0; k < 2; k++) {
        build(origins[k]);
        scene_image(image, &scene, -33.0, tilt, work, fft);
        scene_offset(offset, 23.385, 222.0, -33.0);
        ck_assert_double_eq_tol(harmonic(0), offset[0] + tilt[0] + origins[k], 1e-3);
        ck_assert_double_eq_tol(harmonic(1), offset[1] + tilt[1] + origins[k], 1e-3);
        tear_down();
    }
}
END_TEST

START_TEST(without_ring_and_sources_the_sky_is_dark)
{
    observation.options.ring_contrast = 0.0;
    build(0.0);
    scene_image(image, &scene, 0.0, straight, work, fft);
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        ck_assert(image[p] == 0.0);
    }
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind)
{
    build(0.0);
    scene_clear(&scene);
    for (int64_t n = 0; n < 2; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(scene_init(&scene, &optics, &observation.options, fft, &err), err,
                         SQN_E_MEM);
        ck_assert_ptr_null(scene.transfer);
    }
    sqn_allocations_before_failure = INT64_MAX;
    scene_clear(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scene");
    TCase *tcase = tcase_create("drawing");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_source_stands_east_of_north_and_turns_against_the_frame);
    tcase_add_test(tcase, the_sum_is_the_contrast_before_and_after_the_instrument);
    tcase_add_test(tcase, moments_of_the_ring_are_those_of_direct_integration);
    tcase_add_test(tcase, the_ring_equals_a_crowd_of_point_sources);
    tcase_add_test(tcase, a_source_stands_where_it_should_to_a_thousandth_of_a_pixel);
    tcase_add_test(tcase, without_ring_and_sources_the_sky_is_dark);
    tcase_add_test(tcase, no_memory_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
