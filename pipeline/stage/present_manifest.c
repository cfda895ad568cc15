/** @file present_manifest.c @brief Stage 6c: the numbers of the summary of a run. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "peak.h"
#include "present.h"
#include "raise.h"

/** Lists of the summary. */
typedef struct lists {
    double *counts; /* [n_count] */
    double *snr;    /* [n_group] largest of each group, largest count */
} lists;

static sqn_status lists_create(lists *l, const result *r, sqn_error *err)
{
    l->counts = sqn__mem_alloc(r->basis.n_count, sizeof *l->counts);
    l->snr = sqn__mem_alloc(r->disk.n_group, sizeof *l->snr);
    if (l->counts == NULL || l->snr == NULL) {
        return SQN_RAISE(err, E_MEM, "summary of %" PRId64 " groups", r->disk.n_group);
    }
    for (int64_t c = 0; c < r->basis.n_count; c++) {
        l->counts[c] = (double)r->basis.counts[c];
    }
    for (int64_t g = 0; g < r->disk.n_group; g++) {
        l->snr[g] = peak_of_group(&r->disk, g, r->disk.n_count - 1).snr;
    }
    return SQN_OK;
}

static void lists_clear(lists *l)
{
    sqn__mem_free(l->counts);
    sqn__mem_free(l->snr);
}

sqn_status present_record(session *s, const result *r, sqn_error *err)
{
    const peak best = peak_of_count(&r->disk, r->disk.n_count - 1);
    sqn_status status = SQN_OK;
    char title[128];
    lists l = {0};

    SQN_TRY(lists_create(&l, r, err));
    present_title(title, sizeof title, r);
    const manifest_number numbers[] = {
        {"n_science", (double)r->obs.science.n_frame},
        {"n_reference", (double)read_references(&r->obs)->n_frame},
        {"n_pixel", (double)r->obs.pixels.n_pix},
        {"n_group", (double)r->disk.n_group},
        {"snr_peak", best.snr},
        {"snr_peak_x", best.position[0]},
        {"snr_peak_y", best.position[1]},
        {"snr_peak_group", (double)(best.group + 1)},
        {"noise_factor_reference",
         r->rescaled.references > 0.0 ? r->rescaled.references : 1.0},
        {"noise_factor_science", r->rescaled.science > 0.0 ? r->rescaled.science : 1.0},
        {"chi2_reduced_reference", r->obs.noise != READ_UNIFORM && r->basis.misfit.n_pix > 0
                                       ? r->basis.misfit.total
                                       : (double)NAN},
        {"n_clipped_reference", (double)r->clipped.references.n_outlier},
        {"n_clipped_science", (double)r->clipped.science.n_outlier},
        {"leverage", r->leverage},
        {"count_chosen", l.counts[r->basis.n_count - 1]},
        {"count_best_heldout",
         r->basis.heldout.n > 0 ? (double)r->basis.heldout.best : (double)NAN},
    };
    const manifest_series series[] = {
        {"counts", r->basis.n_count, l.counts},
        {"chi2", r->curve.n_stage, r->curve.chi2},
        {"frv", r->curve.n_stage, r->curve.frv},
        {"frv_heldout", r->basis.heldout.n, r->curve.heldout},
        {"frv_heldout_err", r->basis.heldout.n, r->curve.heldout_err},
        {"snr_peak_of_group", r->disk.n_group, l.snr},
    };
    const manifest summary = {
        .task = "imaging",
        .title = title,
        .n_number = sizeof numbers / sizeof numbers[0],
        .n_series = sizeof series / sizeof series[0],
        .numbers = numbers,
        .series = series,
    };

    SQN_TRY(session_write_record(s, &summary, err));

cleanup:
    lists_clear(&l);
    return status;
}
