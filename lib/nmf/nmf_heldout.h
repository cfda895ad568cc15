/** @file nmf_heldout.h @brief How well each stage predicts entries that its build never saw. */
#ifndef SQN_NMF_HELDOUT_H
#define SQN_NMF_HELDOUT_H

#include "nmf_internal.h"
#include "sequin/holdout.h"

/** Hidden entries as the panels number them, and the scores of the stages. */
typedef struct sqn__nmf_heldout {
    int64_t n_entry;      /**< Of those that can be predicted. */
    int64_t *along;       /**< [n_entry] index on the long axis, */
    int64_t *across;      /**< on the short one, */
    int64_t *frame;       /**< and frame as given; rising. */
    double *value;        /**< [n_entry] as given, */
    double *weight;       /**< as given. */
    double *predicted;    /**< [n_entry] work (stored unit). */
    double *column_along; /**< Work: one column of each factor. */
    double *column_across;
    int64_t n_frame;
    double *total; /**< [n_frame] sum V X^2 */
    double *chi2;  /**< [n_stage, n_frame] sum V (X - model)^2 */
} sqn__nmf_heldout;

/** What can be predicted of `task->options->heldout`; nothing where that is NULL. */
sqn_status sqn__nmf_heldout_create(sqn__nmf_heldout **out, const sqn__nmf_task *task,
                                   int64_t n_stage, sqn_error *err);

/** Score the factors of the method as stage `index`. */
void sqn__nmf_heldout_score(const sqn__nmf_heldout *held, const sqn__nmf_task *task,
                            int64_t n_comp, int64_t index, const sqn__nmf_method *method,
                            const void *state);

/** A ratio of sums over frames, and its standard error: a jackknife over frames. */
typedef struct sqn__nmf_heldout_ratio {
    double value, error;
} sqn__nmf_heldout_ratio;

/** sum V (X - model)^2 / sum V X^2 of stage `index`. */
sqn__nmf_heldout_ratio sqn__nmf_heldout_frv(const sqn__nmf_heldout *held, int64_t index);

/** The same minus that of stage `base`; the error is that of the difference. */
sqn__nmf_heldout_ratio sqn__nmf_heldout_excess(const sqn__nmf_heldout *held, int64_t index,
                                               int64_t base);

/** Whether the last `patience` of the first `n_stage` stages all predict clearly worse than
 *  the best of them; false for patience 0. */
bool sqn__nmf_heldout_is_past(const sqn__nmf_heldout *held, int64_t n_stage,
                              int64_t patience);

/** Free and set to NULL. NULL-safe. */
void sqn__nmf_heldout_destroy(sqn__nmf_heldout **held);

#endif
