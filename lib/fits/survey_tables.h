/** @file survey_tables.h @brief What the tables of a file say of its spectra, cell by cell. */
#ifndef SQN_SURVEY_TABLES_H
#define SQN_SURVEY_TABLES_H

#include "fits_table.h"

enum { SQN__CELL = 72 };

/** Text of one cell: an integer in full, a number with all its digits; "" = no value. */
typedef struct sqn__survey_cell {
    char text[SQN__CELL];
} sqn__survey_cell;

typedef struct sqn__survey_table {
    const sqn__fits_hdu *hdu; /* borrowed */
    sqn__fits_field *field;   /* [n_field] owned */
    int64_t n_field;
} sqn__survey_table;

/** The binary tables of a file that have one row a spectrum. */
typedef struct sqn__survey_tables {
    const sqn__fits_file *file; /* borrowed; stays open */
    int64_t n;
    sqn__survey_table *table; /* [n] owned */
} sqn__survey_tables;

/**
 * The tables with `n_row` rows, -1 = all tables.
 *
 * @retval SQN_ERR_DATA  E_FITS_HEADER; SQN_ERR_MEMORY.
 */
SQN_NODISCARD sqn_status sqn__survey_tables_open(sqn__survey_tables *out,
                                                 const sqn__fits_file *file, int64_t n_row,
                                                 sqn_error *err);
void sqn__survey_tables_close(sqn__survey_tables *tables);

/** True for the table that `want` names, by EXTNAME (case ignored) or number; NULL = any. */
bool sqn__survey_tables_is(const sqn__fits_hdu *hdu, const char *want);

/**
 * A column with one value a row, of the first table that has it; for a single spectrum also a
 * keyword of the primary header.
 *
 * @param[out] out     [*n] owned by the caller; NULL when there is none.
 * @param[in]  hdu     Name or number of the table; NULL = any.
 * @param[in]  column  Case ignored.
 * @retval SQN_ERR_IO, SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status sqn__survey_tables_cells(sqn__survey_cell **out, int64_t *n,
                                                  const sqn__survey_tables *tables,
                                                  const char *hdu, const char *column,
                                                  sqn_error *err);

#endif
