/** @file check_judge.c @brief What a result says against itself, group by group. */
#include "judge.h"

#include <math.h>
#include <string.h>

#include "mem.h"
#include "peak.h"
#include "sqn_check.h"
#include "sqn_record.h"
#include "sqn_wrap.h"

enum { NY = 21, NX = 25, N_GROUP = 3, N_COUNT = 2, N_PIX = NY * NX };
#define FWHM    3.7
#define N_PLANE ((int64_t)N_GROUP * N_COUNT)
#define N_ALL   (N_PLANE * N_PIX)

static sqn_error err;
static sqn_record record;
static sqn_log collect;
static float value[N_GROUP][N_COUNT][NY][NX], error[N_GROUP][N_COUNT][NY][NX],
    snr[N_GROUP][N_COUNT][NY][NX];
static int64_t counts[N_COUNT] = {2, 5}, index_of[N_PIX];
static const char *names[N_GROUP] = {"in/a.fits", "in/b.fits", "in/c.fits"};
static double numbers[N_GROUP] = {NAN, NAN, NAN};
static char path[] = "it.yaml";
static config settings;
static target_frame frames[4];
static uint8_t excluded[1];
static result all;

/* Three groups of two counts: nothing but a little light, NaN in a corner. */
static void set_up(void)
{
    collect = sqn_record_log(&record);
    settings.path = path;
    all = (result){.settings = &settings, .log = &collect};
    for (int64_t e = 0; e < N_ALL; e++) {
        (&value[0][0][0][0])[e] = 0.01F;
        (&error[0][0][0][0])[e] = 1.0F;
        (&snr[0][0][0][0])[e] = e % N_PIX < 40 ? NAN : 1.5F;
    }
    for (int64_t p = 0; p < N_PIX; p++) {
        index_of[p] = p;
    }
    all.obs.center[0] = 13.25;
    all.obs.center[1] = 10.5;
    all.obs.fwhm = FWHM;
    all.obs.noise = READ_UNIFORM;
    all.obs.science.n_frame = 4;
    all.last.frames = frames;
    for (int i = 0; i < 4; i++) {
        frames[i] = (target_frame){.factor = 0.71 + 0.19 * i, .chi2_reduced = 1.1};
    }
    all.obs.pixels = (sqn_pixels){NY, NX, N_PIX, index_of};
    all.basis.n_count = N_COUNT;
    all.basis.counts = counts;
    all.disk = (disk){.n_group = N_GROUP,
                      .n_count = N_COUNT,
                      .ny = NY,
                      .nx = NX,
                      .group_name = names,
                      .group_number = numbers,
                      .value = {N_PLANE, NY, NX, &value[0][0][0][0]},
                      .error = {N_PLANE, NY, NX, &error[0][0][0][0]},
                      .snr = {N_PLANE, NY, NX, &snr[0][0][0][0]}};
}

/* Give every pixel of ring `ring` this value; returns the mean in its own sigma. */
static double dig(float plane[NY][NX], float sigma[NY][NX], int ring, float depth)
{
    double sum = 0.0, squares = 0.0;

    for (int y = 0; y < NY; y++) {
        for (int x = 0; x < NX; x++) {
            const double r = hypot(x + 1 - 13.25, y + 1 - 10.5);

            if (r >= ring * FWHM && r < (ring + 1) * FWHM) {
                plane[y][x] = (x + y) % 5 == 0 ? NAN : depth;
                sum += isnan(plane[y][x]) ? 0.0 : (double)depth;
                squares += isnan(plane[y][x]) ? 0.0 : (double)(sigma[y][x] * sigma[y][x]);
            }
        }
    }
    return sum / sqrt(squares);
}

START_TEST(a_result_without_fault_is_silent)
{
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 0);
}
END_TEST

START_TEST(oversubtraction_of_any_group_is_found_and_named)
{
    char expected[160];

    (void)dig(value[0][1], error[0][1], 1, -0.6F);
    const double worst = dig(value[2][1], error[2][1], 2, -0.8F);

    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 1);
    ck_assert_int_eq(record.warning[0].id, SQN_W_OVERSUBTRACTION);
    (void)snprintf(
        expected, sizeof expected,
        "with 5 components or more, the mean residual at 9 pixels from the star is "
        "negative in group 3 of 3 (c.fits) (%.1f sigma of its mean)",
        worst);
    ck_assert_str_eq(record.warning[0].message, expected);
}
END_TEST

START_TEST(the_first_count_is_told_and_a_single_group_has_no_name)
{
    all.disk.n_group = 1;
    names[0] = "";
    (void)dig(value[0][0], error[0][0], 0, -2.0F);
    (void)dig(value[0][1], error[0][1], 1, -9.0F);
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    names[0] = "in/a.fits";
    ck_assert_int_eq(record.n_warning, 1);
    ck_assert_ptr_nonnull(strstr(record.warning[0].message, "with 2 components or more"));
    ck_assert_ptr_nonnull(strstr(record.warning[0].message, "at 2 pixels"));
    ck_assert_ptr_null(strstr(record.warning[0].message, "group"));
}
END_TEST

START_TEST(what_is_excluded_already_is_not_to_be_excluded)
{
    (void)dig(value[0][0], error[0][0], 0, -2.0F);
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    all.excluded = excluded;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 2);
    ck_assert_str_eq(record.warning[0].fix, ""); /* the sentence of the id */
    ck_assert_ptr_nonnull(strstr(record.warning[1].fix, "a larger exclude_*"));
}
END_TEST

START_TEST(with_one_component_fewer_is_no_advice)
{
    counts[0] = 1;
    (void)dig(value[0][0], error[0][0], 0, -2.0F);
    all.excluded = excluded;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    all.obs.references_are_science = true;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    counts[0] = 2;
    ck_assert_int_eq(record.n_warning, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(
            strstr(record.warning[i].message, "with 1 component or more"));
        ck_assert_ptr_null(strstr(record.warning[i].fix, "fewer"));
    }
}
END_TEST

START_TEST(a_field_that_does_not_turn_is_told)
{
    static sqn_fits_frame turned[4];

    all.obs.science.frames = turned;
    judge_rotation(&all.obs, &settings, &collect); /* another star is the reference */
    ck_assert_int_eq(record.n_warning, 0);
    all.obs.references_are_science = true;
    judge_rotation(&all.obs, &settings, &collect);
    all.obs.has_angles = true;
    judge_rotation(&all.obs, &settings, &collect);
    turned[3].theta = 5.0;
    judge_rotation(&all.obs, &settings, &collect);
    turned[3].theta = 160.0;
    judge_rotation(&all.obs, &settings, &collect);
    ck_assert_int_eq(record.n_warning, 3);
    ck_assert_ptr_nonnull(
        strstr(record.warning[0].message, "does not turn, no science.angles are given"));
    ck_assert_ptr_nonnull(strstr(record.warning[1].message, "does not turn: a source"));
    ck_assert_ptr_nonnull(
        strstr(record.warning[2].message, "turns by 5.0 degrees: within"));
}
END_TEST

START_TEST(factors_far_from_one_are_told)
{
    frames[2].factor = 0.534;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    frames[1] = (target_frame){.factor = 0.5, .at_edge = true}; /* told by itself */
    frames[3].factor = 1.42;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 2);
    ck_assert_int_eq(record.warning[0].id, SQN_W_SCALE);
    ck_assert_ptr_nonnull(
        strstr(record.warning[0].message, "the model of frame 3 is scaled by 0.534:"));
    ck_assert_ptr_nonnull(
        strstr(record.warning[1].message,
               "the model of 2 of 4 frames (first 3) is scaled by 0.534 to 1.42:"));
    ck_assert_ptr_nonnull(strstr(sqn_error_fix(SQN_W_SCALE), "exclude_*"));
}
END_TEST

START_TEST(chi2_far_from_one_may_be_starlight)
{
    all.obs.noise = READ_ERRORS;
    frames[1].chi2_reduced = 3.4;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 1);
    ck_assert_int_eq(record.warning[0].id, SQN_W_NOISE_SCALE);
    ck_assert_ptr_nonnull(strstr(record.warning[0].message, "1 of 4 science frames"));
    ck_assert_ptr_nonnull(strstr(sqn_error_fix(SQN_W_NOISE_SCALE), "light remains"));
}
END_TEST

START_TEST(the_factor_of_wrong_errors_is_told)
{
    double of_frames[2] = {8.0, 10.0}, of_pixels[3] = {9.0, 9.5, 3.0};
    double free_numbers[3] = {50.0, 50.0, 2.0}; /* of the last nothing can be said */

    all.obs.noise = READ_ERRORS;
    for (int i = 0; i < 4; i++) {
        frames[i].chi2_reduced = 4.0;
    }
    all.basis.misfit = (sqn_misfit){2, 3, 9.0, 3.02, of_frames, of_pixels, free_numbers};
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 2);
    ck_assert_str_eq(record.warning[0].message,
                     "the errors do not explain the residuals of the references (reduced "
                     "chi2 9, off in 2 of 3 pixels; the scatter asks for errors 3.02 times "
                     "as large)");
    ck_assert_str_eq(record.warning[1].message,
                     "the errors do not explain the residuals of 4 of 4 science frames "
                     "(reduced chi2 4 to 4; errors 2 times as large would explain the "
                     "median frame)");
    ck_assert_ptr_nonnull(strstr(sqn_error_fix(SQN_W_NOISE_SCALE), "noise.rescale: true"));
    all.obs.noise = READ_UNIFORM; /* sigma is measured: there is nothing to be wrong */
    record.n_warning = 0;
    SQN_ASSERT_OK(judge_result(&all, &err), err);
    ck_assert_int_eq(record.n_warning, 0);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    sqn_status status = SQN_ERR_MEMORY;
    int64_t n = 0;

    for (; status != SQN_OK; n++) {
        sqn_allocations_before_failure = n;
        status = judge_result(&all, &err);
        ck_assert(status == SQN_OK || err.id == SQN_E_MEM);
    }
    ck_assert_int_eq(n, 5);
}
END_TEST

START_TEST(the_peak_is_that_of_all_groups)
{
    snr[0][1][12][3] = 4.5F;
    snr[1][1][20][24] = 9.25F;
    snr[2][1][0][24] = 9.25F; /* as high, but later */
    snr[2][0][5][5] = 30.0F;  /* of another count */
    const peak found = peak_of_count(&all.disk, 1), first = peak_of_group(&all.disk, 0, 1);

    ck_assert(found.snr == 9.25 && found.group == 1);
    ck_assert(found.position[0] == 25.0 && found.position[1] == 21.0);
    ck_assert(first.snr == 4.5 && first.position[0] == 4.0 && first.position[1] == 13.0);
    ck_assert_int_eq(peak_of_count(&all.disk, 0).group, 2);
}
END_TEST

START_TEST(without_a_single_value_there_is_no_peak)
{
    for (int64_t e = 0; e < N_PIX; e++) {
        (&snr[0][0][0][0])[e] = NAN;
    }
    ck_assert(isnan(peak_of_group(&all.disk, 0, 0).snr));
    ck_assert(isnan(peak_of_group(&all.disk, 0, 0).position[1]));
    ck_assert_int_eq(peak_of_count(&all.disk, 0).group, 1); /* the others have some */
}
END_TEST

START_TEST(groups_are_named_by_file_or_wavelength)
{
    char text[96];

    peak_group_text(text, sizeof text, &all.disk, 1);
    ck_assert_str_eq(text, "group 2 of 3 (b.fits)");
    names[1] = "";
    numbers[1] = 1.6325;
    peak_group_text(text, sizeof text, &all.disk, 1);
    ck_assert_str_eq(text, "group 2 of 3 (wavelength 1.6325)");
    numbers[1] = NAN;
    all.disk.n_group = 1;
    peak_group_text(text, sizeof text, &all.disk, 1);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judge");
    TCase *tcase = tcase_create("result");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, a_result_without_fault_is_silent);
    tcase_add_test(tcase, oversubtraction_of_any_group_is_found_and_named);
    tcase_add_test(tcase, the_first_count_is_told_and_a_single_group_has_no_name);
    tcase_add_test(tcase, what_is_excluded_already_is_not_to_be_excluded);
    tcase_add_test(tcase, with_one_component_fewer_is_no_advice);
    tcase_add_test(tcase, a_field_that_does_not_turn_is_told);
    tcase_add_test(tcase, factors_far_from_one_are_told);
    tcase_add_test(tcase, chi2_far_from_one_may_be_starlight);
    tcase_add_test(tcase, the_factor_of_wrong_errors_is_told);
    tcase_add_test(tcase, every_allocation_may_fail);
    tcase_add_test(tcase, the_peak_is_that_of_all_groups);
    tcase_add_test(tcase, without_a_single_value_there_is_no_peak);
    tcase_add_test(tcase, groups_are_named_by_file_or_wavelength);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
