/** @file survey_column.h @brief Identifiers of spectra as integers, numbers or texts. */
#ifndef SQN_SURVEY_COLUMN_H
#define SQN_SURVEY_COLUMN_H

#include "sequin/survey.h"
#include "survey_tables.h"

/** True when any of the cells has a value. */
bool sqn__survey_column_any(const sqn__survey_cell *cells, int64_t n);

/**
 * Integers where every cell is one, else numbers where every cell that has a value is one, else
 * texts.
 *
 * @param[in,out] cells  [n] given away where texts are kept.
 */
SQN_NODISCARD sqn_status sqn__survey_column_make(sqn_survey_column *out, const char *name,
                                                 sqn__survey_cell **cells, int64_t n,
                                                 sqn_error *err);
void sqn__survey_column_clear(sqn_survey_column *column);

#endif
