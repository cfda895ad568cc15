/** @file check_fits_files.c @brief Names, patterns and lists to files. */
#include "sequin/fits.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sqn_check.h"
#include "sqn_raw.h"
#include "sqn_record.h"
#include "sqn_wrap.h"

static sqn_error err;
static sqn_record record;

static void touch(const char *path)
{
    sqn_raw_save(path, (const unsigned char *)"x", 1);
}

static void make_files(void)
{
    (void)mkdir("in", 0700);
    touch("in/f10.fits");
    touch("in/f9.fits");
    touch("in/F1.fits");
    touch("in/g[1].fits");
    touch("in/g*.fits");
    sqn_raw_save("in/list.txt", (const unsigned char *)"g[1].fits\r\n\nf9.fits", 20);
}

static sqn_status expand(sqn_fits_files *files, const char *first, const char *second)
{
    const char *const names[2] = {first, second};
    const sqn_log log = sqn_record_log(&record);

    make_files();
    return sqn_fits_files_expand(files, names, second != NULL ? 2 : 1, "in", &log, &err);
}

START_TEST(matches_are_sorted_by_bytes_and_entries_keep_their_order)
{
    sqn_fits_files files;

    SQN_ASSERT_OK(expand(&files, "f*.fits", "F?.fits"), err);
    ck_assert_int_eq(files.n, 3);
    ck_assert_str_eq(files.path[0], "in/f10.fits");
    ck_assert_str_eq(files.path[1], "in/f9.fits");
    ck_assert_str_eq(files.path[2], "in/F1.fits");
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FILES_ORDER));
    sqn_fits_files_clear(&files);
    ck_assert(files.n == 0 && files.path == NULL);
}
END_TEST

START_TEST(names_that_exist_are_literal_and_brackets_never_special)
{
    sqn_fits_files files;

    SQN_ASSERT_OK(expand(&files, "g*.fits", "g[1].fits"), err);
    ck_assert_int_eq(files.n, 2); /* the file of that name, not a pattern */
    ck_assert_str_eq(files.path[0], "in/g*.fits");
    sqn_fits_files_clear(&files);
    SQN_ASSERT_OK(expand(&files, "g[?].f*", NULL), err);
    ck_assert_int_eq(files.n, 1);
    ck_assert_str_eq(files.path[0], "in/g[1].fits");
    sqn_fits_files_clear(&files);
    SQN_ASSERT_FAILS(expand(&files, "f[19]*.fits", NULL), err, SQN_E_IN_MISSING);
    ck_assert_ptr_nonnull(strstr(err.fix, "only * and ? are patterns"));
    SQN_ASSERT_FAILS(expand(&files, "f[19].fits", NULL), err, SQN_E_IN_MISSING);
    ck_assert_ptr_nonnull(strstr(err.fix, "only * and ? are patterns"));
}
END_TEST

START_TEST(lists_hold_one_path_a_line)
{
    sqn_fits_files files;

    SQN_ASSERT_OK(expand(&files, "@list.txt", NULL), err);
    ck_assert_int_eq(files.n, 2);
    ck_assert_str_eq(files.path[0], "in/g[1].fits");
    ck_assert_str_eq(files.path[1], "in/f9.fits");
    sqn_fits_files_clear(&files);
    SQN_ASSERT_FAILS(expand(&files, "@absent.txt", NULL), err, SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "in/absent.txt");
    sqn_raw_save("in/blank.txt", (const unsigned char *)"\n \n", 3);
    SQN_ASSERT_FAILS(expand(&files, "@blank.txt", NULL), err, SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "in/blank.txt");
}
END_TEST

START_TEST(absolute_names_need_no_folder)
{
    char folder[2048], name[4096];
    const char *names[1] = {name};
    sqn_fits_files files;

    make_files();
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    (void)snprintf(name, sizeof name, "%s/in/f9.fits", folder);
    SQN_ASSERT_OK(sqn_fits_files_expand(&files, names, 1, "elsewhere", NULL, &err), err);
    ck_assert_str_eq(files.path[0], name);
    sqn_fits_files_clear(&files);
}
END_TEST

START_TEST(missing_and_repeated_files_are_refused)
{
    sqn_fits_files files;

    SQN_ASSERT_FAILS(expand(&files, "f9.fits", "absent.fits"), err, SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "in/absent.fits");
    ck_assert_ptr_null(files.path);
    SQN_ASSERT_FAILS(expand(&files, "x*.fits", NULL), err, SQN_E_IN_MISSING);
    ck_assert_str_eq(err.where, "in/x*.fits");
    SQN_ASSERT_FAILS(expand(&files, "f9.fits", "f*.fits"), err, SQN_E_DUPLICATE);
    ck_assert_str_eq(err.where, "in/f9.fits");
    SQN_ASSERT_FAILS(expand(&files, "f9.fits", "./f9.fits"), err, SQN_E_DUPLICATE);
    (void)unlink("in/loop");
    ck_assert_int_eq(symlink("nowhere", "in/loop"), 0);
    SQN_ASSERT_FAILS(expand(&files, "loop", NULL), err, SQN_E_IN_MISSING);
    (void)unlink("in/loop");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    int64_t n = 0;

    for (bool failed = true; failed; n++) {
        sqn_fits_files files;

        sqn_allocations_before_failure = n;

        const sqn_status status = expand(&files, "f*.fits", "F1.fits");

        failed = sqn_allocations_before_failure < 0;
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert_int_eq(status, failed ? SQN_ERR_MEMORY : SQN_OK);
        ck_assert_int_eq(files.n, failed ? 0 : 3);
        sqn_fits_files_clear(&files);
    }
    ck_assert_int_gt(n, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_files");
    TCase *tcase = tcase_create("names");

    tcase_add_test(tcase, matches_are_sorted_by_bytes_and_entries_keep_their_order);
    tcase_add_test(tcase, names_that_exist_are_literal_and_brackets_never_special);
    tcase_add_test(tcase, lists_hold_one_path_a_line);
    tcase_add_test(tcase, absolute_names_need_no_folder);
    tcase_add_test(tcase, missing_and_repeated_files_are_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
