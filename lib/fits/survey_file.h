/** @file survey_file.h @brief One file of a survey: its spectra, and who they are. */
#ifndef SQN_SURVEY_FILE_H
#define SQN_SURVEY_FILE_H

#include "sequin/survey.h"
#include "survey_redshift.h"
#include "survey_tables.h"

enum { SQN__SURVEY_BITS = 32 };

/** Counts over all files, for the messages behind them. */
typedef struct sqn__survey_tally {
    int64_t n_entry, n_nonfinite, n_bad_ivar, n_masked; /* masked: valid but for the mask */
    int64_t n_bit[SQN__SURVEY_BITS];                    /* entries that carry the bit */
    int64_t n_block, n_with_ivar, n_other_unit;         /* of files */
} sqn__survey_tally;

/** What the files have in common while they are read. */
typedef struct sqn__survey_job {
    const sqn_survey_source *source; /* borrowed */
    const sqn_log *log;              /* borrowed */
    sqn__survey_redshifts redshifts; /* of a file of its own */
    const char *const *id;           /* [n_id] names sought; borrowed */
    int64_t n_id;
    int64_t n_seen; /* spectra of the files before, those left out too */
    int exponent;
    bool decided; /* the exponent */
    sqn__survey_tally tally;
} sqn__survey_job;

/** One column of identifiers. */
typedef struct sqn__survey_id {
    sqn__survey_cell *cell; /* one a spectrum; NULL = not here */
} sqn__survey_id;

/** What one file gave. */
typedef struct sqn__survey_file {
    sqn_spectra spectra; /* [n_kept] */
    int64_t n_row;       /* spectra in the file */
    int64_t n_kept;
    int64_t *row;       /* [n_kept] from 0 */
    double *redshift;   /* [n_row] NaN = none */
    sqn__survey_id *id; /* [n_id] of [n_row] */
    int64_t n_unselected, n_without_redshift;
    uint32_t datasum;
    char unit[72], scale[96];
} sqn__survey_file;

/** Read one file. Errors of sqn_survey_read(). */
SQN_NODISCARD sqn_status sqn__survey_file_read(sqn__survey_file *out, sqn__survey_job *job,
                                               const sqn__fits_file *file, sqn_error *err);
void sqn__survey_file_clear(sqn__survey_file *file, int64_t n_id);

#endif
