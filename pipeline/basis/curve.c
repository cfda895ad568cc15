/** @file curve.c @brief The curve of a run, as text and as a table. */
#include "curve.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"

static const char *stop_word(sqn_nmf_stop stop)
{
    static const char *const words[] = {
        [SQN_NMF_CONVERGED] = "converged",
        [SQN_NMF_MAX_ITERATIONS] = "max_iterations",
        [SQN_NMF_EXACT] = "exact",
        [SQN_NMF_ROUNDING] = "rounding",
    };

    return words[stop];
}

static sqn_status create(curve *c, int64_t n, sqn_error *err)
{
    enum { N_INTEGER = 5, N_NUMBER = 7 };
    int64_t **integers[N_INTEGER] = {&c->n_comp, &c->n_data, &c->chosen, &c->iterations,
                                     &c->passes};
    double **numbers[N_NUMBER] = {&c->chi2,         &c->chi2_reduced, &c->frv,
                                  &c->frv_centered, &c->frv_pca,      &c->kkt,
                                  &c->heldout};
    bool complete = true;

    c->n = n;
    for (int k = 0; k < N_INTEGER; k++) {
        *integers[k] = sqn__mem_alloc(n, sizeof **integers[k]);
        complete = complete && *integers[k] != NULL;
    }
    for (int k = 0; k < N_NUMBER; k++) {
        *numbers[k] = sqn__mem_alloc(n, sizeof **numbers[k]);
        complete = complete && *numbers[k] != NULL;
    }
    c->stop = sqn__mem_alloc(n, sizeof *c->stop);
    if (!complete || c->stop == NULL) {
        return SQN_RAISE(err, E_MEM, "curve of %" PRId64 " stages", n);
    }
    return SQN_OK;
}

static void fill(curve *c, const basis *b)
{
    const sqn_panels_info *info = sqn_panels_about(b->panels);

    for (int64_t k = 0; k < c->n; k++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(b->nmf, k);

        c->n_comp[k] = stage->n_comp;
        c->n_data[k] = info->n_data;
        c->chosen[k] = stage->n_comp == b->counts[b->n_count - 1];
        c->iterations[k] = stage->iterations;
        c->passes[k] = stage->passes;
        c->chi2[k] = stage->chi2;
        c->chi2_reduced[k] = stage->chi2 / (double)info->n_data;
        c->frv[k] = stage->chi2 / info->sum_vx2;
        c->frv_centered[k] = stage->chi2 / b->sum_centered;
        c->frv_pca[k] = b->pca[stage->n_comp - 1];
        c->kkt[k] = stage->kkt;
        c->heldout[k] = (double)NAN;
        c->stop[k] = stop_word(stage->stop);
    }
}

sqn_status curve_make(curve *out, const basis *b, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (curve){0};
    SQN_TRY(create(out, b->nmf != NULL ? sqn_nmf_n_stage(b->nmf) : 0, err));
    if (b->nmf != NULL) {
        fill(out, b);
    }

cleanup:
    if (status != SQN_OK) {
        curve_clear(out);
    }
    return status;
}

void curve_clear(curve *c)
{
    sqn__mem_free(c->n_comp);
    sqn__mem_free(c->n_data);
    sqn__mem_free(c->chosen);
    sqn__mem_free(c->iterations);
    sqn__mem_free(c->passes);
    sqn__mem_free(c->chi2);
    sqn__mem_free(c->chi2_reduced);
    sqn__mem_free(c->frv);
    sqn__mem_free(c->frv_centered);
    sqn__mem_free(c->frv_pca);
    sqn__mem_free(c->kkt);
    sqn__mem_free(c->heldout);
    sqn__mem_free(c->stop);
    *c = (curve){0};
}

sqn_status curve_text(char **out, const curve *c, sqn_error *err)
{
    size_t size = 0;

    *out = NULL;
    FILE *stream = open_memstream(out, &size);

    if (stream == NULL) {
        return SQN_RAISE(err, E_MEM, "frv.csv");
    }
    (void)fprintf(stream,
                  "n_comp,chi2,n_data,chi2_reduced,frv,frv_centered,frv_pca,"
                  "frv_heldout,frv_heldout_err,chosen,iterations,passes,kkt,stop\n");
    for (int64_t k = 0; k < c->n; k++) {
        (void)fprintf(stream,
                      "%" PRId64 ",%.17g,%" PRId64 ",%.17g,%.17g,%.17g,%.17g,,,%" PRId64
                      ",%" PRId64 ",%" PRId64 ",%.17g,%s\n",
                      c->n_comp[k], c->chi2[k], c->n_data[k], c->chi2_reduced[k], c->frv[k],
                      c->frv_centered[k], c->frv_pca[k], c->chosen[k], c->iterations[k],
                      c->passes[k], c->kkt[k], c->stop[k]);
    }
    return fclose(stream) == 0 ? SQN_OK : SQN_RAISE(err, E_MEM, "frv.csv");
}

sqn_status curve_add(sqn_fits_product *product, const curve *c, sqn_error *err)
{
    const sqn_fits_column columns[] = {
        {.name = "n_comp", .integer = c->n_comp},
        {.name = "chi2", .number = c->chi2},
        {.name = "n_data", .integer = c->n_data},
        {.name = "chi2_reduced", .number = c->chi2_reduced},
        {.name = "frv", .number = c->frv},
        {.name = "frv_centered", .number = c->frv_centered},
        {.name = "frv_pca", .number = c->frv_pca},
        {.name = "frv_heldout", .number = c->heldout},
        {.name = "frv_heldout_err", .number = c->heldout},
        {.name = "chosen", .integer = c->chosen},
        {.name = "iterations", .integer = c->iterations},
        {.name = "passes", .integer = c->passes},
        {.name = "kkt", .number = c->kkt},
        {.name = "stop", .text = c->stop},
    };

    return sqn_fits_product_table(product, "FRV", columns,
                                  (int)(sizeof columns / sizeof columns[0]), c->n, err);
}
