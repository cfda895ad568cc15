/** @file check_directory.c @brief The output directory: who may write, and how. */
#include "directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqn_check.h"
#include "sqn_record.h"

static sqn_error err;
static int n_made;
static const char *const names[] = {"disk.fits", "manifest.json"};

/* A new folder name under the scratch folder of the test. */
static const char *fresh(char out[64])
{
    (void)snprintf(out, 64, "made/%ld.%d", (long)getpid(), n_made++);
    return out;
}

static directory_plan plan(const char *path, bool overwrite)
{
    return (directory_plan){path, "", names, 2, overwrite};
}

/* Write both products of a complete run. */
static void complete_run(const char *path, bool overwrite, const char *content)
{
    const directory_plan p = plan(path, overwrite);
    directory *dir = NULL;

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    SQN_ASSERT_OK(directory_write(dir, "disk.fits", content, strlen(content), &err), err);
    SQN_ASSERT_OK(directory_write(dir, "manifest.json", "{}", 2, &err), err);
    directory_complete(dir);
    directory_close(&dir);
    ck_assert_ptr_null(dir);
}

static void assert_content(const char *path, const char *expected)
{
    char name[128], content[64] = "";
    FILE *file = NULL;

    (void)snprintf(name, sizeof name, "%s/disk.fits", path);
    file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    (void)!fread(content, 1, sizeof content - 1, file);
    (void)fclose(file);
    ck_assert_str_eq(content, expected);
}

START_TEST(a_product_may_come_in_parts_of_any_order)
{
    char path[64], back[8] = "";
    directory *dir = NULL;
    directory_file file;

    const directory_plan p = plan(fresh(path), false);

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    SQN_ASSERT_OK(directory_begin(&file, dir, "disk.fits", &err), err);
    SQN_ASSERT_OK(directory_put(&file, 5, "world", 5, &err), err);
    SQN_ASSERT_OK(directory_put(&file, 0, "hell ", 5, &err), err);
    SQN_ASSERT_OK(directory_get(&file, 3, back, 4, &err), err);
    ck_assert_str_eq(back, "l wo");
    SQN_ASSERT_FAILS(directory_get(&file, 8, back, 4, &err), err, SQN_E_OUT_VERIFY);
    SQN_ASSERT_OK(directory_end(&file, SQN_OK, &err), err);
    assert_content(path, "hell world");
    ck_assert_int_eq(directory_n_product(dir), 1);
    ck_assert_int_eq(directory_product_at(dir, 0)->size, 10);
    ck_assert_str_eq(directory_product_at(dir, 0)->sha256,
                     "2fe4d4a5963f28b77737c091c436096beee0b74fabb9fcdcd2a4d8859d2099a3");
    /* One that failed on its way leaves nothing, and the failure is what is returned. */
    SQN_ASSERT_OK(directory_begin(&file, dir, "manifest.json", &err), err);
    ck_assert_int_eq(directory_end(&file, SQN_ERR_NUMERIC, &err), SQN_ERR_NUMERIC);
    ck_assert_int_eq(directory_n_product(dir), 1);
    directory_close(&dir);
}
END_TEST

START_TEST(what_is_put_where_the_digest_has_been_is_in_the_digest)
{
    enum { PART = 1 << 20 };
    static char bytes[3 * PART], back[PART];
    char path[64], sha256[65];
    directory *dir = NULL;
    directory_file file;

    const directory_plan p = plan(fresh(path), false);

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 7 % 101);
    }
    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    SQN_ASSERT_OK(directory_write(dir, "disk.fits", bytes, sizeof bytes, &err), err);
    memcpy(sha256, directory_product_at(dir, 0)->sha256, sizeof sha256);
    SQN_ASSERT_OK(directory_begin(&file, dir, "manifest.json", &err), err);
    for (int64_t k = _i; k < 3; k++) { /* the first part is missing, or wrong, at first */
        const int64_t at = k * PART;

        SQN_ASSERT_OK(directory_put(&file, at, bytes + (k > 0 ? at : 1), PART, &err), err);
        SQN_ASSERT_OK(directory_get(&file, at, back, PART, &err), err);
    }
    SQN_ASSERT_OK(directory_put(&file, 0, bytes, PART, &err), err);
    SQN_ASSERT_OK(directory_get(&file, 0, back, PART, &err), err);
    SQN_ASSERT_OK(directory_end(&file, SQN_OK, &err), err);
    ck_assert_str_eq(directory_product_at(dir, 1)->sha256, sha256);
    ck_assert_int_eq(directory_product_at(dir, 1)->size, (int64_t)sizeof bytes);
    directory_close(&dir);
}
END_TEST

START_TEST(products_are_listed_in_the_order_of_the_plan_whoever_writes_them_first)
{
    enum { N = 8, BYTES = 300000 };
    static const char *const plan_names[N] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    static const int order[N] = {6, 1, 7, 0, 3, 2, 5, 4};
    static unsigned char bytes[N][BYTES];
    sqn_status status[N];
    char path[64];
    directory *dir = NULL;
    const directory_plan p = {fresh(path), "p-", plan_names, N, false};

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
#pragma omp parallel for num_threads(4) schedule(dynamic, 1) default(none) \
    shared(dir, bytes, status, plan_names, order)
    for (int k = 0; k < N; k++) {
        const int at = order[k];
        sqn_error own;

        memset(bytes[at], at, BYTES);
        status[at] =
            directory_write(dir, plan_names[at], bytes[at], (size_t)(BYTES - at), &own);
    }
    ck_assert_int_eq(directory_n_product(dir), N);
    for (int k = 0; k < N; k++) {
        const directory_product *written = directory_product_at(dir, k);

        ck_assert_int_eq(status[k], SQN_OK);
        ck_assert_str_eq(written->name + 2, plan_names[k]);
        ck_assert_int_eq(written->size, BYTES - k);
        ck_assert(k == 0 || strcmp(written->sha256, written[-1].sha256) != 0);
    }
    directory_close(&dir);
}
END_TEST

START_TEST(a_complete_run_is_replaced_only_on_request)
{
    char path[64];
    directory *dir = NULL;

    complete_run(fresh(path), false, "first");
    const directory_plan p = plan(path, false);

    SQN_ASSERT_FAILS(directory_open(&dir, &p, NULL, &err), err, SQN_E_OUT_EXISTS);
    ck_assert_str_eq(err.message, "holds a complete run: disk.fits, manifest.json");
    assert_content(path, "first");
    complete_run(path, true, "second");
    assert_content(path, "second");

    /* What a run does not write again does not stay beside its manifest. */
    const directory_plan again = plan(path, true);
    char name[128];

    SQN_ASSERT_OK(directory_open(&dir, &again, NULL, &err), err);
    SQN_ASSERT_OK(directory_write(dir, "manifest.json", "{}", 2, &err), err);
    directory_tidy(dir);
    directory_complete(dir);
    directory_close(&dir);
    (void)snprintf(name, sizeof name, "%s/disk.fits", path);
    ck_assert_int_ne(access(name, F_OK), 0);
}
END_TEST

START_TEST(a_long_list_of_products_tells_how_many_are_left_out)
{
    enum { N = 8 };
    static const char *const many[N] = {"a", "b", "c", "d", "e", "f", "g", "manifest.json"};
    char path[64], prefix[65];
    directory *dir = NULL;

    memset(prefix, 'x', 64);
    prefix[64] = '\0';
    const directory_plan p = {fresh(path), prefix, many, N, false};

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    for (int k = 0; k < N; k++) {
        SQN_ASSERT_OK(directory_write(dir, many[k], "{}", 2, &err), err);
    }
    ck_assert(!directory_is_complete(dir));
    directory_complete(dir);
    ck_assert(directory_is_complete(dir));
    directory_close(&dir);
    SQN_ASSERT_FAILS(directory_open(&dir, &p, NULL, &err), err, SQN_E_OUT_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.message, "xe and 3 more"));
    ck_assert_ptr_null(strstr(err.message, "xf"));
}
END_TEST

START_TEST(the_log_of_a_failed_run_is_replaced_without_a_warning)
{
    static const char *const with_log[] = {"disk.fits", "run.log", "manifest.json"};
    char path[64];
    const directory_plan p = {fresh(path), "", with_log, 3, false};
    sqn_record record = {0};
    const sqn_log log = sqn_record_log(&record);
    directory *dir = NULL;

    SQN_ASSERT_OK(directory_open(&dir, &p, &log, &err), err);
    SQN_ASSERT_OK(directory_write(dir, "run.log", "failed", 6, &err), err);
    directory_close(&dir);
    SQN_ASSERT_OK(directory_open(&dir, &p, &log, &err), err);
    ck_assert_ptr_null(sqn_record_find(&record, SQN_W_CLEANUP));
    SQN_ASSERT_OK(directory_write(dir, "disk.fits", "half", 4, &err), err);
    directory_close(&dir);
    SQN_ASSERT_OK(directory_open(&dir, &p, &log, &err), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_CLEANUP));
    directory_close(&dir);
}
END_TEST

START_TEST(files_of_others_are_never_replaced)
{
    char path[64], name[128];
    directory *dir = NULL;

    ck_assert(mkdir("made", 0777) == 0 || access("made", F_OK) == 0);
    ck_assert_int_eq(mkdir(fresh(path), 0777), 0);
    (void)snprintf(name, sizeof name, "%s/disk.fits", path);
    ck_assert_int_eq(symlink("nowhere", name), 0); /* a dangling link counts, too */
    const directory_plan p = plan(path, true);

    SQN_ASSERT_FAILS(directory_open(&dir, &p, NULL, &err), err, SQN_E_OUT_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.message, "did not write"));
}
END_TEST

START_TEST(an_interrupted_run_may_be_repeated)
{
    char path[64];
    const directory_plan p = plan(fresh(path), false);
    directory *dir = NULL;

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    SQN_ASSERT_OK(directory_write(dir, "disk.fits", "half", 4, &err), err);
    directory_close(&dir); /* no manifest */
    complete_run(path, false, "whole");
    assert_content(path, "whole");
}
END_TEST

START_TEST(a_second_run_is_refused)
{
    char path[64];
    const directory_plan p = plan(fresh(path), false);
    directory *dir = NULL;
    int result = 0;

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    const pid_t child = fork();

    if (child == 0) {
        directory *other = NULL;

        _exit(directory_open(&other, &p, NULL, &err) == SQN_ERR_BUSY ? 7 : 1);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(WEXITSTATUS(result), 7);
    directory_close(&dir);
}
END_TEST

START_TEST(an_input_is_guarded)
{
    char path[64], name[128];

    complete_run(fresh(path), false, "input");
    const directory_plan p = plan(path, true);
    directory *dir = NULL;

    SQN_ASSERT_OK(directory_open(&dir, &p, NULL, &err), err);
    (void)snprintf(name, sizeof name, "%s/../../made/%s/disk.fits", path,
                   strchr(path, '/') + 1);
    SQN_ASSERT_FAILS(directory_guard(dir, name, &err), err, SQN_E_OUT_EXISTS);
    SQN_ASSERT_OK(directory_guard(dir, "/etc/hostname", &err), err);
    directory_close(&dir);
    (void)snprintf(name, sizeof name, "%s/manifest.json", path);
    ck_assert_int_eq(access(name, F_OK), 0); /* nothing was written: the old run is whole */
}
END_TEST

START_TEST(a_file_is_no_directory)
{
    const directory_plan p = plan("plain/below", false);
    const int fd = open("plain", O_CREAT | O_WRONLY, 0666);
    directory *dir = NULL;

    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    SQN_ASSERT_FAILS(directory_open(&dir, &p, NULL, &err), err, SQN_E_OUT_CREATE);
    ck_assert_ptr_null(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("directory");
    TCase *tcase = tcase_create("states");

    tcase_add_test(tcase, a_product_may_come_in_parts_of_any_order);
    tcase_add_loop_test(tcase, what_is_put_where_the_digest_has_been_is_in_the_digest, 0,
                        2);
    tcase_add_test(tcase,
                   products_are_listed_in_the_order_of_the_plan_whoever_writes_them_first);
    tcase_add_test(tcase, a_complete_run_is_replaced_only_on_request);
    tcase_add_test(tcase, a_long_list_of_products_tells_how_many_are_left_out);
    tcase_add_test(tcase, the_log_of_a_failed_run_is_replaced_without_a_warning);
    tcase_add_test(tcase, files_of_others_are_never_replaced);
    tcase_add_test(tcase, an_interrupted_run_may_be_repeated);
    tcase_add_test(tcase, a_second_run_is_refused);
    tcase_add_test(tcase, an_input_is_guarded);
    tcase_add_test(tcase, a_file_is_no_directory);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
