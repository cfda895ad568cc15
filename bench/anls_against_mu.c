/**
 * @file anls_against_mu.c
 * @brief anls against the published rule from the same random starts: a table in Markdown.
 *
 * Usage: anls_against_mu FILE N_COMP N_SEED N_ITERATION. FILE (little-endian): int64 n_frame,
 * n_pix; float32 X, V [n_frame, n_pix] (see anls_against_mu.py). The published rule runs
 * N_ITERATION iterations in every stage, whatever its falls. Exit 1 if a requirement is missed:
 * chi2 <= 1.001 times that of mu for every seed, lower for 4 of 5, 10 times fewer passes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "sequin/nmf.h"
#include "sequin/threads.h"

typedef struct data {
    int64_t n_frame, n_pix;
    float *value, *weight;
} data;

/* What one fit came to. */
typedef struct outcome {
    double chi2;
    int64_t passes; /* of anls; iterations of mu, which need at least one read each */
} outcome;

static bool read_data(data *in, const char *path)
{
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && fread(&in->n_frame, sizeof in->n_frame, 1, file) == 1 &&
                fread(&in->n_pix, sizeof in->n_pix, 1, file) == 1;

    if (good) {
        const int64_t size = sqn__mem_product(in->n_frame, in->n_pix);

        in->value = sqn__mem_alloc(size, sizeof *in->value);
        in->weight = sqn__mem_alloc(size, sizeof *in->weight);
        good = in->value != NULL && in->weight != NULL &&
               fread(in->value, sizeof *in->value, (size_t)size, file) == (size_t)size &&
               fread(in->weight, sizeof *in->weight, (size_t)size, file) == (size_t)size;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return good;
}

static sqn_status run(outcome *out, const sqn_panels *panels,
                      const sqn_nmf_options *options, sqn_error *err)
{
    sqn_nmf *model = NULL;
    const sqn_status status = sqn_nmf_fit(&model, panels, options, err);

    *out = (outcome){0};
    for (int64_t s = 0; status == SQN_OK && s < sqn_nmf_n_stage(model); s++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(model, s);

        out->chi2 = stage->chi2;
        out->passes += options->tolerance > 0.0 ? stage->passes : stage->iterations;
    }
    sqn_nmf_destroy(&model);
    return status;
}

/* One row per seed; false when a requirement is missed. */
static bool compare(const sqn_panels *panels, const int64_t *ask, sqn_error *err)
{
    sqn_nmf_options fast = sqn_nmf_options_default();
    int64_t n_lower = 0;
    bool good = true;

    fast.n_comp = ask[0];
    fast.start = SQN_NMF_START_RANDOM;
    sqn_nmf_options published = fast;

    published.method = "mu";
    published.tolerance = 0.0;
    published.max_iterations = ask[2];
    (void)printf(
        "| seed | chi2 anls | chi2 mu | anls / mu | passes anls | iterations mu |\n"
        "|---|---|---|---|---|---|\n");
    for (int64_t seed = 1; seed <= ask[1]; seed++) {
        outcome a, b;

        fast.seed = published.seed = (uint64_t)seed;
        if (run(&a, panels, &fast, err) != SQN_OK ||
            run(&b, panels, &published, err) != SQN_OK) {
            return false;
        }
        n_lower += a.chi2 < b.chi2;
        good = good && a.chi2 <= 1.001 * b.chi2 && 10 * a.passes <= b.passes;
        (void)printf("| %" PRId64 " | %.6g | %.6g | %.5f | %" PRId64 " | %" PRId64 " |\n",
                     seed, a.chi2, b.chi2, a.chi2 / b.chi2, a.passes, b.passes);
        (void)fflush(stdout);
    }
    return good && 5 * n_lower >= 4 * ask[1];
}

int main(int argc, char **argv)
{
    int64_t ask[3] = {0}; /* components, seeds, iterations */
    sqn_error err = {.message = "usage: anls_against_mu FILE N_COMP N_SEED N_ITERATION"};
    sqn_panels *panels = NULL;
    data in = {0};
    bool good = argc == 5;

    sqn_threads_single_blas();
    for (int i = 0; good && i < 3; i++) {
        ask[i] = strtoll(argv[i + 2], NULL, 10);
        good = ask[i] > 0;
    }
    if (good && read_data(&in, argv[1])) {
        const int64_t n = in.n_frame, m = in.n_pix;
        const sqn_rows_pair pair = {{in.value, n, m, m}, {in.weight, n, m, m}};
        const sqn_rows rows = sqn_rows_dense(&pair);

        err.message[0] = '\0';
        good = sqn_panels_create(&panels, &rows, SQN_NEGATIVES_ZERO, &err) == SQN_OK &&
               compare(panels, ask, &err);
    }
    if (!good && err.message[0] != '\0') {
        (void)fprintf(stderr, "%s\n", err.message);
    }
    sqn_panels_destroy(&panels);
    sqn__mem_free(in.weight);
    sqn__mem_free(in.value);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
