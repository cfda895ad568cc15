/**
 * @file holdout.h
 * @brief Entries hidden from a build, to be predicted by it: an honest measure of a model.
 *
 * An entry of positive weight is hidden when its random number is at most `share`. The number
 * is a function of (seed, rank of its row, rank of its column among those with data) alone: it
 * depends neither on threads, nor on other entries, nor on rows and columns without data.
 */
#ifndef SEQUIN_HOLDOUT_H
#define SEQUIN_HOLDOUT_H

#include "sequin/error.h"
#include "sequin/panels.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What to hide. */
typedef struct sqn_holdout_options {
    double share;            /**< Of the valid entries, above 0, at most 0.5. */
    uint64_t seed;           /**< > 0. */
    sqn_negatives negatives; /**< As for the panels: data left out cannot be hidden. */
} sqn_holdout_options;

/** One hidden entry, in the units of the rows. */
typedef struct sqn_holdout_entry {
    int64_t row, col;
    double value, weight; /**< weight > 0 */
} sqn_holdout_entry;

/** The hidden entries of some rows. Opaque. */
typedef struct sqn_holdout sqn_holdout;

/** share 0.05, seed 1, negatives kept. */
SQN_API sqn_holdout_options sqn_holdout_options_default(void);

/**
 * Choose the hidden entries (the rows are read twice).
 *
 * @param[out] out      New, owned by the caller; NULL on failure.
 * @param[in]  rows     [n_row, n_col]; borrowed: outlives sqn_holdout_rows().
 * @param[in]  options  NULL = defaults.
 *
 * @retval SQN_ERR_ARG     share or seed out of range.
 * @retval SQN_ERR_MEMORY  Needs 32 bytes per hidden entry, 24 per column.
 */
SQN_API SQN_NODISCARD sqn_status sqn_holdout_create(sqn_holdout **out, const sqn_rows *rows,
                                                    const sqn_holdout_options *options,
                                                    sqn_error *err);

/** The same rows with weight 0 where an entry is hidden; `holdout` is borrowed. */
SQN_API sqn_rows sqn_holdout_rows(const sqn_holdout *holdout);

/** How many entries are hidden. */
SQN_API int64_t sqn_holdout_count(const sqn_holdout *holdout);

/** The hidden entries in the order of rows, then columns; borrowed. */
SQN_API const sqn_holdout_entry *sqn_holdout_entries(const sqn_holdout *holdout);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_holdout_destroy(sqn_holdout **holdout);

#ifdef __cplusplus
}
#endif
#endif
