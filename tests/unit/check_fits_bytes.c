/** @file check_fits_bytes.c @brief Bytes on demand, also of a file that somebody cuts. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for mincore */
#define _DEFAULT_SOURCE
#include "fits_bytes.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_raw.h"
#include "sqn_wrap.h"

enum { N_BYTE = 100000, PAGE = 4096 };

static sqn_error err;
static char path[] = "b.bin";
static unsigned char bytes[N_BYTE];
static sqn__fits_file file;

static void set_up(void)
{
    for (int i = 0; i < N_BYTE; i++) {
        bytes[i] = (unsigned char)(i * 7 / 5);
    }
    sqn_raw_save(path, bytes, sizeof bytes);
    file = (sqn__fits_file){0};
}

static void tear_down(void)
{
    sqn__fits_file_close(&file);
}

START_TEST(what_was_asked_for_is_there)
{
    unsigned char some[5000];

    SQN_ASSERT_OK(sqn__fits_bytes_open(&file, path, &err), err);
    ck_assert_uint_eq(file.size, N_BYTE);
    ck_assert_mem_eq(file.bytes, bytes, 2880);
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, 30001, 40003, &err), err);
    ck_assert_mem_eq(file.bytes + 30001, bytes + 30001, 40003);
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, N_BYTE, 0, &err), err);
    SQN_ASSERT_OK(sqn__fits_bytes_read(some, &file, N_BYTE - 5000, 5000, &err), err);
    ck_assert_mem_eq(some, bytes + N_BYTE - 5000, 5000);

    /* Dropped and asked for again; the neighbours on the same pages stay. */
    sqn__fits_bytes_drop(&file, 40000, 20000);
    ck_assert_mem_eq(file.bytes + 30001, bytes + 30001, 40000 - 30001);
    ck_assert_mem_eq(file.bytes + 60000, bytes + 60000, 10000);
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, 45000, 3, &err), err);
    ck_assert_mem_eq(file.bytes + 45000, bytes + 45000, 3);
}
END_TEST

/* Nothing is held that was not asked for: a cube is not copied as a whole. */
START_TEST(memory_is_taken_only_for_what_was_asked_for)
{
    unsigned char resident[N_BYTE / PAGE + 1];
    int n = 0;

    SQN_ASSERT_OK(sqn__fits_bytes_open(&file, path, &err), err);
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, 50000, 1, &err), err);
    ck_assert_int_eq(sysconf(_SC_PAGESIZE), PAGE);
    ck_assert_int_eq(mincore(file.map, N_BYTE, resident), 0);
    for (size_t i = 0; i < sizeof resident; i++) {
        n += resident[i] & 1;
    }
    ck_assert_int_eq(n, 2); /* the first block, and the byte */
}
END_TEST

START_TEST(a_file_that_is_cut_while_it_is_read_is_an_error)
{
    unsigned char some[16];

    SQN_ASSERT_OK(sqn__fits_bytes_open(&file, path, &err), err);
    ck_assert_int_eq(truncate(path, 50000), 0);
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, 49000, 1000, &err), err);
    SQN_ASSERT_FAILS(sqn__fits_bytes_need(&file, 49000, 1001, &err), err, SQN_E_IO);
    ck_assert_str_eq(err.where, path);
    ck_assert_str_eq(err.message, "the file was cut while it was read (it had 100000 "
                                  "bytes, now 50000)");
    SQN_ASSERT_FAILS(sqn__fits_bytes_read(some, &file, 60000, 16, &err), err, SQN_E_IO);
    SQN_ASSERT_OK(sqn__fits_bytes_read(some, &file, 100, 16, &err), err);
}
END_TEST

START_TEST(gzip_is_inflated_whole)
{
    unsigned char some[16];
    gzFile packed = gzopen("b.gz", "wb");

    ck_assert_int_eq(gzwrite(packed, bytes, N_BYTE), N_BYTE);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    SQN_ASSERT_OK(sqn__fits_bytes_open(&file, "b.gz", &err), err);
    ck_assert_uint_eq(file.size, N_BYTE);
    ck_assert_int_eq(truncate("b.gz", 10), 0); /* no longer needed */
    SQN_ASSERT_OK(sqn__fits_bytes_need(&file, 0, N_BYTE, &err), err);
    ck_assert_mem_eq(file.bytes, bytes, N_BYTE);
    SQN_ASSERT_OK(sqn__fits_bytes_read(some, &file, N_BYTE - 16, 16, &err), err);
    ck_assert_mem_eq(some, bytes + N_BYTE - 16, 16);
}
END_TEST

/* A mapped file would end the process here (SIGBUS). */
static void cut(void *context, const sqn_error *warning)
{
    (void)warning;
    ck_assert_int_eq(truncate("cut.fits", *(const long *)context), 0);
}

START_TEST(a_stack_of_a_file_that_is_cut_is_an_error)
{
    static float values[64 * 64 * 4];
    static char name[] = "cut.fits";
    static char *names[1] = {name};
    const sqn_fits_files files = {1, names};
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack stack;
    long left = 30000;
    const sqn_log log = {.warn = cut, .context = &left}; /* it warns of trailing bytes */
    FILE *out = sqn_raw_open(name);

    sqn_raw_image(out, "SCI", (const int[4]){64, 64, 4, 0}, NULL, values);
    fputs("trailing", out);
    fclose(out);
    SQN_ASSERT_FAILS(sqn_fits_stack_read(&stack, &source, 0, &log, &err), err, SQN_E_IO);
    ck_assert_ptr_nonnull(strstr(err.where, name));
    ck_assert_ptr_nonnull(strstr(err.message, "was cut while it was read"));
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    SQN_ASSERT_OK(sqn__fits_bytes_open(&file, path, &err), err);
    sqn__fits_file_close(&file);
    gzFile packed = gzopen("m.gz", "wb");

    ck_assert_int_eq(gzwrite(packed, bytes, N_BYTE), N_BYTE);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    for (int64_t n = 0; n < 2; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(sqn__fits_bytes_open(&file, "m.gz", &err), err, SQN_E_MEM);
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert_ptr_null(file.bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_bytes");
    TCase *tcase = tcase_create("bytes");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_was_asked_for_is_there);
    tcase_add_test(tcase, memory_is_taken_only_for_what_was_asked_for);
    tcase_add_test(tcase, a_file_that_is_cut_while_it_is_read_is_an_error);
    tcase_add_test(tcase, gzip_is_inflated_whole);
    tcase_add_test(tcase, a_stack_of_a_file_that_is_cut_is_an_error);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
