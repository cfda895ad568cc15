/** @file check_config_hostile.c @brief Whatever a configuration holds, it does no harm. */
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqn_config.h"
#include "sqn_wrap.h"

static sqn_error err;
static config settings;

static void tear_down(void)
{
    config_clear(&settings);
}

START_TEST(files_that_are_no_configuration_are_refused)
{
    static const struct {
        const char *text;
        sqn_id id;
        const char *part;
    } cases[] = {
        {"", SQN_E_CFG_SCHEMA,
         "the file is empty (required: task, and the files of the task)"},
        {"# only a comment\n", SQN_E_CFG_SCHEMA, "the file is empty"},
        {"---\n...\n", SQN_E_CFG_SCHEMA, "the file is empty"},
        {"42\n", SQN_E_CFG_SCHEMA, "c.yaml:1:1: the file is a single value"},
        {"- a\n- b\n", SQN_E_CFG_SCHEMA, "c.yaml:1:1: the file is a list"},
        {"a: [1\n", SQN_E_CFG_SYNTAX, "c.yaml:2:1: "},
        {"task: imaging\n---\ntask: imaging\n", SQN_E_CFG_SCHEMA, "c.yaml:2:1: a second"},
        {"{}\n", SQN_E_CFG_SCHEMA, "(science): a required key is missing"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SQN_ASSERT_FAILS(
            sqn_config_read(&settings, cases[i].text, NULL, CONFIG_FOR_RUN, &err), err,
            cases[i].id);
        sqn_config_expect(cases[i].part);
    }
    (void)mkdir("folder", 0777);
    (void)mkfifo("fifo", 0666);
    SQN_ASSERT_FAILS(
        config_read(&settings, "none.yaml", NULL, 0, CONFIG_FOR_RUN, NULL, &err), err,
        SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "none.yaml");
    SQN_ASSERT_FAILS(
        config_read(&settings, "c.yaml/x", NULL, 0, CONFIG_FOR_RUN, NULL, &err), err,
        SQN_E_IN_MISSING);
    SQN_ASSERT_FAILS(config_read(&settings, "folder", NULL, 0, CONFIG_FOR_RUN, NULL, &err),
                     err, SQN_E_IN_NOTFILE);
    SQN_ASSERT_FAILS(config_read(&settings, "fifo", NULL, 0, CONFIG_FOR_RUN, NULL, &err),
                     err, SQN_E_IN_NOTFILE);
    sqn_text_save("closed.yaml", "a", 1);
    (void)chmod("closed.yaml", 0);
    if (geteuid() == 0) {
        (void)printf("skipped: root may read every file\n");
    } else {
        SQN_ASSERT_FAILS(
            config_read(&settings, "closed.yaml", NULL, 0, CONFIG_FOR_RUN, NULL, &err), err,
            SQN_E_IN_PERM);
    }
}
END_TEST

START_TEST(bombs_are_refused_at_once)
{
    static const char laughs[] = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
                                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                                 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
    char *big = malloc(8000001);

    ck_assert_ptr_nonnull(big);
    SQN_ASSERT_FAILS(sqn_config_read(&settings, laughs, NULL, CONFIG_FOR_RUN, &err), err,
                     SQN_E_CFG_SYNTAX);
    memset(big, '[', 8000000);
    big[8000000] = '\0';
    SQN_ASSERT_FAILS(sqn_config_read(&settings, big, NULL, CONFIG_FOR_RUN, &err), err,
                     SQN_E_CFG_LIMIT);
    big[200000] = '\0';
    SQN_ASSERT_FAILS(sqn_config_read(&settings, big, NULL, CONFIG_FOR_RUN, &err), err,
                     SQN_E_CFG_LIMIT);
    free(big);
}
END_TEST

START_TEST(messages_stay_short_clean_and_few)
{
    char *text = malloc(100000);
    size_t used = (size_t)snprintf(text, 100000, "title: \"\\e[31m\"\n");

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, 100000 - used,
                                 "\xc3\xa9key%0200d\xc3\xa9: \"\\x1b[31m\"\n", i);
    }
    ck_assert_int_ne(sqn_config_read(&settings, text, NULL, CONFIG_FOR_RUN, &err), SQN_OK);
    sqn_config_expect("more problems. Fix: mend the first ones");
    ck_assert_int_eq(sqn_config_found.n, 51);
    for (int64_t i = 0; i < sqn_config_found.n; i++) {
        const char *line = sqn_config_found.line[i];

        ck_assert_uint_lt(strlen(line), 400);
        for (const char *c = line; *c != '\0'; c++) {
            ck_assert(*c == '\0' || (unsigned char)*c >= 0x20);
        }
    }
    sqn_config_expect("(title): \"\\x1b[31m\" in quotes is not a text of one line");
    free(text);
}
END_TEST

/* Whatever the bytes, the answer is a configuration or a problem. */
START_TEST(damaged_files_never_crash)
{
    static const char changes[] = {'\0', '\n',   ' ', '[', '}', ':',
                                   '"',  '\xff', '0', '-', '*'};
    char *text = sqn_text_load(SQN_SOURCE_DIR "/configs/full.yaml");
    const size_t size = strlen(text);
    int n_read = 0;

    for (size_t at = 0; at < size; at += 11, n_read++) {
        const char old = text[at];
        const config_use use = at % 2 == 0 ? CONFIG_FOR_RUN : CONFIG_FOR_SIMULATE;

        text[at] = changes[at % sizeof changes];
        sqn_text_save("c.yaml", text, at % 3 == 0 ? at : size);
        const sqn_status status =
            config_read(&settings, "c.yaml", NULL, 0, use, NULL, &err);

        text[at] = old;
        ck_assert(status == SQN_OK || err.message[0] != '\0');
        config_clear(&settings);
    }
    free(text);
    ck_assert_int_gt(n_read, 1000);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_leaks_nothing)
{
    static const char *const sets[] = {"model.counts=[1, 2]",
                                       "model.exclude_circles=[[1, 2, 3]]",
                                       "science.angles.values=[1.5, 2.5]", NULL};
    sqn_status status = SQN_ERR_MEMORY;
    int64_t n = 0;

    for (; status != SQN_OK; n++) {
        sqn_allocations_before_failure = n;
        status = sqn_config_read(&settings, SQN_CONFIG_SMALL, sets, CONFIG_FOR_RUN, &err);
        ck_assert_msg(status == SQN_OK || err.id == SQN_E_MEM, "%" PRId64 ": %s", n,
                      err.message);
        ck_assert(status == SQN_OK || settings.path == NULL);
    }
    ck_assert_int_gt(n, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_hostile");
    TCase *tcase = tcase_create("read");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, files_that_are_no_configuration_are_refused);
    tcase_add_test(tcase, bombs_are_refused_at_once);
    tcase_add_test(tcase, messages_stay_short_clean_and_few);
    tcase_add_test(tcase, damaged_files_never_crash);
    tcase_add_test(tcase, every_failed_allocation_is_reported_and_leaks_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
