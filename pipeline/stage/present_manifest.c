/** @file present_manifest.c @brief Stage 6c: the manifest of a run. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "mem.h"
#include "peak.h"
#include "present.h"
#include "raise.h"
#include "sequin/version.h"

/** Lists of the manifest. */
typedef struct lists {
    int64_t n_product, n_warning;
    manifest_product *products; /* [n_product] */
    manifest_warning *warnings; /* [n_warning] */
    double *counts;             /* [n_count] */
    double *snr;                /* [n_group] largest of each group, largest count */
} lists;

static sqn_status lists_create(lists *l, const directory *dir, const result *r,
                               const messages *said, sqn_error *err)
{
    l->n_product = directory_n_product(dir);
    l->n_warning = messages_n_warning(said);
    l->products = sqn__mem_alloc(l->n_product, sizeof *l->products);
    l->warnings = sqn__mem_alloc(l->n_warning, sizeof *l->warnings);
    l->counts = sqn__mem_alloc(r->basis.n_count, sizeof *l->counts);
    l->snr = sqn__mem_alloc(r->disk.n_group, sizeof *l->snr);
    return l->products != NULL && l->warnings != NULL && l->counts != NULL && l->snr != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "manifest of %" PRId64 " products", l->n_product);
}

static void lists_clear(lists *l)
{
    sqn__mem_free(l->products);
    sqn__mem_free(l->warnings);
    sqn__mem_free(l->counts);
    sqn__mem_free(l->snr);
}

/* The log goes on after its checksum could be taken. */
static bool is_log(const char *name)
{
    const size_t length = strlen(name);

    return length >= 7 && strcmp(name + length - 7, "run.log") == 0;
}

static void fill(lists *l, const directory *dir, const result *r, messages *said)
{
    for (int64_t k = 0; k < l->n_product; k++) {
        const directory_product *p = directory_product_at(dir, k);

        l->products[k] =
            (manifest_product){p->name, p->size, is_log(p->name) ? NULL : p->sha256};
    }
    for (int64_t k = 0; k < l->n_warning; k++) {
        l->warnings[k].line = messages_warning(said, k, &l->warnings[k].count);
    }
    for (int64_t c = 0; c < r->basis.n_count; c++) {
        l->counts[c] = (double)r->basis.counts[c];
    }
    for (int64_t g = 0; g < r->disk.n_group; g++) {
        l->snr[g] = peak_of_group(&r->disk, g, r->disk.n_count - 1).snr;
    }
}

/* Lists and numbers of the summary as JSON. */
static sqn_status write_text(char **text, const lists *l, const result *r, sqn_error *err)
{
    const peak best = peak_of_count(&r->disk, r->disk.n_count - 1);
    char title[128];
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
        {"count_chosen", l->counts[r->basis.n_count - 1]},
        {"count_best_heldout",
         r->basis.heldout.n > 0 ? (double)r->basis.heldout.best : (double)NAN},
    };
    const manifest_series series[] = {
        {"counts", r->basis.n_count, l->counts},
        {"chi2", r->curve.n_stage, r->curve.chi2},
        {"frv", r->curve.n_stage, r->curve.frv},
        {"frv_heldout", r->basis.heldout.n, r->curve.heldout},
        {"frv_heldout_err", r->basis.heldout.n, r->curve.heldout_err},
        {"snr_peak_of_group", r->disk.n_group, l->snr},
    };

    present_title(title, sizeof title, r);
    const manifest data = {
        .version = sqn_version(),
        .task = "imaging",
        .title = title,
        .n_product = l->n_product,
        .n_warning = l->n_warning,
        .n_number = sizeof numbers / sizeof numbers[0],
        .n_series = sizeof series / sizeof series[0],
        .products = l->products,
        .warnings = l->warnings,
        .numbers = numbers,
        .series = series,
    };

    return manifest_text(text, &data, err);
}

sqn_status present_manifest(directory *dir, const result *r, messages *said, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;
    lists l = {0};

    SQN_TRY(lists_create(&l, dir, r, said, err));
    fill(&l, dir, r, said);
    SQN_TRY(write_text(&text, &l, r, err));
    assert(text != NULL);
    SQN_TRY(directory_write(dir, "manifest.json", text, strlen(text), err));

cleanup:
    free(text);
    lists_clear(&l);
    return status;
}
