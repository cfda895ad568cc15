/**
 * @file count.h
 * @brief How many components, and the curve of data hidden from a build of their own.
 *
 * In: rows, configuration. Out: the count, the held-out curve. Library: count.
 */
#ifndef BASIS_COUNT_H
#define BASIS_COUNT_H

#include "basis.h"
#include "sequin/count.h"

/**
 * Components to build: as written, by default, or the limit of `auto`.
 *
 * @param[in] info  Of the panels of all rows of `source`.
 * @retval SQN_ERR_CONFIG  E_COUNT: more than rows with data (or, where the rows are modelled
 *                         themselves, than columns).
 */
SQN_NODISCARD sqn_status count_limit(int64_t *out, const basis_source *source,
                                     const sqn_panels_info *info, const config *settings,
                                     sqn_error *err);

/** Share of the data that a build of their own must predict; 0: no such build. */
double count_holdout(const config *settings);

/**
 * The held-out curve, said to the log. The products come from another build, with all data:
 * asking for the curve changes none of them.
 *
 * @param[in] solver     Options of the build, n_comp the limit.
 * @param[in] negatives  As in the other build.
 */
SQN_NODISCARD sqn_status count_search(sqn_count *out, const sqn_rows *rows,
                                      const sqn_nmf_options *solver,
                                      sqn_negatives negatives, const config *settings,
                                      sqn_error *err);

/** Why this count: a sentence without a final stop. Returns `out`. */
enum { COUNT_REASON_MAX = 200 };
const char *count_reason(char out[COUNT_REASON_MAX], const sqn_count *count);

#endif
