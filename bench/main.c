/** @file main.c @brief sequin-bench: measurements on generated data, as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "sequin/threads.h"
#include "table.h"

static const measure measures[] = {
    {"machine", "multiply-add peak and memory bandwidth", measure_machine},
    {"pass", "one pass of the solver against peak and bandwidth", measure_pass},
    {"build", "sequential builds, stage by stage", measure_build},
    {"scaling", "a pass as frames, pixels and components grow", measure_scaling},
    {"target", "modelling of new frames with all counts", measure_target},
    {"files", "writing and reading of FITS", measure_files},
    {"data", "write a set as plain numbers (--file)", measure_data},
    {"run", "whole runs of the program: stages and peak memory", measure_run},
};
enum { N_MEASURE = sizeof measures / sizeof measures[0] };

static const char options[] =
    "sets: small medium large spectra (default: medium), tiny tinyspectra, FRAMESxNYxNX\n"
    "options (bench/README.md):\n"
    "  --k 1,5,10  --threads 1,2  --runs N  --quick\n"
    "  --weights general|separable|mask|uniform\n"
    "  --method anls|mu  --construction sequential|joint  --start residual|random\n"
    "  --tolerance 1e-5  --until CHI2_PER_DATUM  --targets N\n"
    "  --folder DIR  --file NAME  --program PATH\n";

static int usage(void)
{
    (void)fprintf(stderr, "usage: sequin-bench COMMAND [SET ...] [OPTION ...]\n");
    for (int i = 0; i < N_MEASURE; i++) {
        (void)fprintf(stderr, "  %-8s %s\n", measures[i].name, measures[i].help);
    }
    (void)fprintf(stderr, "%s", options);
    return 64;
}

int main(int argc, char **argv)
{
    sqn_error err = {.status = SQN_OK};
    request r;

    sqn_threads_single_blas();
    if (!request_read(&r, argc, argv)) {
        return usage();
    }
    for (int i = 0; i < N_MEASURE; i++) {
        if (strcmp(measures[i].name, r.command) == 0) {
            table_head();
            if (measures[i].run(&r, &err) != SQN_OK) {
                (void)fprintf(stderr, "sequin-bench: %s\n", err.message);
                return sqn_error_exit_code(err.status);
            }
            return EXIT_SUCCESS;
        }
    }
    return usage();
}
