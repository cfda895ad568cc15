/** @file check_options.c @brief The command line. */
#include "options.h"

#include "sqn_check.h"

static sqn_error err;
static options given;

enum { N_ARG = 12 };

/* Parse "sequin run ..." with the words up to NULL. */
static sqn_status parse(const char *const words[N_ARG])
{
    const char *argv[N_ARG + 2] = {"sequin", "run"};
    int argc = 2;

    while (argc < N_ARG + 2 && words[argc - 2] != NULL) {
        argv[argc] = words[argc - 2];
        argc++;
    }
    return options_parse(&given, argc, argv, &err);
}

START_TEST(every_option_arrives)
{
    SQN_ASSERT_OK(parse((const char *[N_ARG]){
                      "a.yaml", "--set", "seed=2", "--set=model.counts=[1]", "--output",
                      "out", "--overwrite", "--threads=3", "--strict", "-v", NULL}),
                  err);
    ck_assert_str_eq(given.config, "a.yaml");
    ck_assert_int_eq(given.n_set, 2);
    ck_assert_str_eq(given.sets[1], "model.counts=[1]");
    ck_assert_str_eq(given.output, "out");
    ck_assert(given.overwrite && given.strict && given.threads == 3);
    ck_assert_int_eq(given.level, MESSAGES_VERBOSE);
}
END_TEST

START_TEST(mistakes_are_named)
{
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){NULL}), err, SQN_E_USAGE);
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "b", NULL}), err, SQN_E_USAGE);
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--frobnicate", NULL}), err,
                     SQN_E_USAGE);
    ck_assert_str_eq(err.message, "unknown option '--frobnicate'");
    ck_assert_str_eq(err.fix, "");
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--ouptut=x", NULL}), err,
                     SQN_E_USAGE);
    ck_assert_str_eq(err.fix, "write --output, if you mean that option");
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--overwite", NULL}), err,
                     SQN_E_USAGE);
    ck_assert_str_eq(err.fix, "write --overwrite, if you mean that option");
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "-x", NULL}), err, SQN_E_USAGE);
    ck_assert_str_eq(err.fix, "");
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--output", NULL}), err, SQN_E_USAGE);
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--set", "task", "imaging", NULL}),
                     err, SQN_E_USAGE);
    ck_assert_str_eq(err.message, "--set 'task': KEY=VALUE is expected");
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "-q", "-v", NULL}), err, SQN_E_USAGE);
    ck_assert_str_eq(err.message, "-q and -v exclude each other");
    SQN_ASSERT_OK(parse((const char *[N_ARG]){"a", "-q", "-q", NULL}), err);
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--threads", "2x", NULL}), err,
                     SQN_E_USAGE);
    SQN_ASSERT_FAILS(parse((const char *[N_ARG]){"a", "--threads", "0", NULL}), err,
                     SQN_E_USAGE);
}
END_TEST

START_TEST(help_needs_no_configuration)
{
    SQN_ASSERT_OK(parse((const char *[N_ARG]){"--help", NULL}), err);
    ck_assert(given.help);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("parse");

    tcase_add_test(tcase, every_option_arrives);
    tcase_add_test(tcase, mistakes_are_named);
    tcase_add_test(tcase, help_needs_no_configuration);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
