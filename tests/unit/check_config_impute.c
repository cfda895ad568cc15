/** @file check_config_impute.c @brief The block images, and blocks of other tasks. */
#include <stdlib.h>

#include "sqn_config.h"

static sqn_error err;
static config settings;

#define SMALL "task: impute\nimages: {files: [a.fits]}\n"

static void tear_down(void)
{
    config_clear(&settings);
}

static void refuse(const char *text, const char *part)
{
    SQN_ASSERT_FAILS(sqn_config_read(&settings, text, NULL, CONFIG_FOR_RUN, &err), err,
                     SQN_E_CFG_SCHEMA);
    sqn_config_expect(part);
    ck_assert_int_eq(sqn_config_found.n, 1);
    ck_assert_int_eq(sqn_error_exit_code(err.status), 78);
}

START_TEST(images_need_their_files_alone)
{
    SQN_ASSERT_OK(sqn_config_read(&settings, SMALL, NULL, CONFIG_FOR_RUN, &err), err);
    ck_assert_int_eq(settings.task, CONFIG_TASK_IMPUTE);
    ck_assert_int_eq(settings.images_frames, CONFIG_FRAMES_AUTO);
    ck_assert_int_eq(settings.images_patch_size, 3);
    ck_assert_int_eq(settings.images_boxes.n, 0);
    config_clear(&settings);
    refuse("task: impute\n", "(images): a required key is missing");
    refuse("images: {files: [a.fits]}\n",
           "(task): a required key is missing. Fix: write task: impute.");
    refuse("task: impute\nimages: {files: [a.fits], boxes: [1, 2, 3, 4]}\n",
           "\"1\" is not a list of lists of four numbers");
    refuse("task: impute\nimages: {hdu: 1}\n", "(images.files): a required key is missing");
}
END_TEST

START_TEST(boxes_are_lists_of_four_that_do_not_end_before_they_begin)
{
    SQN_ASSERT_OK(sqn_config_read(&settings,
                                  "task: impute\nimages: {files: [a.fits], "
                                  "boxes: [[143, 42, 161, 72], [1, 2, 1, 2]]}\n",
                                  NULL, CONFIG_FOR_RUN, &err),
                  err);
    ck_assert_int_eq(settings.images_boxes.n, 8);
    ck_assert(settings.images_boxes.item[3] == 72.0 &&
              settings.images_boxes.item[4] == 1.0);
    config_clear(&settings);
    refuse("task: impute\nimages: {files: [a.fits], boxes: [[1, 2, 3]]}\n", "images.boxes");
    refuse("task: impute\nimages: {files: [a.fits], boxes: [[5, 2, 3, 4]]}\n",
           "(images.boxes): a box ends before it begins");
    refuse("task: impute\nimages: {files: [a.fits], patch_size: 4}\n",
           "(images.patch_size): a patch of even side");
    refuse("task: impute\nimages: {files: [a.fits], frames: columns}\n",
           "not one of: auto, planes, rows, files, patches");
}
END_TEST

START_TEST(blocks_of_other_tasks_are_refused)
{
    refuse(SMALL "science: {files: [s.fits]}\n", "task impute does not read this block");
    refuse(SMALL "region: {inner_radius: 3}\n", "(region): task impute does not read");
    refuse(SMALL "model: {counts: [1]}\n", "(model): task impute does not read");
    refuse(SMALL "components: {load: c.fits}\n", "(components.load): task impute builds");
    refuse(SQN_CONFIG_SMALL "images: {files: [a.fits]}\n",
           "(images): task imaging does not read");
}
END_TEST

START_TEST(keys_that_would_do_nothing_are_refused)
{
    refuse("task: impute\nimages: {files: [a.fits], frames: patches}\nnoise: {clip_sigma: "
           "5}\n",
           "(noise.clip_sigma): patches hold every pixel many times");
    refuse("task: impute\nimages: {files: [a.fits], frames: patches}\nnoise: {rescale: "
           "true}\n",
           "(noise.rescale): patches hold every pixel many times");
}
END_TEST

START_TEST(what_is_written_again_is_read_again)
{
    char *first = NULL, *second = NULL;

    SQN_ASSERT_OK(sqn_config_read(&settings,
                                  "task: impute\nimages: {files: [a.fits], frames: rows, "
                                  "boxes: [[1, 2, 3, 4]]}\n",
                                  NULL, CONFIG_FOR_RUN, &err),
                  err);
    SQN_ASSERT_OK(config_dump(&first, &settings, true, &err), err);
    config_clear(&settings);
    ck_assert_ptr_nonnull(strstr(first, "  boxes: [[1, 2, 3, 4]]\n"));
    ck_assert_ptr_null(strstr(first, "region:"));
    SQN_ASSERT_OK(sqn_config_read(&settings, first, NULL, CONFIG_FOR_RUN, &err), err);
    SQN_ASSERT_OK(config_dump(&second, &settings, true, &err), err);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_impute");
    TCase *tcase = tcase_create("read");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, images_need_their_files_alone);
    tcase_add_test(tcase, boxes_are_lists_of_four_that_do_not_end_before_they_begin);
    tcase_add_test(tcase, blocks_of_other_tasks_are_refused);
    tcase_add_test(tcase, keys_that_would_do_nothing_are_refused);
    tcase_add_test(tcase, what_is_written_again_is_read_again);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
