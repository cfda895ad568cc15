/** @file measure_files.c @brief Writing a set as FITS and reading it again; plain files. */
#include <limits.h>
#include <omp.h>
#include <stdio.h>

#include "measure.h"
#include "mem.h"
#include "raise.h"
#include "sequin/fits.h"
#include "store.h"
#include "table.h"

/* All runs of one set. */
typedef struct series {
    sample form, write, plain, read[REQUEST_MAX];
} series;

static const char *folder(const request *r)
{
    return r->file != NULL ? r->file : ".";
}

/* Bytes and nothing else: the roof of a reader. The file is in the cache of the system. */
static double read_plainly(const char *path)
{
    static const size_t step = (size_t)1 << 20;
    const double start = sample_clock();
    FILE *file = fopen(path, "rb");
    unsigned char *block = sqn__mem_alloc((int64_t)step, 1);

    while (file != NULL && block != NULL && fread(block, 1, step, file) == step) {
    }
    sqn__mem_free(block);
    if (file != NULL) {
        (void)fclose(file);
    }
    return sample_clock() - start;
}

static sqn_status read_stack(double *seconds, const char *path, sqn_error *err)
{
    const char *const names[] = {path};
    sqn_fits_files files = {0};
    sqn_fits_stack stack = {0};
    sqn_status status = SQN_OK;
    const double start = sample_clock();

    SQN_TRY(sqn_fits_files_expand(&files, names, 1, "", NULL, err));
    const sqn_fits_source source = {.files = &files};

    SQN_TRY(sqn_fits_stack_read(&stack, &source, INT_MIN, NULL, err));
    *seconds = sample_clock() - start;

cleanup:
    sqn_fits_stack_clear(&stack);
    sqn_fits_files_clear(&files);
    return status;
}

static sqn_status take(series *out, const request *r, const char *path, double *megabytes,
                       const scene *s, sqn_error *err)
{
    store_times times;
    sqn_status status = SQN_OK;

    SQN_TRY(store_fits(path, s, &times, err));
    *megabytes = 1e-6 * times.bytes;
    sample_add(&out->form, *megabytes / times.form_s);
    sample_add(&out->write, *megabytes / times.write_s);
    sample_add(&out->plain, *megabytes / read_plainly(path));
    for (int i = 0; i < r->n_thread; i++) {
        double seconds = 0.0;

        omp_set_num_threads(r->threads[i]);
        SQN_TRY(read_stack(&seconds, path, err));
        sample_add(&out->read[i], *megabytes / seconds);
    }

cleanup:
    return status;
}

static void print(table_key key, const request *r, const series *all, double megabytes)
{
    table_number(&key, "file", "MB", megabytes);
    table_line(&key, "form", "MB/s", &all->form);
    table_line(&key, "write", "MB/s", &all->write);
    table_line(&key, "read_plain", "MB/s", &all->plain);
    for (int i = 0; i < r->n_thread; i++) {
        key.threads = r->threads[i];
        table_line(&key, "read", "MB/s", &all->read[i]);
    }
}

static sqn_status measure_set(const request *r, const scene_size *size, sqn_error *err)
{
    series all = {.form = {.n = 0}};
    scene made = {.n_pix = 0};
    double megabytes = 0.0;
    char path[4096];
    sqn_status status = SQN_OK;

    (void)snprintf(path, sizeof path, "%s/sequin-bench-%s.fits", folder(r), size->name);
    SQN_TRY(scene_make(&made, size, r->weights, 0, err));
    for (int run = 0; run < request_runs(r, 5); run++) {
        SQN_TRY(take(&all, r, path, &megabytes, &made, err));
    }
    const table_key key = {"files", size->name, "fits", size->n_frame, made.n_pix, 0, 0};

    print(key, r, &all, megabytes);

cleanup:
    (void)remove(path);
    scene_clear(&made);
    return status;
}

sqn_status measure_files(const request *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int i = 0; i < r->n_size && status == SQN_OK; i++) {
        status = measure_set(r, &r->sizes[i], err);
    }
    return status;
}
