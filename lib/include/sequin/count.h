/**
 * @file count.h
 * @brief How many components: the count that best predicts entries hidden from the build.
 */
#ifndef SEQUIN_COUNT_H
#define SEQUIN_COUNT_H

#include "sequin/holdout.h"
#include "sequin/nmf.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SQN_COUNT_PATIENCE = 5 /**< For a search that need not see the whole curve. */ };

/** One count of the held-out curve; errors are those of a jackknife over frames. */
typedef struct sqn_count_point {
    int64_t n_comp;
    double frv;        /**< Of the hidden entries: sum V (X - model)^2 / sum V X^2 */
    double frv_err;    /**< Its standard error. */
    double excess;     /**< frv minus that of the best count, */
    double excess_err; /**< and the standard error of this difference, frame by frame. */
} sqn_count_point;

/** The held-out curve and what it says. Owned: sqn_count_clear(). */
typedef struct sqn_count {
    int64_t n;              /**< Counts that were built. */
    sqn_count_point *point; /**< [n] rising. */
    int64_t n_hidden;       /**< Entries predicted. */
    int64_t n_frame;        /**< Frames that hold any. */
    int64_t best;           /**< Count of the smallest frv. */
    int64_t chosen;         /**< Smallest count whose excess is within its error. */
} sqn_count;

/** What to build for the curve. */
typedef struct sqn_count_options {
    sqn_holdout_options holdout;
    /** Of the build; n_comp: the largest count. keep, n_keep and heldout are of no matter;
     *  patience as there. */
    sqn_nmf_options nmf;
} sqn_count_options;

/**
 * The held-out curve of a model that was built with hidden entries.
 *
 * The smallest count is chosen whose frv is within one standard error of the minimum, the
 * error being that of the difference between the two: what is hard to predict for both (bright
 * frames, outliers) cancels in it.
 *
 * @param[out] out    Zeroed on failure.
 * @param[in]  model  Of a fit with sqn_nmf_options.heldout.
 *
 * @retval SQN_ERR_ARG     The model was built without hidden entries.
 * @retval SQN_ERR_DATA    E_HOLDOUT: fewer than two frames hold hidden entries.
 * @retval SQN_ERR_MEMORY
 * @see docs/numerics.md, section 4
 */
SQN_API SQN_NODISCARD sqn_status sqn_count_choose(sqn_count *out, const sqn_nmf *model,
                                                  sqn_error *err);

/**
 * Hide entries, build stage by stage up to options->nmf.n_comp without them (or to where
 * options->nmf.patience ends it), and choose.
 * The build is thrown away: results come from another one that sees all entries.
 *
 * @param[out] out   Zeroed on failure.
 * @param[in]  rows  [n_frame, n_pix]; borrowed during the call.
 *
 * @retval as sqn_holdout_create(), sqn_panels_create(), sqn_nmf_fit(), sqn_count_choose().
 */
SQN_API SQN_NODISCARD sqn_status sqn_count_search(sqn_count *out, const sqn_rows *rows,
                                                  const sqn_count_options *options,
                                                  sqn_error *err);

/** Free what it owns and zero it. NULL-safe. */
SQN_API void sqn_count_clear(sqn_count *count);

#ifdef __cplusplus
}
#endif
#endif
