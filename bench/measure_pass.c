/**
 * @file measure_pass.c
 * @brief A pass over the data against the peak and the memory measured beside it.
 */
#include <omp.h>
#include <string.h>

#include "machine.h"
#include "measure.h"
#include "raise.h"
#include "solver.h"
#include "subject.h"

/* What is measured at one number of threads. */
typedef struct series {
    sample pass, solve, speed, of_peak, rate, of_memory;
    sample kept, kept_of_peak; /* passes without new Gram matrices */
} series;

/* What all series of a set share. */
typedef struct setting {
    const request *request;
    const sqn_panels *panels;
    const machine_memory *memory;
    table_key key;
    series *series; /* [n_thread] */
} setting;

/* One pass and solve beside the machine's own numbers, which vary from second to second. */
static void take(series *out, solver *s, const machine_memory *memory, int threads)
{
    const double peak = machine_speed(machine_best(), threads);
    const double rate = machine_bandwidth(memory, threads);
    const double start = sample_clock();

    (void)solver_pass(s, true);
    const double middle = sample_clock();

    solver_solve(s);
    const double solved = sample_clock();

    (void)solver_pass(s, false);
    const double kept = sample_clock() - solved;
    const double pass = middle - start, speed = 1e-9 * solver_flop(s, true) / pass;
    const double read = 1e-9 * solver_bytes(s) / pass;

    sample_add(&out->pass, pass);
    sample_add(&out->solve, solved - middle);
    sample_add(&out->kept, kept);
    sample_add(&out->kept_of_peak, 1e-9 * solver_flop(s, false) / kept / peak);
    sample_add(&out->speed, speed);
    sample_add(&out->of_peak, speed / peak);
    sample_add(&out->rate, read);
    sample_add(&out->of_memory, read / rate);
}

static void print(const setting *at, int i)
{
    const series *one = at->series + i;
    table_key key = at->key;

    key.threads = at->request->threads[i];
    table_line(&key, "pass", "s", &one->pass);
    table_line(&key, "solve", "s", &one->solve);
    table_line(&key, "speed", "GF/s", &one->speed);
    table_line(&key, "of_peak", "1", &one->of_peak);
    table_line(&key, "read", "GB/s", &one->rate);
    table_line(&key, "of_bandwidth", "1", &one->of_memory);
    table_line(&key, "kept_pass", "s", &one->kept);
    table_line(&key, "kept_of_peak", "1", &one->kept_of_peak);
}

/* Time one thread took over time the last in the list took, run by run. */
static void print_gain(const setting *at)
{
    const int last = at->request->n_thread - 1;
    table_key key = at->key;
    sample gain = {.n = 0};

    for (int i = 0; i < at->series[0].pass.n; i++) {
        sample_add(&gain, at->series[0].pass.value[i] / at->series[last].pass.value[i]);
    }
    key.threads = at->request->threads[last];
    if (last > 0) {
        table_line(&key, "gain_of_threads", "1", &gain);
    }
}

/* A solver for `threads` threads, a few passes on its way. */
static sqn_status warm_up(solver **out, const setting *at, int threads, sqn_error *err)
{
    omp_set_num_threads(threads);
    const sqn_status status = solver_create(out, at->panels, at->key.k, err);

    for (int pass = 0; pass < 2 && status == SQN_OK; pass++) {
        (void)solver_pass(*out, true);
        solver_solve(*out);
    }
    return status;
}

static sqn_status measure_count(const setting *at, sqn_error *err)
{
    const request *r = at->request;
    solver *solvers[REQUEST_MAX] = {NULL};
    sqn_status status = SQN_OK;

    memset(at->series, 0, (size_t)r->n_thread * sizeof *at->series);
    for (int i = 0; i < r->n_thread; i++) {
        SQN_TRY(warm_up(&solvers[i], at, r->threads[i], err));
    }
    const int runs = request_runs(r, 7);

    for (int run = 0; run < runs; run++) {
        for (int i = 0; i < r->n_thread; i++) {
            omp_set_num_threads(r->threads[i]);
            take(at->series + i, solvers[i], at->memory, r->threads[i]);
        }
    }
    for (int i = 0; i < r->n_thread; i++) {
        print(at, i);
    }
    print_gain(at);

cleanup:
    for (int i = 0; i < r->n_thread; i++) {
        solver_destroy(&solvers[i]);
    }
    return status;
}

static sqn_status measure_set(const request *r, const subject *s, sqn_error *err)
{
    static const int64_t own[] = {1, 5, 10, 30, 60};
    int64_t counts[REQUEST_MAX];
    const int n_count = request_counts(r, counts, own, r->quick ? 2 : 5);
    series all[REQUEST_MAX] = {{.pass = {.n = 0}}};
    machine_memory memory = {NULL, 0};
    setting at = {r, s->panels, &memory, s->key, all};
    sqn_status status = SQN_OK;

    at.key.measure = r->command;
    at.key.kind = request_kind(r);
    SQN_TRY(machine_memory_init(&memory, (long)s->bytes, err));
    for (int i = 0; i < n_count && status == SQN_OK; i++) {
        at.key.k = counts[i];
        if (at.key.k <= sqn_panels_about(s->panels)->n_frame_used) {
            status = measure_count(&at, err);
        }
    }

cleanup:
    machine_memory_clear(&memory);
    return status;
}

sqn_status measure_pass(const request *r, sqn_error *err)
{
    return subject_each(r, measure_set, err);
}
