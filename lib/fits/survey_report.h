/** @file survey_report.h @brief What is said of the spectra that were read. */
#ifndef SQN_SURVEY_REPORT_H
#define SQN_SURVEY_REPORT_H

#include "survey_file.h"

/** Remarks and warnings about all files. */
void sqn__survey_report(const sqn_survey *survey, const sqn__survey_job *job);

/** @retval SQN_ERR_DATA  E_DATA_EMPTY: no spectrum is left. */
SQN_NODISCARD sqn_status sqn__survey_report_check(const sqn_survey *survey,
                                                  const sqn__survey_job *job,
                                                  sqn_error *err);

#endif
