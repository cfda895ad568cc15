/** @file check_spectra.c @brief Spectra: order, join, one grid, normalisation. */
#include <math.h>

#include "mem.h"
#include "resample.h"
#include "sequin/spectra.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

/* Wavelengths start * ratio^i (`log`) or start + i step, flux 2.385 + 0.01 i, ivar 4. */
static sqn_spectra make(int64_t n_spectrum, int64_t n, double start, double step, bool log)
{
    sqn_spectra s;

    SQN_ASSERT_OK(sqn_spectra_init(&s, n_spectrum, n, true, &err), err);
    for (int64_t i = 0; i < n; i++) {
        s.wave[i] = log ? pow(10.0, start + (double)i * step) : start + (double)i * step;
        for (int64_t r = 0; r < n_spectrum; r++) {
            s.flux[r * n + i] = 2.385F + 0.01F * (float)i + (float)r;
            s.ivar[r * n + i] = 4.0F;
        }
    }
    return s;
}

START_TEST(falling_wavelengths_turn_the_spectra_round)
{
    sqn_spectra s = make(2, 5, 4000.0, 1.0, false);

    for (int64_t i = 0; i < 5; i++) {
        s.wave[i] = 4004.0 - (double)i;
    }
    s.ivar[0] = 9.0F;
    SQN_ASSERT_OK(sqn_spectra_order(&s, &err), err);
    ck_assert_double_eq(s.wave[0], 4000.0);
    ck_assert_double_eq(s.wave[4], 4004.0);
    ck_assert_float_eq(s.flux[4], 2.385F);
    ck_assert_float_eq(s.ivar[4], 9.0F);
    ck_assert_float_eq(s.flux[5], 2.385F + 0.04F + 1.0F);
    sqn_spectra_clear(&s);
}
END_TEST

START_TEST(wavelengths_that_mean_nothing_are_refused)
{
    static const double wrong[] = {(double)NAN, -1.0, 0.0, 4000.0, (double)INFINITY};

    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        sqn_spectra s = make(1, 5, 4000.0, 1.0, false);

        s.wave[3] = wrong[k];
        SQN_ASSERT_FAILS(sqn_spectra_order(&s, &err), err, SQN_E_WAVELENGTH);
        sqn_spectra_clear(&s);
    }
    sqn_spectra one = make(1, 1, 4000.0, 1.0, false);

    SQN_ASSERT_FAILS(sqn_spectra_order(&one, &err), err, SQN_E_WAVELENGTH);
    sqn_spectra_clear(&one);
}
END_TEST

START_TEST(resampling_keeps_the_mean_and_its_variance)
{
    const double fine[] = {10.0, 11.0, 12.0, 13.0, 14.0}, coarse[] = {10.0, 12.5, 14.0};
    float flux[] = {1.0F, 2.0F, 4.0F, 8.0F}, ivar[] = {1.0F, 0.5F, 0.25F, 2.0F};
    float out[2], weight[2];
    const sqn__resample_row from = {4, fine, flux, ivar}, to = {2, coarse, out, weight};

    sqn__resample(&to, &from);
    ck_assert_float_eq_tol(out[0], (1.0F + 2.0F + 0.5F * 4.0F) / 2.5F, 1e-6F);
    ck_assert_float_eq_tol(out[1], (0.5F * 4.0F + 8.0F) / 1.5F, 1e-6F);
    ck_assert_float_eq_tol(1.0F / weight[0], (1.0F + 2.0F + 0.25F * 4.0F) / 6.25F, 1e-6F);
    ck_assert_float_eq_tol(1.0F / weight[1], (0.25F * 4.0F + 0.5F) / 2.25F, 1e-6F);
    ivar[3] = 0.0F; /* a third of the second pixel is left */
    flux[3] = 1e30F;
    sqn__resample(&to, &from);
    ck_assert(isnan(out[1]) && weight[1] == 0.0F);
    ck_assert_float_eq_tol(out[0], 2.0F, 1e-6F);
}
END_TEST

START_TEST(arms_join_where_they_overlap_by_inverse_variance)
{
    sqn_spectra arms[2] = {make(1, 11, 4000.0, 1.0, false),
                           make(1, 11, 4008.0, 1.0, false)};
    sqn_spectra out;

    for (int64_t i = 0; i < 11; i++) {
        arms[1].flux[i] = 7.0F;
        arms[1].ivar[i] = 12.0F;
    }
    arms[0].ivar[9] = 0.0F;
    SQN_ASSERT_OK(sqn_spectra_join(&out, arms, 2, &err), err);
    ck_assert_int_eq(out.n_wave, 19);
    ck_assert_double_eq(out.wave[18], 4018.0);
    ck_assert_float_eq(out.flux[7], arms[0].flux[7]);
    ck_assert_float_eq_tol(out.flux[8], 0.25F * arms[0].flux[8] + 0.75F * 7.0F, 1e-6F);
    ck_assert_float_eq(out.ivar[8], 16.0F);
    ck_assert_float_eq(out.flux[9], 7.0F); /* missing in the first arm */
    ck_assert_float_eq(out.ivar[9], 12.0F);
    sqn_spectra_clear(&out);
    for (int64_t i = 0; i < 11; i++) {
        arms[1].wave[i] += 0.3;
    }
    SQN_ASSERT_OK(sqn_spectra_join(&out, arms, 2, &err), err);
    ck_assert_double_eq(out.wave[10], 4010.0);
    ck_assert_double_eq_tol(out.wave[11], 4011.3, 1e-9);
    ck_assert_float_eq_tol(out.flux[9], 7.0F, 1e-6F);
    ck_assert_float_eq_tol(out.ivar[9], 12.0F / (0.7F * 0.7F + 0.3F * 0.3F), 1e-3F);
    sqn_spectra_clear(&out);
    sqn_spectra_clear(&arms[0]);
    sqn_spectra_clear(&arms[1]);
}
END_TEST

START_TEST(different_numbers_of_spectra_in_arms_are_refused)
{
    sqn_spectra arms[2] = {make(1, 5, 4000.0, 1.0, false), make(2, 5, 4008.0, 1.0, false)};
    sqn_spectra out;

    SQN_ASSERT_FAILS(sqn_spectra_join(&out, arms, 2, &err), err, SQN_E_SHAPE);
    sqn_spectra_clear(&arms[0]);
    sqn_spectra_clear(&arms[1]);
}
END_TEST

START_TEST(rest_frame_moves_by_whole_pixels)
{
    /* z such that log10(1 + z) = 30.3 pixels of 1e-4: moved by 30. */
    const double redshift[] = {0.0, pow(10.0, 30.3e-4) - 1.0};
    sqn_spectra block = make(2, 100, 3.6, 1e-4, true);
    const sqn_spectra_grid_options options = {.redshift = redshift};
    sqn_spectra_grid_about about;
    sqn_spectra out;

    block.flux[100 + 50] = 9.5F;
    SQN_ASSERT_OK(sqn_spectra_grid(&out, &about, &block, 1, &options, &err), err);
    ck_assert_ptr_null(block.flux);
    ck_assert_int_eq(about.n_whole, 2);
    ck_assert_int_eq(about.n_resampled, 0);
    ck_assert_int_eq(out.n_wave, 70); /* where both reach */
    ck_assert_double_eq_tol(log10(out.wave[0]), 3.6, 1e-9);
    ck_assert_float_eq(out.flux[70 + 20], 9.5F);
    ck_assert_float_eq(out.flux[0], 2.385F);
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(linear_wavelengths_are_resampled_to_the_rest_frame)
{
    const double redshift[] = {0.64, 0.9};
    sqn_spectra block = make(2, 1001, 4000.0, 1.0, false);
    const sqn_spectra_grid_options options = {.redshift = redshift,
                                              .range = {2400.0, 2600.0}};
    sqn_spectra_grid_about about;
    sqn_spectra out;

    for (int64_t e = 0; e < 2002; e++) { /* a line at 2500 Angstrom */
        const double rest = block.wave[e % 1001] / (e < 1001 ? 1.64 : 1.9);

        block.flux[e] = (float)exp(-0.5 * pow((rest - 2500.0) / 20.0, 2.0));
    }
    SQN_ASSERT_OK(sqn_spectra_grid(&out, &about, &block, 1, &options, &err), err);
    ck_assert_int_eq(about.n_resampled, 2);
    ck_assert(about.is_log && out.wave[0] >= 2400.0 && out.wave[out.n_wave - 1] <= 2600.0);
    for (int64_t i = 0; i < out.n_wave; i++) {
        const double truth = exp(-0.5 * pow((out.wave[i] - 2500.0) / 20.0, 2.0));

        ck_assert(isnan(out.flux[i]) == (out.wave[i] < 4000.0 / 1.64 - 0.3));
        ck_assert(fabs((double)out.flux[out.n_wave + i] - truth) < 1e-2);
        ck_assert(isnan(out.flux[i]) == (out.ivar[i] == 0.0F));
    }
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(one_block_in_the_observed_frame_is_only_cut)
{
    sqn_spectra block = make(3, 50, 3500.0, 2.0, false);
    const float *before = block.flux;
    const sqn_spectra_grid_options options = {.range = {3511.0, 3550.0}};
    sqn_spectra out;

    block.flux[50 + 10] = NAN;
    SQN_ASSERT_OK(sqn_spectra_grid(&out, NULL, &block, 1, &options, &err), err);
    ck_assert_ptr_eq(out.flux, before);
    ck_assert_int_eq(out.n_wave, 20);
    ck_assert_double_eq(out.wave[0], 3512.0);
    ck_assert(isnan(out.flux[20 + 4]));
    ck_assert_float_eq(out.flux[40], 2.385F + 0.06F + 2.0F);
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(grids_that_differ_are_united_and_resampled)
{
    sqn_spectra blocks[2] = {make(1, 50, 3500.0, 2.0, false),
                             make(1, 80, 3510.5, 1.5, false)};
    const sqn_spectra_grid_options options = {0};
    sqn_spectra_grid_about about;
    sqn_spectra out;

    for (int64_t i = 0; i < 80; i++) {
        blocks[1].flux[i] = 5.25F;
    }
    SQN_ASSERT_OK(sqn_spectra_grid(&out, &about, blocks, 2, &options, &err), err);
    ck_assert_int_eq(about.n_whole, 1);
    ck_assert_int_eq(about.n_resampled, 1);
    ck_assert_int_eq(out.n_spectrum, 2);
    ck_assert_double_eq(out.wave[0], 3510.0); /* where both reach */
    ck_assert_double_eq(out.wave[out.n_wave - 1], 3598.0);
    ck_assert_float_eq_tol(out.flux[out.n_wave + 3], 5.25F, 1e-5F);
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(a_bin_averages_neighbours)
{
    sqn_spectra block = make(1, 40, 3.6, 1e-4, true);
    const sqn_spectra_grid_options options = {.bin = 4};
    sqn_spectra out;

    SQN_ASSERT_OK(sqn_spectra_grid(&out, NULL, &block, 1, &options, &err), err);
    ck_assert_int_eq(out.n_wave, 10);
    ck_assert_float_eq_tol(out.flux[2], 2.385F + 0.095F, 1e-3F);
    ck_assert_float_eq_tol(out.ivar[2], 16.0F, 0.05F);
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(spectra_come_to_a_grid_that_is_given)
{
    const double redshift[] = {0.0, pow(10.0, 20e-4) - 1.0};
    double wave[60], uneven[3] = {4010.0, 4011.0, 4013.0};
    sqn_spectra block = make(2, 100, 3.6, 1e-4, true), linear;
    sqn_spectra_grid_options options = {.redshift = redshift, .wave = wave, .n_wave = 60};
    sqn_spectra_grid_about about;
    sqn_spectra out;

    for (int64_t i = 0; i < 60; i++) {
        wave[i] = pow(10.0, 3.6 + 1e-4 * (double)(i - 10));
    }
    SQN_ASSERT_OK(sqn_spectra_grid(&out, &about, &block, 1, &options, &err), err);
    ck_assert_int_eq(about.n_whole, 2);
    ck_assert_int_eq(out.n_wave, 60);
    ck_assert(isnan(out.flux[9]) && out.ivar[9] == 0.0F);
    ck_assert_float_eq(out.flux[10], 2.385F);
    ck_assert_float_eq(out.flux[60], 2.385F + 0.10F + 1.0F); /* 20 pixels back */
    sqn_spectra_clear(&out);
    linear = make(2, 100, 4000.0, 1.0, false);
    options = (sqn_spectra_grid_options){.wave = uneven, .n_wave = 3};
    SQN_ASSERT_OK(sqn_spectra_grid(&out, &about, &linear, 1, &options, &err), err);
    ck_assert_int_eq(about.n_resampled, 2);
    ck_assert_float_eq_tol(out.flux[0], 2.385F + 0.10F, 1e-6F);
    ck_assert_double_eq(out.wave[2], 4013.0);
    sqn_spectra_clear(&out);
}
END_TEST

START_TEST(nothing_in_the_range_is_said)
{
    sqn_spectra block = make(1, 40, 3.6, 1e-4, true);
    const sqn_spectra_grid_options options = {.range = {1000.0, 1100.0}};
    sqn_spectra out;

    SQN_ASSERT_FAILS(sqn_spectra_grid(&out, NULL, &block, 1, &options, &err), err,
                     SQN_E_DATA_EMPTY);
    for (int64_t i = 0; i < 40; i++) {
        block.ivar[i] = 0.0F;
    }
    SQN_ASSERT_FAILS(
        sqn_spectra_grid(&out, NULL, &block, 1, &(sqn_spectra_grid_options){0}, &err), err,
        SQN_E_DATA_EMPTY);
    sqn_spectra_clear(&block);
}
END_TEST

START_TEST(normalisation_scales_flux_and_variance)
{
    sqn_spectra s = make(2, 5, 4000.0, 1.0, false);
    const double window[2] = {4001.0, 4003.0};
    double norm[2];

    s.flux[2] = NAN;
    s.ivar[2] = 0.0F;
    for (int64_t i = 5; i < 10; i++) {
        s.flux[i] = -1.0F;
    }
    SQN_ASSERT_OK(sqn_spectra_normalise(norm, &s, SQN_SPECTRA_NORM_MEDIAN, window, &err),
                  err);
    ck_assert_double_eq_tol(norm[0], 2.405, 1e-6);
    ck_assert_float_eq_tol(s.flux[1], 2.395F / 2.405F, 1e-6F);
    ck_assert_float_eq_tol(s.ivar[1], 4.0F * 2.405F * 2.405F, 1e-5F);
    ck_assert(isnan(norm[1]) && isnan(s.flux[7]) && s.ivar[7] == 0.0F);
    sqn_spectra_clear(&s);
}
END_TEST

START_TEST(rows_give_missing_data_no_weight)
{
    sqn_spectra s = make(1, 3, 4000.0, 1.0, false);
    double value[3], weight[3];

    s.flux[1] = NAN;
    const sqn_rows rows = sqn_spectra_rows(&s);

    SQN_ASSERT_OK(rows.read(rows.context, 0, value, weight, &err), err);
    ck_assert_double_eq(weight[0], 4.0);
    ck_assert_double_eq(weight[1], 0.0);
    sqn__mem_free(s.ivar);
    s.ivar = NULL;
    SQN_ASSERT_OK(rows.read(rows.context, 0, value, weight, &err), err);
    ck_assert_double_eq(weight[0], 1.0);
    ck_assert_double_eq(weight[1], 0.0);
    sqn_spectra_clear(&s);
}
END_TEST

START_TEST(memory_that_is_not_there_is_said)
{
    int64_t n = 0;
    sqn_status status = SQN_ERR_MEMORY;

    while (status != SQN_OK) {
        sqn_spectra arms[2] = {make(1, 11, 4000.0, 1.0, false),
                               make(1, 11, 4008.3, 1.0, false)};
        const double redshift = 0.1;
        const sqn_spectra_grid_options options = {.redshift = &redshift};
        sqn_spectra joined = {0}, out = {0};

        sqn_allocations_before_failure = n++;
        status = sqn_spectra_join(&joined, arms, 2, &err);
        if (status == SQN_OK) {
            status = sqn_spectra_grid(&out, NULL, &joined, 1, &options, &err);
        }
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert(status == SQN_OK || err.id == SQN_E_MEM);
        sqn_spectra_clear(&arms[0]);
        sqn_spectra_clear(&arms[1]);
        sqn_spectra_clear(&joined);
        sqn_spectra_clear(&out);
    }
    ck_assert_int_gt(n, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectra");
    TCase *spectra = tcase_create("spectra");

    tcase_add_test(spectra, falling_wavelengths_turn_the_spectra_round);
    tcase_add_test(spectra, wavelengths_that_mean_nothing_are_refused);
    tcase_add_test(spectra, resampling_keeps_the_mean_and_its_variance);
    tcase_add_test(spectra, arms_join_where_they_overlap_by_inverse_variance);
    tcase_add_test(spectra, different_numbers_of_spectra_in_arms_are_refused);
    tcase_add_test(spectra, rest_frame_moves_by_whole_pixels);
    tcase_add_test(spectra, linear_wavelengths_are_resampled_to_the_rest_frame);
    tcase_add_test(spectra, one_block_in_the_observed_frame_is_only_cut);
    tcase_add_test(spectra, grids_that_differ_are_united_and_resampled);
    tcase_add_test(spectra, a_bin_averages_neighbours);
    tcase_add_test(spectra, spectra_come_to_a_grid_that_is_given);
    tcase_add_test(spectra, nothing_in_the_range_is_said);
    tcase_add_test(spectra, normalisation_scales_flux_and_variance);
    tcase_add_test(spectra, rows_give_missing_data_no_weight);
    tcase_add_test(spectra, memory_that_is_not_there_is_said);
    suite_add_tcase(suite, spectra);
    return sqn_check_run(suite);
}
