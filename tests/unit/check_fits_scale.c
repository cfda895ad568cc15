/** @file check_fits_scale.c @brief Frames in any unit: division, agreement, powers of two. */
#include <float.h>
#include <limits.h>
#include <math.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_stack.h"

static char path_b[] = "b.fits";
static char *two[2] = {path_a, path_b};

START_TEST(dividing_by_a_keyword_changes_values_errors_and_unit)
{
    static const char *const cards[] = {"EXPTIME = 2.0", "BUNIT   = 'DN      '", NULL};
    static const char *const zero[] = {"EXPTIME = 0.0", NULL};
    static const char *const text[] = {"EXPTIME = '1,5'", NULL};
    char *noise_paths[1] = {path_n};
    const sqn_fits_files files = list(one, 1), noise = list(noise_paths, 1);
    const sqn_fits_source source = {
        .files = &files, .noise_files = &noise, .divide_by = "EXPTIME"};
    sqn_fits_stack s;

    write_image("a.fits", square, cards, ramp);
    write_image("n.fits", square, NULL, ramp);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_float_eq(s.value.data[1], 1.25F);
    ck_assert_float_eq(s.error.data[1], 1.25F);
    ck_assert_str_eq(s.unit, "DN/s");
    sqn_fits_stack_clear(&s);
    write_image("a.fits", square, zero, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HEADER);
    ck_assert_str_eq(err.where, "a.fits:HDU 0:EXPTIME");
    write_image("a.fits", square, text, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HEADER);
    write_image("a.fits", square, NULL, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_HEADER);
}
END_TEST

START_TEST(units_that_differ_are_refused)
{
    static const char *const jansky[] = {"BUNIT   = 'Jy      '", NULL};
    static const char *const counts[] = {"BUNIT   = 'count   '", NULL};
    char *noise_paths[1] = {path_b};
    const sqn_fits_files files = list(two, 2), alone = list(one, 1),
                         noise = list(noise_paths, 1);
    sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_image("a.fits", square, jansky, ramp);
    write_image("b.fits", square, counts, ramp);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_UNITS);
    ck_assert_str_eq(err.where, "b.fits:HDU 0:BUNIT");
    source.files = &alone;
    source.noise_files = &noise;
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_UNITS);
    source.noise_kind = SQN_FITS_VARIANCE; /* another unit by nature */
    SQN_ASSERT_OK(read_source(&s, &source), err);
    sqn_fits_stack_clear(&s);
}
END_TEST

/* Six doubles of one size. */
static void write_doubles(double scale)
{
    FILE *file = sqn_raw_open("a.fits");

    sqn_raw_card(file, "SIMPLE  =                    T");
    sqn_raw_card(file, "BITPIX  =                  -64");
    sqn_raw_card(file, "NAXIS   =                    2");
    sqn_raw_card(file, "NAXIS1  =                    3");
    sqn_raw_card(file, "NAXIS2  =                    2");
    sqn_raw_end(file);
    for (int i = 0; i < 6; i++) {
        sqn_raw_double(file, scale * (double)ramp[i]);
    }
    sqn_raw_pad(file, '\0');
    fclose(file);
}

START_TEST(values_of_any_unit_come_back_by_an_exact_power_of_two)
{
    static const double scales[] = {1e-310, 1e-100, 1e-22, 1e-10, 1.0, 1e10, 1e30, 1e305};
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        write_doubles(scales[i]);
        SQN_ASSERT_OK(read_source(&s, &source), err);
        for (int p = 0; p < 6; p++) {
            const double truth = scales[i] * (double)ramp[p];
            const double back = ldexp((double)s.value.data[p], s.exponent);

            ck_assert_msg(fabs(back - truth) <= 6e-8 * truth, "%g is %g", truth, back);
        }
        ck_assert_int_eq(s.exponent != 0, scales[i] < 1e-12 || scales[i] > 1e12);
        sqn_fits_stack_clear(&s);
    }
}
END_TEST

START_TEST(a_given_exponent_is_used_and_overflow_is_refused)
{
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    const sqn_log log = sqn_record_log(&record);
    sqn_fits_stack s;

    write_doubles(1.0);
    SQN_ASSERT_OK(sqn_fits_stack_read(&s, &source, 3, &log, &err), err);
    ck_assert_float_eq(s.value.data[0], 1.5F / 8.0F);
    sqn_fits_stack_clear(&s);
    write_doubles(1e39);
    SQN_ASSERT_FAILS(sqn_fits_stack_read(&s, &source, 0, &log, &err), err, SQN_E_FITS_TYPE);
    ck_assert_str_eq(err.where, "a.fits:HDU 0");
    ck_assert_ptr_nonnull(strstr(err.message, "pixel (1, 1) of plane 1"));
    write_doubles(1e-39);
    SQN_ASSERT_FAILS(sqn_fits_stack_read(&s, &source, 40, &log, &err), err,
                     SQN_E_DATA_EMPTY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_scale");
    TCase *tcase = tcase_create("frames");

    tcase_add_test(tcase, dividing_by_a_keyword_changes_values_errors_and_unit);
    tcase_add_test(tcase, units_that_differ_are_refused);
    tcase_add_test(tcase, values_of_any_unit_come_back_by_an_exact_power_of_two);
    tcase_add_test(tcase, a_given_exponent_is_used_and_overflow_is_refused);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
