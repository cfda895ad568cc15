/** @file check_defaults.c @brief The configuration and the library agree on what is usual. */
#include "sequin/nmf.h"
#include "sqn_config.h"

START_TEST(defaults_of_the_table_are_those_of_the_solver)
{
    const sqn_nmf_options options = sqn_nmf_options_default();
    const config_components *components = NULL;
    config settings;
    sqn_error err;

    SQN_ASSERT_OK(sqn_config_read(&settings, SQN_CONFIG_SMALL, NULL, CONFIG_FOR_RUN, &err),
                  err);
    components = &settings.components;
    ck_assert_str_eq(options.method,
                     components->method == CONFIG_METHOD_ANLS ? "anls" : "mu");
    ck_assert_int_eq(options.construction == SQN_NMF_JOINT,
                     components->construction == CONFIG_JOINT);
    ck_assert_int_eq(options.start == SQN_NMF_START_RANDOM,
                     components->start == CONFIG_START_RANDOM);
    ck_assert_uint_eq(options.seed, (uint64_t)components->seed);
    ck_assert(options.tolerance == components->tolerance);
    ck_assert_int_eq(options.max_iterations, components->max_iterations);
    ck_assert_int_eq(options.background, components->background == CONFIG_BACKGROUND_FLAT);
    config_clear(&settings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("defaults");
    TCase *tcase = tcase_create("components");

    tcase_add_test(tcase, defaults_of_the_table_are_those_of_the_solver);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
