/**
 * @file mu_iterates.c
 * @brief Iterates of the published rule from a given start, for check_mu.py.
 *
 * Usage: mu_iterates FILE. Little-endian input: int64 n_frame, n_pix, n_comp, n_iteration;
 * float32 X and V [n_frame, n_pix]; float64 W [n_frame, n_comp], H [n_comp, n_pix]. Output, on
 * standard output: after every iteration float64 W, H, chi2, in the units of X. Every frame
 * and pixel has a datum.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "nmf_mu.h"
#include "raise.h"

typedef struct input {
    int64_t size[4]; /* n_frame, n_pix, n_comp, n_iteration */
    float *value, *weight;
    double *coeff, *comp;
} input;

static bool read_input(input *in, const char *path)
{
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && fread(in->size, sizeof in->size[0], 4, file) == 4;

    if (good) {
        const size_t n = (size_t)in->size[0], m = (size_t)in->size[1],
                     k = (size_t)in->size[2];

        in->value = sqn__mem_alloc((int64_t)(n * m), sizeof *in->value);
        in->weight = sqn__mem_alloc((int64_t)(n * m), sizeof *in->weight);
        in->coeff = sqn__mem_alloc((int64_t)(n * k), sizeof *in->coeff);
        in->comp = sqn__mem_alloc((int64_t)(k * m), sizeof *in->comp);
        good = in->value != NULL && in->weight != NULL && in->coeff != NULL &&
               in->comp != NULL &&
               fread(in->value, sizeof *in->value, n * m, file) == n * m &&
               fread(in->weight, sizeof *in->weight, n * m, file) == n * m &&
               fread(in->coeff, sizeof *in->coeff, n * k, file) == n * k &&
               fread(in->comp, sizeof *in->comp, k * m, file) == k * m;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return good;
}

static void clear_input(const input *in)
{
    sqn__mem_free(in->comp);
    sqn__mem_free(in->coeff);
    sqn__mem_free(in->weight);
    sqn__mem_free(in->value);
}

/* W [n, k] in the units of X to the panels' and back; H transposed to [m, k] and back. */
typedef struct factors {
    double *w, *h; /* [n, k], [m, k] */
} factors;

static void begin(sqn__nmf_mu *state, const factors *f, const input *in,
                  const sqn_panels *panels)
{
    const int64_t n = in->size[0], m = in->size[1], k = in->size[2];
    const bool wide = panels->info.pixels_are_long;

    for (int64_t i = 0; i < n * k; i++) {
        f->w[i] = ldexp(in->coeff[i], -panels->exponent);
    }
    for (int64_t j = 0; j < m; j++) {
        for (int64_t a = 0; a < k; a++) {
            f->h[j * k + a] = in->comp[a * m + j];
        }
    }
    sqn__nmf_mu_set(state, wide ? f->h : f->w, wide ? f->w : f->h);
}

/* The factors as they are now, back into the input's arrays. */
static void fetch(input *in, const sqn__nmf_mu *state, const factors *f,
                  const sqn_panels *panels)
{
    const int64_t n = in->size[0], m = in->size[1], k = in->size[2];
    const bool wide = panels->info.pixels_are_long;

    for (int64_t a = 0; a < k; a++) {
        sqn__nmf_mu_column(state, a, wide ? f->h : f->w, wide ? f->w : f->h);
        for (int64_t i = 0; i < n; i++) {
            in->coeff[i * k + a] = ldexp(f->w[i], panels->exponent);
        }
        for (int64_t j = 0; j < m; j++) {
            in->comp[a * m + j] = f->h[j];
        }
    }
}

static bool iterate(input *in, sqn__nmf_mu *state, const factors *f,
                    const sqn_panels *panels)
{
    const size_t n = (size_t)in->size[0], m = (size_t)in->size[1], k = (size_t)in->size[2];

    begin(state, f, in, panels);
    for (int64_t i = 0; i < in->size[3]; i++) {
        const double chi2 = sqn__nmf_mu_iterate(state) * panels->chi2_scale;

        fetch(in, state, f, panels);
        if (fwrite(in->coeff, sizeof *in->coeff, n * k, stdout) != n * k ||
            fwrite(in->comp, sizeof *in->comp, k * m, stdout) != k * m ||
            fwrite(&chi2, sizeof chi2, 1, stdout) != 1) {
            return false;
        }
    }
    return fflush(stdout) == 0;
}

static sqn_status run(input *in, sqn_error *err)
{
    const int64_t n = in->size[0], m = in->size[1];
    const sqn_rows_pair pair = {{in->value, n, m, m}, {in->weight, n, m, m}};
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_nmf_options options = sqn_nmf_options_default();
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    sqn__nmf_mu *state = NULL;
    factors f = {0};

    options.n_comp = in->size[2];
    SQN_TRY(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_ZERO, err));
    const sqn__nmf_task task = {panels, &options};

    SQN_TRY(sqn__nmf_mu_create(&state, &task, err));
    f.w = sqn__mem_alloc(n * in->size[2], sizeof *f.w);
    f.h = sqn__mem_alloc(m * in->size[2], sizeof *f.h);
    if (f.w == NULL || f.h == NULL || !iterate(in, state, &f, panels)) {
        status = SQN_RAISE(err, E_IO, "iterates not written");
    }

cleanup:
    sqn__mem_free(f.h);
    sqn__mem_free(f.w);
    sqn__nmf_mu_destroy(state);
    sqn_panels_destroy(&panels);
    return status;
}

int main(int argc, char **argv)
{
    input in = {0};
    sqn_error err = {.message = "unreadable input"};
    const bool good = argc == 2 && read_input(&in, argv[1]) && run(&in, &err) == SQN_OK;

    if (!good) {
        (void)fprintf(stderr, "mu_iterates: %s\n", err.message);
    }
    clear_input(&in);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
