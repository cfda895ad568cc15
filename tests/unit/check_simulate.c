/** @file check_simulate.c @brief Whole observations: truth, determinism, what is refused. */
#include "simulate.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "detector.h"
#include "sqn_check.h"
#include "sqn_observation.h"
#include "sqn_wrap.h"

#define N_PIXEL (INT64_C(25) * 25) /* of one frame */

static sqn_error err;
static sqn_observation observation;
static simulation made;

static void set_up(void)
{
    sqn_observation_init(&observation);
    observation.options.fwhm = 1.3; /* a small grid: sampling matters to few tests */
}

static void tear_down(void)
{
    simulation_clear(&made);
}

static void make(void)
{
    SQN_ASSERT_OK(simulate_make(&made, &observation.options, NULL, &err), err);
}

static double correlation(const float *a, const float *b, int64_t n)
{
    double sa = 0.0, sb = 0.0, saa = 0.0, sbb = 0.0, sab = 0.0;

    for (int64_t p = 0; p < n; p++) {
        sa += a[p];
        sb += b[p];
        saa += a[p] * a[p];
        sbb += b[p] * b[p];
        sab += a[p] * b[p];
    }
    const double count = (double)n;

    return (sab - sa * sb / count) /
           sqrt((saa - sa * sa / count) * (sbb - sb * sb / count));
}

START_TEST(science_is_star_and_disk_and_noise_of_the_stated_errors)
{
    double chi2 = 0.0, mean = 0.0;
    int64_t n = 0;

    observation.options.size = 40;
    observation.rotation[0] = observation.rotation[1] =
        0.0; /* then DISK is what each saw */
    observation.options.cosmic_rays = 3.0;
    observation.options.bad_pixels = 0.01;
    make();
    const int64_t n_pixel = INT64_C(40) * 40;

    for (int64_t p = 0; p < 2 * n_pixel; p++) {
        if (made.science.dq[p] == 0) {
            const double off = (made.science.value.data[p] - made.star.data[p] -
                                made.disk.data[p % n_pixel]) /
                               made.science.error.data[p];

            chi2 += off * off;
            mean += off;
            n++;
        }
    }
    ck_assert_int_gt(n, 3000);
    ck_assert_double_eq_tol(chi2 / (double)n, 1.0, 5.0 * sqrt(2.0 / (double)n));
    ck_assert_double_eq_tol(mean / (double)n, 0.0, 5.0 / sqrt((double)n));
}
END_TEST

START_TEST(references_show_the_same_speckles_without_a_disk)
{
    observation.options.drift_rms = 0.0;
    observation.options.star_flux = 1e9;
    observation.options.reference_flux = 0.7;
    observation.rotation[0] = observation.rotation[1] = 0.0;
    make();
    double off = 0.0;

    for (int64_t p = 0; p < N_PIXEL;
         p++) { /* nothing moves: one star image in all frames */
        off = fmax(off, fabs(made.reference.value.data[p] - 0.7 * made.star.data[p]) /
                            made.reference.error.data[p]);
        ck_assert_float_eq_tol(made.star.data[p], made.star.data[p + N_PIXEL],
                               1e-6F * made.star.data[p]);
    }
    ck_assert_double_lt(off, 5.0);
}
END_TEST

START_TEST(speckles_of_neighbouring_frames_are_alike_and_lose_likeness)
{
    observation.options.n_science = 6;
    observation.options.static_rms = 1e-6;
    observation.options.drift_rms = 0.3;
    observation.options.drift_correlation = 0.95;
    make();
    const double near = correlation(made.star.data, made.star.data + N_PIXEL, N_PIXEL);
    const double far = correlation(made.star.data, made.star.data + 5 * N_PIXEL, N_PIXEL);

    ck_assert_double_gt(near, 0.7);
    ck_assert_double_lt(far, near);
}
END_TEST

START_TEST(one_two_and_four_threads_make_the_same_bits)
{
    simulation other;
    const int threads[] = {2, 4};

    observation.options.n_references = 7; /* not a multiple of what is made at once */
    observation.options.cosmic_rays = 3.0;
    observation.options.jitter = 0.05;
    omp_set_num_threads(1);
    make();
    const size_t bytes = 7 * (size_t)N_PIXEL * sizeof(float);

    for (int k = 0; k < 2; k++) {
        omp_set_num_threads(threads[k]);
        SQN_ASSERT_OK(simulate_make(&other, &observation.options, NULL, &err), err);
        ck_assert_mem_eq(made.reference.value.data, other.reference.value.data, bytes);
        ck_assert_mem_eq(made.reference.error.data, other.reference.error.data, bytes);
        ck_assert_mem_eq(made.reference.dq, other.reference.dq, bytes);
        ck_assert_mem_eq(made.science.value.data, other.science.value.data, bytes / 7 * 2);
        ck_assert_mem_eq(made.star.data, other.star.data, bytes / 7 * 2);
        ck_assert_mem_eq(made.disk.data, other.disk.data, bytes / 7);
        simulation_clear(&other);
    }
}
END_TEST

START_TEST(seeds_differ_and_frames_do_not_depend_on_how_many_follow)
{
    simulation other;
    const size_t bytes = (size_t)N_PIXEL * sizeof(float);

    make();
    observation.options.n_references = 6;
    SQN_ASSERT_OK(simulate_make(&other, &observation.options, NULL, &err), err);
    ck_assert_mem_eq(made.reference.value.data, other.reference.value.data, 3 * bytes);
    ck_assert_mem_eq(made.science.value.data, other.science.value.data, 2 * bytes);
    simulation_clear(&other);
    observation.options.seed++;
    SQN_ASSERT_OK(simulate_make(&other, &observation.options, NULL, &err), err);
    ck_assert_mem_ne(made.reference.value.data, other.reference.value.data, bytes);
    simulation_clear(&other);
}
END_TEST

START_TEST(angles_run_linearly_from_first_to_last)
{
    char *text = NULL;

    observation.options.n_science = 4;
    make();
    ck_assert_double_eq_tol(made.angle[0], -20.5, 1e-12);
    ck_assert_double_eq_tol(made.angle[1], -20.5 + 61.8 / 3.0, 1e-12);
    ck_assert_double_eq_tol(made.angle[3], 41.3, 1e-12);
    SQN_ASSERT_OK(simulate_angles_text(&text, &made, &err), err);
    ck_assert_str_eq(text, "-20.500000000\n0.100000000\n20.700000000\n41.300000000\n");
    free(text);
    simulation_clear(&made);
    observation.options.n_science = 1;
    make();
    ck_assert_double_eq_tol(made.angle[0], -20.5, 1e-12);
}
END_TEST

/* Place of the only source: centroid in a Gaussian window that follows it. */
static void place_source(double at[2], const float *image, int64_t size)
{
    for (int round = 0; round < 60; round++) {
        double sum = 0.0, x = 0.0, y = 0.0;

        for (int64_t p = 0; p < size * size; p++) {
            const int64_t column = p % size, row = p / size;
            const double dx = (double)column - at[0], dy = (double)row - at[1];
            const double weight = image[p] * exp(-(dx * dx + dy * dy) / 4.0);

            sum += weight;
            x += weight * dx;
            y += weight * dy;
        }
        at[0] += x / sum;
        at[1] += y / sum;
    }
}

START_TEST(a_source_stands_at_its_stated_place_for_odd_and_even_sizes)
{
    const int64_t sizes[] = {31, 32};

    observation.options.fwhm = 2.4;
    observation.options.ring_contrast = 0.0;
    observation.options.sources.n = 3;
    observation.source[0] = 9.385;
    observation.source[1] = 247.0;
    observation.source[2] = 0.01;
    for (int k = 0; k < 2; k++) {
        const int64_t size = observation.options.size = sizes[k];

        make();
        const double center = 0.5 * (double)(size + 1); /* (NAXIS + 1) / 2, FITS pixels */
        const double angle = 247.0 * 3.141592653589793 / 180.0;
        const double x = center - 9.385 * sin(angle), y = center + 9.385 * cos(angle);
        double at[2] = {round(x) - 1.0, round(y) - 1.0};

        ck_assert_double_eq_tol(made.center, center, 1e-12);
        place_source(at, made.disk.data, size);
        ck_assert_double_eq_tol(at[0] + 1.0, x, 0.01);
        ck_assert_double_eq_tol(at[1] + 1.0, y, 0.01);
        simulation_clear(&made);
    }
}
END_TEST

START_TEST(values_that_cannot_stand_together_are_refused)
{
    config_simulate *options = &observation.options;
    const config_simulate good = *options;

    options->rotation.n = 1;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->sky.n = 0;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->sources.n = 2;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->sources.n = 3;
    observation.source[0] = 26.0;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->ring_radius = 20.0;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->lyot_stop = 0.35;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    *options = good;
    options->charge = 3;
    SQN_ASSERT_FAILS(simulate_make(&made, options, NULL, &err), err, SQN_E_CFG_SCHEMA);
    ck_assert_ptr_null(made.science.value.data);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    sqn_status status = SQN_ERR_MEMORY;
    int64_t n = 0;

    observation.options.size = 9;
    observation.options.ring_contrast = 0.0;
    observation.options.n_references = observation.options.n_science = 1;
    for (; status != SQN_OK; n++) {
        sqn_allocations_before_failure = n;
        status = simulate_make(&made, &observation.options, NULL, &err);
        ck_assert(status == SQN_OK || (status == SQN_ERR_MEMORY && err.id == SQN_E_MEM));
        ck_assert(status == SQN_OK || made.science.value.data == NULL);
    }
    ck_assert_int_gt(n, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulate");
    TCase *tcase = tcase_create("observation");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 30.0);
    tcase_add_test(tcase, science_is_star_and_disk_and_noise_of_the_stated_errors);
    tcase_add_test(tcase, references_show_the_same_speckles_without_a_disk);
    tcase_add_test(tcase, speckles_of_neighbouring_frames_are_alike_and_lose_likeness);
    tcase_add_test(tcase, one_two_and_four_threads_make_the_same_bits);
    tcase_add_test(tcase, seeds_differ_and_frames_do_not_depend_on_how_many_follow);
    tcase_add_test(tcase, angles_run_linearly_from_first_to_last);
    tcase_add_test(tcase, a_source_stands_at_its_stated_place_for_odd_and_even_sizes);
    tcase_add_test(tcase, values_that_cannot_stand_together_are_refused);
    tcase_add_test(tcase, any_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
