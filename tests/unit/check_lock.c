/** @file check_lock.c @brief One run at a time, also when runs come and go. */
#include "lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqn_check.h"

/* What other runs do between our open() and our flock(). */
typedef enum meanwhile { NOTHING, ENDS, ENDS_AND_NEXT_BEGINS } meanwhile;

static sqn_error err;
static int folder;
static meanwhile now;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): ld --wrap dictates these names. */
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int __wrap_flock(int fd, int operation)
{
    const meanwhile then = now;

    now = NOTHING;
    if (then != NOTHING) {
        ck_assert_int_eq(unlinkat(folder, ".sequin.lock", 0), 0);
    }
    if (then == ENDS_AND_NEXT_BEGINS) {
        const int next = openat(folder, ".sequin.lock", O_RDWR | O_CREAT | O_EXCL, 0666);

        ck_assert_int_ge(next, 0); /* stays open: its lock lasts as long as the test */
        ck_assert_int_eq(__real_flock(next, LOCK_EX | LOCK_NB), 0);
    }
    return __real_flock(fd, operation);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */

static void set_up(void)
{
    (void)mkdir("locked", 0777);
    folder = open("locked", O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(folder, 0);
    (void)unlinkat(folder, ".sequin.lock", 0);
    now = NOTHING;
}

static void tear_down(void)
{
    (void)close(folder);
}

static bool is_there(void)
{
    return faccessat(folder, ".sequin.lock", F_OK, 0) == 0;
}

START_TEST(a_file_that_nobody_has_signed_is_no_mark_of_a_run)
{
    const int made = openat(folder, ".sequin.lock", O_RDWR | O_CREAT | O_EXCL, 0644);
    bool found = true;
    int lock = -1;

    ck_assert_int_ge(made, 0);
    SQN_ASSERT_OK(lock_take(&lock, &found, folder, "locked", &err), err);
    ck_assert(!found); /* its maker was refused, or has not got so far */
    lock_drop(lock, folder, true);
    (void)close(made);
}
END_TEST

START_TEST(the_file_marks_a_run_that_did_not_end)
{
    bool found = true;
    int lock = -1;

    SQN_ASSERT_OK(lock_take(&lock, &found, folder, "locked", &err), err);
    ck_assert(!found);
    lock_drop(lock, folder, false);
    SQN_ASSERT_OK(lock_take(&lock, &found, folder, "locked", &err), err);
    ck_assert(found);
    lock_drop(lock, folder, true);
    ck_assert(!is_there());
}
END_TEST

START_TEST(another_process_is_refused_by_name)
{
    char who[32];
    bool found = false;
    int lock = -1, result = 0;

    SQN_ASSERT_OK(lock_take(&lock, &found, folder, "locked", &err), err);
    (void)snprintf(who, sizeof who, "pid %ld", (long)getpid());
    const pid_t child = fork();

    if (child == 0) {
        int other = -1;

        _exit(lock_take(&other, &found, folder, "locked", &err) == SQN_ERR_BUSY &&
                      strstr(err.message, who) != NULL && other == -1
                  ? 7
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(WEXITSTATUS(result), 7);
    lock_drop(lock, folder, true);
}
END_TEST

/* A lock on a file that was just removed would let a third run in beside us. */
START_TEST(a_lock_on_a_removed_file_is_no_lock)
{
    bool found = true;
    int lock = -1;
    struct stat mine, named;

    now = ENDS;
    SQN_ASSERT_OK(lock_take(&lock, &found, folder, "locked", &err), err);
    ck_assert_int_eq(fstat(lock, &mine), 0);
    ck_assert_int_eq(fstatat(folder, ".sequin.lock", &named, 0), 0);
    ck_assert(mine.st_ino == named.st_ino);
    lock_drop(lock, folder, false);

    now = ENDS_AND_NEXT_BEGINS;
    SQN_ASSERT_FAILS(lock_take(&lock, &found, folder, "locked", &err), err, SQN_E_LOCK);
    ck_assert_int_eq(lock, -1);
    ck_assert(is_there());
}
END_TEST

/* Two processes take and drop in turn, and never hold it together. */
START_TEST(two_processes_never_hold_it_together)
{
    enum { TURNS = 300 };
    int result = 0;
    const pid_t child = fork();

    ck_assert_int_ge(child, 0);
    for (int n = 0; n < TURNS;) {
        bool found = false;
        int lock = -1;

        if (lock_take(&lock, &found, folder, "locked", &err) == SQN_OK) {
            const int inside = openat(folder, "inside", O_CREAT | O_EXCL | O_WRONLY, 0666);

            if (inside < 0 || unlinkat(folder, "inside", 0) != 0) {
                _exit(1); /* the parent fails with it, the child is seen by the parent */
            }
            (void)close(inside);
            lock_drop(lock, folder, true);
            n++;
        } else if (err.id != SQN_E_LOCK) {
            _exit(2);
        }
    }
    if (child == 0) {
        _exit(7);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(WEXITSTATUS(result), 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock");
    TCase *tcase = tcase_create("races");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_file_that_nobody_has_signed_is_no_mark_of_a_run);
    tcase_add_test(tcase, the_file_marks_a_run_that_did_not_end);
    tcase_add_test(tcase, another_process_is_refused_by_name);
    tcase_add_test(tcase, a_lock_on_a_removed_file_is_no_lock);
    tcase_add_test(tcase, two_processes_never_hold_it_together);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
