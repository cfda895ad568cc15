/** @file check_report.c @brief The page is complete, and no string can break out of its place. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "sqn_check.h"

static sqn_error err;
static long reallocs_before_failure = -1; /* the test links with --wrap=realloc */

/* NOLINTBEGIN(readability-identifier-naming): ld --wrap dictates these names. */
void *__real_realloc(void *pointer, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

void *__wrap_realloc(void *pointer, size_t size)
{
    return reallocs_before_failure-- == 0 ? NULL : __real_realloc(pointer, size);
}
/* NOLINTEND(readability-identifier-naming) */

/* Every field of a report says `s`. */
static char *page_of(const char *s)
{
    const char *const strings[4] = {s, s, s, s};
    const report_row rows[1] = {{s, s}};
    const report_table table = {s, 2, 2, strings, strings};
    const report_section section = {s, s, 1, 1, rows, &table, s};
    const report_warning warning = {s, 2};
    const report_picture picture = {s, s, "\x89PNG", 4};
    const report data = {.title = s,
                         .subtitle = s,
                         .version = s,
                         .verdict = s,
                         .n_finding = 2,
                         .findings = strings,
                         .n_warning = 1,
                         .warnings = &warning,
                         .n_picture = 1,
                         .pictures = &picture,
                         .n_section = 1,
                         .sections = &section,
                         .settings = s,
                         .command = s,
                         .n_version = 1,
                         .versions = rows};
    char *html = NULL;

    SQN_ASSERT_OK(report_text(&html, &data, &err), err);
    return html;
}

static long count_of(const char *text, char c)
{
    long n = 0;

    for (; *text != '\0'; text++) {
        n += *text == c;
    }
    return n;
}

START_TEST(no_string_adds_a_tag_or_leaves_its_attribute)
{
    static const char *const nasty[] = {"<script>alert(1)</script>",
                                        "\" onerror=\"alert(1)",
                                        "' onload='x",
                                        "--><img src=x>",
                                        "</title></style></pre></main>",
                                        "&lt;b&gt; &#60;",
                                        "<![CDATA[",
                                        "<"};
    char *plain = page_of("plain");
    char *page = page_of(nasty[_i]);

    ck_assert_int_eq(count_of(page, '<'), count_of(plain, '<'));
    ck_assert_int_eq(count_of(page, '>'), count_of(plain, '>'));
    ck_assert_int_eq(count_of(page, '"'), count_of(plain, '"'));
    ck_assert_int_eq(count_of(page, '\''), count_of(plain, '\''));
    ck_assert_ptr_null(strstr(page, "<script"));
    free(page);
    free(plain);
}
END_TEST

START_TEST(an_ampersand_is_an_ampersand)
{
    char *page = page_of("a&lt;b");

    ck_assert_ptr_nonnull(strstr(page, "a&amp;lt;b"));
    ck_assert_ptr_null(strstr(page, "a&lt;b"));
    free(page);
}
END_TEST

START_TEST(control_bytes_and_wrong_utf8_are_shown_not_sent)
{
    char *page =
        page_of("bell \x07 escape \x1b[31m delete \x7f wrong \xff\xfe cut \xe2\x82");

    for (const char *c = page; *c != '\0'; c++) {
        ck_assert((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
        ck_assert_int_ne(*c, 0x7f);
        ck_assert_int_ne((unsigned char)*c, 0xff);
    }
    ck_assert_ptr_nonnull(strstr(
        page, "bell \\x07 escape \\x1b[31m delete \\x7f wrong \\xff\\xfe cut \\xe2\\x82"));
    free(page);
}
END_TEST

START_TEST(the_page_holds_everything_it_was_told_and_loads_nothing)
{
    char *page = page_of("plain");

    ck_assert_int_eq(strncmp(page, "<!DOCTYPE html>", 15), 0);
    ck_assert_ptr_nonnull(
        strstr(page, "default-src 'none'; img-src data:; style-src 'unsafe-inline'"));
    ck_assert_ptr_nonnull(strstr(page, "<meta name=\"viewport\""));
    ck_assert_ptr_nonnull(strstr(page, "@media print"));
    ck_assert_ptr_nonnull(strstr(page, "src=\"data:image/png;base64,iVBORw==\""));
    ck_assert_ptr_nonnull(strstr(page, "How to cite"));
    ck_assert_ptr_null(strstr(page, "http://"));
    ck_assert_ptr_null(strstr(page, "https://"));
    ck_assert_ptr_null(strstr(page, "url("));
    ck_assert_ptr_nonnull(strstr(page, "</main>\n</body>\n</html>\n"));
    free(page);
}
END_TEST

START_TEST(warnings_come_before_the_verdict_without_their_prefix)
{
    const report_warning warnings[2] = {{"sequin: warning: W_X: first. Fix: a.", 3},
                                        {"W_Y: second. Fix: b.", 1}};
    const report data = {.verdict = "the verdict", .n_warning = 2, .warnings = warnings};
    const report calm = {.verdict = "the verdict"};
    char *page = NULL;

    SQN_ASSERT_OK(report_text(&page, &data, &err), err);
    ck_assert_ptr_nonnull(strstr(page, "2 warnings: read them first"));
    ck_assert_ptr_nonnull(
        strstr(page, "<li>W_X: first. Fix: a. <span class=\"count\">3 times</span>"));
    ck_assert_ptr_nonnull(strstr(page, "<li>W_Y: second. Fix: b.</li>"));
    ck_assert(strstr(page, "W_X") < strstr(page, "the verdict"));
    ck_assert_ptr_null(strstr(page, "No warnings"));
    free(page);
    SQN_ASSERT_OK(report_text(&page, &calm, &err), err);
    ck_assert_ptr_nonnull(strstr(page, "No warnings."));
    free(page);
}
END_TEST

START_TEST(columns_of_numbers_are_set_to_the_right)
{
    const char *const headers[3] = {"count", "stop", "frv"};
    const char *const cells[6] = {"1", "converged", "-2.5e-3", "2", "12 h", ""};
    const report_table table = {NULL, 3, 2, headers, cells};
    const report_section section = {"Result", NULL, 0, 1, NULL, &table, NULL};
    const report data = {.n_section = 1, .sections = &section};
    char *page = NULL;

    SQN_ASSERT_OK(report_text(&page, &data, &err), err);
    ck_assert_ptr_nonnull(
        strstr(page, "<th class=\"n\">count</th><th>stop</th><th class=\"n\">frv</th>"));
    ck_assert_ptr_nonnull(
        strstr(page, "<td class=\"n\">2</td><td>12 h</td><td class=\"n\"></td>"));
    free(page);
}
END_TEST

START_TEST(tables_of_any_width_are_written)
{
    const char *strings[200];
    const report_table table = {NULL, 100, 2, strings, strings};
    const report_section section = {"Wide", NULL, 0, 1, NULL, &table, NULL};
    const report data = {.n_section = 1, .sections = &section};
    char *page = NULL;

    for (int i = 0; i < 200; i++) {
        strings[i] = "3";
    }
    SQN_ASSERT_OK(report_text(&page, &data, &err), err);
    ck_assert_int_eq(count_of(page, '3') >= 300, 1);
    free(page);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    char *bytes = malloc(300000);
    const report_picture picture = {"disk.png", "the disk", bytes, 300000};
    const report data = {.title = "HD 1", .n_picture = 1, .pictures = &picture};
    char *page = NULL;
    long n = 0;

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 7, 300000);
    for (;; n++) {
        reallocs_before_failure = n;
        const sqn_status status = report_text(&page, &data, &err);

        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(err.id, SQN_E_MEM);
        ck_assert_ptr_null(page);
    }
    ck_assert_int_ge(n, 3);
    reallocs_before_failure = -1;
    free(page);
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("page");

    tcase_add_loop_test(tcase, no_string_adds_a_tag_or_leaves_its_attribute, 0, 8);
    tcase_add_test(tcase, an_ampersand_is_an_ampersand);
    tcase_add_test(tcase, control_bytes_and_wrong_utf8_are_shown_not_sent);
    tcase_add_test(tcase, the_page_holds_everything_it_was_told_and_loads_nothing);
    tcase_add_test(tcase, warnings_come_before_the_verdict_without_their_prefix);
    tcase_add_test(tcase, columns_of_numbers_are_set_to_the_right);
    tcase_add_test(tcase, tables_of_any_width_are_written);
    tcase_add_test(tcase, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
