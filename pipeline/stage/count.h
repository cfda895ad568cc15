/**
 * @file count.h
 * @brief Stage 2a: how many components, and the curve of data hidden from a build of their own.
 *
 * In: references as rows, configuration. Out: the count, the held-out curve. Library: count.
 */
#ifndef STAGE_COUNT_H
#define STAGE_COUNT_H

#include "read.h"
#include "sequin/count.h"

/**
 * Components to build: as written, by default, or the limit of `auto`.
 *
 * @param[in] n_used  Reference frames with data.
 * @retval SQN_ERR_CONFIG  E_COUNT: more than those.
 */
SQN_NODISCARD sqn_status count_limit(int64_t *out, const observation *obs,
                                     const config *settings, int64_t n_used,
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
