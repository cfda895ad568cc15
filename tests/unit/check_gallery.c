/** @file check_gallery.c @brief Pictures become products, or warnings. */
#include "gallery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raise.h"
#include "sqn_check.h"
#include "sqn_record.h"

static sqn_error err;
static sqn_record record;
static const char *const plan_names[] = {"a.png", "b.png", "c.png", "manifest.json"};
/* Two of them; what they are of says which picture fails ('b'), or leaves no file ('0'). */
static sqn_status draw(const char *path, const void *of, const char *title,
                       sqn_error *error)
{
    const char *odd = of;
    const bool is_b = strstr(path, "b.png") != NULL;
    FILE *file = is_b && odd[0] != '-' ? NULL : fopen(path, "w");

    if (is_b && odd[0] == 'b') {
        return SQN_RAISE(error, E_MEM, "no paint");
    }
    if (file != NULL) {
        ck_assert_int_gt(fprintf(file, "picture of %s", title), 0);
        ck_assert_int_eq(fclose(file), 0);
    }
    return SQN_OK;
}

static const gallery_picture pictures[] = {{"c.png", draw},
                                           {"b.png", draw},
                                           {"a.png", draw}};

static directory *open_directory(const char *path)
{
    const directory_plan plan = {path, "", plan_names, 4, false};
    directory *dir = NULL;

    SQN_ASSERT_OK(directory_open(&dir, &plan, NULL, &err), err);
    return dir;
}

START_TEST(pictures_are_products_in_the_order_of_the_plan)
{
    const sqn_log log = sqn_record_log(&record);
    const gallery all = {pictures, 3, "-", "a star"};
    directory *dir = open_directory("made/gallery");
    void *bytes = NULL;
    size_t size = 0;

    SQN_ASSERT_OK(gallery_draw(dir, &all, &log, &err), err);
    ck_assert_int_eq(directory_n_product(dir), 3);
    for (int k = 0; k < 3; k++) {
        ck_assert_str_eq(directory_product_at(dir, k)->name, plan_names[k]);
    }
    SQN_ASSERT_OK(directory_read(&bytes, &size, dir, "c.png", &err), err);
    ck_assert(size == 17 && memcmp(bytes, "picture of a star", 17) == 0);
    ck_assert_ptr_null(sqn_record_find(&record, SQN_W_PLOT));
    free(bytes);
    directory_close(&dir);
}
END_TEST

START_TEST(one_that_cannot_be_drawn_is_a_warning_and_one_that_is_not_there_an_error)
{
    const sqn_log log = sqn_record_log(&record);
    const gallery some = {pictures, 3, "b", ""}, less = {pictures, 3, "0", ""};
    directory *dir = open_directory("made/gallery2");

    SQN_ASSERT_OK(gallery_draw(dir, &some, &log, &err), err);
    ck_assert_int_eq(directory_n_product(dir), 2);
    const sqn_error *warning = sqn_record_find(&record, SQN_W_PLOT);

    ck_assert_ptr_nonnull(warning);
    ck_assert_str_eq(warning->message, "not drawn: no paint");
    ck_assert_str_eq(warning->where, "b.png");
    directory_close(&dir);
    dir = open_directory("made/gallery3");
    ck_assert_int_ne(gallery_draw(dir, &less, &log, &err), SQN_OK);
    ck_assert_ptr_nonnull(strstr(err.where, "b.png"));
    ck_assert_int_eq(directory_n_product(dir), 2);
    directory_close(&dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gallery");
    TCase *tcase = tcase_create("pictures");

    tcase_add_test(tcase, pictures_are_products_in_the_order_of_the_plan);
    tcase_add_test(
        tcase, one_that_cannot_be_drawn_is_a_warning_and_one_that_is_not_there_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
