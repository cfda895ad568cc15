/** @file measure_build.c @brief Sequential builds: seconds, passes and chi2, stage by stage. */
#include <inttypes.h>
#include <omp.h>
#include <stdio.h>

#include "measure.h"
#include "mem.h"
#include "raise.h"
#include "sequin/nmf.h"
#include "subject.h"

enum { STAGE_MAX = 64 };

/* When each stage of one build ended, and when chi2 first was as low as asked for. */
typedef struct watch {
    double start, end[STAGE_MAX];
    double until, reached; /* chi2, seconds; 0: not (yet) */
} watch;

/* All runs with one number of threads. */
typedef struct series {
    sample total, stage[STAGE_MAX], reached;
} series;

static int note_stage(void *context, const sqn_nmf_progress *now)
{
    watch *w = context;

    if (w->reached <= 0.0 && now->n_comp == now->n_comp_total && now->chi2 <= w->until) {
        w->reached = sample_clock() - w->start;
    }
    if (now->stage_done && now->n_comp <= STAGE_MAX) {
        w->end[now->n_comp - 1] = sample_clock();
    }
    return 0;
}

static void take(series *out, const watch *w, int64_t k)
{
    double before = w->start;

    for (int64_t i = 0; i < k; i++) {
        if (w->end[i] > 0.0) {
            sample_add(&out->stage[i], w->end[i] - before);
            before = w->end[i];
        }
    }
    sample_add(&out->total, before - w->start);
    if (w->reached > 0.0) {
        sample_add(&out->reached, w->reached);
    }
}

/* What does not change from run to run: passes, iterations, chi2. */
static void print_record(table_key key, const subject *s, const sqn_nmf *model)
{
    int64_t passes = 0;
    char kind[64];

    for (int64_t i = 0; i < sqn_nmf_n_stage(model); i++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(model, i);
        table_key at = key;

        (void)snprintf(kind, sizeof kind, "%s stage %" PRId64, key.kind, stage->n_comp);
        at.kind = kind;
        at.threads = 0;
        table_number(&at, "passes", "1", (double)stage->passes);
        table_number(&at, "iterations", "1", (double)stage->iterations);
        table_number(&at, "chi2_per_datum", "1", stage->chi2 / s->n_data);
        table_number(&at, "stop", "1", (double)stage->stop);
        passes += stage->passes;
    }
    key.threads = 0;
    table_number(&key, "passes", "1", (double)passes);
    table_number(&key, "chi2_per_datum", "1",
                 sqn_nmf_stage_at(model, sqn_nmf_n_stage(model) - 1)->chi2 / s->n_data);
}

static void print_times(table_key key, const series *one)
{
    table_key at = key;
    char kind[64];

    for (int64_t i = 0; i < key.k; i++) {
        (void)snprintf(kind, sizeof kind, "%s stage %" PRId64, key.kind, i + 1);
        at.kind = kind;
        if (one->stage[i].n > 0) {
            table_line(&at, "seconds", "s", &one->stage[i]);
        }
    }
    table_line(&key, "seconds", "s", &one->total);
    if (one->reached.n > 0) {
        table_line(&key, "seconds_until", "s", &one->reached);
    }
}

static sqn_status build_once(series *out, const request *r, const subject *s,
                             const table_key *key, bool record, sqn_error *err)
{
    sqn_nmf_options options = sqn_nmf_options_default();
    sqn_nmf *model = NULL;
    watch w = {.until = r->until * s->n_data};
    sqn_status status = SQN_OK;

    options.n_comp = key->k;
    options.method = r->method;
    options.tolerance = r->tolerance;
    options.construction = r->joint ? SQN_NMF_JOINT : SQN_NMF_SEQUENTIAL;
    options.start = r->random ? SQN_NMF_START_RANDOM : SQN_NMF_START_RESIDUAL;
    options.progress = note_stage;
    options.progress_context = &w;
    w.start = sample_clock();
    SQN_TRY(sqn_nmf_fit(&model, s->panels, &options, err));
    take(out, &w, key->k);
    if (record) {
        print_record(*key, s, model);
    }

cleanup:
    sqn_nmf_destroy(&model);
    return status;
}

static sqn_status build_all(series *all, const request *r, const subject *s,
                            const table_key *key, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int run = 0; run < request_runs(r, 3) && status == SQN_OK; run++) {
        for (int i = 0; i < r->n_thread && status == SQN_OK; i++) {
            omp_set_num_threads(r->threads[i]);
            status = build_once(all + i, r, s, key, run + i == 0, err);
        }
    }
    for (int i = 0; i < r->n_thread && status == SQN_OK; i++) {
        table_key at = *key;

        at.threads = r->threads[i];
        print_times(at, all + i);
    }
    return status;
}

static sqn_status measure_set(const request *r, const subject *s, sqn_error *err)
{
    static const int64_t own[] = {10};
    int64_t counts[REQUEST_MAX];
    const int n_count = request_counts(r, counts, own, 1);
    table_key key = s->key;
    sqn_status status = SQN_OK;

    key.measure = "build";
    key.kind = r->method;
    for (int i = 0; i < n_count && status == SQN_OK; i++) {
        series *all = sqn__mem_alloc(r->n_thread, sizeof *all);

        key.k = counts[i];
        if (key.k > STAGE_MAX) {
            status = SQN_RAISE(err, E_ARG, "at most %d components", STAGE_MAX);
        } else if (all == NULL) {
            status = SQN_RAISE(err, E_MEM, "times of %d stages", STAGE_MAX);
        } else {
            status = build_all(all, r, s, &key, err);
        }
        sqn__mem_free(all);
    }
    return status;
}

sqn_status measure_build(const request *r, sqn_error *err)
{
    return subject_each(r, measure_set, err);
}
