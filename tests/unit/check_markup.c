/** @file check_markup.c @brief Text that grows, and both ways to escape. */
#include "markup.h"

#include <string.h>

#include "sqn_check.h"

static sqn_error err;

static char *finished(markup *m)
{
    char *text = NULL;

    SQN_ASSERT_OK(markup_finish(&text, m, &err), err);
    ck_assert_ptr_null(m->text);
    return text;
}

START_TEST(nothing_written_is_an_empty_text)
{
    markup m = {0};
    char *text = finished(&m);

    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(pieces_of_any_length_join)
{
    static char long_piece[20001];
    markup m = {0};

    memset(long_piece, 'x', sizeof long_piece - 1);
    markup_raw(&m, "a");
    markup_raw(&m, long_piece);
    markup_format(&m, "%d %s", 2385, long_piece);
    markup_base64(&m, "foob", 4);
    char *text = finished(&m);

    ck_assert_uint_eq(strlen(text), 1 + 20000 + 5 + 20000 + 8);
    ck_assert_int_eq(strncmp(text + 19999, "xx2385 xx", 9), 0);
    ck_assert_str_eq(text + 40006, "Zm9vYg==");
    free(text);
}
END_TEST

START_TEST(html_shows_every_character_as_itself)
{
    markup m = {0};

    markup_html(&m, "a<b> & \"c\" 'd'\n\t\x1b \xc3\xa9");
    markup_html(&m, NULL);
    char *text = finished(&m);

    ck_assert_str_eq(text, "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\n\t\\x1b \xc3\xa9");
    free(text);
}
END_TEST

START_TEST(utf8_is_what_the_standard_says)
{
    /* From the tables of well-formed byte sequences in the Unicode standard: each is cut, too
       long, a surrogate, too large or out of place. */
    static const char *const wrong[] = {"\x80",
                                        "\xc0\xaf",
                                        "\xc1\xbf",
                                        "\xe0\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xe2\x82",
                                        "\xc3(",
                                        "\xff"};
    static const char *const right[] = {
        "\x7e",         "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        markup m = {0};

        markup_json(&m, wrong[i]);
        char *text = finished(&m);

        ck_assert_msg(strncmp(text, "\"\\ufffd", 7) == 0, "%zu: %s", i, text);
        free(text);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        markup m = {0};

        markup_json(&m, right[i]);
        char *text = finished(&m);

        ck_assert_uint_eq(strlen(text), strlen(right[i]) + 2);
        ck_assert_ptr_nonnull(strstr(text, right[i]));
        free(text);
    }
}
END_TEST

START_TEST(json_strings_keep_quotes_and_controls_inside)
{
    markup m = {0};

    markup_json(&m, "\"\\/\x01\x7f\n");
    char *text = finished(&m);

    ck_assert_str_eq(text, "\"\\\"\\\\/\\u0001\\u007f\\u000a\"");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("markup");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, nothing_written_is_an_empty_text);
    tcase_add_test(tcase, pieces_of_any_length_join);
    tcase_add_test(tcase, html_shows_every_character_as_itself);
    tcase_add_test(tcase, utf8_is_what_the_standard_says);
    tcase_add_test(tcase, json_strings_keep_quotes_and_controls_inside);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
