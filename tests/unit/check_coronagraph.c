/** @file check_coronagraph.c @brief Propagation: energy, PSF, the null of a vortex. */
#include "coronagraph.h"

#include <math.h>

#include "pupil.h"
#include "sqn_check.h"
#include "sqn_observation.h"
#include "sqn_wrap.h"

enum { SIDE = 256, N_ELEMENT = SIDE * SIDE };

static sqn_error err;
static sqn_observation observation;
static coronagraph optics;
static sqn__fft *fft;
static double image[N_ELEMENT], phase[N_ELEMENT];
static _Alignas(64) double complex work[N_ELEMENT]; /* as the allocator aligns */
static const double straight[2] = {0.0, 0.0};

/* A clear pupil of 64 elements; the tests change what they need. */
static void set_up(void)
{
    sqn_observation_init(&observation);
    observation.options.fwhm = 4.0;
    observation.options.obstruction = 0.0;
    observation.options.spiders = 0;
    SQN_ASSERT_OK(sqn__fft_create(&fft, SIDE, SIDE, &err), err);
}

static void tear_down(void)
{
    coronagraph_clear(&optics);
    sqn__fft_destroy(&fft);
}

static void build(config_coronagraph kind, double origin)
{
    observation.options.coronagraph = kind;
    SQN_ASSERT_OK(coronagraph_init(&optics, SIDE, origin, &observation.options, &err), err);
}

static double total(void)
{
    double sum = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        sum += image[p];
    }
    return sum;
}

START_TEST(without_coronagraph_no_light_is_lost_whatever_the_phase)
{
    const double tilt[2] = {2.385, -7.1};

    build(CONFIG_CORONAGRAPH_NONE, -0.5);
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        phase[p] = 0.7 * sin(0.3 * (double)(p % SIDE)) + 1e-5 * (double)p;
    }
    coronagraph_star(image, &optics, phase, tilt, work, fft);
    ck_assert_double_eq_tol(total(), 1.0, 1e-12);
    coronagraph_off_axis(image, &optics, work, fft);
    ck_assert_double_eq_tol(total(), 1.0, 1e-12);
}
END_TEST

/* J1(v) = 1/pi integral of cos(t - v sin t) over 0..pi; the trapezoid rule is exact here. */
static double bessel(double v)
{
    double sum = 0.0;

    for (int k = 0; k < 200; k++) {
        const double t = 3.141592653589793 * ((double)k + 0.5) / 200.0;

        sum += cos(t - v * sin(t)) / 200.0;
    }
    return sum;
}

START_TEST(the_psf_of_a_clear_pupil_is_an_airy_disk)
{
    build(CONFIG_CORONAGRAPH_NONE, 0.0);
    coronagraph_star(image, &optics, phase, straight, work, fft);
    for (int64_t x = 1; x < 30; x++) { /* (2 J1(v) / v)^2, v = pi x / (lambda / D) */
        const double v = 3.141592653589793 * (double)x / 4.0;
        const double airy = 2.0 * bessel(v) / v;

        ck_assert_double_eq_tol(image[x] / image[0], airy * airy, 4e-4);
        ck_assert_double_eq_tol(image[x * SIDE], image[x], 1e-12);
        ck_assert_double_eq_tol(image[SIDE - x], image[x], 1e-12);
    }
}
END_TEST

START_TEST(the_full_width_at_half_maximum_is_1_03_lambda_over_d)
{
    double at = 0.0, value = 1.0; /* half width: where a tilted star is half as bright */

    build(CONFIG_CORONAGRAPH_NONE, 0.0);
    coronagraph_star(image, &optics, phase, straight, work, fft);
    const double peak = image[0];

    while (value > 0.5) {
        const double tilt[2] = {0.0, at += 0.01};

        coronagraph_star(image, &optics, phase, tilt, work, fft);
        value = image[0] / peak;
        if (at < 1.9) { /* far from it: take larger steps */
            at += 0.19;
        }
    }
    ck_assert_double_eq_tol(2.0 * at, 1.029 * 4.0, 0.03);
}
END_TEST

START_TEST(the_star_stands_on_the_origin_and_tilt_moves_it)
{
    const double tilt[2] = {3.0, -2.0};

    build(CONFIG_CORONAGRAPH_NONE, -0.5); /* between elements -1 and 0 */
    coronagraph_star(image, &optics, phase, straight, work, fft);
    ck_assert_double_eq_tol(image[0], image[SIDE - 1], 1e-12);
    ck_assert_double_eq_tol(image[5], image[SIDE - 6], 1e-12);
    ck_assert_double_gt(image[0], image[1]);
    const double peak = image[0];

    coronagraph_star(image, &optics, phase, tilt, work, fft);
    ck_assert_double_eq_tol(image[(SIDE - 2) * SIDE + 3], peak, 1e-12);
}
END_TEST

START_TEST(a_vortex_nulls_a_clear_pupil_and_not_an_obstructed_one)
{
    const int64_t charges[] = {2, 4, 6};

    for (int k = 0; k < 3; k++) {
        observation.options.charge = charges[k];
        build(CONFIG_CORONAGRAPH_VORTEX, -0.5);
        coronagraph_star(image, &optics, phase, straight, work, fft);
        ck_assert_double_lt(total(), 1e-4); /* edges of a pupil of 64 elements */
        ck_assert_double_gt(total(), 0.0);
        coronagraph_clear(&optics);
    }
    observation.options.charge = 2;
    observation.options.obstruction = 0.2;
    build(CONFIG_CORONAGRAPH_VORTEX, -0.5);
    coronagraph_star(image, &optics, phase, straight, work, fft);
    ck_assert_double_gt(total(), 1e-3);
}
END_TEST

START_TEST(a_vortex_moves_light_and_does_not_absorb_it)
{
    build(CONFIG_CORONAGRAPH_VORTEX, 0.0);
    optics.flux = 0.0;
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        optics.stop[p] = 1.0; /* let everything pass, also what fell outside the pupil */
        optics.flux += optics.pupil[p] * optics.pupil[p] * N_ELEMENT;
    }
    coronagraph_star(image, &optics, phase, straight, work, fft);
    ck_assert_double_lt(total(), 1.0); /* a little is thrown beyond the grid */
    ck_assert_double_gt(total(), 0.9);
}
END_TEST

START_TEST(far_from_the_mask_a_source_is_seen_as_off_axis)
{
    static double off_axis[N_ELEMENT];
    const double tilt[2] = {-40.0, 0.0};

    for (int kind = CONFIG_CORONAGRAPH_LYOT; kind <= CONFIG_CORONAGRAPH_VORTEX; kind++) {
        build((config_coronagraph)kind, 0.0);
        coronagraph_star(image, &optics, phase, tilt, work, fft);
        ck_assert_double_eq_tol(total(), 1.0, 0.03); /* 10 lambda / D away */
        const double peak = image[SIDE - 40];

        coronagraph_off_axis(off_axis, &optics, work, fft);
        ck_assert_double_eq_tol(peak / off_axis[0], 1.0, 0.02);
        coronagraph_clear(&optics);
    }
}
END_TEST

START_TEST(a_lyot_mask_hides_most_of_the_star)
{
    build(CONFIG_CORONAGRAPH_LYOT, 0.0);
    coronagraph_star(image, &optics, phase, straight, work, fft);
    ck_assert_double_lt(total(), 0.05);
    ck_assert_double_gt(total(), 1e-4);
}
END_TEST

START_TEST(the_image_is_the_fourier_sum_over_the_pupil)
{
    const int64_t points[3][2] = {{0, 0}, {5, 3}, {250, 17}};
    double flux = 0.0;

    observation.options.obstruction = 0.3;
    build(CONFIG_CORONAGRAPH_NONE, 0.0);
    for (int64_t p = 0; p < N_ELEMENT; p++) {
        const int64_t row = p / SIDE, column = p % SIDE;

        phase[p] = 0.4 * cos(0.11 * (double)row) * sin(0.2 * (double)column);
        flux += optics.pupil[p] * optics.pupil[p];
    }
    coronagraph_star(image, &optics, phase, straight, work, fft);
    for (int k = 0; k < 3; k++) {
        double re = 0.0, im = 0.0;

        for (int64_t p = 0; p < N_ELEMENT; p++) {
            const int64_t turns = points[k][0] * (p % SIDE) + points[k][1] * (p / SIDE);
            const double angle = phase[p] - 6.283185307179586 * (double)turns / SIDE;

            re += optics.pupil[p] * cos(angle);
            im += optics.pupil[p] * sin(angle);
        }
        ck_assert_double_eq_tol(image[points[k][1] * SIDE + points[k][0]],
                                (re * re + im * im) / (flux * N_ELEMENT), 1e-12);
    }
}
END_TEST

START_TEST(the_grid_holds_the_frame_twice_and_samples_the_pupil)
{
    observation.options.size = 96;
    ck_assert_int_eq(coronagraph_grid(&observation.options), 256);
    observation.options.size = 500;
    ck_assert_int_eq(coronagraph_grid(&observation.options), 1024);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind)
{
    for (int64_t n = 0; n < 4; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(coronagraph_init(&optics, SIDE, 0.0, &observation.options, &err),
                         err, SQN_E_MEM);
        ck_assert_ptr_null(optics.pupil);
    }
    sqn_allocations_before_failure = INT64_MAX;
    coronagraph_clear(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coronagraph");
    TCase *tcase = tcase_create("propagation");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_coronagraph_no_light_is_lost_whatever_the_phase);
    tcase_add_test(tcase, the_psf_of_a_clear_pupil_is_an_airy_disk);
    tcase_add_test(tcase, the_full_width_at_half_maximum_is_1_03_lambda_over_d);
    tcase_add_test(tcase, the_star_stands_on_the_origin_and_tilt_moves_it);
    tcase_add_test(tcase, a_vortex_nulls_a_clear_pupil_and_not_an_obstructed_one);
    tcase_add_test(tcase, a_vortex_moves_light_and_does_not_absorb_it);
    tcase_add_test(tcase, far_from_the_mask_a_source_is_seen_as_off_axis);
    tcase_add_test(tcase, a_lyot_mask_hides_most_of_the_star);
    tcase_add_test(tcase, the_image_is_the_fourier_sum_over_the_pupil);
    tcase_add_test(tcase, the_grid_holds_the_frame_twice_and_samples_the_pupil);
    tcase_add_test(tcase, no_memory_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
