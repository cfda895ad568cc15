/** @file team.c @brief Threads are started asleep and set apart. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for sched_setaffinity() */
#define _GNU_SOURCE
#include "team.h"

#include <omp.h>
#include <sched.h>

#if defined(__linux__)

/* The k-th processor after `from` of those that are allowed, which are some. */
static size_t find_processor(const cpu_set_t *allowed, size_t from, int k)
{
    size_t processor = from;

    for (int n = 0; n < k;) {
        processor = (processor + 1) % CPU_SETSIZE;
        n += CPU_ISSET(processor, allowed) ? 1 : 0;
    }
    return processor;
}

/* Move the calling thread, and let it go again. */
static void move_to(size_t processor, const cpu_set_t *allowed)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) {
        (void)sched_setaffinity(0, sizeof *allowed, allowed);
    }
}

void team_start(void)
{
    const int n = omp_get_max_threads(), from = sched_getcpu();
    cpu_set_t allowed;

    if (n < 2 || omp_get_proc_bind() != omp_proc_bind_false || from < 0 ||
        sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < n) {
        return;
    }
    /* one more than there are processors: all wait asleep */
#pragma omp parallel num_threads(n == omp_get_num_procs() ? n + 1 : n) default(none) \
    shared(allowed, from, n)
    {
        const int k = omp_get_thread_num();

        if (k > 0 && k < n) {
            move_to(find_processor(&allowed, (size_t)from, k), &allowed);
        }
    }
}

#else

void team_start(void)
{
}

#endif
