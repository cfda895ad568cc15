/** @file target_section.c @brief Sums over pixels, section by section: threads do not change a bit. */
#include <omp.h>
#include <string.h>

#include "target_internal.h"

/* How many sections are at work beside each other: as many for each thread. */
static int64_t n_beside(const sqn__target_task *task, int64_t n)
{
    const int64_t room = task->room / n;

    return room - room % task->n_desk;
}

void sqn__target_join(double *total, int64_t n, sqn__target_section *add,
                      const sqn__target_task *task)
{
    const int64_t n_section = sqn__target_n_section(task->group->n_block);
    const int64_t beside = n_beside(task, n);

    memset(total, 0, (size_t)n * sizeof *total);
    for (int64_t first = 0; first < n_section; first += beside) {
        const int64_t end = first + beside < n_section ? first + beside : n_section;

#pragma omp parallel for schedule(dynamic, 1) if (task->n_desk > 1) \
    num_threads(task->n_desk) default(none) shared(n, add, task, first, end)
        for (int64_t s = first; s < end; s++) {
            double *part = task->part + (s - first) * n;

            memset(part, 0, (size_t)n * sizeof *part);
            add(part, &task->desk[omp_get_thread_num()], task, s);
        }
        for (int64_t s = 0; s < end - first; s++) {
            for (int64_t e = 0; e < n; e++) {
                total[e] += task->part[s * n + e];
            }
        }
    }
}
