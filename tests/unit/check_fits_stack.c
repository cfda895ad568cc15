/** @file check_fits_stack.c @brief Frames with errors, flags and masks out of files. */
#include "sequin/fits.h"

#include <float.h>
#include <limits.h>
#include <math.h>

#include "mem.h"
#include "sqn_check.h"
#include "sqn_stack.h"
#include "sqn_wrap.h"

static char path_b[] = "b.fits", path_m[] = "m.fits";
static char *two[2] = {path_a, path_b};

START_TEST(planes_of_files_are_joined_in_order)
{
    const sqn_fits_files files = list(two, 2);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_image("a.fits", cube3, NULL, ramp);
    write_image("b.fits", (const int[4]){3, 2, 1, 0}, NULL, ramp + 3);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(s.n_frame == 3 && s.ny == 2 && s.nx == 3);
    ck_assert_float_eq(s.value.data[2 * 6 + 1 * 3 + 2], 9.5F); /* x fastest */
    ck_assert_str_eq(s.frames[2].file, "b.fits");
    ck_assert_int_eq(s.frames[1].plane, 2);
    ck_assert_int_eq(s.n_input, 2);
    ck_assert(s.error.data == NULL && s.dq == NULL && s.exponent == 0);
    ck_assert(isnan(s.frames[0].angle) && s.frames[0].theta == 0.0);
    sqn_fits_stack_clear(&s);
    ck_assert_ptr_null(s.frames);
}
END_TEST

START_TEST(sci_err_and_dq_belong_together_by_extver)
{
    static const char *const primary[] = {"DATE-OBS= '2026-11-24'",
                                          "TIME-OBS= '18:05:13.5'", "FILTER  = 'L_prime '",
                                          "EXPTIME = 2.5", NULL};
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_mef("a.fits", primary);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_int_eq(s.n_frame, 2);
    ck_assert_int_eq(s.frames[0].extver, 1);
    ck_assert_int_eq(s.frames[0].hdu, 4);
    ck_assert_float_eq(s.value.data[0], 7.5F);
    ck_assert_float_eq(s.error.data[5], 0.25F);
    for (int p = 1; p < 5; p++) {
        ck_assert(isnan(s.value.data[p]) && isnan(s.error.data[p]));
        ck_assert_int_eq(s.flags[p], SQN_FLAG_NO_SCIENCE);
    }
    ck_assert_int_eq(s.flags[5], 0);
    ck_assert_uint_eq(s.dq[4], 5);
    ck_assert_int_eq(s.frames[0].n_missing, 4);
    ck_assert_int_eq(s.frames[0].n_flagged, 3);
    ck_assert_int_eq(s.frames[0].n_bad_error, 4);
    ck_assert_str_eq(s.frames[1].date, "2026-11-24T18:05:13.5");
    ck_assert_str_eq(s.frames[1].filter, "L_prime");
    ck_assert_double_eq(s.frames[1].exposure, 2.5);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_ERRPLANE));
    ck_assert_ptr_nonnull(sqn_record_remark(&record, "flag bit 2 (value 4): 4 pixels"));
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(flags_that_are_not_kept_work_all_the_same)
{
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files};
    sqn_fits_stack kept, values;

    write_mef("a.fits", NULL);
    SQN_ASSERT_OK(read_source(&kept, &source), err);
    source.values_only = true;
    SQN_ASSERT_OK(read_source(&values, &source), err);
    ck_assert_ptr_null(values.dq);
    ck_assert_ptr_null(values.flags);
    ck_assert_mem_eq(values.value.data, kept.value.data, 12 * sizeof *kept.value.data);
    ck_assert_mem_eq(values.error.data, kept.error.data, 12 * sizeof *kept.error.data);
    ck_assert_int_eq(values.frames[1].n_flagged, kept.frames[1].n_flagged);
    sqn_fits_stack_clear(&kept);
    sqn_fits_stack_clear(&values);
}
END_TEST

START_TEST(only_the_asked_extver_and_frames_are_read)
{
    const int64_t extver[1] = {2}, absent[1] = {7}, exclude[1] = {1}, none[1] = {3};
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files, .extver = extver, .n_extver = 1};
    sqn_fits_stack s;

    write_mef("a.fits", NULL);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(s.n_frame == 1 && s.frames[0].extver == 2);
    sqn_fits_stack_clear(&s);
    source.extver = absent;
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HDU);
    source = (sqn_fits_source){.files = &files, .exclude = exclude, .n_exclude = 1};
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(s.n_frame == 1 && s.frames[0].extver == 2);
    ck_assert_float_eq(s.value.data[0], 1.5F);
    sqn_fits_stack_clear(&s);
    source.exclude = none;
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_CFG_SCHEMA);
    ck_assert_ptr_nonnull(strstr(err.message, "frame 3 among 2"));
}
END_TEST

START_TEST(shapes_that_differ_name_both_files_and_shapes)
{
    const sqn_fits_files files = list(two, 2);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_image("a.fits", square, NULL, ramp);
    write_image("b.fits", (const int[4]){2, 3, 0, 0}, NULL, ramp); /* as many pixels */
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_SHAPE);
    ck_assert_str_eq(err.where, "b.fits:HDU 0");
    ck_assert_str_eq(err.message, "the image is [3, 2], that of a.fits:HDU 0 is [2, 3]");
}
END_TEST

START_TEST(planes_of_another_shape_or_number_are_refused)
{
    char *other[1] = {path_n};
    const sqn_fits_files files = list(one, 1), more = list(other, 1);
    const sqn_fits_source sources[3] = {{.files = &files, .noise_files = &more},
                                        {.files = &files, .quality_files = &more},
                                        {.files = &files, .mask_files = &more}};
    const int line[4] = {6, 1, 0, 0}, three[4] = {3, 2, 3, 0};
    static const float many[18] = {1.0F};
    sqn_fits_stack s;

    write_image("a.fits", cube3, NULL, ramp);
    for (int i = 0; i < 3; i++) {
        write_image("n.fits", line, NULL, ramp);
        SQN_ASSERT_FAILS(read_source(&s, &sources[i]), err, SQN_E_SHAPE);
        ck_assert_str_eq(err.where, "n.fits:HDU 0");
        if (i != 1) { /* flags of float type are refused before */
            write_image("n.fits", three, NULL, many);
            SQN_ASSERT_FAILS(read_source(&s, &sources[i]), err, SQN_E_SHAPE);
        }
    }
    write_image("n.fits", cube3, NULL, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &sources[1]), err, SQN_E_FITS_TYPE);
}
END_TEST

START_TEST(an_err_of_another_shape_is_refused_and_one_without_data_is_absent)
{
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    FILE *file = sqn_raw_open("a.fits");
    sqn_fits_stack s;

    sqn_raw_image(file, "SCI", square, NULL, ramp);
    sqn_raw_image(file, "ERR", (const int[4]){2, 3, 0, 0}, NULL, ramp);
    fclose(file);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_SHAPE);
    ck_assert_str_eq(err.where, "a.fits:HDU 1 (ERR)");
    file = sqn_raw_open("a.fits");
    sqn_raw_image(file, "SCI", square, NULL, ramp);
    sqn_raw_image(file, "ERR", (const int[4]){0, 0, 0, 0}, NULL, NULL);
    fclose(file);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_ptr_null(s.error.data);
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(errors_for_some_frames_only_are_refused)
{
    const sqn_fits_files files = list(two, 2);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_mef("a.fits", NULL);
    write_image("b.fits", square, NULL, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_ERRPLANE);
    ck_assert_str_eq(err.where, "b.fits:HDU 0");
}
END_TEST

START_TEST(hdus_are_chosen_by_name_and_number)
{
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files, .hdu = "err"};
    sqn_fits_stack s;

    write_mef("a.fits", NULL);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_int_eq(s.n_frame, 2);
    sqn_fits_stack_clear(&s);
    source.hdu = "2";
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(s.n_frame == 1 && s.frames[0].hdu == 2 && s.dq == NULL);
    sqn_fits_stack_clear(&s);
    source.hdu = "9";
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HDU);
    source.hdu = "IMAGE";
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HDU);
    ck_assert_str_eq(err.message,
                     "no HDU is named IMAGE; the file has 0 - (no data), 1 SCI, "
                     "2 ERR, 3 DQ, 4 SCI, 5 ERR, 6 DQ");
    source.hdu = "0";
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HDU);
}
END_TEST

START_TEST(a_name_that_stands_twice_is_refused)
{
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    FILE *file = sqn_raw_open("a.fits");
    sqn_fits_stack s;

    sqn_raw_image(file, "SCI", square, NULL, ramp);
    sqn_raw_image(file, "SCI", square, NULL, ramp);
    fclose(file);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HDU);
    ck_assert_str_eq(err.where, "a.fits:HDU 1 (SCI)");
}
END_TEST

START_TEST(spectral_cubes_need_wavelengths)
{
    static const int cube4[4] = {3, 1, 2, 2}; /* [wave, time, y, x] */
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_image("a.fits", cube4, NULL, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_SHAPE);
    sqn_raw_save("w.txt", (const unsigned char *)"# nm\n950.5\n\n1327.5 # last", 25);
    source.wavelengths = "w.txt";
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_int_eq(s.n_frame, 4);
    ck_assert_double_eq(s.frames[1].wavelength, 950.5);
    ck_assert_double_eq(s.frames[2].wavelength, 1327.5);
    ck_assert_int_eq(s.n_input, 2);
    sqn_fits_stack_clear(&s);
    sqn_raw_save("w.txt", (const unsigned char *)"1\n2\n3\n", 6);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_SHAPE);
}
END_TEST

START_TEST(the_image_reader_takes_one_plane)
{
    sqn_cube cube;

    write_image("a.fits", square, NULL, ramp);
    SQN_ASSERT_OK(sqn_fits_image_read(&cube, "a.fits", &err), err);
    ck_assert(cube.n_frame == 1 && cube.ny == 2 && cube.nx == 3);
    ck_assert_float_eq(cube.data[5], 6.5F);
    sqn_cube_clear(&cube);
    write_image("a.fits", cube3, NULL, ramp);
    SQN_ASSERT_FAILS(sqn_fits_image_read(&cube, "a.fits", &err), err, SQN_E_SHAPE);
    ck_assert_str_eq(err.where, "a.fits:HDU 0");
    SQN_ASSERT_FAILS(sqn_fits_image_read(&cube, "absent.fits", &err), err,
                     SQN_E_IN_MISSING);
    ck_assert_ptr_null(cube.data);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    char *mask_paths[1] = {path_m};
    const double angles[2] = {1.0, 2.0};
    const sqn_fits_angles given = {.values = angles, .n_value = 2};
    const sqn_fits_files files = list(one, 1), masks = list(mask_paths, 1);
    const sqn_fits_source source = {
        .files = &files, .mask_files = &masks, .angles = &given};
    int64_t n = 0;

    write_mef("a.fits", NULL);
    write_image("m.fits", square, NULL, ramp);
    for (bool failed = true; failed; n++) {
        sqn_fits_stack s;

        sqn_allocations_before_failure = n;

        const sqn_status status = read_source(&s, &source);

        failed = sqn_allocations_before_failure < 0;
        sqn_allocations_before_failure = INT64_MAX;
        if (failed) {
            ck_assert_msg(err.id == SQN_E_MEM, "allocation %d: %s", (int)n, err.message);
            ck_assert_int_eq(status, SQN_ERR_MEMORY);
            ck_assert(s.value.data == NULL && s.frames == NULL && s.primary == NULL);
        } else {
            SQN_ASSERT_OK(status, err);
            sqn_fits_stack_clear(&s);
        }
    }
    ck_assert_int_gt(n, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_stack");
    TCase *tcase = tcase_create("frames");

    tcase_add_test(tcase, planes_of_files_are_joined_in_order);
    tcase_add_test(tcase, sci_err_and_dq_belong_together_by_extver);
    tcase_add_test(tcase, flags_that_are_not_kept_work_all_the_same);
    tcase_add_test(tcase, only_the_asked_extver_and_frames_are_read);
    tcase_add_test(tcase, shapes_that_differ_name_both_files_and_shapes);
    tcase_add_test(tcase, planes_of_another_shape_or_number_are_refused);
    tcase_add_test(tcase,
                   an_err_of_another_shape_is_refused_and_one_without_data_is_absent);
    tcase_add_test(tcase, errors_for_some_frames_only_are_refused);
    tcase_add_test(tcase, hdus_are_chosen_by_name_and_number);
    tcase_add_test(tcase, a_name_that_stands_twice_is_refused);
    tcase_add_test(tcase, spectral_cubes_need_wavelengths);
    tcase_add_test(tcase, the_image_reader_takes_one_plane);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
