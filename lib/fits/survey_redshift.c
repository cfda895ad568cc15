/** @file survey_redshift.c @brief Redshifts of a catalogue. */
#include "survey_redshift.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fits_checksum.h"
#include "mem.h"
#include "raise.h"

/** A key and the row it stands in. */
typedef struct keyed {
    const char *text;
    int64_t row;
} keyed;

static int compare(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    const int order = strcmp(x->text, y->text);

    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

double sqn__survey_redshift_of(const char *text)
{
    double z = NAN;

    return sqn__header_card_number(&z, text) && z > -1.0 ? z : NAN;
}

/* Rows in the order of their keys. */
static sqn_status sort(sqn__survey_redshifts *r, sqn_error *err)
{
    keyed *list = sqn__mem_alloc(r->n > 0 ? r->n : 1, sizeof *list);

    r->order = sqn__mem_alloc(r->n > 0 ? r->n : 1, sizeof *r->order);
    if (list == NULL || r->order == NULL) {
        sqn__mem_free(list);
        return SQN_RAISE(err, E_MEM, "the order of %" PRId64 " redshifts", r->n);
    }
    for (int64_t i = 0; i < r->n; i++) {
        list[i] = (keyed){r->key[i].text, i};
    }
    qsort(list, (size_t)r->n, sizeof *list, compare);
    for (int64_t i = 0; i < r->n; i++) {
        r->order[i] = list[i].row;
    }
    sqn__mem_free(list);
    return SQN_OK;
}

static sqn_status refuse_column(const sqn_survey_redshift *redshift, const char *column,
                                sqn_error *err)
{
    const sqn_status status =
        SQN_RAISE(err, E_FITS_HDU, "no table%s%s has a column %s with one value a row",
                  redshift->hdu != NULL ? " " : "",
                  redshift->hdu != NULL ? redshift->hdu : "", column);

    sqn__error_mend(err, "check spectra.redshift");
    return status;
}

/* Columns of the table to values and keys. */
static sqn_status read_columns(sqn__survey_redshifts *out, const sqn__survey_tables *tables,
                               const sqn_survey_redshift *redshift, sqn_error *err)
{
    const char *column = redshift->column != NULL ? redshift->column : "Z";
    sqn__survey_cell *cells = NULL;
    sqn_status status = SQN_OK;
    int64_t n_key = 0;

    SQN_TRY(sqn__survey_tables_cells(&cells, &out->n, tables, redshift->hdu, column, err));
    if (cells == NULL) {
        status = refuse_column(redshift, column, err);
        goto cleanup;
    }
    out->value = sqn__mem_alloc(out->n > 0 ? out->n : 1, sizeof *out->value);
    if (out->value == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " redshifts", out->n);
        goto cleanup;
    }
    for (int64_t i = 0; i < out->n; i++) {
        out->value[i] = sqn__survey_redshift_of(cells[i].text);
    }
    if (redshift->match != NULL) {
        SQN_TRY(sqn__survey_tables_cells(&out->key, &n_key, tables, redshift->hdu,
                                         redshift->match, err));
        if (out->key == NULL || n_key != out->n) {
            status = refuse_column(redshift, redshift->match, err);
            goto cleanup;
        }
        SQN_TRY(sort(out, err));
    }

cleanup:
    sqn__mem_free(cells);
    return status;
}

sqn_status sqn__survey_redshifts_read(sqn__survey_redshifts *out,
                                      const sqn_survey_redshift *redshift,
                                      const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file file = {0};
    sqn__survey_tables tables = {0};

    *out = (sqn__survey_redshifts){0};
    SQN_TRY(sqn__fits_file_open(&file, redshift->file, log, err));
    SQN_TRY(sqn__survey_tables_open(&tables, &file, -1, err));
    SQN_TRY(read_columns(out, &tables, redshift, err));
    for (int64_t t = 0; t < tables.n; t++) {
        uint32_t sum = 0;

        SQN_TRY(sqn__fits_checksum_verify(&sum, &file, tables.table[t].hdu, err));
        out->datasum = sqn__fits_checksum_add(out->datasum, sum);
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, redshift->file, NULL, NULL);
        sqn__survey_redshifts_clear(out);
    }
    sqn__survey_tables_close(&tables);
    sqn__fits_file_close(&file);
    return status;
}

void sqn__survey_redshifts_clear(sqn__survey_redshifts *redshifts)
{
    sqn__mem_free(redshifts->value);
    sqn__mem_free(redshifts->key);
    sqn__mem_free(redshifts->order);
    *redshifts = (sqn__survey_redshifts){0};
}

double sqn__survey_redshifts_find(const sqn__survey_redshifts *r, int64_t row,
                                  const char *key)
{
    int64_t low = 0, high = r->n;

    if (r->key == NULL) {
        return row < r->n ? r->value[row] : NAN;
    }
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;

        if (strcmp(r->key[r->order[middle]].text, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < r->n && key[0] != '\0' && strcmp(r->key[r->order[low]].text, key) == 0
               ? r->value[r->order[low]]
               : NAN;
}
