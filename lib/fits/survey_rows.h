/** @file survey_rows.h @brief Which spectra of a file are taken, and what its tables say of them. */
#ifndef SQN_SURVEY_ROWS_H
#define SQN_SURVEY_ROWS_H

#include "survey_file.h"

/** Fill row, redshift, id and the counts of a file whose n_row is known. */
SQN_NODISCARD sqn_status sqn__survey_rows_find(sqn__survey_file *out,
                                               const sqn__survey_job *job,
                                               const sqn__fits_file *file, sqn_error *err);

#endif
