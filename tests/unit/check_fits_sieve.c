/** @file check_fits_sieve.c @brief What is missing in frames, for whatever reason. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_stack.h"

static char path_m[] = "m.fits";

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

/* Most pixels are good and pass in runs; one by one, where a value that does not occur is to be
   missing, they are the same. */
START_TEST(good_pixels_that_pass_in_runs_are_those_that_pass_one_by_one)
{
    enum { NX = 131, NY = 5, N = NX * NY };
    static const int axes[4] = {NX, NY, 0, 0};
    static const double absent[1] = {-12345.0};
    static float value[N], sigma[N];
    char *noise_paths[1] = {path_n};
    const sqn_fits_files files = list(one, 1), noise = list(noise_paths, 1);
    sqn_fits_source source = {.files = &files, .noise_files = &noise};
    sqn_fits_stack fast, slow;

    for (int i = 0; i < N; i++) {
        value[i] = i % 9 == 0 ? 0.0F : 1.5F + (float)i;
        sigma[i] = 0.5F + 0.01F * (float)i;
    }
    value[40] = NAN;
    value[41] = INFINITY;
    value[250] = -2.5F; /* out of its range */
    value[400] = -0.0F;
    value[401] = 1e-39F; /* which float32 hardly tells from 0 */
    sigma[130] = 0.0F;
    sigma[300] = -1.0F;
    sigma[301] = NAN;
    sigma[302] = INFINITY;
    sigma[N - 1] = NAN;
    write_image("a.fits", axes, NULL, value);
    write_image("n.fits", axes, NULL, sigma);
    for (int ranged = 0; ranged < 2; ranged++) {
        source.valid_range[0] = ranged ? -1.0 : 0.0;
        source.valid_range[1] = ranged ? 600.0 : 0.0;
        source.n_missing_value = 0;
        SQN_ASSERT_OK(read_source(&fast, &source), err);
        source.missing_values = absent;
        source.n_missing_value = 1;
        SQN_ASSERT_OK(read_source(&slow, &source), err);
        ck_assert_mem_eq(fast.value.data, slow.value.data, sizeof value);
        ck_assert_mem_eq(fast.error.data, slow.error.data, sizeof sigma);
        ck_assert_mem_eq(fast.flags, slow.flags, N);
        ck_assert_int_eq(fast.frames[0].n_missing, slow.frames[0].n_missing);
        ck_assert_int_eq(fast.frames[0].n_nan, 2);
        ck_assert_int_eq(fast.frames[0].n_bad_error, 5);
        ck_assert_int_eq(fast.frames[0].n_out_of_range, slow.frames[0].n_out_of_range);
        ck_assert((fast.frames[0].n_out_of_range > 40) == (ranged == 1));
        ck_assert_float_eq(fast.value.data[401], 0.0F);
        for (int i = 0; i < N; i++) {
            ck_assert(isnan(fast.value.data[i]) || i == 401 ||
                      fast.value.data[i] == value[i]);
        }
        sqn_fits_stack_clear(&fast);
        sqn_fits_stack_clear(&slow);
    }
    for (int i = 0; i < N; i++) {
        value[i] *= 1e-6F;
    }
    value[333] = 1e38F; /* beside the others, in their unit */
    write_image("a.fits", axes, (const char *const[]){"BSCALE  =    1e20", NULL}, value);
    source.valid_range[0] = source.valid_range[1] = 0.0;
    SQN_ASSERT_FAILS(read_source(&fast, &source), err, SQN_E_FITS_TYPE);
    ck_assert_ptr_nonnull(strstr(err.message, "of pixel (72, 3) of plane 1"));
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

int main(void)
{
    Suite *suite = suite_create("fits_sieve");
    TCase *tcase = tcase_create("frames");

    tcase_add_test(tcase, planes_can_be_ignored_and_bits_be_chosen);
    tcase_add_test(tcase, telescopes_say_which_flags_are_serious);
    tcase_add_test(tcase, variance_and_inverse_variance_become_sigma);
    tcase_add_test(tcase, missing_is_missing_whatever_the_reason);
    tcase_add_test(tcase, masks_of_odd_values_or_little_use_are_warned_of);
    tcase_add_test(tcase, good_pixels_that_pass_in_runs_are_those_that_pass_one_by_one);
    tcase_add_test(tcase, nothing_left_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
