/** @file check_flag.c @brief Frames have the flags of their count, held once where counts agree. */
#include <math.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_wrap.h"
#include "subtract.h"

enum { NY = 2, NX = 4, N_ALL = NY * NX, N_PIX = 6, N_FRAME = 2, N_COUNT = 4 };

static sqn_error err;
static int64_t index_of[N_PIX] = {0, 1, 2, 4, 5, 6}; /* columns 0 to 2 of both rows */
static uint8_t read_flags[N_FRAME * N_ALL], excluded[N_FRAME * N_ALL];
static float comps[N_COUNT][N_PIX];
static sqn_matrix_const components[N_COUNT];
static uint8_t planes[N_COUNT][N_FRAME * N_ALL];
static subtraction counts[N_COUNT];
static subtraction_batch batch;
static observation obs;
static basis made;
static target_input in;

/* Counts 0 and 2 have no reference at pixel 3 of the region, that is (1, 0); 1 and 3 everywhere.
   Frame 0 misses (0, 1), frame 1 has (0, 2) excluded. */
static void set_up(void)
{
    memset(comps, 0, sizeof comps);
    memset(planes, 0xFF, sizeof planes);
    memset(read_flags, 0, sizeof read_flags);
    memset(excluded, 0, sizeof excluded);
    comps[0][3] = comps[2][3] = NAN;
    read_flags[1] = SQN_FLAG_NO_SCIENCE;
    excluded[N_ALL + 2] = 1;
    excluded[N_ALL + 3] = 1; /* outside: not said */
    obs = (observation){.pixels = {NY, NX, N_PIX, index_of}};
    obs.science =
        (sqn_fits_stack){.n_frame = N_FRAME, .ny = NY, .nx = NX, .flags = read_flags};
    made = (basis){.n_count = N_COUNT, .components = components};
    in = (target_input){.obs = &obs, .basis = &made, .excluded = excluded};
    batch = (subtraction_batch){.n_max = N_COUNT, .n = N_COUNT};
    for (int64_t c = 0; c < N_COUNT; c++) {
        components[c] = (sqn_matrix_const){comps[c], 1, N_PIX, N_PIX};
        counts[c] = (subtraction){.own_flags = planes[c]};
        batch.count[c] = &counts[c];
    }
}

/* What frame `i` must have at pixel `e` with count `c`. */
static uint8_t expected(int64_t c, int64_t i, int64_t e)
{
    const bool outside = e % NX == NX - 1;
    int flags = outside ? SQN_FLAG_OUTSIDE : 0;

    flags |= e == NX && c % 2 == 0 ? SQN_FLAG_NO_REFERENCE : 0;
    flags |= i == 0 && e == 1 ? SQN_FLAG_NO_SCIENCE : 0;
    flags |= i == 1 && e == 2 ? SQN_FLAG_EXCLUDED : 0;
    return (uint8_t)flags;
}

START_TEST(every_count_has_its_flags)
{
    SQN_ASSERT_OK(target_flag(&batch, &in, &err), err);
    for (int64_t c = 0; c < N_COUNT; c++) {
        for (int64_t e = 0; e < INT64_C(1) * N_FRAME * N_ALL; e++) {
            ck_assert_uint_eq(counts[c].flags[e], expected(c, e / N_ALL, e % N_ALL));
        }
    }
}
END_TEST

START_TEST(equal_flags_lie_with_the_last_count_that_has_them)
{
    SQN_ASSERT_OK(target_flag(&batch, &in, &err), err);
    ck_assert_ptr_eq(counts[0].flags, planes[2]);
    ck_assert_ptr_eq(counts[1].flags, planes[3]);
    ck_assert_ptr_eq(counts[2].flags, planes[2]);
    ck_assert_ptr_eq(counts[3].flags, planes[3]);
    ck_assert_uint_eq(planes[0][0], 0xFF); /* not touched */
}
END_TEST

START_TEST(flags_of_a_batch_before_are_forgotten)
{
    SQN_ASSERT_OK(target_flag(&batch, &in, &err), err);
    batch.n = 1;
    SQN_ASSERT_OK(target_flag(&batch, &in, &err), err);
    ck_assert_ptr_eq(counts[0].flags, planes[0]);
    ck_assert_uint_eq(planes[0][NX], SQN_FLAG_NO_REFERENCE);
}
END_TEST

START_TEST(without_memory_it_fails)
{
    sqn_allocations_before_failure = 0;
    ck_assert_int_eq(target_flag(&batch, &in, &err), SQN_ERR_MEMORY);
    sqn_allocations_before_failure = -1;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flag");
    TCase *tcase = tcase_create("counts");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, every_count_has_its_flags);
    tcase_add_test(tcase, equal_flags_lie_with_the_last_count_that_has_them);
    tcase_add_test(tcase, flags_of_a_batch_before_are_forgotten);
    tcase_add_test(tcase, without_memory_it_fails);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
