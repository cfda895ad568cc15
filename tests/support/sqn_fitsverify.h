/** @file sqn_fitsverify.h @brief Run HEASARC's `fitsverify` on a file, if it is installed. */
#ifndef SQN_FITSVERIFY_H
#define SQN_FITSVERIFY_H

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "sqn_check.h"

enum { SQN_FITSVERIFY_ABSENT = -1 };

/** Errors and warnings in all; its report is in fitsverify.txt. -1: not installed. */
static inline int sqn_fitsverify(const char *path)
{
    char program[] = "fitsverify";
    char file[512];
    char *arguments[] = {program, file, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int code = 0, result = 0;

    (void)snprintf(file, sizeof file, "%s", path);
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    ck_assert_int_eq(posix_spawn_file_actions_addopen(&actions, 1, "fitsverify.txt",
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    result = posix_spawnp(&child, program, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (result != 0) {
        printf("SKIPPED: fitsverify is not installed\n");
        return SQN_FITSVERIFY_ABSENT;
    }
    ck_assert_int_eq(waitpid(child, &code, 0), child);
    ck_assert(WIFEXITED(code));
    return WEXITSTATUS(code) == 127 ? SQN_FITSVERIFY_ABSENT : WEXITSTATUS(code);
}

/** Assert 0 errors and 0 warnings; print the report otherwise. */
static inline void sqn_fitsverify_assert(const char *path)
{
    const int n = sqn_fitsverify(path);

    if (n > 0) {
        FILE *report = fopen("fitsverify.txt", "r");
        int c = 0;

        while (report != NULL && (c = fgetc(report)) != EOF) {
            (void)putchar(c);
        }
        if (report != NULL) {
            (void)fclose(report);
        }
    }
    ck_assert_msg(n <= 0, "%s: %d errors and warnings", path, n);
}

#endif
