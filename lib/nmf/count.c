/** @file count.c @brief The held-out curve, its noise, and the count that it chooses. */
#include "sequin/count.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "nmf_model.h"
#include "raise.h"

static void fill(sqn_count *c, const sqn_nmf *model)
{
    const sqn__nmf_heldout *held = model->heldout;
    int64_t best = 0, chosen = 0;

    for (int64_t k = 0; k < c->n; k++) {
        const sqn__nmf_heldout_ratio frv = sqn__nmf_heldout_frv(held, k);

        c->point[k] = (sqn_count_point){
            .n_comp = model->stage[k].n_comp, .frv = frv.value, .frv_err = frv.error};
        best = frv.value < c->point[best].frv ? k : best;
    }
    for (int64_t k = 0; k < c->n; k++) {
        const sqn__nmf_heldout_ratio excess = sqn__nmf_heldout_excess(held, k, best);

        c->point[k].excess = excess.value;
        c->point[k].excess_err = excess.error;
    }
    while (!(c->point[chosen].excess <= c->point[chosen].excess_err)) {
        chosen++; /* ends at the best, whose excess is 0 */
    }
    c->best = c->point[best].n_comp;
    c->chosen = c->point[chosen].n_comp;
}

sqn_status sqn_count_choose(sqn_count *out, const sqn_nmf *model, sqn_error *err)
{
    sqn_count c = {0};

    if (out == NULL || model == NULL || model->heldout == NULL) {
        return SQN_RAISE(err, E_ARG,
                         "sqn_count_choose() needs a model built with hidden entries");
    }
    *out = c;
    c.n = model->n_stage;
    c.n_hidden = model->heldout->n_entry;
    for (int64_t i = 0; i < model->n_frame; i++) {
        c.n_frame += model->heldout->total[i] > 0.0 ? 1 : 0;
    }
    if (c.n_frame < 2) {
        return SQN_RAISE(err, E_HOLDOUT,
                         "%" PRId64 " hidden entries in %" PRId64
                         " frames: their noise cannot be measured",
                         c.n_hidden, c.n_frame);
    }
    c.point = sqn__mem_alloc(c.n, sizeof *c.point);
    if (c.point == NULL) {
        return SQN_RAISE(err, E_MEM, "held-out curve of %" PRId64 " stages", c.n);
    }
    fill(&c, model);
    *out = c;
    return SQN_OK;
}

sqn_status sqn_count_search(sqn_count *out, const sqn_rows *rows,
                            const sqn_count_options *options, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_holdout *holdout = NULL;
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;

    if (out == NULL || rows == NULL || options == NULL) {
        return SQN_RAISE(err, E_ARG, "sqn_count_search() needs a result, rows and options");
    }
    *out = (sqn_count){0};
    SQN_TRY(sqn_holdout_create(&holdout, rows, &options->holdout, err));
    const sqn_rows visible = sqn_holdout_rows(holdout);

    SQN_TRY(sqn_panels_create(&panels, &visible, options->holdout.negatives, err));
    const int64_t last[] = {options->nmf.n_comp};
    sqn_nmf_options nmf = options->nmf;

    nmf.heldout = holdout;
    nmf.keep = last; /* no other factors are needed once they have predicted */
    nmf.n_keep = 1;
    SQN_TRY(sqn_nmf_fit(&model, panels, &nmf, err));
    SQN_TRY(sqn_count_choose(out, model, err));

cleanup:
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    sqn_holdout_destroy(&holdout);
    return status;
}

void sqn_count_clear(sqn_count *count)
{
    if (count != NULL) {
        sqn__mem_free(count->point);
        *count = (sqn_count){0};
    }
}
