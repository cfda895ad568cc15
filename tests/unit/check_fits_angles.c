/** @file check_fits_angles.c @brief Angles from keywords, lists and the WCS; lists of numbers. */
#include "sequin/fits.h"

#include <limits.h>
#include <math.h>

#include "sqn_check.h"
#include "sqn_raw.h"

static sqn_error err;
static char path_a[] = "a.fits", path_b[] = "b.fits";
static char *paths[2] = {path_a, path_b};
static const sqn_fits_files both = {2, paths}, alone = {1, paths};
static const float ones[32] = {1.0F, 2.385F};

static void write_cube(const char *path, int n, const char *const *cards)
{
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, (const int[4]){4, 2, n, 0}, cards, ones);
    fclose(file);
}

static void write_text(const char *path, const char *text)
{
    sqn_raw_save(path, (const unsigned char *)text, strlen(text));
}

static sqn_status read_angles(sqn_fits_stack *stack, const sqn_fits_files *files,
                              const sqn_fits_angles *angles)
{
    const sqn_fits_source source = {.files = files, .angles = angles};

    return sqn_fits_stack_read(stack, &source, 0, NULL, &err);
}

START_TEST(a_keyword_is_interpolated_the_short_way_round)
{
    static const char *const cards[] = {"HIERARCH ESO TEL PARANG START = 359.0",
                                        "HIERARCH ESO TEL PARANG END = 3.0", NULL};
    const sqn_fits_angles angles = {.keyword = "ESO TEL PARANG START",
                                    .keyword_end = "ESO TEL PARANG END",
                                    .offset = -104.84};
    sqn_fits_stack s;

    write_cube("a.fits", 4, cards);
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    for (int f = 0; f < 4; f++) { /* the middles of four exposures over 4 degrees */
        ck_assert_double_eq_tol(s.frames[f].angle, 359.5 + f, 1e-12);
        ck_assert_double_eq_tol(s.frames[f].theta, 359.5 + f - 104.84, 1e-12);
    }
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(clockwise_angles_turn_the_other_way)
{
    static const char *const cards[] = {"PARANG  = 10.0", NULL};
    const sqn_fits_angles angles = {.keyword = "PARANG", .clockwise = true, .offset = 2.5};
    sqn_fits_stack s;

    write_cube("a.fits", 2, cards);
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    ck_assert_double_eq(s.frames[1].angle, 10.0);
    ck_assert_double_eq(s.frames[1].theta, -12.5);
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(a_keyword_that_is_absent_or_no_number_is_refused)
{
    static const char *const cards[] = {"PARANG  = '1,5     '", NULL};
    sqn_fits_angles angles = {.keyword = "PARANG"};
    sqn_fits_stack s;

    write_cube("a.fits", 2, cards);
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_FITS_HEADER);
    ck_assert_str_eq(err.where, "a.fits:HDU 0:PARANG");
    angles.keyword = "ROTANG";
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_ANGLES);
    ck_assert_str_eq(err.where, "a.fits:HDU 0:ROTANG");
}
END_TEST

START_TEST(lists_have_one_value_a_frame_or_a_file)
{
    static const double values[5] = {1.0, 2.0, 3.0, 4.0, 5.0};
    sqn_fits_angles angles = {.values = values, .n_value = 5};
    sqn_fits_stack s;

    write_cube("a.fits", 2, NULL);
    write_cube("b.fits", 3, NULL);
    SQN_ASSERT_OK(read_angles(&s, &both, &angles), err);
    ck_assert_double_eq(s.frames[3].angle, 4.0);
    sqn_fits_stack_clear(&s);
    angles.n_value = 2;
    SQN_ASSERT_OK(read_angles(&s, &both, &angles), err);
    ck_assert(s.frames[1].angle == 1.0 && s.frames[2].angle == 2.0);
    sqn_fits_stack_clear(&s);
    angles.n_value = 3;
    SQN_ASSERT_FAILS(read_angles(&s, &both, &angles), err, SQN_E_ANGLES);
    ck_assert_ptr_nonnull(strstr(err.message, "3 angles for 5 frames of 2 files"));
}
END_TEST

START_TEST(texts_hold_one_number_a_line)
{
    const sqn_fits_angles angles = {.file = "angles.txt"};
    sqn_fits_stack s;

    write_cube("a.fits", 3, NULL);
    write_text("angles.txt", "# degrees\r\n1.5\r\n\n -2e1 # turned\n\t3D0");
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    ck_assert_double_eq(s.frames[0].angle, 1.5);
    ck_assert_double_eq(s.frames[1].angle, -20.0);
    ck_assert_double_eq(s.frames[2].angle, 3.0);
    ck_assert_str_eq(s.inputs[1].file, "angles.txt");
    sqn_fits_stack_clear(&s);
    write_text("angles.txt", "1\n2 3\n4\n");
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_FITS_TYPE);
    ck_assert_str_eq(err.where, "angles.txt");
    ck_assert_ptr_nonnull(strstr(err.message, "line 2: '2 3'"));
    write_text("angles.txt", "# nothing\n");
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_DATA_EMPTY);
    write_text("angles.txt", "1\n2\n");
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_ANGLES);
    ck_assert_str_eq(err.where, "angles.txt");
}
END_TEST

START_TEST(images_of_one_long_axis_are_lists)
{
    static const int shapes[3][4] = {{3, 0, 0, 0}, {3, 1, 0, 0}, {1, 3, 0, 0}};
    static const float list[6] = {10.0F, 20.0F, 30.0F};
    const sqn_fits_angles angles = {.file = "l.fits"};
    sqn_fits_stack s;

    write_cube("a.fits", 3, NULL);
    for (int i = 0; i < 4; i++) {
        static const int square[4] = {3, 2, 0, 0};
        FILE *file = sqn_raw_open("l.fits");

        sqn_raw_image(file, NULL, i < 3 ? shapes[i] : square, NULL, list);
        fclose(file);
        if (i == 3) {
            SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_SHAPE);
            ck_assert_str_eq(err.where, "l.fits:HDU 0");
        } else {
            SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
            ck_assert_double_eq(s.frames[2].angle, 30.0);
            sqn_fits_stack_clear(&s);
        }
    }
}
END_TEST

/* A table of a text, an int16 with scaling and a double; three rows. */
static void write_table(const char *path)
{
    static const char *const cards[] = {"XTENSION= 'BINTABLE'",
                                        "BITPIX  = 8",
                                        "NAXIS   = 2",
                                        "NAXIS1  = 14",
                                        "NAXIS2  = 3",
                                        "PCOUNT  = 0",
                                        "GCOUNT  = 1",
                                        "TFIELDS = 3",
                                        "TTYPE1  = 'NAME    '",
                                        "TFORM1  = '4A      '",
                                        "TTYPE2  = 'RAW     '",
                                        "TFORM2  = 'I       '",
                                        "TSCAL2  = 0.5",
                                        "TZERO2  = 100.",
                                        "TTYPE3  = 'PA      '",
                                        "TFORM3  = '1D      '",
                                        NULL};
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, (const int[4]){0, 0, 0, 0}, NULL, NULL);
    sqn_raw_cards(file, cards);
    sqn_raw_end(file);
    for (int r = 0; r < 3; r++) {
        fputs("text", file);
        sqn_raw_word(file, (uint64_t)(2 - r), 2);
        sqn_raw_double(file, -1.25 * r);
    }
    sqn_raw_pad(file, '\0');
    fclose(file);
}

START_TEST(numeric_columns_are_lists)
{
    sqn_fits_angles angles = {.file = "t.fits", .column = "pa"};
    sqn_fits_stack s;

    write_cube("a.fits", 3, NULL);
    write_table("t.fits");
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    ck_assert_double_eq(s.frames[2].angle, -2.5);
    sqn_fits_stack_clear(&s);
    angles.column = NULL; /* the first numeric one */
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    ck_assert_double_eq(s.frames[0].angle, 101.0);
    sqn_fits_stack_clear(&s);
    angles.column = "NAME";
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_FITS_HDU);
    ck_assert_str_eq(err.where, "t.fits:HDU 1");
    angles.column = "ABSENT";
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_FITS_HDU);
}
END_TEST

START_TEST(the_wcs_gives_the_angle_of_the_frame)
{
    static const char *const cards[] = {
        "CTYPE1  = 'RA---TAN'",     "CTYPE2  = 'DEC--TAN'",    "CRVAL1  = 86.82",
        "CRVAL2  = -51.07",         "CRPIX1  = 2.5",           "CRPIX2  = 1.5",
        "CD1_1   = -6.4951905E-06", "CD1_2   = 3.75E-06", /* 0.027 arcsec, 30 degrees */
        "CD2_1   = 3.75E-06",       "CD2_2   = 6.4951905E-06", NULL};
    const sqn_fits_angles angles = {.from_wcs = true, .offset = 1.0};
    sqn_fits_stack s;

    write_cube("a.fits", 2, cards);
    SQN_ASSERT_OK(read_angles(&s, &alone, &angles), err);
    ck_assert_double_eq_tol(s.frames[1].angle, 30.0, 1e-3);
    ck_assert_double_eq_tol(s.frames[1].theta, 31.0, 1e-3);
    sqn_fits_stack_clear(&s);
    write_cube("a.fits", 2, NULL);
    SQN_ASSERT_FAILS(read_angles(&s, &alone, &angles), err, SQN_E_ANGLES);
    ck_assert_str_eq(err.where, "a.fits:HDU 0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_angles");
    TCase *tcase = tcase_create("angles");

    tcase_add_test(tcase, a_keyword_is_interpolated_the_short_way_round);
    tcase_add_test(tcase, clockwise_angles_turn_the_other_way);
    tcase_add_test(tcase, a_keyword_that_is_absent_or_no_number_is_refused);
    tcase_add_test(tcase, lists_have_one_value_a_frame_or_a_file);
    tcase_add_test(tcase, texts_hold_one_number_a_line);
    tcase_add_test(tcase, images_of_one_long_axis_are_lists);
    tcase_add_test(tcase, numeric_columns_are_lists);
    tcase_add_test(tcase, the_wcs_gives_the_angle_of_the_frame);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
