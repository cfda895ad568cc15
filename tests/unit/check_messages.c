/** @file check_messages.c @brief Warnings are printed once, counted, and repeated. */
#include "messages.h"

#include <string.h>

#include "raise.h"
#include "sqn_check.h"
#include "warn.h"

static sqn_error err;
static char *text;
static size_t size;

START_TEST(equal_warnings_are_counted)
{
    FILE *stream = open_memstream(&text, &size);
    messages *m = NULL;
    int64_t count = 0;

    SQN_ASSERT_OK(messages_create(&m, stream, MESSAGES_NORMAL, &err), err);
    const sqn_log log = messages_log(m);

    for (int k = 0; k < 3; k++) {
        sqn__log_warn(&log, SQN_W_WCS, "a.fits:HDU 1", "no usable WCS (det %d)", 0);
    }
    sqn__log_warn(&log, SQN_W_WCS, "b.fits:HDU 1", "no usable WCS (det %d)", 0);
    sqn__log_note(&log, "only in the log");
    ck_assert_int_eq(messages_n_warning(m), 1);
    ck_assert_str_eq(messages_warning(m, 0, &count),
                     "W_WCS: a.fits:HDU 1, b.fits:HDU 1: no usable WCS (det 0). Fix: "
                     "correct the WCS keywords.");
    ck_assert_int_eq(count, 4);
    messages_summary(m);
    (void)fclose(stream);
    ck_assert_ptr_null(strstr(text, "only in the log"));
    ck_assert_ptr_nonnull(strstr(text, "sequin: 1 warning:"));
    ck_assert_ptr_nonnull(strstr(text, "4 x W_WCS: a.fits:HDU 1, b.fits"));
    ck_assert_ptr_nonnull(strstr(messages_text(m), "only in the log"));
    messages_destroy(&m);
    free(text);
}
END_TEST

START_TEST(one_reason_in_many_files_is_one_line_with_three_names)
{
    FILE *stream = open_memstream(&text, &size);
    messages *m = NULL;
    int64_t count = 0;

    SQN_ASSERT_OK(messages_create(&m, stream, MESSAGES_QUIET, &err), err);
    const sqn_log log = messages_log(m);

    for (int k = 0; k < 5; k++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%c.fits", 'a' + k);
        sqn__log_warn(&log, SQN_W_FITS_PADDING, name, "the last block lacks %d bytes",
                      23 * (k + 1));
    }
    ck_assert_int_eq(messages_n_warning(m), 1);
    ck_assert_str_eq(messages_warning(m, 0, &count),
                     "W_FITS_PADDING: a.fits, b.fits, c.fits and 2 more: the last block "
                     "lacks 23 bytes (numbers of the first). Fix: check that the file is "
                     "complete.");
    ck_assert_int_eq(count, 5);
    messages_summary(m);
    (void)fclose(stream);
    /* At once the first, at the end all in one line, also when little is to be said. */
    ck_assert_ptr_nonnull(strstr(text, "warning: W_FITS_PADDING: a.fits: the last"));
    ck_assert_ptr_nonnull(strstr(text, "warning: W_FITS_PADDING: a.fits, b.fits, c.fits"));
    ck_assert_ptr_null(strstr(text, "d.fits"));
    ck_assert_ptr_nonnull(strstr(messages_text(m), "c.fits and 2 more"));
    messages_destroy(&m);
    free(text);
}
END_TEST

START_TEST(other_reasons_are_other_warnings)
{
    messages *m = NULL;
    int64_t count = 0;

    SQN_ASSERT_OK(messages_create(&m, stderr, MESSAGES_QUIET, &err), err);
    const sqn_log log = messages_log(m);

    sqn__log_warn(&log, SQN_W_FITS_HEADER, "a.fits", "DATE-OBS 'soon' is not a date");
    sqn__log_warn(&log, SQN_W_FITS_HEADER, "b.fits", "DATE-OBS 'late' is not a date");
    sqn__log_warn(&log, SQN_W_FITS_HEADER, "b.fits", "4 header cards are not ASCII");
    sqn__log_warn(&log, SQN_W_FLAGS_MANY, "a.fits", "bit 3 costs 20 %%");
    sqn__log_warn(&log, SQN_W_FLAGS_MANY, "b.fits", "bit 4 costs 20 %%");
    ck_assert_int_eq(messages_n_warning(m), 4); /* only the dates are joined */
    ck_assert_ptr_nonnull(
        strstr(messages_warning(m, 0, &count), "a.fits, b.fits: DATE-OBS"));
    ck_assert_int_eq(count, 2);
    messages_destroy(&m);
}
END_TEST

START_TEST(stages_that_did_not_converge_are_listed_in_one_line)
{
    FILE *stream = open_memstream(&text, &size);
    messages *m = NULL;
    int64_t count = 0;

    SQN_ASSERT_OK(messages_create(&m, stream, MESSAGES_QUIET, &err), err);
    const sqn_log log = messages_log(m);

    sqn__log_warn(&log, SQN_W_STOP, "", "the model with %d components stopped at 9", 1);
    ck_assert_ptr_nonnull(strstr(messages_warning(m, 0, &count), "with 1 components"));
    for (int k = 3; k < 60; k++) {
        if (k == 5) {
            ck_assert_str_eq(messages_warning(m, 0, &count),
                             "W_STOP: the model with 1, 3, 4 components stopped at 9. Fix: "
                             "raise components.max_iterations.");
        }
        sqn__log_warn(&log, SQN_W_STOP, "", "the model with %d components stopped at 9", k);
    }
    ck_assert_int_eq(messages_n_warning(m), 1);
    ck_assert_ptr_nonnull(
        strstr(messages_warning(m, 0, &count), " and 22 more components stopped at 9."));
    ck_assert_int_eq(count, 58);
    messages_summary(m);
    (void)fclose(stream);
    ck_assert_ptr_nonnull(strstr(text, "with 1 components"));
    ck_assert_ptr_nonnull(strstr(text, "with 1, 3, 4, 5, "));
    ck_assert_ptr_null(strstr(text, "with 3 components"));
    messages_destroy(&m);
    free(text);
}
END_TEST

START_TEST(long_names_leave_room_for_the_number_of_the_others)
{
    char name[300];
    messages *m = NULL;
    int64_t count = 0;

    SQN_ASSERT_OK(messages_create(&m, stderr, MESSAGES_QUIET, &err), err);
    const sqn_log log = messages_log(m);

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    for (int k = 0; k < 3; k++) {
        name[0] = (char)('a' + k);
        sqn__log_warn(&log, SQN_W_WCS, name, "no usable WCS");
    }
    ck_assert_ptr_nonnull(
        strstr(messages_warning(m, 0, &count), "x and 2 more: no usable"));
    messages_destroy(&m);
}
END_TEST

START_TEST(problems_are_printed_as_errors_and_counted)
{
    FILE *stream = open_memstream(&text, &size);
    messages *m = NULL;

    SQN_ASSERT_OK(messages_create(&m, stream, MESSAGES_QUIET, &err), err);
    const sqn_log problems = messages_problems(m);

    (void)SQN_RAISE(&err, E_CFG_SCHEMA, "unknown key '%s'", "sience");
    problems.warn(problems.context, &err);
    ck_assert_int_eq(messages_n_problem(m), 1);
    ck_assert_int_eq(messages_n_warning(m), 0);
    (void)fclose(stream);
    ck_assert_int_eq(
        strncmp(text, "sequin: error: E_CFG_SCHEMA: unknown key 'sience'. Fix: ", 55), 0);
    messages_destroy(&m);
    ck_assert_ptr_null(m);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("messages");
    TCase *tcase = tcase_create("collect");

    tcase_add_test(tcase, equal_warnings_are_counted);
    tcase_add_test(tcase, one_reason_in_many_files_is_one_line_with_three_names);
    tcase_add_test(tcase, other_reasons_are_other_warnings);
    tcase_add_test(tcase, stages_that_did_not_converge_are_listed_in_one_line);
    tcase_add_test(tcase, long_names_leave_room_for_the_number_of_the_others);
    tcase_add_test(tcase, problems_are_printed_as_errors_and_counted);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
