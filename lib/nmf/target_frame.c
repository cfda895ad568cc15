/** @file target_frame.c @brief The small problems of a few frames: summed, solved, judged. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "nnls.h"
#include "target_internal.h"

void sqn__target_frame_covariance(double *out, const uint8_t *active, double *gram,
                                  int64_t n, double *work)
{
    bool singular = false;

    sqn__nnls_covariance(out, active, gram, n, work);
    for (int64_t i = 0; i < n; i++) {
        singular = singular || isnan(out[i * n + i]);
    }
    if (singular) {
        for (int64_t i = 0; i < n; i++) {
            gram[i * n + i] *= 1.0 + 1e-7;
        }
        sqn__nnls_covariance(out, active, gram, n, work);
    }
}

/* The small problem of `count` and frame `i` of a group, out of that of a basis that holds it: its
   first rows, and the background. */
static void extract(const sqn__target_desk *desk, const sqn__target_task *task,
                    const sqn__target_count *count, const sqn__target_whole *whole,
                    int64_t i)
{
    const double *total = task->desk->total;
    const int64_t n = count->n_unknown, k = count->basis.rows;
    const int64_t last = task->target->count[whole->count].n_unknown - 1;
    const int64_t rhs = task->batch->n_column + whole->row;

    for (int64_t a = 0; a < n; a++) {
        const int64_t from = a < k ? a : last;
        const int64_t column = whole->column + from * (from + 1) / 2;

        desk->small_rhs[a] = sqn__target_sum_at(total, task->group, i, rhs + from);
        for (int64_t b = 0; b <= a; b++) {
            const double g =
                sqn__target_sum_at(total, task->group, i, column + (b < k ? b : last));

            desk->small[a * n + b] = g;
            desk->small[b * n + a] = g;
        }
    }
}

/* A frame without data has no coefficients. */
static void leave_open(const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;

    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = NAN;
        count->errors[frame * k + j] = NAN;
    }
    for (int64_t i = 0; i < n * n; i++) {
        count->covariance[frame * n * n + i] = NAN;
    }
    if (count->background != NULL) {
        count->background[frame] = NAN;
    }
    count->record[frame] = (sqn_target_record){0};
}

/* Coefficients and covariance of one basis; its small problem is in the desk. */
static void solve(const sqn__target_desk *desk, double *solution,
                  const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;
    const sqn__nnls_problem problem = {n, desk->small, desk->small_rhs, n > k};
    double *covariance = count->covariance + frame * n * n;

    memset(solution, 0, (size_t)n * sizeof *solution);
    memset(desk->passive, 1, (size_t)n); /* most coefficients are positive */
    count->record[frame].kkt =
        sqn__nnls_solve(solution, desk->passive, &problem, desk->work);
    sqn__target_frame_covariance(covariance, desk->passive, desk->small, n, desk->work);
    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = solution[j];
        count->errors[frame * k + j] =
            desk->small[j * n + j] > 0.0 ? sqrt(covariance[j * n + j]) : NAN;
    }
    if (n > k) {
        count->background[frame] = solution[k];
    }
}

/* How many data of frame `i` of the group take part with basis `q` of the batch. */
static int64_t count_data(const sqn__target_task *task, int64_t q, int64_t i)
{
    const int64_t n = task->group->n;

    return (int64_t)task->desk->total[sqn__target_n_strip_sum(task->batch, n) + q * n + i];
}

/* Frame `i` of the group with member `m` of the batch. The background moves to where the basis that
   holds it has its own. */
static void solve_member(const sqn__target_desk *desk, const sqn__target_task *task,
                         int64_t i, int64_t m)
{
    const sqn__target_member *member = &task->batch->member[m];
    const sqn__target_whole *whole = &task->batch->whole[member->whole];
    const sqn__target_count *count = &task->target->count[member->count];
    const int64_t n = count->n_unknown, frame = task->group->first + i;
    const int64_t at = sqn__target_place(whole, task->group, i) + m - whole->member;
    const int64_t n_data = count_data(task, member->whole, i);
    double *solution = task->desk->solution + at * task->wide;

    memset(solution, 0, (size_t)task->wide * sizeof *solution);
    if (n_data == 0) {
        leave_open(count, frame);
        return;
    }
    count->record[frame] = (sqn_target_record){.n_data = n_data};
    extract(desk, task, count, whole, i);
    solve(desk, solution, count, frame);
    if (n > count->basis.rows) {
        const double background = solution[n - 1];

        solution[n - 1] = 0.0;
        solution[task->target->count[whole->count].n_unknown - 1] = background;
    }
}

/* All frames of the group with all bases, the dearest of a frame first. */
static void solve_all(const sqn__target_task *task)
{
    const int64_t n_member = task->batch->n_member;

#pragma omp parallel for schedule(dynamic, 1) \
    num_threads(task->n_desk) if (task->n_desk > 1) default(none) shared(task, n_member)
    for (int64_t e = 0; e < task->group->n * n_member; e++) {
        solve_member(&task->desk[omp_get_thread_num()], task, e / n_member,
                     n_member - 1 - e % n_member);
    }
}

static void keep_misfits(const sqn__target_task *task)
{
    const sqn__target_group *group = task->group;

    for (int64_t m = 0; m < task->batch->n_member; m++) {
        const sqn__target_member *member = &task->batch->member[m];
        const sqn__target_whole *whole = &task->batch->whole[member->whole];
        sqn_target_record *record = task->target->count[member->count].record;

        for (int64_t i = 0; i < group->n; i++) {
            const int64_t at = sqn__target_place(whole, group, i) + m - whole->member;

            if (record[group->first + i].n_data > 0) {
                record[group->first + i].chi2 = task->desk->chi2[at];
            }
        }
    }
}

void sqn__target_frame_fit(const sqn__target_task *task)
{
    sqn__target_sum(task);
    solve_all(task);
    sqn__target_judge(task);
    keep_misfits(task);
}
