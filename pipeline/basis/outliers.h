/**
 * @file outliers.h
 * @brief How outliers are looked for (noise.clip_sigma), and what is said of them.
 *
 * In: configuration. Out: options of the search, words in the log. Library: outlier.
 */
#ifndef BASIS_OUTLIERS_H
#define BASIS_OUTLIERS_H

#include "basis.h"
#include "sequin/outlier.h"

enum { OUTLIERS_ROWS_MIN = 3 /* of fewer nothing tells what is an outlier */ };

/**
 * Options of a search among rows that are modelled by themselves.
 *
 * @param[in] n_row     Rows that will be searched: where the number of components is not written,
 *                      at most a quarter of it, since a fit follows outliers by k / n.
 * @param[in] relative  Weights are not known but for a constant: noise.model uniform.
 */
sqn_outlier_options outliers_options(const config *settings, int64_t n_row, bool relative);

/** The tally to the log, with W_CLIP_CAP where the limit binds; "reference" data, frames. */
void outliers_say(const sqn_outlier_tally *tally, const char *noun, const config *settings,
                  const sqn_log *log);

#endif
