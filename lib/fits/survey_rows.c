/** @file survey_rows.c @brief Identifiers, redshifts and the selection of spectra. */
#include "survey_rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

/* A column for all rows; what stands once (a keyword) holds for each. NULL when there is none. */
static sqn_status spread(sqn__survey_cell **out, const sqn__survey_tables *tables,
                         int64_t n_row, const char *hdu, const char *column, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_cell *cells = NULL;
    int64_t n = 0;

    *out = NULL;
    SQN_TRY(sqn__survey_tables_cells(&cells, &n, tables, hdu, column, err));
    if (cells == NULL || n == n_row) {
        *out = cells;
        return SQN_OK;
    }
    *out = sqn__mem_alloc(n_row, sizeof **out);
    if (*out == NULL) {
        status = SQN_RAISE(err, E_MEM, "a column of %" PRId64 " rows", n_row);
        goto cleanup;
    }
    for (int64_t r = 0; r < n_row; r++) {
        (*out)[r] = cells[0];
    }

cleanup:
    sqn__mem_free(cells);
    return status;
}

static sqn_status refuse_column(const sqn__fits_file *file, int64_t n_row,
                                const char *column, sqn_error *err)
{
    const sqn_status status =
        SQN_RAISE(err, E_FITS_HDU,
                  "no table with %" PRId64 " row%s has a column %s with one value a row",
                  n_row, n_row == 1 ? "" : "s", column);

    sqn__error_mend(err, "name a column of a table with one row per spectrum");
    sqn__fits_file_at(err, file->path, NULL, NULL);
    return status;
}

/* Redshifts of all rows, from the file's own table or from the catalogue. */
static sqn_status find_redshifts(sqn__survey_file *out, const sqn__survey_job *job,
                                 const sqn__survey_tables *tables, sqn_error *err)
{
    const sqn_survey_redshift *from = &job->source->redshift;
    const bool has_catalogue = from->file != NULL;
    const char *column = has_catalogue          ? from->match
                         : from->column != NULL ? from->column
                                                : "Z";
    sqn__survey_cell *cells = NULL;
    sqn_status status = SQN_OK;

    if (column != NULL) {
        SQN_TRY(spread(&cells, tables, out->n_row, has_catalogue ? NULL : from->hdu, column,
                       err));
        if (cells == NULL && (from->needed || has_catalogue)) {
            status = refuse_column(tables->file, out->n_row, column, err);
            goto cleanup;
        }
    }
    for (int64_t r = 0; r < out->n_row; r++) {
        const char *text = cells != NULL ? cells[r].text : "";

        out->redshift[r] = has_catalogue ? sqn__survey_redshifts_find(&job->redshifts,
                                                                      job->n_seen + r, text)
                                         : sqn__survey_redshift_of(text);
    }

cleanup:
    sqn__mem_free(cells);
    return status;
}

/* Whether each row is wanted, by the column of the selection. */
static sqn_status select_rows(bool *keep, sqn__survey_file *out, const sqn__survey_job *job,
                              const sqn__survey_tables *tables, sqn_error *err)
{
    const sqn_survey_source *source = job->source;
    sqn__survey_cell *cells = NULL;
    sqn_status status = SQN_OK;

    for (int64_t r = 0; r < out->n_row; r++) {
        keep[r] = true;
    }
    if (source->select_column == NULL) {
        return SQN_OK;
    }
    SQN_TRY(spread(&cells, tables, out->n_row, NULL, source->select_column, err));
    if (cells == NULL) {
        status = refuse_column(tables->file, out->n_row, source->select_column, err);
        goto cleanup;
    }
    for (int64_t r = 0; r < out->n_row; r++) {
        double value = NAN;

        keep[r] = sqn__header_card_number(&value, cells[r].text) &&
                  value >= source->select_range[0] && value <= source->select_range[1];
        out->n_unselected += !keep[r];
    }

cleanup:
    sqn__mem_free(cells);
    return status;
}

/* List the rows that are kept: selected, and with a redshift where one is needed. */
static void list_rows(sqn__survey_file *out, const bool *keep, bool needs_redshift)
{
    for (int64_t r = 0; r < out->n_row; r++) {
        const bool lacks = needs_redshift && isnan(out->redshift[r]);

        out->n_without_redshift += keep[r] && lacks;
        if (keep[r] && !lacks) {
            out->row[out->n_kept++] = r;
        }
    }
}

sqn_status sqn__survey_rows_find(sqn__survey_file *out, const sqn__survey_job *job,
                                 const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_tables tables = {0};
    bool *keep = sqn__mem_alloc(out->n_row, sizeof *keep);

    out->row = sqn__mem_alloc(out->n_row, sizeof *out->row);
    out->redshift = sqn__mem_alloc(out->n_row, sizeof *out->redshift);
    out->id = sqn__mem_alloc(job->n_id, sizeof *out->id);
    if (keep == NULL || out->row == NULL || out->redshift == NULL || out->id == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " rows", out->n_row);
        goto cleanup;
    }
    SQN_TRY(sqn__survey_tables_open(&tables, file, out->n_row, err));
    SQN_TRY(find_redshifts(out, job, &tables, err));
    SQN_TRY(select_rows(keep, out, job, &tables, err));
    list_rows(out, keep, job->source->redshift.needed);
    for (int64_t k = 0; k < job->n_id; k++) {
        SQN_TRY(spread(&out->id[k].cell, &tables, out->n_row, NULL, job->id[k], err));
    }

cleanup:
    sqn__survey_tables_close(&tables);
    sqn__mem_free(keep);
    return status;
}
