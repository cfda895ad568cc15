/** @file check_crew.c @brief Every job is done, whatever becomes of the processes. */
#include "crew.h"

#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raise.h"
#include "sqn_check.h"

enum { N = 7 };

/* What the jobs know: who called, and which of them goes wrong. */
typedef struct plan {
    pid_t caller;
    int64_t fails, dies;
} plan;

static void name_of(char name[32], int64_t k)
{
    (void)snprintf(name, 32, "job-%d", (int)k);
}

/* Leave a file; a file that is there already is somebody's who did the same. */
static sqn_status leave_file(const void *context, int64_t k, sqn_error *err)
{
    const plan *p = context;
    char name[32];

    if (k == p->dies && getpid() != p->caller) {
        (void)raise(SIGKILL);
    }
    if (k == p->fails) {
        return SQN_RAISE(err, E_ARG, "job %d", (int)k);
    }
    name_of(name, k);
    FILE *file = fopen(name, "ax");

    return file != NULL && fclose(file) == 0 ? SQN_OK
                                             : SQN_RAISE(err, E_IO, "job %d again", (int)k);
}

static void run(const plan *p, int64_t n_process)
{
    sqn_error why[N];
    char name[32];

    for (int64_t k = 0; k < N; k++) {
        name_of(name, k);
        (void)unlink(name);
    }
    crew_run(why, leave_file, p, N, n_process);
    for (int64_t k = 0; k < N; k++) {
        name_of(name, k);
        ck_assert_int_eq(access(name, F_OK) == 0, k != p->fails);
        ck_assert_int_eq(why[k].status, k == p->fails ? SQN_ERR_ARG : SQN_OK);
    }
    ck_assert(p->fails < 0 || strstr(why[p->fails].message, "job 4") != NULL);
}

START_TEST(every_job_is_done_once_by_any_number_of_processes)
{
    for (int64_t n = 1; n <= 9; n++) {
        run(&(plan){getpid(), n % 2 == 0 ? 4 : -1, -1}, n);
    }
}
END_TEST

START_TEST(what_a_dead_process_left_is_done_by_the_caller)
{
    for (int64_t k = 0; k < N; k++) {
        run(&(plan){getpid(), 4, k}, 3);
    }
}
END_TEST

/* Fails with the number of threads that it may use. */
static sqn_status tell_threads(const void *context, int64_t k, sqn_error *err)
{
    (void)context;
    return SQN_RAISE(err, E_ARG, "job %d: %d threads", (int)k, omp_get_max_threads());
}

START_TEST(each_process_uses_one_thread_and_the_caller_all_of_its_own_without_copies)
{
    sqn_error why[N];

    omp_set_num_threads(3);
    for (int64_t n = 1; n <= 4; n++) {
        crew_run(why, tell_threads, NULL, N, n);
        for (int64_t k = 0; k < N; k++) {
            ck_assert_ptr_nonnull(strstr(why[k].message, n == 1 ? ": 3 " : ": 1 "));
        }
        ck_assert_int_eq(omp_get_max_threads(), 3);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crew");
    TCase *tcase = tcase_create("jobs");

    tcase_add_test(tcase, every_job_is_done_once_by_any_number_of_processes);
    tcase_add_test(tcase, what_a_dead_process_left_is_done_by_the_caller);
    tcase_add_test(
        tcase, each_process_uses_one_thread_and_the_caller_all_of_its_own_without_copies);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
