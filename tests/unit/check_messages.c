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
    ck_assert_int_eq(messages_n_warning(m), 2);
    ck_assert_str_eq(
        messages_warning(m, 0, &count),
        "W_WCS: a.fits:HDU 1: no usable WCS (det 0). Fix: correct the WCS keywords.");
    ck_assert_int_eq(count, 3);
    messages_summary(m);
    (void)fclose(stream);
    ck_assert_ptr_null(strstr(text, "only in the log"));
    ck_assert_ptr_nonnull(strstr(text, "sequin: 2 warnings:"));
    ck_assert_ptr_nonnull(strstr(text, "3 x W_WCS: a.fits"));
    ck_assert_ptr_nonnull(strstr(messages_text(m), "only in the log"));
    messages_destroy(&m);
    free(text);
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
    tcase_add_test(tcase, problems_are_printed_as_errors_and_counted);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
