/** @file check_header.c @brief Cards: read, set, joined, merged. */
#include "sequin/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

static sqn_header *make(const char *const *cards)
{
    sqn_header *header = NULL;
    char card[81];

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    for (; *cards != NULL; cards++) {
        snprintf(card, sizeof card, "%-80.80s", *cards);
        SQN_ASSERT_OK(sqn__header_append(header, card, &err), err);
    }
    return header;
}

static const char *const sample[] = {"SIMPLE  =                    T / standard",
                                     "EXPTIME =              2.385D1 / s",
                                     "OBJECT  = 'O''Brien / star  '  / name",
                                     "CARD    =",
                                     "BAD     = 'no closing quote",
                                     "LONG    = 'first &'",
                                     "CONTINUE  'second &'",
                                     "CONTINUE  'third'",
                                     "HIERARCH ESO TEL  PARANG START = -14.268 / deg",
                                     "COMMENT = 3",
                                     "CUT     = 'ends in &'",
                                     "COMPLEX = (1.0, 2.0)",
                                     "NAN     = NaN",
                                     "COMMA   = 1,5",
                                     "HEX     = 0x10",
                                     "HUGE    = 1e999",
                                     NULL};

START_TEST(values_are_read_as_text)
{
    sqn_header *h = make(sample);
    char text[200];

    ck_assert(sqn_header_text(text, sizeof text, h, "OBJECT"));
    ck_assert_str_eq(text, "O'Brien / star");
    ck_assert(sqn_header_text(text, sizeof text, h, "long"));
    ck_assert_str_eq(text, "first second third");
    ck_assert(sqn_header_text(text, sizeof text, h, "CUT"));
    ck_assert_str_eq(text, "ends in &");
    ck_assert(sqn_header_text(text, sizeof text, h, "SIMPLE"));
    ck_assert_str_eq(text, "T");
    ck_assert(!sqn_header_text(text, sizeof text, h, "CARD"));
    ck_assert(!sqn_header_text(text, sizeof text, h, "BAD"));
    ck_assert(!sqn_header_text(text, sizeof text, h, "COMMENT"));
    ck_assert(!sqn_header_text(text, sizeof text, h, "OBJECTS"));
    ck_assert_str_eq(text, "");
    ck_assert(sqn_header_text(text, 4, h, "LONG"));
    ck_assert_str_eq(text, "fir");
    sqn_header_destroy(&h);
    ck_assert_ptr_null(h);
}
END_TEST

START_TEST(numbers_are_converted_strictly)
{
    static const char *const wrong[] = {"OBJECT", "COMPLEX", "NAN", "COMMA", "HEX", "HUGE"};
    sqn_header *h = make(sample);
    double value = 0.0;

    ck_assert(sqn_header_number(&value, h, "EXPTIME"));
    ck_assert_double_eq(value, 23.85);
    ck_assert(sqn_header_number(&value, h, "ESO TEL PARANG START"));
    ck_assert_double_eq(value, -14.268);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!sqn_header_number(&value, h, wrong[i]), "%s", wrong[i]);
        ck_assert(isnan(value));
    }
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(integers_are_converted_strictly)
{
    static const char *const wrong[] = {"",
                                        "-",
                                        "1.0",
                                        "1e3",
                                        " 7",
                                        "7 ",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999999999999999999999999"};
    int64_t value = 0;

    ck_assert(sqn__header_card_integer(&value, "-9223372036854775808"));
    ck_assert_int_eq(value, INT64_MIN);
    ck_assert(sqn__header_card_integer(&value, "+9223372036854775807"));
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert(sqn__header_card_integer(&value, "007"));
    ck_assert_int_eq(value, 7);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!sqn__header_card_integer(&value, wrong[i]), "'%s'", wrong[i]);
    }
}
END_TEST

START_TEST(numbers_come_back_bit_for_bit)
{
    static const double values[] = {
        0.1,    1.0 / 3.0,   2.385e-300, -1e22,
        5e-324, 123456789.0, 1e15,       1.7976931348623157e308};
    sqn_header *h = NULL;
    double back = 0.0;

    SQN_ASSERT_OK(sqn_header_create(&h, &err), err);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        SQN_ASSERT_OK(sqn_header_set_number(h, "VALUE", values[i], "a value", &err), err);
        ck_assert(sqn_header_number(&back, h, "VALUE"));
        ck_assert_msg(back == values[i], "%.17g became %.17g", values[i], back);
        ck_assert_ptr_nonnull(strpbrk(sqn_header_card(h, 0) + 10, ".E"));
    }
    ck_assert_int_eq(sqn_header_n_card(h), 1);
    SQN_ASSERT_OK(sqn_header_set_number(h, "VALUE", NAN, "undefined", &err), err);
    ck_assert(!sqn_header_number(&back, h, "VALUE"));
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(cards_have_the_fixed_format)
{
    sqn_header *h = NULL;

    SQN_ASSERT_OK(sqn_header_create(&h, &err), err);
    SQN_ASSERT_OK(sqn_header_set_integer(h, "NAXIS", 3, "axes", &err), err);
    SQN_ASSERT_OK(sqn_header_set_logical(h, "EXTEND", true, NULL, &err), err);
    SQN_ASSERT_OK(sqn_header_set_text(h, "BUNIT", "Jy", "unit", &err), err);
    SQN_ASSERT_OK(sqn_header_set_number(h, "ESO DET DIT", 0.5, "s", &err), err);
    ck_assert_str_eq(
        sqn_header_card(h, 0),
        "NAXIS   =                    3 / axes                                   "
        "        ");
    ck_assert_int_eq(strncmp(sqn_header_card(h, 1), "EXTEND  =                    T ", 31),
                     0);
    ck_assert_int_eq(strncmp(sqn_header_card(h, 2), "BUNIT   = 'Jy      ' / unit ", 28), 0);
    ck_assert_int_eq(strncmp(sqn_header_card(h, 3), "HIERARCH ESO DET DIT = 0.5 / s ", 31),
                     0);
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(strlen(sqn_header_card(h, i)), 80);
    }
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(long_texts_are_continued_and_come_back)
{
    sqn_header *h = make(sample);
    char text[600], back[600];

    for (int n = 60; n < 320; n++) {
        for (int i = 0; i < n; i++) {
            text[i] = "abc'efghijklm nopqrs"[i % 20];
        }
        text[n - 1] = 'z';
        text[n] = '\0';
        SQN_ASSERT_OK(sqn_header_set_text(h, "LONG", text, "comment", &err), err);
        ck_assert(sqn_header_text(back, sizeof back, h, "LONG"));
        ck_assert_str_eq(back, text);
        ck_assert(sqn_header_text(back, sizeof back, h, "ESO TEL PARANG START"));
    }
    SQN_ASSERT_OK(sqn_header_set_text(h, "LONG", "short", NULL, &err), err);
    ck_assert_int_eq(sqn_header_n_card(h), 14); /* both CONTINUE cards are gone */
    for (int64_t i = 0; i < sqn_header_n_card(h); i++) {
        ck_assert_uint_eq(strlen(sqn_header_card(h, i)), 80);
    }
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(removing_takes_the_continuation_along)
{
    sqn_header *h = make(sample);
    char text[100];

    ck_assert(sqn_header_remove(h, "LONG"));
    ck_assert(!sqn_header_remove(h, "LONG"));
    ck_assert_int_eq(sqn_header_n_card(h), 13);
    ck_assert(sqn_header_text(text, sizeof text, h, "CUT"));
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(merging_keeps_what_is_there)
{
    static const char *const own[] = {"OBJECT  = 'mine    '", "HISTORY first", NULL};
    static const char *const other[] = {"OBJECT  = 'theirs  '", "LONG    = 'a&'",
                                        "CONTINUE  'b'",        "HISTORY second",
                                        "HISTORY second",       NULL};
    sqn_header *a = make(own), *b = make(other);
    char text[100];

    SQN_ASSERT_OK(sqn_header_merge(a, b, &err), err);
    ck_assert(sqn_header_text(text, sizeof text, a, "OBJECT"));
    ck_assert_str_eq(text, "mine");
    ck_assert(sqn_header_text(text, sizeof text, a, "LONG"));
    ck_assert_str_eq(text, "ab");
    ck_assert_int_eq(sqn_header_n_card(a), 6);
    sqn_header_destroy(&a);
    sqn_header_destroy(&b);
}
END_TEST

START_TEST(history_is_cut_into_cards)
{
    sqn_header *h = NULL;
    char text[151];

    memset(text, 'x', sizeof text - 1);
    text[150] = '\0';
    SQN_ASSERT_OK(sqn_header_create(&h, &err), err);
    SQN_ASSERT_OK(sqn_header_add_history(h, text, &err), err);
    ck_assert_int_eq(sqn_header_n_card(h), 3);
    SQN_ASSERT_OK(sqn_header_add_history(h, "", &err), err);
    ck_assert_int_eq(sqn_header_n_card(h), 4);
    ck_assert_int_eq(strncmp(sqn_header_card(h, 2), "HISTORY xxxxxx ", 15), 0);
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(bytes_that_are_not_printable_never_get_in)
{
    static const char *const odd[] = {"OBJECT  = 'a\033[31mb\377'", NULL};
    sqn_header *h = make(odd);
    char text[100];

    ck_assert(sqn_header_text(text, sizeof text, h, "OBJECT"));
    ck_assert_str_eq(text, "a?[31mb?");
    sqn_header_destroy(&h);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    sqn_header *h = NULL;

    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_header_create(&h, &err), err, SQN_E_MEM);
    ck_assert_ptr_null(h);
    SQN_ASSERT_OK(sqn_header_create(&h, &err), err);
    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_header_set_integer(h, "A", 1, NULL, &err), err, SQN_E_MEM);
    ck_assert_int_eq(sqn_header_n_card(h), 0);
    sqn_header_destroy(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("header");
    TCase *tcase = tcase_create("cards");

    tcase_add_test(tcase, values_are_read_as_text);
    tcase_add_test(tcase, numbers_are_converted_strictly);
    tcase_add_test(tcase, integers_are_converted_strictly);
    tcase_add_test(tcase, numbers_come_back_bit_for_bit);
    tcase_add_test(tcase, cards_have_the_fixed_format);
    tcase_add_test(tcase, long_texts_are_continued_and_come_back);
    tcase_add_test(tcase, removing_takes_the_continuation_along);
    tcase_add_test(tcase, merging_keeps_what_is_there);
    tcase_add_test(tcase, history_is_cut_into_cards);
    tcase_add_test(tcase, bytes_that_are_not_printable_never_get_in);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
