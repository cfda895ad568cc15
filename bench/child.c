/** @file child.c @brief fork, exec, and what wait4 tells. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for wait4 */
#define _DEFAULT_SOURCE
#include "child.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raise.h"
#include "sample.h"

/* In the new process: standard error into the pipe, standard output away. */
static void become(char *const *arguments, const int ends[2])
{
    if (dup2(ends[1], STDERR_FILENO) >= 0 && freopen("/dev/null", "w", stdout) != NULL) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(arguments[0], arguments);
    }
    _exit(127);
}

static void follow(int end, child_listener *listen, void *context, double start)
{
    FILE *stream = fdopen(end, "r");
    char line[4096];

    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        listen(context, line, sample_clock() - start);
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
}

sqn_status child_run(child_outcome *out, char *const *arguments, child_listener *listen,
                     void *context, sqn_error *err)
{
    int ends[2], state = 0;
    struct rusage used;

    if (pipe(ends) != 0) {
        return SQN_RAISE(err, E_IO, "no pipe for %s", arguments[0]);
    }
    (void)fflush(NULL);
    const double start = sample_clock();
    const pid_t child = fork();

    if (child == 0) {
        become(arguments, ends);
    }
    (void)close(ends[1]);
    follow(ends[0], listen, context, start);
    if (child < 0 || wait4(child, &state, 0, &used) != child || !WIFEXITED(state)) {
        return SQN_RAISE(err, E_IO, "%s did not run to its end", arguments[0]);
    }
    out->exit_code = WEXITSTATUS(state);
    out->seconds = sample_clock() - start;
    out->peak_bytes = 1024.0 * (double)used.ru_maxrss;
    return SQN_OK;
}

sqn_status child_isolate(sqn_status (*work)(const void *context, sqn_error *err),
                         const void *context, sqn_error *err)
{
    int state = 0;

    (void)fflush(NULL);
    const pid_t child = fork();

    if (child == 0) {
        sqn_error own = {.status = SQN_OK};
        const bool good = work(context, &own) == SQN_OK;

        if (!good) {
            (void)fprintf(stderr, "sequin-bench: %s\n", own.message);
        }
        _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (child < 0 || waitpid(child, &state, 0) != child || state != 0) {
        return SQN_RAISE(err, E_IO, "work in another process was not done");
    }
    return SQN_OK;
}
