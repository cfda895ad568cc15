/** @file check_convert.c @brief Text to values: what is read, what is refused, in any locale. */
#include "convert.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "sqn_check.h"

START_TEST(integers_are_plain_decimals)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "010",
                                      "-0",
                                      "00",
                                      "3.7",
                                      "1e3",
                                      "1_0",
                                      "0x0a",
                                      "1 ",
                                      " 1",
                                      "ten",
                                      "10.0",
                                      "1,5",
                                      ".inf",
                                      "nan",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1000000000000000000000000000000"};
    int64_t value = 0;

    ck_assert(convert_integer(&value, "0") && value == 0);
    ck_assert(convert_integer(&value, "42") && value == 42);
    ck_assert(convert_integer(&value, "-37") && value == -37);
    ck_assert(convert_integer(&value, "9223372036854775807") && value == INT64_MAX);
    ck_assert(convert_integer(&value, "-9223372036854775808") && value == INT64_MIN);
    value = 23;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!convert_integer(&value, bad[i]), "\"%s\" was read", bad[i]);
        ck_assert_int_eq(value, 23);
    }
}
END_TEST

START_TEST(numbers_are_plain_decimals)
{
    static const char *const bad[] = {"",    ".",    "-",     "1.5abc", "1,5",    "1_0",
                                      "nan", ".inf", "-.inf", "inf",    "1e999",  "0x1p3",
                                      "010", "01.5", "1e",    "1e+",    "e5",     "1.5.2",
                                      "+1",  " 1",   "1 ",    "1d5",    "-1e999", "1:30"};
    double value = 0.0;

    ck_assert(convert_number(&value, "2.385") && value == 2.385);
    ck_assert(convert_number(&value, "-1.0e30") && value == -1.0e30);
    ck_assert(convert_number(&value, "1e-5") && value == 1e-5);
    ck_assert(convert_number(&value, "1E+05") && value == 1e5);
    ck_assert(convert_number(&value, "10") && value == 10.0);
    ck_assert(convert_number(&value, ".5") && value == 0.5);
    ck_assert(convert_number(&value, "5.") && value == 5.0);
    ck_assert(convert_number(&value, "0.25") && value == 0.25);
    value = 2.75;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!convert_number(&value, bad[i]), "\"%s\" was read", bad[i]);
        ck_assert(value == 2.75);
    }
}
END_TEST

START_TEST(booleans_are_true_and_false)
{
    static const char *const bad[] = {"maybe", "yes", "no", "1", "0",    "True",
                                      "FALSE", "on",  "",   "t", "true "};
    bool value = false;

    ck_assert(convert_boolean(&value, "true") && value);
    ck_assert(convert_boolean(&value, "false") && !value);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!convert_boolean(&value, bad[i]), "\"%s\" was read", bad[i]);
    }
}
END_TEST

START_TEST(printed_numbers_are_read_back_exactly_and_are_short)
{
    static const double numbers[] = {0.1,       1.0 / 3.0,
                                     1e-5,      1e300,
                                     -2.5e-310, 4503599627370497.5,
                                     16777217,  -0.0,
                                     0.02719,   1.7976931348623157e308};
    char text[CONVERT_NUMBER_MAX];
    double back = NAN;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        convert_print(text, numbers[i]);
        ck_assert_msg(convert_number(&back, text), "\"%s\" is not read", text);
        ck_assert(back == numbers[i]);
    }
    convert_print(text, 0.1);
    ck_assert_str_eq(text, "0.1");
    convert_print(text, 26.0);
    ck_assert_str_eq(text, "26");
}
END_TEST

START_TEST(the_locale_changes_nothing)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE",
                                        "ru_RU.UTF-8"};
    const char *found = NULL;
    char text[CONVERT_NUMBER_MAX];
    double value = 0.0;

    for (size_t i = 0; found == NULL && i < sizeof names / sizeof names[0]; i++) {
        found = setlocale(LC_ALL, names[i]);
    }
    if (found == NULL) {
        (void)printf("skipped: no locale with a decimal comma is installed\n");
        return;
    }
    ck_assert(convert_number(&value, "1.5") && value == 1.5);
    ck_assert(!convert_number(&value, "1,5"));
    convert_print(text, 1.5);
    ck_assert_str_eq(text, "1.5");
    ck_assert_str_eq(localeconv()->decimal_point, ","); /* and is still the user's */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convert");
    TCase *tcase = tcase_create("values");

    tcase_add_test(tcase, integers_are_plain_decimals);
    tcase_add_test(tcase, numbers_are_plain_decimals);
    tcase_add_test(tcase, booleans_are_true_and_false);
    tcase_add_test(tcase, printed_numbers_are_read_back_exactly_and_are_short);
    tcase_add_test(tcase, the_locale_changes_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
