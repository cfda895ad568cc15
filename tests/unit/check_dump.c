/** @file check_dump.c @brief Resolved configurations read back the same, and hide no folder. */
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "sqn_config.h"

static sqn_error err;
static config settings;

static void tear_down(void)
{
    config_clear(&settings);
}

static char *dump(const char *text, config_use use, bool absolute)
{
    char *out = NULL;

    config_clear(&settings);
    (void)mkdir("lists", 0777);
    sqn_text_save("lists/l.txt", "lists/l.txt\n", 12);
    SQN_ASSERT_OK(sqn_config_read(&settings, text, NULL, use, &err), err);
    SQN_ASSERT_OK(config_unlist(&settings, &err), err);
    SQN_ASSERT_OK(config_dump(&out, &settings, absolute, &err), err);
    return out;
}

static const char everything[] =
    "task: imaging\n"
    "title: \"A star: \\\"beta\\\" \\\\ Pic, #1 \xc3\xa9\"\n"
    "output: {directory: out/x, prefix: run-1_, overwrite: true, plots: false}\n"
    "science:\n"
    "  files: [\"a*.fits\", /abs/b.fits, \"@lists/l.txt\", \"yes\", \"- x.fits\"]\n"
    "  hdu: 1\n"
    "  extver: [1, 3]\n"
    "  exclude_frames: [4, 17, 18, 19, 20, 21, 22, 23, 24, 25]\n"
    "  error_hdu: none\n"
    "  quality_bits: [0, 31]\n"
    "  mask_files: [m/use.fits]\n"
    "  valid_range: [-1.0e30, 2.5]\n"
    "  missing_values: [0.1, -999]\n"
    "  divide_by: \"HIERARCH ESO DET DIT\"\n"
    "  fwhm: 4.123456789012345\n"
    "  angles: {keyword: \"ESO TEL PARANG START\", keyword_end: PARANG2, kind: north_cw, "
    "offset: -104.84}\n"
    "references: science\n"
    "region: {center: [51.25, 50], center_from: crpix, inner_radius: 3, outer_radius: "
    "44.5}\n"
    "noise: {model: poisson, gain: 2.5, read_noise: 10, negatives: missing}\n"
    "components: {count: 7, method: mu, start: random, seed: 9223372036854775807, "
    "tolerance: 0, write_stages: true, load: old/components.fits}\n"
    "model:\n"
    "  counts: [1, 7]\n"
    "  truncate: true\n"
    "  scaling: bff-published\n"
    "  exclude_frame: detector\n"
    "  exclude_annulus: [0, 40]\n"
    "  exclude_ellipse: {semi_major: [20, 45], axis_ratio: 0.30, position_angle: 107.0}\n"
    "  exclude_circles: [[60.5, 36.0, 6.0], [1, 2, 3]]\n"
    "  exclude_mask: disk.fits\n"
    "combine: {derotate: false, method: weighted, by: file, frames: true}\n"
    "simulate: {size: 40, coronagraph: vortex, charge: 4, ring: {contrast: 0.001, g: "
    "-0.5},\n"
    "  sources: [[30, 212, 1.0e-5]], compress: gzip, directory: sim}\n";

START_TEST(the_absolute_form_reads_back_the_same)
{
    char *once = dump(everything, CONFIG_FOR_RUN, true);
    char *twice = dump(once, CONFIG_FOR_RUN, true);

    ck_assert_str_eq(once, twice);
    ck_assert_str_eq(settings.title, "A star: \"beta\" \\ Pic, #1 \xc3\xa9");
    ck_assert_int_eq(settings.science.files.n, 5);
    ck_assert_str_eq(settings.science.files.item[1], "/abs/b.fits");
    ck_assert(settings.science.fwhm == 4.123456789012345);
    ck_assert_int_eq(settings.components.seed, INT64_MAX);
    ck_assert(settings.references_are_science);
    ck_assert_int_eq(settings.science.exclude_frames.n, 10);
    ck_assert_int_eq(settings.model.exclude_circles.n, 6);
    ck_assert(settings.model.exclude_ellipse.axis_ratio == 0.30);
    ck_assert_int_eq(settings.combine.derotate, CONFIG_FALSE);
    ck_assert_int_eq(settings.simulate.charge, 4);
    ck_assert_str_eq(settings.output.directory, "out/x");
    free(once);
    free(twice);
}
END_TEST

/* A key that the dump forgets would come back as its default. */
START_TEST(the_absolute_form_holds_every_key_that_was_written)
{
    char *once = dump(everything, CONFIG_FOR_RUN, true);
    static const char *const lines[] = {"\n  extver: [1, 3]\n",
                                        "\n  hdu: \"1\"\n",
                                        "\n  error_hdu: none\n",
                                        "\n    keyword_end: PARANG2\n",
                                        "\n    kind: north_cw\n",
                                        "\n    offset: -104.84\n",
                                        "\n  center_from: crpix\n",
                                        "\n  model: poisson\n",
                                        "\n  negatives: missing\n",
                                        "\n  tolerance: 0\n",
                                        "\n  exclude_annulus: [0, 40]\n",
                                        "\n    - 25\n",
                                        "\n  exclude_circles: [[60.5, 36, 6], [1, 2, 3]]\n",
                                        "\n  valid_range: [-1e+30, 2.5]\n",
                                        "\n  compress: gzip\n"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(strstr(once, lines[i]) != NULL, "no%sin\n%s", lines[i], once);
    }
    free(once);
}
END_TEST

START_TEST(input_paths_become_absolute_and_patterns_stay)
{
    char here[1024];
    char expected[1200];
    char *text = dump(everything, CONFIG_FOR_RUN, true);

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    static const char *const names[] = {"/a*.fits\"",           "/yes",
                                        "/- x.fits\"",          "/m/use.fits",
                                        "/old/components.fits", "/disk.fits"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(expected, sizeof expected, "%s%s\n", here, names[i]);
        ck_assert_msg(strstr(text, expected) != NULL, "no %s in\n%s", expected, text);
    }
    (void)snprintf(expected, sizeof expected, "    - %s/lists/l.txt\n", here);
    ck_assert_ptr_nonnull(strstr(text, expected));
    ck_assert_ptr_nonnull(strstr(text, "    - /abs/b.fits\n"));
    ck_assert_ptr_nonnull(strstr(text, "  directory: out/x\n"));
    free(text);
}
END_TEST

START_TEST(a_path_climbs_as_the_system_does_and_links_stay_links)
{
    char here[1024], expected[1200], out[4096], folder[1100];

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    (void)snprintf(folder, sizeof folder, "%s/", here);
    (void)mkdir("real", 0777);
    (void)mkdir("real/deep", 0777);
    (void)unlink("link");
    ck_assert_int_eq(symlink("real/deep", "link"), 0);
    static const char *const names[][2] = {
        {"real/../x.fits", "/x.fits"},
        {"link/../x.fits", "/real/x.fits"}, /* not /x.fits */
        {"link/x.fits", "/link/x.fits"},
        {"./real//./x.fits", "/real/x.fits"},
        {"real/deep/../../r*/..fits", "/r*/..fits"},
        {"nowhere/../x.fits", "/nowhere/../x.fits"}, /* only the system knows */
        {"real/deep/..", "/real"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(expected, sizeof expected, "%s%s", here, names[i][1]);
        paths_absolute(out, sizeof out, folder, names[i][0]);
        ck_assert_str_eq(out, expected);
    }
    paths_absolute(out, sizeof out, folder, "/../../x");
    ck_assert_str_eq(out, "/x");
}
END_TEST

START_TEST(lists_are_replaced_by_their_names)
{
    static const char with_lists[] = "task: imaging\n"
                                     "science: {files: [\"@l.txt\", a.fits]}\n"
                                     "references: {files: [\"@odd.fits\"]}\n";

    sqn_text_save("b.fits", "x", 1);
    sqn_text_save("@odd.fits", "x", 1); /* a file of that name, no list */
    sqn_text_save("l.txt", "b.fits\n\nb.fits\n", 15);
    SQN_ASSERT_OK(sqn_config_read(&settings, with_lists, NULL, CONFIG_FOR_RUN, &err), err);
    SQN_ASSERT_OK(config_unlist(&settings, &err), err);
    ck_assert_int_eq(settings.science.files.n, 3);
    ck_assert_str_eq(settings.science.files.item[1], "b.fits");
    ck_assert_str_eq(settings.science.files.item[2], "a.fits");
    ck_assert_str_eq(settings.references.files.item[0], "@odd.fits");
    config_clear(&settings);

    sqn_text_save("l.txt", "absent.fits\n", 12);
    SQN_ASSERT_OK(sqn_config_read(&settings, with_lists, NULL, CONFIG_FOR_RUN, &err), err);
    SQN_ASSERT_FAILS(config_unlist(&settings, &err), err, SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "absent.fits");
}
END_TEST

START_TEST(paths_are_relative_to_the_folder_of_the_configuration)
{
    char here[1024], expected[1200];
    char *text = NULL;

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    (void)mkdir("folder", 0777);
    sqn_text_save("folder/x.y.yaml", SQN_CONFIG_SMALL, strlen(SQN_CONFIG_SMALL));
    SQN_ASSERT_OK(
        config_read(&settings, "folder/x.y.yaml", NULL, 0, CONFIG_FOR_RUN, NULL, &err),
        err);
    ck_assert_str_eq(settings.folder, "folder");
    ck_assert_str_eq(settings.name, "x.y");
    SQN_ASSERT_OK(config_dump(&text, &settings, true, &err), err);
    (void)snprintf(expected, sizeof expected, "    - %s/folder/s.fits\n", here);
    ck_assert_ptr_nonnull(strstr(text, expected));
    free(text);
    config_clear(&settings);
    (void)snprintf(expected, sizeof expected, "%s/folder/x.y.yaml", here);
    SQN_ASSERT_OK(config_read(&settings, expected, NULL, 0, CONFIG_FOR_RUN, NULL, &err),
                  err);
    SQN_ASSERT_OK(config_dump(&text, &settings, true, &err), err);
    (void)snprintf(expected, sizeof expected, "    - %s/folder/s.fits\n", here);
    ck_assert_ptr_nonnull(strstr(text, expected));
    free(text);
}
END_TEST

START_TEST(the_form_for_headers_is_the_same_wherever_a_run_reads_and_writes)
{
    char *text = dump(everything, CONFIG_FOR_RUN, false);

    ck_assert_ptr_null(strstr(text, "output"));
    ck_assert_ptr_null(strstr(text, "simulate"));
    ck_assert_ptr_null(strstr(text, "/"));
    ck_assert_ptr_nonnull(strstr(text, "    - b.fits\n    - l.txt\n"));
    ck_assert_ptr_nonnull(strstr(text, "  load: components.fits\n"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        ck_assert_uint_lt(strcspn(line, "\n"), 200); /* lists do not make endless cards */
    }
    free(text);
}
END_TEST

START_TEST(the_configuration_of_a_simulation_is_its_block)
{
    char *header = dump(everything, CONFIG_FOR_SIMULATE, false);

    ck_assert_int_eq(strncmp(header, "simulate:\n  size: 40\n", 21), 0);
    ck_assert_ptr_null(strstr(header, "directory"));
    ck_assert_ptr_nonnull(
        strstr(header, "\n  ring:\n    contrast: 0.001\n    radius: 26\n"));
    ck_assert_ptr_nonnull(strstr(header, "\n  sources: [[30, 212, 1e-05]]\n"));
    char *once = dump(header, CONFIG_FOR_SIMULATE, false);

    ck_assert_str_eq(header, once);
    free(header);
    free(once);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dump");
    TCase *tcase = tcase_create("text");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, the_absolute_form_reads_back_the_same);
    tcase_add_test(tcase, the_absolute_form_holds_every_key_that_was_written);
    tcase_add_test(tcase, input_paths_become_absolute_and_patterns_stay);
    tcase_add_test(tcase, a_path_climbs_as_the_system_does_and_links_stay_links);
    tcase_add_test(tcase, lists_are_replaced_by_their_names);
    tcase_add_test(tcase, paths_are_relative_to_the_folder_of_the_configuration);
    tcase_add_test(tcase, the_form_for_headers_is_the_same_wherever_a_run_reads_and_writes);
    tcase_add_test(tcase, the_configuration_of_a_simulation_is_its_block);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
