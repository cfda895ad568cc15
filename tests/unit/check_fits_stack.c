/** @file check_fits_stack.c @brief Frames with errors, flags and masks out of files. */
#include "sequin/fits.h"

#include <float.h>
#include <limits.h>
#include <math.h>

#include "mem.h"
#include "sqn_check.h"
#include "sqn_raw.h"
#include "sqn_record.h"
#include "sqn_wrap.h"

static sqn_error err;
static sqn_record record;

static const int square[4] = {3, 2, 0, 0};
static const int cube3[4] = {3, 2, 2, 0};
static const float ramp[12] = {1.5F, 2.5F, 3.5F, 4.5F,  5.5F,  6.5F,
                               7.5F, 8.5F, 9.5F, 10.5F, 11.5F, 12.5F};

/* Files of a source; paths are borrowed. */
static sqn_fits_files list(char **paths, int64_t n)
{
    return (sqn_fits_files){n, paths};
}

static char path_a[] = "a.fits", path_b[] = "b.fits", path_m[] = "m.fits",
            path_n[] = "n.fits";
static char *one[1] = {path_a}, *two[2] = {path_a, path_b};

static sqn_status read_source(sqn_fits_stack *stack, const sqn_fits_source *source)
{
    const sqn_log log = sqn_record_log(&record);

    return sqn_fits_stack_read(stack, source, INT_MIN, &log, &err);
}

/* A file of one primary image. */
static void write_image(const char *path, const int axes[4], const char *const *cards,
                        const float *values)
{
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, axes, cards, values);
    fclose(file);
}

/* An integer image HDU of 3 x 2. */
static void put_flags(FILE *file, const char *name, int extver, const int32_t *flags)
{
    char card[81];

    sqn_raw_card(file, "XTENSION= 'IMAGE   '");
    sqn_raw_card(file, "BITPIX  =                   32");
    sqn_raw_card(file, "NAXIS   =                    2");
    sqn_raw_card(file, "NAXIS1  =                    3");
    sqn_raw_card(file, "NAXIS2  =                    2");
    snprintf(card, sizeof card, "EXTNAME = '%s'", name);
    sqn_raw_card(file, card);
    snprintf(card, sizeof card, "EXTVER  = %d", extver);
    sqn_raw_card(file, card);
    sqn_raw_end(file);
    for (int i = 0; i < 6; i++) {
        sqn_raw_word(file, (uint32_t)flags[i], 4);
    }
    sqn_raw_pad(file, '\0');
}

static const float errors[6] = {0.5F, 0.0F, -1.0F, NAN, INFINITY, 0.25F};
static const int32_t flags[6] = {0, 1, 0, 4, 5, 0};

/* SCI, ERR and DQ with EXTVER 2 and 1, in this order. */
static void write_mef(const char *path, const char *const *primary)
{
    static const char *const versions[2][2] = {{"EXTVER  = 2", NULL},
                                               {"EXTVER  = 1", NULL}};
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, (const int[4]){0, 0, 0, 0}, primary, NULL);
    for (int i = 0; i < 2; i++) {
        sqn_raw_image(file, "SCI", square, versions[i], ramp + (ptrdiff_t)6 * i);
        sqn_raw_image(file, "ERR", square, versions[i], errors);
        put_flags(file, "DQ", 2 - i, flags);
    }
    fclose(file);
}

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

START_TEST(planes_can_be_ignored_and_bits_be_chosen)
{
    const int64_t bits[2] = {2, 9}, common[1] = {0}, wrong[1] = {32};
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files, .noise_hdu = "none", .quality_hdu = "none"};
    sqn_fits_stack s;

    write_mef("a.fits", NULL);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(s.error.data == NULL && s.dq == NULL && s.frames[0].n_missing == 0);
    ck_assert_ptr_null(sqn_record_find(&record, SQN_W_FLAGS_MANY));
    sqn_fits_stack_clear(&s);
    source.quality_hdu = "dq";
    source.quality_bits = bits;
    source.n_bit = 2;
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_int_eq(s.frames[0].n_missing, 2);
    ck_assert(!isnan(s.value.data[1]) && isnan(s.value.data[3]));
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FLAGS_UNUSED));
    ck_assert_ptr_nonnull(sqn_record_remark(&record,
                                            "flag bit 0 (value 1): 4 pixels, 33.3 %"
                                            ": not used"));
    sqn_fits_stack_clear(&s);
    source.quality_bits = common; /* a third of the pixels */
    source.n_bit = 1;
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FLAGS_MANY));
    sqn_fits_stack_clear(&s);
    source.quality_bits = wrong;
    source.n_bit = 1;
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_CFG_SCHEMA);
}
END_TEST

START_TEST(telescopes_say_which_flags_are_serious)
{
    static const char *const jwst[] = {"TELESCOP= 'JWST    '", NULL};
    static const char *const hst[] = {"TELESCOP= 'HST     '", "SDQFLAGS= 4", NULL};
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files, .noise_hdu = "none"};
    sqn_fits_stack s;

    write_mef("a.fits", jwst);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(isnan(s.value.data[1]) && !isnan(s.value.data[3]) && isnan(s.value.data[4]));
    ck_assert_uint_eq(s.dq[3], 4); /* kept, though not used */
    sqn_fits_stack_clear(&s);
    write_mef("a.fits", hst);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert(!isnan(s.value.data[1]) && isnan(s.value.data[3]) && isnan(s.value.data[4]));
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(variance_and_inverse_variance_become_sigma)
{
    static const float ivar[6] = {4.0F, 0.0F, 16.0F, NAN, INFINITY, -1.0F};
    char *noise_paths[1] = {path_n};
    const sqn_fits_files files = list(one, 1), noise = list(noise_paths, 1);
    sqn_fits_source source = {
        .files = &files, .noise_files = &noise, .noise_kind = SQN_FITS_IVAR};
    sqn_fits_stack s;

    write_image("a.fits", square, NULL, ramp);
    write_image("n.fits", square, NULL, ivar);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_float_eq(s.error.data[0], 0.5F);
    ck_assert_float_eq(s.error.data[2], 0.25F);
    ck_assert_int_eq(s.frames[0].n_missing, 4);
    ck_assert_int_eq(s.n_input, 2);
    sqn_fits_stack_clear(&s);
    source.noise_kind = SQN_FITS_VARIANCE;
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_float_eq(s.error.data[2], 4.0F);
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(missing_is_missing_whatever_the_reason)
{
    static const float values[6] = {NAN, INFINITY, -99.0F, 2000.0F, 2.385F, 0.0F};
    static const float mask[6] = {1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F};
    const double missing[1] = {-99.0};
    char *mask_paths[1] = {path_m};
    const sqn_fits_files files = list(one, 1), masks = list(mask_paths, 1);
    const sqn_fits_source source = {.files = &files,
                                    .mask_files = &masks,
                                    .valid_range = {-1000.0, 1000.0},
                                    .missing_values = missing,
                                    .n_missing_value = 1};
    sqn_fits_stack s;

    write_image("a.fits", square, NULL, values);
    write_image("m.fits", square, NULL, mask);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(isnan(s.value.data[p]), p != 4);
        ck_assert_int_eq(s.flags[p] & SQN_FLAG_NO_SCIENCE, p != 4);
    }
    ck_assert_int_eq(s.flags[3], SQN_FLAG_NO_SCIENCE | SQN_FLAG_RANGE);
    ck_assert_int_eq(s.frames[0].n_nan, 3);
    ck_assert_int_eq(s.frames[0].n_masked, 1);
    ck_assert_int_eq(s.frames[0].n_out_of_range, 2); /* Inf is out of range, too */
    ck_assert_int_eq(s.frames[0].n_missing, 5);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_DATA_NONFINITE));
    sqn_fits_stack_clear(&s);
}
END_TEST

START_TEST(masks_of_odd_values_or_little_use_are_warned_of)
{
    static const float odd[12] = {2.0F, 0.5F};
    char *mask_paths[1] = {path_m};
    const sqn_fits_files files = list(one, 1), masks = list(mask_paths, 1);
    const sqn_fits_source source = {.files = &files, .mask_files = &masks};
    sqn_fits_stack s;

    write_image("a.fits", cube3, NULL, ramp);
    write_image("m.fits", cube3, NULL,
                odd); /* one per frame; the second lets nothing pass */
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_int_eq(s.frames[0].n_masked, 4);
    ck_assert_int_eq(s.frames[1].n_masked, 6);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_MASK_POLARITY));
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_DATA_FRAME));
    ck_assert_str_eq(sqn_record_find(&record, SQN_W_DATA_FRAME)->message,
                     "frame 2: 6 pixels: no valid one is left (1 of 2 frames)");
    sqn_fits_stack_clear(&s);
    write_image("m.fits", square, NULL, odd + 2); /* one for all */
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_MASK);
}
END_TEST

START_TEST(nothing_left_is_an_error)
{
    static const float nothing[6] = {NAN, NAN, NAN, NAN, NAN, NAN}, zeros[6] = {0};
    char *noise_paths[1] = {path_n};
    const sqn_fits_files files = list(one, 1), noise = list(noise_paths, 1);
    sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    write_image("a.fits", square, NULL, nothing);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_DATA_EMPTY);
    ck_assert_str_eq(err.where, "a.fits");
    write_image("a.fits", square, NULL, zeros);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_DATA_EMPTY);
    write_image("a.fits", square, NULL, ramp);
    write_image("n.fits", square, NULL, zeros);
    source.noise_files = &noise;
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_ERRPLANE);
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
    tcase_add_test(tcase, only_the_asked_extver_and_frames_are_read);
    tcase_add_test(tcase, planes_can_be_ignored_and_bits_be_chosen);
    tcase_add_test(tcase, telescopes_say_which_flags_are_serious);
    tcase_add_test(tcase, variance_and_inverse_variance_become_sigma);
    tcase_add_test(tcase, missing_is_missing_whatever_the_reason);
    tcase_add_test(tcase, masks_of_odd_values_or_little_use_are_warned_of);
    tcase_add_test(tcase, nothing_left_is_an_error);
    tcase_add_test(tcase, shapes_that_differ_name_both_files_and_shapes);
    tcase_add_test(tcase, planes_of_another_shape_or_number_are_refused);
    tcase_add_test(tcase,
                   an_err_of_another_shape_is_refused_and_one_without_data_is_absent);
    tcase_add_test(tcase, errors_for_some_frames_only_are_refused);
    tcase_add_test(tcase, hdus_are_chosen_by_name_and_number);
    tcase_add_test(tcase, a_name_that_stands_twice_is_refused);
    tcase_add_test(tcase, dividing_by_a_keyword_changes_values_errors_and_unit);
    tcase_add_test(tcase, units_that_differ_are_refused);
    tcase_add_test(tcase, values_of_any_unit_come_back_by_an_exact_power_of_two);
    tcase_add_test(tcase, a_given_exponent_is_used_and_overflow_is_refused);
    tcase_add_test(tcase, spectral_cubes_need_wavelengths);
    tcase_add_test(tcase, the_image_reader_takes_one_plane);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
