/** @file check_arena.c @brief Arrays in lent memory and beyond it: apart from each other, all freed. */
#include "arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_wrap.h"

enum { LINE = 64, LARGE = 1024, SMALL = 256 };

static alignas(LINE) char large[LARGE], small[SMALL];

static sqn__arena lend(void)
{
    memset(large, 'l', LARGE);
    memset(small, 's', SMALL);
    return (sqn__arena){.spare = {{large, small}, {LARGE, SMALL}}};
}

static bool is_in(const char *memory, const char *block, int64_t bytes)
{
    return memory >= block && memory < block + bytes;
}

START_TEST(arrays_fill_lent_blocks_before_new_ones)
{
    sqn__arena arena = lend();
    char *array[6];
    const int64_t size[6] = {300, 100, 600, 100, 100, 5000};

    for (int k = 0; k < 6; k++) {
        array[k] = sqn__arena_reserve(&arena, size[k], 1);
        ck_assert_ptr_nonnull(array[k]);
        ck_assert_uint_eq((uintptr_t)array[k] % LINE, 0);
        memset(array[k], 'a' + k, (size_t)size[k]);
    }
    ck_assert(is_in(array[0], large, LARGE)); /* the only one that holds it */
    ck_assert(is_in(array[1], small, SMALL)); /* that which it fills best */
    ck_assert(is_in(array[2], large, LARGE));
    ck_assert(is_in(array[3], small, SMALL));
    ck_assert(!is_in(array[4], large, LARGE) && !is_in(array[4], small, SMALL));
    ck_assert(!is_in(array[5], large, LARGE) && !is_in(array[5], small, SMALL));
    for (int k = 0; k < 6; k++) { /* none lies on another */
        for (int64_t i = 0; i < size[k]; i++) {
            ck_assert_int_eq(array[k][i], 'a' + k);
        }
    }
    sqn__arena_clear(&arena);
    ck_assert_ptr_null(arena.spare.block[0]);
    ck_assert_int_eq(large[0], 'a'); /* still the lender's */
}
END_TEST

START_TEST(lent_memory_is_zeroed_when_that_is_asked_for)
{
    sqn__arena arena = lend();
    const char *array = sqn__arena_alloc(&arena, 7, 9);

    ck_assert(is_in(array, small, SMALL));
    for (int k = 0; k < 7 * 9; k++) {
        ck_assert_int_eq(array[k], 0);
    }
    sqn__arena_clear(&arena);
}
END_TEST

START_TEST(without_a_lender_all_is_its_own)
{
    sqn__arena arena = {0};

    for (int k = 0; k < 5; k++) {
        char *array = sqn__arena_alloc(&arena, k, 1000);

        ck_assert_ptr_nonnull(array);
        ck_assert_uint_eq((uintptr_t)array % LINE, 0);
    }
    sqn__arena_clear(&arena);
    sqn__arena_clear(&arena); /* and again */
}
END_TEST

START_TEST(what_is_impossible_gives_nothing_and_loses_nothing)
{
    sqn__arena arena = lend();

    ck_assert_ptr_null(sqn__arena_reserve(&arena, -1, 8));
    ck_assert_ptr_null(sqn__arena_reserve(&arena, 8, 0));
    ck_assert_ptr_null(sqn__arena_alloc(&arena, INT64_MAX, 8));
    ck_assert_ptr_null(sqn__arena_reserve(&arena, PTRDIFF_MAX, 1));
    for (int k = 0; k < 2; k++) { /* neither the array nor what remembers it */
        sqn_allocations_before_failure = k;
        ck_assert_ptr_null(sqn__arena_reserve(&arena, LARGE, 2));
        sqn_allocations_before_failure = -1;
    }
    ck_assert(is_in(sqn__arena_reserve(&arena, LARGE - LINE, 1), large, LARGE));
    sqn__arena_clear(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arrays");

    tcase_add_test(tcase, arrays_fill_lent_blocks_before_new_ones);
    tcase_add_test(tcase, lent_memory_is_zeroed_when_that_is_asked_for);
    tcase_add_test(tcase, without_a_lender_all_is_its_own);
    tcase_add_test(tcase, what_is_impossible_gives_nothing_and_loses_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
