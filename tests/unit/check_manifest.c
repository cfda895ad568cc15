/** @file check_manifest.c @brief The manifest is JSON whatever it is told. */
#include "manifest.h"

#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "sqn_check.h"

extern char **environ;

static sqn_error err;

START_TEST(an_empty_manifest_has_every_key)
{
    const manifest data = {.version = "0.1.0"};
    char *text = NULL;

    SQN_ASSERT_OK(manifest_text(&text, &data, &err), err);
    ck_assert_str_eq(text,
                     "{\n  \"format\": \"sequin-manifest 1\",\n  \"version\": \"0.1.0\",\n"
                     "  \"task\": \"\",\n  \"title\": \"\",\n"
                     "  \"products\": [\n  ],\n  \"warnings\": [\n  ],\n"
                     "  \"summary\": {\n  }\n}\n");
    free(text);
}
END_TEST

START_TEST(numbers_come_back_bit_for_bit_and_missing_ones_are_null)
{
    const double chi2[3] = {2.385e17 / 3.0, NAN, 0.1};
    const manifest_number numbers[5] = {{"count", 10.0},
                                        {"snr", 2.0 / 3.0},
                                        {"bad", -INFINITY},
                                        {"tiny", 4.9406564584124654e-324},
                                        {"negative", -7.0}};
    const manifest_series series = {"chi2", 3, chi2};
    const manifest data = {
        .n_number = 5, .numbers = numbers, .n_series = 1, .series = &series};
    char *text = NULL;

    SQN_ASSERT_OK(manifest_text(&text, &data, &err), err);
    ck_assert_ptr_nonnull(strstr(text, "\"count\": 10,\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"bad\": null,\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"negative\": -7,\n"));
    ck_assert(strtod(strstr(text, "\"snr\": ") + 7, NULL) == 2.0 / 3.0);
    ck_assert(strtod(strstr(text, "\"tiny\": ") + 8, NULL) > 0.0);

    const char *list = strstr(text, "\"chi2\": [") + 9;
    char *end = NULL;

    ck_assert(strtod(list, &end) == chi2[0]);
    ck_assert_int_eq(strncmp(end, ", null, ", 8), 0);
    ck_assert(strtod(end + 8, NULL) == 0.1);
    free(text);
}
END_TEST

START_TEST(foreign_strings_stay_strings)
{
    const manifest_warning warnings[2] = {
        {"a \"quoted\"\n\x1b[31m \\ line", 3},
        {"bytes \xff\xc3( and \xc3\xa9 \xf0\x9f\x94\xad", 1}};
    const manifest data = {.n_warning = 2, .warnings = warnings};
    char *text = NULL;

    SQN_ASSERT_OK(manifest_text(&text, &data, &err), err);
    ck_assert_ptr_nonnull(strstr(
        text,
        "{\"message\": \"a \\\"quoted\\\"\\u000a\\u001b[31m \\\\ line\", \"count\": 3}"));
    ck_assert_ptr_nonnull(
        strstr(text, "\"bytes \\ufffd\\ufffd( and \xc3\xa9 \xf0\x9f\x94\xad\""));
    free(text);
}
END_TEST

/* Let another program read it; says so when there is none. */
static void read_by_python(const char *program)
{
    char *const arguments[] = {(char[]){"python3"}, (char[]){"-c"}, strdup(program), NULL};
    pid_t pid = 0;
    int status = 0;

    if (posix_spawnp(&pid, "python3", NULL, NULL, arguments, environ) != 0) {
        (void)puts("skipped: python3 is not installed");
    } else {
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
    }
    free(arguments[2]);
}

START_TEST(python_reads_what_was_meant)
{
    const manifest_product products[2] = {{"disk.fits", 34560, "ba78"},
                                          {"run.log", 12, NULL}};
    const manifest_warning warnings[1] = {{"W_X: \"'\\/\x01\xff end", 2}};
    const manifest_number numbers[2] = {{"snr \"max\"", 12.3456789012345678}, {"nan", NAN}};
    const manifest data = {"0.1.0", "imaging", "HD 1 \"\t", 2,       1,   2,
                           0,       products,  warnings,    numbers, NULL};
    char *text = NULL;
    FILE *file = fopen("manifest.json", "w");

    ck_assert_ptr_nonnull(file);
    SQN_ASSERT_OK(manifest_text(&text, &data, &err), err);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    free(text);
    read_by_python(
        "import json\n"
        "d = json.load(open('manifest.json', encoding='utf-8'))\n"
        "assert d['title'] == 'HD 1 \"\\t'\n"
        "assert d['products'][0] == {'name': 'disk.fits', 'size': 34560,\n"
        "                            'sha256': 'ba78'}\n"
        "assert d['products'][1]['sha256'] is None\n"
        "assert d['warnings'] == [{'message': 'W_X: \"\\'\\\\/\\x01\\ufffd end',\n"
        "                          'count': 2}]\n"
        "assert d['summary'] == {'snr \"max\"': 12.3456789012345678, 'nan': None}\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, an_empty_manifest_has_every_key);
    tcase_add_test(tcase, numbers_come_back_bit_for_bit_and_missing_ones_are_null);
    tcase_add_test(tcase, foreign_strings_stay_strings);
    tcase_add_test(tcase, python_reads_what_was_meant);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
