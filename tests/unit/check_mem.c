/** @file check_mem.c @brief Memory: aligned, zeroed, in large blocks too; impossible sizes. */
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqn_check.h"

static const uintptr_t line = 64, huge_page = (uintptr_t)2 << 20;

START_TEST(blocks_of_any_size_are_aligned_and_zeroed)
{
    const int64_t sizes[] = {0, 1, 63, 64, 4096, (2 << 20) - 1, 2 << 20, (6 << 20) + 7};

    for (int64_t k = 0; k < 16; k++) { /* twice: the second time memory that was used */
        const int64_t size = sizes[k % 8];
        unsigned char *block = sqn__mem_alloc(size, 1);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % line, 0);
        ck_assert(size < 2 << 20 || (uintptr_t)block % huge_page == 0);
        unsigned any = 0;

        for (int64_t i = 0; i < size; i++) {
            any |= block[i];
        }
        ck_assert_uint_eq(any, 0);
        memset(block, 0xa5, (size_t)size);
        sqn__mem_free(block);
    }
}
END_TEST

START_TEST(what_is_given_back_ends_at_a_whole_page_and_the_rest_remains)
{
    const size_t size = 9U << 20, kept = 4U << 20;
    unsigned char *block = sqn__mem_reserve((int64_t)size, 1), small = 0xa5;

    ck_assert_ptr_nonnull(block);
    memset(block, 0xa5, size);
    sqn__mem_forget(block, 0, kept + 12345);
    for (size_t i = kept; i < size; i++) {
        small &= block[i];
    }
    ck_assert_uint_eq(small, 0xa5);
    ck_assert_uint_eq(block[0], 0); /* a page that is new again */
    ck_assert_uint_eq(block[kept - 1], 0);
    sqn__mem_forget(block, 0, 100); /* less than a page */
    sqn__mem_forget(NULL, 0, size);
    sqn__mem_free(block);
}
END_TEST

/* Bytes of this process that are in memory. */
static int64_t resident(void)
{
    FILE *stream = fopen("/proc/self/statm", "r");
    char text[256] = "", *resident_pages = NULL;

    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, stream));
    (void)fclose(stream);
    (void)strtol(text, &resident_pages, 10); /* those of all its addresses */
    return (int64_t)strtol(resident_pages, NULL, 10) * sysconf(_SC_PAGESIZE);
}

START_TEST(a_little_more_than_whole_pages_takes_little_more_memory)
{
    enum { N = 16 };
    const int64_t size = (4 << 20) + (64 << 10), before = resident();
    unsigned char *block[N];

    for (int k = 0; k < N; k++) {
        block[k] = sqn__mem_reserve(size, 1);
        ck_assert_ptr_nonnull(block[k]);
        memset(block[k], 0xa5, (size_t)size);
    }
    /* a large page more for each would be a half more; what watches memory takes an eighth */
    ck_assert_int_lt(resident() - before, N * size * 5 / 4);
    for (int k = 0; k < N; k++) {
        sqn__mem_free(block[k]);
    }
}
END_TEST

START_TEST(impossible_sizes_give_nothing)
{
    ck_assert_ptr_null(sqn__mem_alloc(-1, 8));
    ck_assert_ptr_null(sqn__mem_alloc(8, 0));
    ck_assert_ptr_null(sqn__mem_alloc(INT64_MAX, 8));
    ck_assert_ptr_null(sqn__mem_alloc(PTRDIFF_MAX - 64, 1));
    sqn__mem_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mem");
    TCase *tcase = tcase_create("blocks");

    tcase_add_test(tcase, blocks_of_any_size_are_aligned_and_zeroed);
    tcase_add_test(tcase, what_is_given_back_ends_at_a_whole_page_and_the_rest_remains);
    tcase_add_test(tcase, a_little_more_than_whole_pages_takes_little_more_memory);
    tcase_add_test(tcase, impossible_sizes_give_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
