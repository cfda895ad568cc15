/** @file check_error.c @brief Messages: a table without gaps, lines of one form. */
#include "sequin/error.h"

#include <stdio.h>
#include <string.h>

#include "raise.h"
#include "sqn_check.h"

START_TEST(every_id_has_a_name_and_a_sentence)
{
    for (int id = 1; id < SQN_ID_COUNT; id++) {
        const char *name = sqn_error_name((sqn_id)id);
        const char *fix = sqn_error_fix((sqn_id)id);

        ck_assert(strncmp(name, "E_", 2) == 0 || strncmp(name, "W_", 2) == 0);
        ck_assert_int_eq(name[0] == 'W', sqn_error_status((sqn_id)id) == SQN_OK);
        ck_assert_uint_gt(strlen(fix), 0);
        ck_assert_msg(fix[strlen(fix) - 1] != '.', "%s: the stop is added", name);
    }
}
END_TEST

START_TEST(a_line_has_code_place_message_and_fix)
{
    sqn_error err;
    char line[1024];

    ck_assert_int_eq(SQN_RAISE(&err, E_SHAPE, "weight is [%d, 30], data is [12, 31]", 12),
                     SQN_ERR_DATA);
    sqn__error_at(&err, "refs.fits", 2, "NAXIS1");
    sqn__error_at(&err, "other.fits", -1, NULL); /* the first place stays */
    sqn_error_line(line, sizeof line, &err);
    ck_assert_str_eq(line, "E_SHAPE: refs.fits:HDU 2:NAXIS1: weight is [12, 30], data is "
                           "[12, 31]. Fix: give images of one shape.");
}
END_TEST

START_TEST(control_bytes_are_shown_and_length_is_kept)
{
    sqn_error err;
    char line[40];

    (void)SQN_RAISE(&err, E_IN_MISSING, "a\033[31mb");
    sqn_error_line(line, sizeof line, &err);
    ck_assert_str_eq(line, "E_IN_MISSING: a\\x1b[31mb. Fix: chec");
}
END_TEST

START_TEST(exit_codes_are_those_of_sysexits)
{
    ck_assert_int_eq(sqn_error_exit_code(SQN_ERR_CONFIG), 78);
    ck_assert_int_eq(sqn_error_exit_code(SQN_ERR_DATA), 65);
    ck_assert_int_eq(sqn_error_exit_code(SQN_ERR_INTERRUPTED), 85);
    ck_assert_int_eq(sqn_error_exit_code(SQN_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tcase = tcase_create("table");

    tcase_add_test(tcase, every_id_has_a_name_and_a_sentence);
    tcase_add_test(tcase, a_line_has_code_place_message_and_fix);
    tcase_add_test(tcase, control_bytes_are_shown_and_length_is_kept);
    tcase_add_test(tcase, exit_codes_are_those_of_sysexits);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
