/** @file check_keys.c @brief The table of keys is sound, and configs/full.yaml is the table. */
#include "keys.h"

#include <math.h>

#include "sqn_config.h"

static sqn_error err;
static config settings;

static void tear_down(void)
{
    config_clear(&settings);
}

START_TEST(every_key_is_complete)
{
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n; i++) {
        const keys_key *key = &table[i];
        const int block = keys_block(key->path);

        ck_assert_msg(keys_find(key->path) == i, "%s stands twice", key->path);
        ck_assert_msg(block < i, "%s stands before its block", key->path);
        ck_assert_msg((strchr(key->path, '.') == NULL) == (block < 0), "%s: no block",
                      key->path);
        ck_assert_msg(key->help != NULL && key->help[strlen(key->help) - 1] != '.',
                      "%s: help", key->path);
        ck_assert_msg(key->type == KEYS_BLOCK ||
                          (key->standard == NULL) != (key->example == NULL),
                      "%s: one of default and example", key->path);
        ck_assert_msg(key->low <= key->high, "%s: range", key->path);
        ck_assert_msg(key->type != KEYS_WORD || key->words != NULL, "%s: words", key->path);
        for (int j = 0; j < i && key->offset != 0; j++) {
            ck_assert_msg(table[j].offset != key->offset, "%s and %s fill one field",
                          key->path, table[j].path);
        }
    }
}
END_TEST

START_TEST(full_yaml_is_made_from_the_table)
{
    char *text = NULL;
    char *committed = sqn_text_load(SQN_SOURCE_DIR "/configs/full.yaml");

    SQN_ASSERT_OK(config_document(&text, &err), err);
    sqn_text_save("full.yaml", text, strlen(text));
    ck_assert_msg(strcmp(text, committed) == 0,
                  "configs/full.yaml is old: copy full.yaml from the scratch folder there");
    free(text);
    free(committed);
}
END_TEST

START_TEST(lines_of_full_yaml_fit_a_terminal)
{
    char *text = NULL;

    SQN_ASSERT_OK(config_document(&text, &err), err);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        ck_assert_msg(strcspn(line, "\n") <= 100, "%.60s ... is long", line);
    }
    free(text);
}
END_TEST

/* The numbers of the interface, written once more. */
START_TEST(full_yaml_says_the_defaults_of_the_interface)
{
    char *text = sqn_text_load(SQN_SOURCE_DIR "/configs/full.yaml");
    const config *c = &settings;

    SQN_ASSERT_OK(sqn_config_read(&settings, text, NULL, CONFIG_FOR_RUN, &err), err);
    free(text);
    ck_assert(c->title == NULL && c->output.directory == NULL);
    ck_assert_str_eq(c->output.prefix, "");
    ck_assert(!c->output.overwrite && c->output.plots && c->output.report);
    ck_assert(c->science.hdu == NULL && c->science.error_hdu == NULL);
    ck_assert_int_eq(c->science.extver.n + c->science.quality_bits.n +
                         c->science.valid_range.n + c->references.missing_values.n,
                     0);
    ck_assert(isnan(c->science.fwhm) && isnan(c->references.pixel_scale));
    ck_assert(!c->science.angles.given && !c->references_are_science);
    ck_assert_int_eq(c->science.angles.kind, CONFIG_NORTH_CCW);
    ck_assert(c->science.angles.offset == 0.0);
    ck_assert_int_eq(c->region.center.n, 0);
    ck_assert_int_eq(c->region.center_from, CONFIG_CENTER_STAR);
    ck_assert(c->region.inner_radius == 0.0 && c->region.outer_radius == 0.0);
    ck_assert_int_eq(c->noise.model, CONFIG_NOISE_AUTO);
    ck_assert(c->noise.gain == 1.0 && isnan(c->noise.read_noise));
    ck_assert_int_eq(c->noise.negatives, CONFIG_NEGATIVES_AUTO);
    ck_assert(!c->noise.rescale && c->noise.clip_sigma == 0.0 &&
              c->noise.clip_max_fraction == 0.05);
    ck_assert_int_eq(c->components.count, 0);
    ck_assert(isnan(c->components.holdout) && c->components.max_count == 0);
    ck_assert_int_eq(c->components.method, CONFIG_METHOD_ANLS);
    ck_assert_int_eq(c->components.construction, CONFIG_SEQUENTIAL);
    ck_assert_int_eq(c->components.start, CONFIG_START_RESIDUAL);
    ck_assert_int_eq(c->components.seed, 1);
    ck_assert(c->components.tolerance == 1.0e-5);
    ck_assert_int_eq(c->components.max_iterations, 1000);
    ck_assert_int_eq(c->components.background, CONFIG_BACKGROUND_NONE);
    ck_assert(!c->components.write_stages && c->components.load == NULL);
    ck_assert(c->model.counts.n == 0 && !c->model.truncate);
    ck_assert_int_eq(c->model.scaling, CONFIG_SCALING_AUTO);
    ck_assert_int_eq(c->model.exclude_frame, CONFIG_FRAME_AUTO);
    ck_assert(!c->model.exclude_ellipse.given);
    ck_assert_int_eq(c->combine.derotate, CONFIG_UNSET);
    ck_assert_int_eq(c->combine.method, CONFIG_MEAN);
    ck_assert_int_eq(c->combine.by, CONFIG_BY_ALL);
    ck_assert(!c->combine.frames);
}
END_TEST

START_TEST(full_yaml_says_the_defaults_of_the_simulator)
{
    char *text = sqn_text_load(SQN_SOURCE_DIR "/configs/full.yaml");
    const config_simulate *s = &settings.simulate;

    SQN_ASSERT_OK(sqn_config_read(&settings, text, NULL, CONFIG_FOR_SIMULATE, &err), err);
    free(text);
    ck_assert(s->given && s->directory == NULL);
    ck_assert_int_eq(s->size, 96);
    ck_assert_int_eq(s->n_references, 20);
    ck_assert_int_eq(s->n_science, 10);
    ck_assert_int_eq(s->seed, 1);
    ck_assert(s->fwhm == 4.0 && s->pixel_scale == 0.02 && s->obstruction == 0.14);
    ck_assert(s->spiders == 4 && s->spider_width == 0.01);
    ck_assert(s->static_rms == 0.3 && s->drift_rms == 0.1 && s->drift_correlation == 0.9);
    ck_assert(s->power_law == -2.5 && s->mask_radius == 2.5 && s->lyot_stop == 0.9);
    ck_assert_int_eq(s->coronagraph, CONFIG_CORONAGRAPH_LYOT);
    ck_assert(s->charge == 2 && s->jitter == 0.05 && s->star_flux == 1e9);
    ck_assert(s->reference_flux == 1.0);
    ck_assert(s->exposure == 10.0 && s->background == 10.0 && s->gain == 1.0);
    ck_assert(s->read_noise == 5.0 && s->cosmic_rays == 3.0 && s->bad_pixels == 0.001);
    ck_assert(s->rotation.n == 2 && s->rotation.item[1] == 60.0);
    ck_assert(s->sky.n == 2 && s->sky.item[0] == 85.0 && s->sky.item[1] == -51.0);
    ck_assert(s->ring_contrast == 0.0 && s->sources.n == 0);
    ck_assert_int_eq(s->compress, CONFIG_COMPRESS_NONE);
}
END_TEST

/* "  # key: value": take the "# " out. */
static void uncomment(char *line)
{
    const size_t indent = strspn(line, " ");
    const size_t word = strspn(line + indent, "# ") == 2
                            ? strspn(line + indent + 2, "abcdefghijklmnopqrstuvwxyz_")
                            : 0;

    if (word > 0 && line[indent + 2 + word] == ':' && indent < 8) {
        memmove(line + indent, line + indent + 2, strlen(line + indent + 2) + 1);
    }
}

START_TEST(the_examples_of_full_yaml_are_accepted_where_they_do_not_exclude_each_other)
{
    char *text = sqn_text_load(SQN_SOURCE_DIR "/configs/full.yaml");

    for (char *line = strstr(text, "\n\n") + 2; *line != '\0';) {
        uncomment(line);
        line += strcspn(line, "\n");
        line += *line == '\n' ? 1 : 0;
    }
    ck_assert_ptr_nonnull(strstr(text, "\n  exclude_ellipse:"));
    ck_assert_ptr_nonnull(strstr(text, "\n    keyword_end: \"ESO"));
    SQN_ASSERT_FAILS(sqn_config_read(&settings, text, NULL, CONFIG_FOR_RUN, &err), err,
                     SQN_E_CFG_SCHEMA);
    free(text);
    for (int64_t i = 0; i < sqn_config_found.n; i++) {
        ck_assert_msg(strstr(sqn_config_found.line[i], "exclude each other") != NULL ||
                          strstr(sqn_config_found.line[i], "does not read") != NULL,
                      "%s", sqn_config_found.line[i]);
    }
    ck_assert_int_eq(sqn_config_found.n, 9);
}
END_TEST

START_TEST(near_misses_find_the_key_that_was_meant)
{
    static const char *const meant[][2] = {
        {"science.fils", "science.files"},
        {"modle", "model"},
        {"combine.metod", "combine.method"},
        {"components.max_iter", NULL},
        {"region.centre", "region.center"},
        {"references.error_fiels", "references.error_files"},
        {"simulate.ring.radios", "simulate.ring.radius"},
        {"fwhm", "science.fwhm"},
        {"noise.clip_simga", "noise.clip_sigma"},
        {"referances", "references"},
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", NULL},
    };

    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        const keys_key *near = keys_nearest(meant[i][0]);

        if (meant[i][1] == NULL) {
            ck_assert_msg(near == NULL, "%s: %s", meant[i][0], near->path);
        } else {
            ck_assert_ptr_nonnull(near);
            ck_assert_str_eq(near->path, meant[i][1]);
        }
    }
}
END_TEST

START_TEST(words_have_the_values_of_their_order)
{
    const keys_key *scaling = &keys_table(&(int){0})[keys_find("model.scaling")];
    const keys_key *noise = &keys_table(&(int){0})[keys_find("noise.model")];
    char word[32];

    ck_assert_int_eq(keys_word_value(scaling, "auto"), CONFIG_SCALING_AUTO);
    ck_assert_int_eq(keys_word_value(scaling, "bff"), CONFIG_SCALING_BFF);
    ck_assert_int_eq(keys_word_value(scaling, "bff-published"),
                     CONFIG_SCALING_BFF_PUBLISHED);
    ck_assert_int_eq(keys_word_value(scaling, "imputation"), CONFIG_SCALING_IMPUTATION);
    ck_assert_int_eq(keys_word_value(scaling, "bf"), -1);
    ck_assert_int_eq(keys_word_value(scaling, ""), -1);
    ck_assert_int_eq(keys_word_value(noise, "errors"), CONFIG_NOISE_ERRORS);
    ck_assert_int_eq(keys_word_value(noise, "uniform"), CONFIG_NOISE_UNIFORM);
    keys_word_print(word, sizeof word, noise, CONFIG_NOISE_POISSON);
    ck_assert_str_eq(word, "poisson");
    ck_assert(keys_nearest_word(word, sizeof word, scaling, "imputaton"));
    ck_assert_str_eq(word, "imputation");
    ck_assert(!keys_nearest_word(word, sizeof word, scaling, "something"));
}
END_TEST

START_TEST(ranges_read_as_people_say_them)
{
    char range[KEYS_RANGE_MAX];
    const keys_key key = {.low = 0.0, .high = 0.5};
    const keys_key above = {.low = 0.0, .high = INFINITY, .above = true};
    const keys_key least = {.low = 1.0, .high = INFINITY};
    const keys_key free_key = {0};

    keys_range_print(range, &key);
    ck_assert_str_eq(range, "0 .. 0.5");
    keys_range_print(range, &above);
    ck_assert_str_eq(range, "> 0");
    keys_range_print(range, &least);
    ck_assert_str_eq(range, "at least 1");
    keys_range_print(range, &free_key);
    ck_assert_str_eq(range, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("table");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, every_key_is_complete);
    tcase_add_test(tcase, full_yaml_is_made_from_the_table);
    tcase_add_test(tcase, lines_of_full_yaml_fit_a_terminal);
    tcase_add_test(tcase, full_yaml_says_the_defaults_of_the_interface);
    tcase_add_test(tcase, full_yaml_says_the_defaults_of_the_simulator);
    tcase_add_test(
        tcase, the_examples_of_full_yaml_are_accepted_where_they_do_not_exclude_each_other);
    tcase_add_test(tcase, near_misses_find_the_key_that_was_meant);
    tcase_add_test(tcase, words_have_the_values_of_their_order);
    tcase_add_test(tcase, ranges_read_as_people_say_them);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
