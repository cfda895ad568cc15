/** @file crew.c @brief Jobs taken from a counter in memory that all processes share. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for MAP_ANONYMOUS */
#define _DEFAULT_SOURCE
#include "crew.h"

#include <errno.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COPIES_MAX = 16 };

/* One job, as all processes see it. */
typedef struct outcome {
    atomic_bool done;
    sqn_status status;
    sqn_error why;
} outcome;

/* What all processes share. */
typedef struct board {
    atomic_long next;
    outcome job[];
} board;

static void do_job(outcome *out, crew_job *job, const void *context, int64_t k)
{
    memset(&out->why, 0, sizeof out->why);
    out->status = job(context, k, &out->why);
    atomic_store(&out->done, true);
}

/* Take jobs until there are none. */
static void work(board *b, crew_job *job, const void *context, int64_t n)
{
    for (long k = atomic_fetch_add(&b->next, 1); k < n; k = atomic_fetch_add(&b->next, 1)) {
        do_job(&b->job[k], job, context, k);
    }
}

/* Begin the copies; returns how many there are. Threads do not live on in a copy: it uses one. */
static int64_t begin(pid_t copies[COPIES_MAX], board *b, crew_job *job, const void *context,
                     int64_t n, int64_t n_process)
{
    const int64_t most = n_process - 1 < n - 1 ? n_process - 1 : n - 1;
    int64_t n_copy = 0;

    (void)fflush(NULL); /* or every copy would write it once more */
    while (n_copy < most && n_copy < COPIES_MAX) {
        const pid_t copy = fork();

        if (copy < 0) {
            break;
        }
        if (copy == 0) {
            omp_set_num_threads(1);
            work(b, job, context, n);
            _exit(0);
        }
        copies[n_copy++] = copy;
    }
    return n_copy;
}

static void await(pid_t copy)
{
    int status = 0;

    while (waitpid(copy, &status, 0) < 0 && errno == EINTR) {
    }
}

void crew_run(sqn_error *why, crew_job *job, const void *context, int64_t n,
              int64_t n_process)
{
    const size_t size = sizeof(board) + (size_t)n * sizeof(outcome);
    board *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t copies[COPIES_MAX];

    if (b == MAP_FAILED) {
        for (int64_t k = 0; k < n; k++) {
            memset(&why[k], 0, sizeof why[k]);
            (void)job(context, k, &why[k]);
        }
        return;
    }
    const int64_t n_copy = begin(copies, b, job, context, n, n_process);
    const int n_thread = omp_get_max_threads();

    if (n_copy > 0) { /* the processors are the copies' */
        omp_set_num_threads(1);
    }
    work(b, job, context, n);
    omp_set_num_threads(n_thread);
    for (int64_t c = 0; c < n_copy; c++) {
        await(copies[c]);
    }
    for (int64_t k = 0; k < n; k++) {
        if (!atomic_load(&b->job[k].done)) {
            do_job(&b->job[k], job, context, k);
        }
        why[k] = b->job[k].why;
    }
    (void)munmap(b, size);
}
