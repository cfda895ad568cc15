/** @file check_config.c @brief Configurations: what is read, and every way to be wrong. */
#include <math.h>

#include "keys.h"
#include "sqn_config.h"

static sqn_error err;
static config settings;

static void tear_down(void)
{
    config_clear(&settings);
}

static void read_run(const char *text)
{
    SQN_ASSERT_OK(sqn_config_read(&settings, text, NULL, CONFIG_FOR_RUN, &err), err);
    ck_assert_int_eq(sqn_config_found.n, 0);
}

/* Refused; one of the lines of problems holds `part`. */
static void refuse(const char *text, const char *const *sets, const char *part)
{
    config_clear(&settings);
    ck_assert_int_ne(sqn_config_read(&settings, text, sets, CONFIG_FOR_RUN, &err), SQN_OK);
    ck_assert_int_gt(sqn_config_found.n, 0);
    ck_assert_ptr_null(settings.path); /* nothing half filled */
    sqn_config_expect(part);
}

START_TEST(a_configuration_fills_the_fields_it_names)
{
    read_run("task: imaging\n"
             "title: beta Pic\n"
             "science:\n"
             "  files: [\"b*.fits\", a.fits]\n"
             "  hdu: 2\n"
             "  valid_range: [-1.0e30, 5e4]\n"
             "  angles: {file: angles.fits, kind: north_ccw, offset: -104.84}\n"
             "references:\n"
             "  files: [\"@refs.txt\"]\n"
             "  fwhm: 4.8\n"
             "region: {center: [51.5, 49]}\n"
             "noise: {model: poisson, read_noise: 12.5}\n"
             "model:\n"
             "  counts: [5, 1]\n"
             "  exclude_ellipse: {semi_major: [20, 45], axis_ratio: 0.30, "
             "position_angle: 107.0}\n"
             "  exclude_circles: [[60.5, 36.0, 6.0], [1, 2, 3]]\n"
             "combine: {derotate: false}\n");
    ck_assert_str_eq(settings.path, "c.yaml");
    ck_assert_str_eq(settings.folder, "");
    ck_assert_str_eq(settings.name, "c");
    ck_assert_str_eq(settings.title, "beta Pic");
    ck_assert_int_eq(settings.science.files.n, 2);
    ck_assert_str_eq(settings.science.files.item[0], "b*.fits"); /* as written */
    ck_assert_str_eq(settings.science.files.item[1], "a.fits");
    ck_assert_str_eq(settings.science.hdu, "2");
    ck_assert(settings.science.valid_range.item[0] == -1.0e30);
    ck_assert(settings.science.angles.given);
    ck_assert_str_eq(settings.science.angles.file, "angles.fits");
    ck_assert(settings.science.angles.offset == -104.84);
    ck_assert_str_eq(settings.references.files.item[0], "@refs.txt");
    ck_assert(settings.references.fwhm == 4.8 && isnan(settings.science.fwhm));
    ck_assert(settings.region.center.item[0] == 51.5);
    ck_assert_int_eq(settings.noise.model, CONFIG_NOISE_POISSON);
    ck_assert(settings.noise.read_noise == 12.5);
    ck_assert(settings.model.counts.n == 2 && settings.model.counts.item[0] == 5);
    ck_assert(settings.model.exclude_ellipse.given);
    ck_assert(settings.model.exclude_ellipse.semi_major.item[1] == 45.0);
    ck_assert(settings.model.exclude_ellipse.axis_ratio == 0.30);
    ck_assert(settings.model.exclude_circles.n == 6 &&
              settings.model.exclude_circles.item[5] == 3.0);
    ck_assert_int_eq(settings.combine.derotate, CONFIG_FALSE);
    ck_assert(!settings.references_are_science);
    ck_assert(!settings.simulate.given);
}
END_TEST

START_TEST(references_can_be_the_science_frames)
{
    read_run("task: imaging\nscience: {files: [a.fits]}\nreferences: science\n");
    ck_assert(settings.references_are_science);
    ck_assert_int_eq(settings.references.files.n, 0);
    refuse("task: imaging\nscience: {files: [a.fits]}\nreferences: sciense\n", NULL,
           "c.yaml:3:13 (references): \"sciense\" is not a block of keys, nor the word "
           "science");
    refuse("task: imaging\nscience: {files: [a.fits]}\nreferences:\n", NULL,
           "(references.files): a required key is missing");
}
END_TEST

START_TEST(empty_blocks_and_texts_are_defaults)
{
    read_run(SQN_CONFIG_SMALL "title: \"\"\noutput:\n  # nothing\nnoise: {}\n");
    ck_assert_ptr_null(settings.title);
    ck_assert(settings.output.plots);
    ck_assert(settings.noise.gain == 1.0);
}
END_TEST

START_TEST(set_items_lie_over_the_file)
{
    static const char *const sets[] = {
        "model.counts=[1,5]",
        "science.fwhm=3.5",
        "science.angles.values=[0, 12.5]",
        "model.exclude_ellipse={semi_major: [2, 4], axis_ratio: 0.5, position_angle: 10}",
        "model.exclude_circles=[[1, 2, 3]]",
        "title=a = b",
        "references=science",
        "science.fwhm=4.5", /* the last one counts */
        NULL};

    SQN_ASSERT_OK(sqn_config_read(&settings, SQN_CONFIG_SMALL "model: {counts: [3]}\n",
                                  sets, CONFIG_FOR_RUN, &err),
                  err);
    ck_assert(settings.model.counts.n == 2 && settings.model.counts.item[1] == 5);
    ck_assert(settings.science.fwhm == 4.5);
    ck_assert_str_eq(settings.science.files.item[0], "s.fits"); /* its neighbours stay */
    ck_assert(settings.science.angles.given && settings.science.angles.values.n == 2);
    ck_assert(settings.model.exclude_ellipse.axis_ratio == 0.5);
    ck_assert_int_eq(settings.model.exclude_circles.n, 3);
    ck_assert_str_eq(settings.title, "a = b");
    ck_assert(settings.references_are_science && settings.references.files.n == 0);
}
END_TEST

START_TEST(places_of_keys_are_kept)
{
    static const char *const sets[] = {"combine.method=median", NULL};
    char where[SQN_ERROR_WHERE_MAX];

    SQN_ASSERT_OK(sqn_config_read(&settings, SQN_CONFIG_SMALL "region:\n  center: [5, 6]\n",
                                  sets, CONFIG_FOR_RUN, &err),
                  err);
    ck_assert_str_eq(config_where(where, &settings, "region.center"),
                     "c.yaml:5:11 (region.center)");
    ck_assert_str_eq(config_where(where, &settings, "combine.method"),
                     "--set combine.method");
    ck_assert_str_eq(config_where(where, &settings, "region.inner_radius"),
                     "c.yaml (region.inner_radius)");
    ck_assert(config_given(&settings, "combine.method"));
    ck_assert(!config_given(&settings, "combine.by"));
}
END_TEST

START_TEST(problems_of_set_items_name_the_item)
{
    static const char *const sets[] = {
        "science.fwmh=3",
        "components.count=ten",
        "model.counts=[1,",
        "model.exclude_ellipse={semi_major: [1, 2], axis: 3}",
        "noise.model=",
        "no-value",
        ".x=1",
        "title=*a",
        NULL};

    refuse(SQN_CONFIG_SMALL, sets,
           "E_CFG_SCHEMA: --set science.fwmh: unknown key \"fwmh\"");
    sqn_config_expect("Fix: write fwhm");
    sqn_config_expect("--set components.count: \"ten\" is not an integer");
    sqn_config_expect("E_CFG_SYNTAX: --set model.counts: ");
    sqn_config_expect("--set model.exclude_ellipse.axis: unknown key");
    sqn_config_expect("--set model.exclude_ellipse.axis_ratio: a required key is missing");
    sqn_config_expect("--set noise.model: nothing is not one of: errors, poisson, uniform");
    sqn_config_expect("E_USAGE: --set no-value: ");
    sqn_config_expect("E_USAGE: --set .x: ");
    sqn_config_expect("E_CFG_SYNTAX: --set title: ");
}
END_TEST

START_TEST(all_problems_are_found_in_one_pass)
{
    static const char *const expected[] = {
        "c.yaml:2:1 (tasc): unknown key \"tasc\". Fix: write task,",
        "c.yaml:4:3 (science.fils): unknown key \"fils\". Fix: write files,",
        "c.yaml:5:9 (science.fwhm): \"4,5\" is not a number (allowed 0.5 .. 1000). Fix: "
        "write "
        "a number, for example 4.0.",
        "c.yaml:6:11 (science.angles): the block does not say",
        "c.yaml:7:18 (region.center): the list has 1 value. Fix: write 2 values.",
        "c.yaml:8:21 (components.count): \"some\" is not an integer (allowed 1 .. 100000). "
        "Fix: write an integer, for example 10.",
        "c.yaml:8:33 (components.seed): 0 is out of range (allowed at least 1).",
        "c.yaml:9:9 (noise.cosmic): unknown key",
        "c.yaml:10:18 (model.scaling): \"imputaton\" is not one of: auto, none, bff, "
        "bff-published, imputation. Fix: write imputation.",
        "c.yaml:3:1 (science.files): a required key is missing. Fix: write files: "
        "[science.fits].",
        "c.yaml (references): a required key is missing. Fix: add the block references:, "
        "or "
        "write references: science."};

    refuse("task: imaging\n"
           "tasc: x\n"
           "science:\n"
           "  fils: [a.fits]\n"
           "  fwhm: 4,5\n"
           "  angles: {}\n"
           "region: {center: [1]}\n"
           "components: {count: some, seed: 0}\n"
           "noise: {cosmic: 3}\n"
           "model: {scaling: imputaton}\n",
           NULL, "tasc");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        sqn_config_expect(expected[i]);
    }
    ck_assert_int_eq(sqn_config_found.n, sizeof expected / sizeof expected[0]);
    ck_assert_int_eq(err.id, SQN_E_CFG_SCHEMA);
    ck_assert_str_eq(err.where, "c.yaml:2:1 (tasc)"); /* the first one */
    ck_assert_int_eq(sqn_error_exit_code(err.status), 78);
}
END_TEST

/* One value of a key that must be refused. */
static void refuse_value(const char *path, const char *value, const char *part)
{
    char item[400];
    const char *sets[] = {item, NULL};

    (void)snprintf(item, sizeof item, "%s=%s", path, value);
    refuse(SQN_CONFIG_SMALL, sets, path);
    sqn_config_expect(part);
}

START_TEST(wrong_values_of_every_type_are_refused)
{
    static const char *const wrong[][8] = {
        [KEYS_BLOCK] = {"3", "word", "[1]", "true", "\"\"", "[]", "0.5", "a b"},
        [KEYS_TEXT] = {"[a]", "{a: b}", "", "~", "null", "\"a\\nb\"", "\"a\\tb\"",
                       "\"\\e[31m\""},
        [KEYS_PATH] = {"[a]", "{a: b}", "", "~", "null", "\"a\\nb\"", "\"\"", "\"\\N\""},
        [KEYS_PREFIX] = {"[a]", "../x", "/abs", "a/b", "\"a b\"", "\xc3\xa9", "",
                         "\"a\\n\""},
        [KEYS_HDU] = {"[a]", "{a: b}", "", "-1", "1.5", "\"\"", "1e3", "~"},
        [KEYS_CHOICE] = {"[wcs]", "{}", "", "WCS", "qqq", "\"\"", "1", "true"},
        [KEYS_WORD] = {"[none]", "{}", "", "MEAN", "qqq", "\"\"", "1", "yes"},
        [KEYS_BOOLEAN] = {"maybe", "1", "yes", "\"true\"", "True", "[true]", "", "{}"},
        [KEYS_SWITCH] = {"maybe", "0", "no", "\"true\"", "auto", "[true]", "", "{}"},
        [KEYS_INTEGER] = {"ten", "\"10\"", "10.0", "1e1", "0x0a", "010", "1_0", "[10]"},
        [KEYS_NUMBER] = {"1,5x", "1.5abc", "nan", ".inf", "1e999", "", "\"1.5\"", "[1.5]"},
        [KEYS_PATHS] = {"a.fits", "[]", "[[a]]", "{a: b}", "", "[\"\"]", "[a, ]x",
                        "[\"@\"]"},
        [KEYS_TEXTS] = {"a", "[]", "[[a]]", "{a: b}", "", "[\"\"]", "[a, ]x", "[~]"},
        [KEYS_INTEGERS] = {"1", "[1.5]", "[a]", "[[1]]", "", "{}", "[010]", "[\"1\"]"},
        [KEYS_NUMBERS] = {"1", "[a, b]", "[nan, 1]", "[[1, 2]]", "", "{}", "[1_0, 2]",
                          "[\"1\", 2]"},
        [KEYS_BOXES] = {"1", "[1, 2, 3, 4]", "[[1, 2, 3]]", "[[1, 2, 3, 4, 5]]",
                        "[[1, 2, 3, x]]", "", "{}", "[[[1]]]"},
        [KEYS_TRIPLES] = {"1", "[1, 2, 3]", "[[1, 2]]", "[[1, 2, 3, 4]]", "[[1, 2, x]]", "",
                          "{}", "[[[1]]]"},
    };
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n; i++) {
        for (int w = 0; w < 8; w++) {
            refuse_value(table[i].path, wrong[table[i].type][w], table[i].path);
        }
    }
}
END_TEST

START_TEST(numbers_out_of_range_are_refused)
{
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n; i++) {
        const keys_key *key = &table[i];
        char below[64];

        if (key->low == key->high ||
            (key->type != KEYS_INTEGER && key->type != KEYS_NUMBER)) {
            continue;
        }
        (void)snprintf(below, sizeof below, key->type == KEYS_INTEGER ? "%.0f" : "%.17g",
                       key->above ? key->low : key->low - 1.0);
        refuse_value(key->path, below, "out of range");
        if (isfinite(key->high)) {
            (void)snprintf(below, sizeof below, "%.0f", key->high * 2.0 + 1.0);
            refuse_value(key->path, below, "out of range");
        }
    }
}
END_TEST

START_TEST(values_have_the_reasons_of_their_refusal)
{
    refuse_value("components.count", "1000000000000000000000000000000", "not an integer");
    refuse_value("components.count", "-3", "-3 is out of range (allowed 1 .. 100000)");
    refuse_value("components.seed", "9223372036854775808", "not an integer");
    refuse_value("components.tolerance", "-1e-5", "out of range");
    refuse_value("components.tolerance", "\"1\"", "\"1\" in quotes is not a number");
    refuse_value("output.overwrite", "yes", "Fix: write true or false");
    refuse_value("output.prefix", "../x", "E_PATH");
    refuse_value("science.files", "a.fits", "Fix: write a list of file names, for example");
    refuse_value("science.extver", "[1, 3, 1]", "1 is given twice");
    refuse_value("science.quality_bits", "[32]", "(allowed 0 .. 31)");
    refuse_value("science.valid_range", "[5, 5]", "do not rise (5, then 5)");
    refuse_value("model.exclude_annulus", "[20]", "Fix: write 2 values");
    refuse_value("model.exclude_annulus", "[20, 30, 40]", "the list has 3 values");
    refuse_value("model.exclude_ellipse.semi_major", "[45, 20]", "do not rise");
    refuse_value("model.exclude_ellipse.axis_ratio", "1.5", "(allowed > 0, at most 1)");
    refuse_value("model.exclude_circles", "[[1, 2, 0]]", "radius of a circle");
    refuse_value("simulate.charge", "3", "3 is odd");
    refuse_value("components.method", "[anls]", "a list is not one of: anls, mu");
    refuse_value("combine.method", "medain", "Fix: write median");
    char prefix[400];

    memset(prefix, 'a', 300);
    prefix[300] = '\0';
    refuse_value("output.prefix", prefix, "E_PATH");
}
END_TEST

START_TEST(keys_that_are_not_built_are_unknown)
{
    static const char *const later[] = {"limits.memory=4", "science.boxes=[]"};

    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        const char *sets[] = {later[i], NULL};

        refuse(SQN_CONFIG_SMALL, sets, "unknown key");
        ck_assert_int_eq(err.id, SQN_E_CFG_SCHEMA);
        ck_assert_int_eq(sqn_config_found.n, 1);
    }
}
END_TEST

START_TEST(a_task_needs_its_own_blocks_and_no_others)
{
    read_run("task: spectra\nspectra: {files: [a.fits]}\n");
    ck_assert_int_eq(settings.spectra.files.n, 1);
    ck_assert_int_eq(settings.spectra.bin, 1);
    refuse("task: spectra\n", NULL, "c.yaml (spectra): a required key is missing");
    ck_assert_int_eq(sqn_config_found.n, 1);
    refuse("task: spectra\nspectra: {files: [a.fits]}\ncombine: {method: mean}\n", NULL,
           "c.yaml:3:10 (combine): task spectra does not read this block");
    refuse(SQN_CONFIG_SMALL "spectra: {files: [a.fits]}\n", NULL,
           "task imaging does not read this block");
    refuse("task: spectra\nspectra: {files: [a], ivar_hdu: A, error_hdu: B}\n", NULL,
           "exclude each other");
    refuse("task: spectra\nspectra: {files: [a], redshift: {match: ID}}\n", NULL,
           "match goes with file");
    refuse("task: spectra\nspectra: {files: [a]}\nmodel: {scaling: bff}\n", NULL,
           "task spectra does not read this key");
    refuse(SQN_CONFIG_SMALL "components: {smooth: 1}\n", NULL,
           "only task spectra smooths components");
    refuse("task: spectra\nspectra: {files: [a], normalise_window: [1, 2]}\n", NULL,
           "without effect");
    refuse("task: spectra\nspectra: {files: [a]}\nnoise: {model: poisson, read_noise: 1}\n",
           NULL, "poisson is a model of detectors");
}
END_TEST

START_TEST(keys_that_need_or_exclude_each_other_are_checked)
{
    static const struct {
        const char *sets[4];
        const char *part; /* NULL: accepted */
    } cases[] = {
        {{"science.error_hdu=ERR", "science.ivar_hdu=IVAR"}, "exclude each other"},
        {{"science.variance_hdu=V", "science.variance_files=[v.fits]"},
         "exclude each other"},
        {{"references.ivar_files=[a]", "references.error_files=[b]"}, "exclude each other"},
        {{"science.error_hdu=none", "science.error_files=[e.fits]"}, NULL},
        {{"science.quality_hdu=DQ", "science.quality_files=[q.fits]"},
         "exclude each other"},
        {{"science.quality_hdu=none", "science.quality_files=[q.fits]"}, NULL},
        {{"science.angles={from: wcs, keyword: PA}"}, "exclude each other"},
        {{"science.angles={file: a.txt, values: [1]}"}, "exclude each other"},
        {{"science.angles={kind: north_cw}"}, "does not say where the angles come from"},
        {{"science.angles={from: wcs, keyword_end: PA}"}, "keyword_end goes with keyword"},
        {{"science.angles={from: wcs, column: PA}"}, "column goes with file"},
        {{"science.angles={from: wcs}", "combine.derotate=true"}, NULL},
        {{"combine.derotate=true"}, "E_ANGLES"},
        {{"combine.derotate=false"}, NULL},
        {{"model.exclude_frame=sky"}, "E_ANGLES"},
        {{"model.exclude_frame=detector"}, NULL},
        {{"region.inner_radius=5", "region.outer_radius=5"}, "not above inner_radius 5"},
        {{"region.inner_radius=5", "region.outer_radius=0"}, NULL},
        {{"noise.model=poisson"}, "poisson needs read_noise"},
        {{"noise.model=poisson", "noise.read_noise=10"}, NULL},
        {{"components.method=mu", "noise.negatives=keep"}, "cannot keep negative data"},
        {{"components.method=mu", "noise.negatives=zero"}, NULL},
        {{"components.method=mu", "components.background=flat"}, "has no background"},
        {{"components.count=5", "model.counts=[1, 6]"}, "E_COUNT"},
        {{"components.count=5", "components.load=c.fits", "model.counts=[6]"}, NULL},
        {{"components.construction=joint", "components.count=5", "model.counts=[5]"}, NULL},
        {{"components.construction=joint", "components.count=5", "model.counts=[4]"},
         "one stage only"},
        {{"components.construction=joint", "model.counts=[4, 5]"}, "one stage only"},
        {{"components.construction=joint", "model.counts=[4, 5]", "model.truncate=true"},
         NULL},
        {{"model.scaling=imputation"}, "imputation needs pixels"},
        {{"model.scaling=imputation", "model.exclude_annulus=[2, 4]"}, NULL},
        {{"combine.by=wavelength"}, "no wavelengths"},
        {{"combine.by=wavelength", "science.wavelengths=w.txt"}, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].part != NULL) {
            refuse(SQN_CONFIG_SMALL, cases[i].sets, cases[i].part);
            ck_assert_msg(sqn_config_found.n == 1, "%s: %s", cases[i].sets[0],
                          sqn_config_found.line[1]);
        } else {
            SQN_ASSERT_OK(sqn_config_read(&settings, SQN_CONFIG_SMALL, cases[i].sets,
                                          CONFIG_FOR_RUN, &err),
                          err);
            config_clear(&settings);
        }
    }
}
END_TEST

START_TEST(a_simulation_needs_its_block_only)
{
    static const char *const sets[] = {"simulate.ring.radius=12.5", NULL};

    SQN_ASSERT_OK(sqn_config_read(&settings,
                                  "simulate: {size: 64, ring: {contrast: 1.0e-3},\n"
                                  "           sources: [[30, 212, 1.0e-5]]}\n",
                                  sets, CONFIG_FOR_SIMULATE, &err),
                  err);
    ck_assert(settings.simulate.given && settings.simulate.size == 64);
    ck_assert(settings.simulate.ring_contrast == 1e-3);
    ck_assert(settings.simulate.ring_radius == 12.5 && settings.simulate.ring_g == 0.3);
    ck_assert(settings.simulate.sources.n == 3 && settings.simulate.n_science == 10);
    config_clear(&settings);
    SQN_ASSERT_OK(sqn_config_read(&settings,
                                  "task: spectra\nsimulate:\nnoise: {model: poisson}\n",
                                  NULL, CONFIG_FOR_SIMULATE, &err),
                  err);
    config_clear(&settings);
    SQN_ASSERT_FAILS(
        sqn_config_read(&settings, SQN_CONFIG_SMALL, NULL, CONFIG_FOR_SIMULATE, &err), err,
        SQN_E_CFG_SCHEMA);
    sqn_config_expect("c.yaml (simulate): a required key is missing");
    ck_assert_int_eq(sqn_config_found.n, 1);
    SQN_ASSERT_FAILS(sqn_config_read(&settings,
                                     "simulate: {sources: [[30, 0, 2]], sky: [-1, 0]}\n"
                                     "noise: {modle: poisson}\n",
                                     NULL, CONFIG_FOR_SIMULATE, &err),
                     err, SQN_E_CFG_SCHEMA);
    sqn_config_expect("unknown key \"modle\"");
    sqn_config_expect("(simulate.sources): separation and contrast");
    sqn_config_expect("(simulate.sky)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = tcase_create("read");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, a_configuration_fills_the_fields_it_names);
    tcase_add_test(tcase, references_can_be_the_science_frames);
    tcase_add_test(tcase, empty_blocks_and_texts_are_defaults);
    tcase_add_test(tcase, set_items_lie_over_the_file);
    tcase_add_test(tcase, places_of_keys_are_kept);
    tcase_add_test(tcase, problems_of_set_items_name_the_item);
    tcase_add_test(tcase, all_problems_are_found_in_one_pass);
    tcase_add_test(tcase, wrong_values_of_every_type_are_refused);
    tcase_add_test(tcase, numbers_out_of_range_are_refused);
    tcase_add_test(tcase, values_have_the_reasons_of_their_refusal);
    tcase_add_test(tcase, keys_that_are_not_built_are_unknown);
    tcase_add_test(tcase, a_task_needs_its_own_blocks_and_no_others);
    tcase_add_test(tcase, keys_that_need_or_exclude_each_other_are_checked);
    tcase_add_test(tcase, a_simulation_needs_its_block_only);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
