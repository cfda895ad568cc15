/**
 * @file measure_run.c
 * @brief Whole runs of the program on files: the share of every stage, and peak memory.
 *
 * The time of a stage is the time between two lines "stage: NAME" that the program says with
 * -v; that of the build alone lies between the line that describes the panels and the line of
 * the last component.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "measure.h"
#include "mem.h"
#include "raise.h"
#include "store.h"
#include "table.h"

enum { STAGE_MAX = 16, NAME_MAX_BYTES = 64 };

/* Where the files of one set are, and its sizes. */
typedef struct plan {
    const request *request;
    const scene_size *size;
    char folder[1024];
    int64_t n_science, k;
} plan;

/* What one run said, and when. */
typedef struct watch {
    char name[STAGE_MAX][NAME_MAX_BYTES];
    double begin[STAGE_MAX];
    int n;
    double panels, built;
    char last[512]; /* of the lines: the error, if there is one */
} watch;

/* All runs of one kind. */
typedef struct series {
    sample stage[STAGE_MAX], total, build, of_build, peak;
    watch names;
} series;

static sqn_status write_config(const plan *p, sqn_error *err)
{
    char text[8192], path[1100];
    int used = snprintf(text, sizeof text,
                        "task: imaging\nscience:\n  files: [science.fits]\n  fwhm: 4.0\n"
                        "  angles:\n    values: [");

    for (int64_t i = 0; i < p->n_science; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%.1f",
                         i > 0 ? ", " : "", 90.0 * (double)i / (double)p->n_science);
    }
    used += snprintf(text + used, sizeof text - (size_t)used,
                     "]\nreferences:\n  files: [references.fits]\nregion:\n"
                     "  center_from: frame\ncomponents:\n  count: %" PRId64 "\n",
                     p->k);
    (void)snprintf(path, sizeof path, "%s/run.yaml", p->folder);
    return store_bytes(path, text, (size_t)used, err);
}

static sqn_status write_frames(const plan *p, const char *name, int64_t n, int epoch,
                               sqn_error *err)
{
    scene made = {.n_pix = 0};
    scene_size size = *p->size;
    char path[1100];
    sqn_status status = SQN_OK;

    size.n_frame = n;
    (void)snprintf(path, sizeof path, "%s/%s", p->folder, name);
    SQN_TRY(scene_make(&made, &size, p->request->weights, epoch, err));
    SQN_TRY(store_fits(path, &made, NULL, err));

cleanup:
    scene_clear(&made);
    return status;
}

static sqn_status write_set(const void *context, sqn_error *err)
{
    const plan *p = context;
    sqn_status status = SQN_OK;

    SQN_TRY(write_frames(p, "references.fits", p->size->n_frame, 0, err));
    SQN_TRY(write_frames(p, "science.fits", p->n_science, 1, err));
    SQN_TRY(write_config(p, err));

cleanup:
    return status;
}

static void listen(void *context, const char *line, double at)
{
    static const char stage[] = "sequin: stage: ", component[] = "sequin: components: ";
    watch *w = context;
    const size_t length = strcspn(line, "\n");

    (void)snprintf(w->last, sizeof w->last, "%.*s", (int)length, line);
    if (strncmp(line, stage, sizeof stage - 1) == 0 && w->n < STAGE_MAX) {
        const char *name = line + sizeof stage - 1;

        (void)snprintf(w->name[w->n], NAME_MAX_BYTES, "%.*s", (int)strcspn(name, "\n"),
                       name);
        w->begin[w->n++] = at;
    } else if (strncmp(line, component, sizeof component - 1) == 0) {
        w->built = at;
    } else if (strstr(line, " reference frames, ") != NULL) {
        w->panels = at;
    }
}

static void take(series *out, const watch *w, const child_outcome *done)
{
    const double build = w->built - w->panels;

    for (int i = 0; i < w->n; i++) {
        const double end = i + 1 < w->n ? w->begin[i + 1] : done->seconds;

        sample_add(&out->stage[i], end - w->begin[i]);
    }
    sample_add(&out->total, done->seconds);
    sample_add(&out->build, build);
    sample_add(&out->of_build, done->seconds / build);
    sample_add(&out->peak, 1e-6 * done->peak_bytes);
    out->names = *w;
}

static void find_program(char *out, size_t size, const request *r)
{
    const char *slash = strrchr(r->self, '/');

    if (r->program != NULL) {
        (void)snprintf(out, size, "%s", r->program);
    } else {
        (void)snprintf(out, size, "%.*ssequin",
                       slash != NULL ? (int)(slash - r->self) + 1 : 0, r->self);
    }
}

static sqn_status run_once(series *out, const plan *p, int threads, bool plots,
                           sqn_error *err)
{
    char program[1100], config[1100], output[1100], n_thread[16];
    char command[] = "run", verbose[] = "-v", overwrite[] = "--overwrite";
    char to[] = "--output", with[] = "--threads", set[] = "--set";
    char show[] = "output.plots=true", hide[] = "output.plots=false";
    char *const arguments[] = {
        program, command, config,   verbose, overwrite,           to,
        output,  with,    n_thread, set,     plots ? show : hide, NULL};
    child_outcome done;
    watch w = {.n = 0};
    sqn_status status = SQN_OK;

    find_program(program, sizeof program, p->request);
    (void)snprintf(config, sizeof config, "%s/run.yaml", p->folder);
    (void)snprintf(output, sizeof output, "%s/out", p->folder);
    (void)snprintf(n_thread, sizeof n_thread, "%d", threads);
    SQN_TRY(child_run(&done, arguments, listen, &w, err));
    if (done.exit_code != 0) {
        return SQN_RAISE(err, E_IO, "%s ended with %d: %s", program, done.exit_code,
                         w.last);
    }
    take(out, &w, &done);

cleanup:
    return status;
}

/* The aim of docs/performance.md: 8 bytes per matrix element, 4 per pixel of every plane that is
   kept or written, 200 MB. */
static double allowed(const plan *p)
{
    const double pixels = (double)(p->size->ny * p->size->nx);
    const double k = (double)p->k, science = (double)p->n_science;
    const double planes = 0.5 * k * (k + 1.0) /* components of all counts */
                          + 2.0               /* REGION and CHI2_REDUCED beside them */
                          + 2.0 * science     /* data and errors */
                          + 6.0 * science     /* model and residual with ERR, FLAGS */
                          + 6.0 * k; /* disk, all six images (these data have no DQ) */

    return 1e-6 * (8.0 * pixels * (double)p->size->n_frame + 4.0 * pixels * planes) + 200.0;
}

static void print(table_key key, const plan *p, const series *all)
{
    char kind[128];
    table_key at = key;

    at.kind = kind;
    for (int i = 0; i < all->names.n; i++) {
        (void)snprintf(kind, sizeof kind, "%s: %s", key.kind, all->names.name[i]);
        table_line(&at, "seconds", "s", &all->stage[i]);
    }
    table_line(&key, "seconds", "s", &all->total);
    table_line(&key, "build", "s", &all->build);
    table_line(&key, "of_build", "1", &all->of_build);
    table_line(&key, "peak_memory", "MB", &all->peak);
    table_number(&key, "matrix", "MB",
                 8e-6 * (double)(p->size->n_frame * p->size->ny * p->size->nx));
    table_number(&key, "allowed_memory", "MB", allowed(p));
}

/* Runs of a kind, one right after the other: each finds the memory that the one before had. After a
   rest the host of a virtual machine has taken it back, and gives it again page by page. */
typedef struct kind {
    const char *name;
    bool plots;
    int seconds; /* of rest before a run */
    int part;    /* one in so many of the runs that are asked for */
} kind;

static const kind kinds[] = {
    {"without plots", false, 0, 1},
    {"with plots", true, 0, 1},
    {"without plots after a rest", false, 3, 4},
};
enum { N_KIND = sizeof kinds / sizeof kinds[0] };

static sqn_status measure_kind(series *out, const plan *p, const kind *of, int threads,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int run = 0; run < request_runs(p->request, 5) / of->part; run++) {
        (void)sleep((unsigned)of->seconds);
        SQN_TRY(run_once(out, p, threads, of->plots, err));
    }

cleanup:
    return status;
}

static sqn_status measure_kinds(const plan *p, int threads, sqn_error *err)
{
    series *all = sqn__mem_alloc(N_KIND, sizeof *all);
    table_key key = {"run", p->size->name, "", p->size->n_frame, p->size->ny * p->size->nx,
                     p->k,  threads};
    sqn_status status = SQN_OK;

    if (all == NULL) {
        return SQN_RAISE(err, E_MEM, "times of runs");
    }
    for (int k = 0; k < N_KIND; k++) {
        SQN_TRY(measure_kind(&all[k], p, &kinds[k], threads, err));
        key.kind = kinds[k].name;
        if (all[k].names.n > 0) {
            print(key, p, &all[k]);
        }
    }

cleanup:
    sqn__mem_free(all);
    return status;
}

static sqn_status measure_set(const request *r, const scene_size *size, sqn_error *err)
{
    static const int64_t own[] = {10};
    static const int64_t few[] = {2};
    int64_t counts[REQUEST_MAX];
    const int n_count = request_counts(r, counts, r->quick ? few : own, 1);
    plan p = {.request = r, .size = size, .n_science = r->n_target > 0 ? r->n_target : 10};
    sqn_status status = SQN_OK;

    if (size->ny == 1 || p.n_science > 500) {
        return SQN_RAISE(err, E_ARG, "runs need frames, and at most 500 targets");
    }
    (void)snprintf(p.folder, sizeof p.folder, "%s/sequin-bench-%s",
                   r->file != NULL ? r->file : ".", size->name);
    (void)mkdir(p.folder, 0777);
    for (int c = 0; c < n_count && status == SQN_OK; c++) {
        p.k = counts[c];
        status = child_isolate(write_set, &p, err);
        for (int i = 0; i < r->n_thread && status == SQN_OK; i++) {
            status = measure_kinds(&p, r->threads[i], err);
        }
    }
    return status;
}

sqn_status measure_run(const request *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int i = 0; i < r->n_size && status == SQN_OK; i++) {
        status = measure_set(r, &r->sizes[i], err);
    }
    return status;
}
