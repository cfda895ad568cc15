/** @file check_detector.c @brief Noise within its sampling error, flags, independence of draws. */
#include "detector.h"

#include <math.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_observation.h"

enum { SIDE = 64, N_PIXEL = SIDE * SIDE, N_FRAME = 12 };

static sqn_observation observation;
static double electrons[N_PIXEL];
static float value[N_FRAME][N_PIXEL], error[N_FRAME][N_PIXEL];
static int32_t dq[N_FRAME][N_PIXEL];

static void set_up(void)
{
    sqn_observation_init(&observation);
    observation.options.size = SIDE;
    for (int64_t p = 0; p < N_PIXEL; p++) {
        electrons[p] = 137.385;
    }
}

static void expose_all(stream_role role)
{
    for (int64_t f = 0; f < N_FRAME; f++) {
        const detector_frame frame = {value[f], error[f], dq[f]};

        detector_expose(&frame, &observation.options, electrons, role, f);
    }
}

START_TEST(mean_and_variance_are_those_of_photons_and_read_noise)
{
    const double gain = observation.options.gain, n = (double)N_FRAME * N_PIXEL;
    const double sigma = sqrt(137.385 + 30.0 + 64.0) / gain;
    double sum = 0.0, square = 0.0;

    expose_all(STREAM_SCIENCE);
    for (int64_t f = 0; f < N_FRAME; f++) {
        for (int64_t p = 0; p < N_PIXEL; p++) {
            sum += value[f][p] / n;
            square += value[f][p] * value[f][p] / n;
        }
    }
    ck_assert_float_eq_tol(error[3][77], (float)sigma, 1e-5F);
    ck_assert_double_eq_tol(sum, 137.385 / gain, 5.0 * sigma / sqrt(n));
    ck_assert_double_eq_tol((square - sum * sum) / (sigma * sigma), 1.0,
                            5.0 * sqrt(2.0 / n));
}
END_TEST

START_TEST(frames_and_roles_are_independent)
{
    static float reference[N_PIXEL];
    double between = 0.0, roles = 0.0;

    expose_all(STREAM_REFERENCE);
    memcpy(reference, value[0], sizeof reference);
    expose_all(STREAM_SCIENCE);
    const double mean = 137.385 / observation.options.gain;
    const double variance = error[0][0] * error[0][0];

    for (int64_t p = 0; p < N_PIXEL; p++) {
        between += (value[0][p] - mean) * (value[1][p] - mean) / variance / N_PIXEL;
        roles += (value[0][p] - mean) * (reference[p] - mean) / variance / N_PIXEL;
    }
    ck_assert_double_eq_tol(between, 0.0, 5.0 / SIDE);
    ck_assert_double_eq_tol(roles, 0.0, 5.0 / SIDE);
}
END_TEST

START_TEST(cosmic_rays_change_and_flag_only_what_they_hit)
{
    static float quiet[N_FRAME][N_PIXEL];
    int64_t n_hit = 0, n_unflagged = 0, n_darker = 0;

    expose_all(STREAM_SCIENCE);
    memcpy(quiet, value, sizeof quiet);
    observation.options.cosmic_rays = 20.0;
    expose_all(STREAM_SCIENCE);
    for (int64_t f = 0; f < N_FRAME; f++) {
        for (int64_t p = 0; p < N_PIXEL; p++) {
            const int hit = dq[f][p] == DETECTOR_DQ_COSMIC;

            n_hit += hit;
            n_unflagged += !hit && value[f][p] != quiet[f][p] ? 1 : 0;
            n_darker += value[f][p] < quiet[f][p] ? 1 : 0;
        }
    }
    ck_assert_int_eq(n_unflagged, 0);
    ck_assert_int_eq(n_darker, 0);
    ck_assert_int_gt(n_hit, INT64_C(10) *
                                N_FRAME); /* tracks of a few pixels, some leave the frame */
    ck_assert_int_lt(n_hit, INT64_C(200) * N_FRAME);
}
END_TEST

START_TEST(one_more_ray_leaves_the_others_alone)
{
    static float fewer[N_PIXEL];
    static int32_t flags[N_PIXEL];
    int64_t n_new = 0, n_lost = 0, n_changed = 0;

    observation.options.cosmic_rays = 30.0;
    expose_all(STREAM_SCIENCE);
    memcpy(fewer, value[0], sizeof fewer);
    memcpy(flags, dq[0], sizeof flags);
    observation.options.cosmic_rays = 33.0;
    expose_all(STREAM_SCIENCE);
    for (int64_t p = 0; p < N_PIXEL; p++) {
        n_new += dq[0][p] != 0 && flags[p] == 0 ? 1 : 0;
        n_lost += dq[0][p] == 0 && flags[p] != 0 ? 1 : 0;
        n_changed += dq[0][p] == 0 && value[0][p] != fewer[p] ? 1 : 0;
    }
    ck_assert_int_gt(n_new, 0);
    ck_assert_int_eq(n_lost, 0);
    ck_assert_int_eq(n_changed, 0);
}
END_TEST

START_TEST(bad_pixels_are_the_same_in_all_frames_of_both_stars)
{
    static int32_t science[N_PIXEL];
    int64_t n_bad = 0;

    observation.options.bad_pixels = 0.05;
    expose_all(STREAM_SCIENCE);
    memcpy(science, dq[0], sizeof science);
    for (int64_t p = 0; p < N_PIXEL; p++) {
        n_bad += science[p] == DETECTOR_DQ_BAD ? 1 : 0;
        ck_assert(isfinite(value[0][p]) && error[0][p] > 0.0F);
    }
    ck_assert_mem_eq(science, dq[N_FRAME - 1], sizeof science);
    expose_all(STREAM_REFERENCE);
    ck_assert_mem_eq(science, dq[5], sizeof science);
    ck_assert_double_eq_tol((double)n_bad / N_PIXEL, 0.05, 5.0 * sqrt(0.05 / N_PIXEL));
}
END_TEST

START_TEST(a_bad_pixel_does_not_see_the_sky)
{
    static float dark[N_PIXEL];
    int64_t n_seeing = 0, n_hot = 0, n_dead = 0;

    observation.options.bad_pixels = 0.05;
    expose_all(STREAM_SCIENCE);
    memcpy(dark, value[0], sizeof dark);
    for (int64_t p = 0; p < N_PIXEL; p++) {
        electrons[p] = 5000.0;
    }
    expose_all(STREAM_SCIENCE);
    for (int64_t p = 0; p < N_PIXEL; p++) {
        if (dq[0][p] == DETECTOR_DQ_BAD) {
            n_seeing += value[0][p] != dark[p] ? 1 : 0;
            n_hot += value[0][p] > 60.0F ? 1 : 0;
            n_dead += value[0][p] < 30.0F ? 1 : 0;
        }
    }
    ck_assert_int_eq(n_seeing, 0);
    ck_assert_int_gt(n_hot, 50); /* half of 205 */
    ck_assert_int_gt(n_dead, 50);
}
END_TEST

START_TEST(pointing_has_the_rms_asked_for_on_both_axes)
{
    enum { N = 20000 };
    double tilt[2], square[2] = {0}, product = 0.0;

    observation.options.jitter = 0.0385;
    for (int64_t f = 0; f < N; f++) {
        detector_pointing(tilt, &observation.options, STREAM_SCIENCE, f);
        square[0] += tilt[0] * tilt[0] / N;
        square[1] += tilt[1] * tilt[1] / N;
        product += tilt[0] * tilt[1] / N;
    }
    ck_assert_double_eq_tol(sqrt(square[0]) / 0.0385, 1.0, 0.025);
    ck_assert_double_eq_tol(sqrt(square[1]) / 0.0385, 1.0, 0.025);
    ck_assert_double_eq_tol(product / (0.0385 * 0.0385), 0.0, 0.035);
}
END_TEST

START_TEST(the_last_bit_of_a_mean_shifts_no_other_pixel)
{
    static float before[N_PIXEL];

    expose_all(STREAM_SCIENCE);
    memcpy(before, value[0], sizeof before);
    electrons[100] = nextafter(electrons[100], 1e9);
    electrons[2000] *= 7.0;
    expose_all(STREAM_SCIENCE);
    for (int64_t p = 0; p < N_PIXEL; p++) {
        ck_assert(p == 2000 || value[0][p] == before[p]);
    }
    ck_assert(value[0][2000] != before[2000]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detector");
    TCase *tcase = tcase_create("exposure");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, mean_and_variance_are_those_of_photons_and_read_noise);
    tcase_add_test(tcase, frames_and_roles_are_independent);
    tcase_add_test(tcase, cosmic_rays_change_and_flag_only_what_they_hit);
    tcase_add_test(tcase, one_more_ray_leaves_the_others_alone);
    tcase_add_test(tcase, bad_pixels_are_the_same_in_all_frames_of_both_stars);
    tcase_add_test(tcase, a_bad_pixel_does_not_see_the_sky);
    tcase_add_test(tcase, pointing_has_the_rms_asked_for_on_both_axes);
    tcase_add_test(tcase, the_last_bit_of_a_mean_shifts_no_other_pixel);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
