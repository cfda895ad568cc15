/** @file measure_machine.c @brief Peak of multiply-adds and rate of memory. */
#include <stdio.h>

#include "machine.h"
#include "measure.h"
#include "table.h"

static void measure_peak(const request *r, const machine_peak *peak)
{
    sample speed[REQUEST_MAX] = {{.n = 0}};

    for (int run = 0; run < request_runs(r, 9); run++) {
        for (int i = 0; i < r->n_thread; i++) {
            sample_add(&speed[i], machine_speed(peak, r->threads[i]));
        }
    }
    for (int i = 0; i < r->n_thread; i++) {
        const table_key key = {"machine", "", peak->name, 0, 0, 0, r->threads[i]};

        table_line(&key, "multiply_add_peak", "GF/s", &speed[i]);
    }
}

static sqn_status measure_memory(const request *r, long mib, sqn_error *err)
{
    sample rate[REQUEST_MAX] = {{.n = 0}};
    machine_memory memory;
    const sqn_status status = machine_memory_init(&memory, mib << 20, err);
    char kind[32];

    if (status != SQN_OK) {
        return status;
    }
    for (int run = 0; run < request_runs(r, 5); run++) {
        for (int i = 0; i < r->n_thread; i++) {
            sample_add(&rate[i], machine_bandwidth(&memory, r->threads[i]));
        }
    }
    machine_memory_clear(&memory);
    (void)snprintf(kind, sizeof kind, "%ld MiB", mib);
    for (int i = 0; i < r->n_thread; i++) {
        const table_key key = {"machine", "", kind, 0, 0, 0, r->threads[i]};

        table_line(&key, "read_bandwidth", "GB/s", &rate[i]);
    }
    return SQN_OK;
}

sqn_status measure_machine(const request *r, sqn_error *err)
{
    static const long sizes[] = {1, 8, 64, 512}; /* MiB: L2, L3, more */
    int n = 0;
    const machine_peak *peaks = machine_peaks(&n);
    sqn_status status = SQN_OK;

    for (int i = 0; i < n; i++) {
        if (peaks[i].present()) {
            measure_peak(r, peaks + i);
        }
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && status == SQN_OK; i++) {
        status = r->quick && sizes[i] > 8 ? SQN_OK : measure_memory(r, sizes[i], err);
    }
    return status;
}
