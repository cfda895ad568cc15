/** @file survey_tables.c @brief Columns of tables as cells of text. */
#include "survey_tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_bytes.h"
#include "mem.h"
#include "raise.h"

static const double half_range =
    9223372036854775808.0; /* 2^63: TZERO of unsigned integers */

sqn_status sqn__survey_tables_open(sqn__survey_tables *out, const sqn__fits_file *file,
                                   int64_t n_row, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (sqn__survey_tables){.file = file};
    out->table = sqn__mem_alloc(file->n_hdu, sizeof *out->table);
    if (out->table == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " tables", file->n_hdu);
    }
    for (int64_t i = 0; i < file->n_hdu; i++) {
        const sqn__fits_hdu *hdu = &file->hdu[i];
        sqn__survey_table *table = &out->table[out->n];

        if (hdu->kind == SQN__FITS_TABLE && (n_row < 0 || hdu->n_row == n_row)) {
            table->hdu = hdu;
            status = sqn__fits_table_fields(&table->field, &table->n_field, file, hdu, err);
            if (status != SQN_OK) {
                sqn__fits_file_at(err, file->path, hdu, NULL);
                goto cleanup;
            }
            out->n++;
        }
    }

cleanup:
    if (status != SQN_OK) {
        sqn__survey_tables_close(out);
    }
    return status;
}

void sqn__survey_tables_close(sqn__survey_tables *tables)
{
    for (int64_t t = 0; t < tables->n; t++) {
        sqn__mem_free(tables->table[t].field);
    }
    sqn__mem_free(tables->table);
    *tables = (sqn__survey_tables){0};
}

bool sqn__survey_tables_is(const sqn__fits_hdu *hdu, const char *want)
{
    int64_t number = -1;

    return want == NULL || strcasecmp(hdu->name, want) == 0 ||
           (sqn__header_card_integer(&number, want) && number == hdu->number);
}

/* A text, or one number a row. */
static bool is_cell(const sqn__fits_field *field)
{
    return field->type == 'A' ||
           (field->repeat == 1 && strchr("LBIJKED", field->type) != NULL);
}

static void print_text(sqn__survey_cell *cell, const unsigned char *at, int64_t n)
{
    size_t used = 0;

    for (int64_t i = 0; i < n && at[i] != 0 && used + 1 < sizeof cell->text; i++) {
        memcpy(&cell->text[used], at[i] >= 32 && at[i] < 127 ? (const void *)&at[i] : "?",
               1);
        used++;
    }
    while (used > 0 && cell->text[used - 1] == ' ') {
        used--;
    }
    cell->text[used] = '\0';
}

static void print_number(sqn__survey_cell *cell, double value, int digits)
{
    if (isfinite(value)) {
        (void)snprintf(cell->text, sizeof cell->text, "%.*g", digits, value);
    }
}

/* Integers stay whole wherever the scaling allows it: identifiers exceed 2^53. */
static void print_integer(sqn__survey_cell *cell, const sqn__fits_field *field,
                          int64_t integer)
{
    const bool is_plain = field->scale == 1.0 && field->zero == 0.0;
    const bool is_unsigned = field->scale == 1.0 && field->zero == half_range;

    if (field->has_null && integer == field->null) {
        return;
    }
    if (is_plain) {
        (void)snprintf(cell->text, sizeof cell->text, "%" PRId64, integer);
    } else if (is_unsigned) {
        (void)snprintf(cell->text, sizeof cell->text, "%" PRIu64,
                       (uint64_t)integer + (UINT64_C(1) << 63));
    } else {
        print_number(cell, field->zero + field->scale * (double)integer, 17);
    }
}

static void print_cell(sqn__survey_cell *cell, const sqn__fits_field *field,
                       const unsigned char *at)
{
    const int64_t integer =
        field->type != 'A' ? sqn__fits_table_integer(at, sqn__fits_table_width(field->type))
                           : 0;

    if (field->type == 'A') {
        print_text(cell, at, field->repeat);
    } else if (field->type == 'L') {
        (void)snprintf(cell->text, sizeof cell->text, "%c", integer == 'T' ? 'T' : 'F');
    } else if (field->type == 'D') {
        double value = 0.0;

        memcpy(&value, &integer, sizeof value);
        print_number(cell, field->zero + field->scale * value, 17);
    } else if (field->type == 'E') {
        const uint32_t bits = (uint32_t)((uint64_t)integer & UINT32_MAX);
        float value = 0.0F;

        memcpy(&value, &bits, sizeof value);
        print_number(cell, field->zero + field->scale * (double)value, 9);
    } else {
        print_integer(cell, field, integer);
    }
}

static sqn_status read_cells(sqn__survey_cell **out, int64_t *n,
                             const sqn__survey_tables *tables,
                             const sqn__survey_table *table, const sqn__fits_field *field,
                             sqn_error *err)
{
    const sqn__fits_hdu *hdu = table->hdu;
    const sqn_status status =
        sqn__fits_bytes_need(tables->file, hdu->data, hdu->n_byte, err);

    if (status != SQN_OK) {
        return status;
    }
    *out = sqn__mem_alloc(hdu->n_row > 0 ? hdu->n_row : 1, sizeof **out);
    if (*out == NULL) {
        return SQN_RAISE(err, E_MEM, "a column of %" PRId64 " rows", hdu->n_row);
    }
    *n = hdu->n_row;
    for (int64_t r = 0; r < hdu->n_row; r++) {
        print_cell(&(*out)[r], field,
                   tables->file->bytes + hdu->data + r * hdu->row_bytes + field->offset);
    }
    return SQN_OK;
}

/* A keyword of the primary header speaks of a file with one spectrum. */
static sqn_status read_keyword(sqn__survey_cell **out, int64_t *n,
                               const sqn__survey_tables *tables, const char *keyword,
                               sqn_error *err)
{
    sqn__survey_cell cell;

    if (!sqn__fits_preflight_text(cell.text, sizeof cell.text, &tables->file->hdu[0],
                                  tables->file->bytes, keyword)) {
        return SQN_OK;
    }
    *out = sqn__mem_alloc(1, sizeof **out);
    if (*out == NULL) {
        return SQN_RAISE(err, E_MEM, "a keyword");
    }
    **out = cell;
    *n = 1;
    return SQN_OK;
}

sqn_status sqn__survey_tables_cells(sqn__survey_cell **out, int64_t *n,
                                    const sqn__survey_tables *tables, const char *hdu,
                                    const char *column, sqn_error *err)
{
    *out = NULL;
    *n = 0;
    for (int64_t t = 0; t < tables->n; t++) {
        const sqn__survey_table *table = &tables->table[t];

        for (int64_t f = 0; f < table->n_field && sqn__survey_tables_is(table->hdu, hdu);
             f++) {
            if (is_cell(&table->field[f]) &&
                strcasecmp(table->field[f].name, column) == 0) {
                return read_cells(out, n, tables, table, &table->field[f], err);
            }
        }
    }
    return hdu == NULL ? read_keyword(out, n, tables, column, err) : SQN_OK;
}
