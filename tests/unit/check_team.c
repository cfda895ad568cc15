/** @file check_team.c @brief Threads that are started apart may run where they might before. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for sched_getaffinity() */
#define _GNU_SOURCE
#include "team.h"

#include <omp.h>
#include <sched.h>

#include "sqn_check.h"

START_TEST(every_thread_keeps_all_processors)
{
    cpu_set_t before;

    ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
    for (int n_thread = 1; n_thread <= CPU_COUNT(&before) + 2; n_thread++) {
        int n_same = 0;

        omp_set_num_threads(n_thread);
        team_start();
        ck_assert_int_eq(omp_get_max_threads(), n_thread);
#pragma omp parallel default(none) shared(before) reduction(+ : n_same)
        {
            cpu_set_t now;
            const int found = sched_getaffinity(0, sizeof now, &now);

            n_same += found == 0 && CPU_EQUAL(&now, &before) ? 1 : 0;
        }
        ck_assert_int_eq(n_same, n_thread);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("team");
    TCase *tcase = tcase_create("threads");

    tcase_add_test(tcase, every_thread_keeps_all_processors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
