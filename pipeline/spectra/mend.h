/**
 * @file mend.h
 * @brief Between reading and the build: outliers become missing, errors get their scale.
 *
 * In: sample, configuration, templates where they were loaded. Out: the sample, mended.
 * Library: outlier, misfit, target.
 */
#ifndef MEND_H
#define MEND_H

#include "basis.h"
#include "sample.h"
#include "sequin/outlier.h"

/** What was mended. */
typedef struct mended {
    sqn_outlier_tally clipped; /**< All 0 without noise.clip_sigma. */
    double scale;              /**< The errors were multiplied by; 0 = they were not. */
} mended;

/**
 * Clip and rescale as the configuration asks.
 *
 * @param[in] loaded  The templates that spectra are judged by; NULL: a model of themselves.
 * @retval as sqn_outlier_search(), sqn_nmf_fit(), sqn_target_fit().
 */
SQN_NODISCARD sqn_status mend_sample(mended *out, sample *s, const basis *loaded,
                                     const config *settings, const sqn_log *log,
                                     sqn_error *err);

#endif
