/** @file survey_redshift.h @brief A list of redshifts in a file of its own, and whose they are. */
#ifndef SQN_SURVEY_REDSHIFT_H
#define SQN_SURVEY_REDSHIFT_H

#include "sequin/survey.h"
#include "survey_tables.h"

/** Redshifts of a table, in its order; with keys also sorted by them. */
typedef struct sqn__survey_redshifts {
    int64_t n;
    double *value;         /* [n] NaN = none. Owned. */
    sqn__survey_cell *key; /* [n] NULL = row by row. Owned. */
    int64_t *order;        /* [n] of rising keys; NULL as `key`. Owned. */
    uint32_t datasum;      /* of the table */
} sqn__survey_redshifts;

/** Redshift in a cell; NaN for what is no number above -1. */
double sqn__survey_redshift_of(const char *text);

/**
 * Read the table that `redshift->file` names.
 *
 * @retval SQN_ERR_DATA  E_FITS_HDU: no such column; and the errors of every reader.
 */
SQN_NODISCARD sqn_status sqn__survey_redshifts_read(sqn__survey_redshifts *out,
                                                    const sqn_survey_redshift *redshift,
                                                    const sqn_log *log, sqn_error *err);
void sqn__survey_redshifts_clear(sqn__survey_redshifts *redshifts);

/** Redshift of spectrum number `row` of all, or the one with this key; NaN without. */
double sqn__survey_redshifts_find(const sqn__survey_redshifts *redshifts, int64_t row,
                                  const char *key);

#endif
