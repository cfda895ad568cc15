/**
 * @file outlier.h
 * @brief Entries that no model explains: cosmic rays, glitches, what happened in one frame only.
 *
 * An entry is judged by its score, (datum - model) / sigma. A model that was fitted to the
 * outlier follows it, so marked entries have weight 0 in the next fit, are predicted by it,
 * and judged again: marks come and go until no fit changes them.
 */
#ifndef SEQUIN_OUTLIER_H
#define SEQUIN_OUTLIER_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/matrix.h"
#include "sequin/nmf.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** When a score makes an outlier. */
typedef struct sqn_outlier_rule {
    double n_sigma;      /**< > 0 */
    double max_fraction; /**< Of the valid entries of a row, above 0, at most 1: more are
                              never marked, the largest scores first. */
    bool relative; /**< Weights are not 1 / sigma^2 but that times an unknown constant. */
    /** Take from the scores what is known of them, before they are judged; NULL = nothing. */
    sqn_status (*reduce)(const void *context, sqn_matrix score, sqn_error *err);
    const void *context; /**< Borrowed. */
} sqn_outlier_rule;

/** What was marked. */
typedef struct sqn_outlier_tally {
    int64_t n_valid;      /**< Entries judged. */
    int64_t n_outlier;    /**< Marked now. */
    int64_t n_changed;    /**< Marks that came or went. */
    int64_t n_capped;     /**< Rows with more outliers than max_fraction allows; */
    int64_t first_capped; /**< the first of them, -1 without. */
    int64_t rounds;       /**< Of sqn_outlier_search(). */
} sqn_outlier_tally;

/** How sqn_outlier_search() goes about it. */
typedef struct sqn_outlier_options {
    sqn_outlier_rule rule;
    int64_t max_rounds; /**< Fits at most, >= 1. */
    sqn_negatives negatives;
    sqn_nmf_options nmf; /**< Of the fits; n_comp is lowered to half of the used rows. */
} sqn_outlier_options;

/** 5 sigma, 0.05, not relative, 6 rounds, negatives kept, fits to a tolerance of 1e-3. */
SQN_API sqn_outlier_options sqn_outlier_options_default(void);

/**
 * Mark the outliers among scores.
 *
 * Scores are divided by their scatter where that is above 1 (`relative`: always): 1.4826 MAD
 * over the rows of each column, drawn up towards that of the median column where it is small,
 * times that of the row. So a model that is poor in places, or errors that are too small, mark
 * nothing by themselves. An entry less than twice the median of its column is none either, and
 * no column loses half.
 *
 * @param[in,out] mask   [rows, cols] of `score`, contiguous: 1 = outlier. Replaced.
 * @param[out]    tally  May be NULL.
 * @param[in,out] score  [rows, cols] (datum - model) sqrt(weight), NaN = not judged. Work
 *                       space: divided as said.
 *
 * @retval SQN_ERR_ARG     n_sigma or max_fraction out of range.
 * @retval SQN_ERR_MEMORY  Needs 24 bytes per column, 32 per row, and 16 per row and thread.
 * @retval as rule->reduce.
 */
SQN_API SQN_NODISCARD sqn_status sqn_outlier_mark(uint8_t *mask, sqn_outlier_tally *tally,
                                                  sqn_matrix score,
                                                  const sqn_outlier_rule *rule,
                                                  sqn_error *err);

/**
 * Find the outliers of rows against a model of themselves.
 *
 * The first marks are made against the median row, scaled to each row; then model and marks
 * take turns until none changes.
 *
 * @param[out] mask   [n_row, n_col] 1 = outlier. Owned by the caller.
 * @param[out] tally  May be NULL.
 * @param[in]  rows   Borrowed during the call.
 *
 * @retval as sqn_outlier_mark(), sqn_panels_create(), sqn_nmf_fit(). SQN_ERR_MEMORY: needs 4
 *         bytes per entry besides.
 */
SQN_API SQN_NODISCARD sqn_status sqn_outlier_search(uint8_t *mask, sqn_outlier_tally *tally,
                                                    const sqn_rows *rows,
                                                    const sqn_outlier_options *options,
                                                    sqn_error *err);

/** Context of sqn_outlier_rows(), borrowed. */
typedef struct sqn_outlier_masked {
    const sqn_rows *rows;
    const uint8_t *mask; /**< [n_row, n_col] */
} sqn_outlier_masked;

/** The same rows with weight 0 where marked; `masked` is borrowed. */
SQN_API sqn_rows sqn_outlier_rows(const sqn_outlier_masked *masked);

#ifdef __cplusplus
}
#endif
#endif
