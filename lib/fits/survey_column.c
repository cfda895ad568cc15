/** @file survey_column.c @brief From cells of text to the columns of a product. */
#include "survey_column.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"

bool sqn__survey_column_any(const sqn__survey_cell *cells, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (cells[i].text[0] != '\0') {
            return true;
        }
    }
    return false;
}

static bool are_integers(int64_t *to, const sqn__survey_cell *cells, int64_t n)
{
    bool all = true;

    for (int64_t i = 0; i < n && all; i++) {
        all = sqn__header_card_integer(&to[i], cells[i].text);
    }
    return all;
}

static bool are_numbers(double *to, const sqn__survey_cell *cells, int64_t n)
{
    bool all = true;

    for (int64_t i = 0; i < n && all; i++) {
        to[i] = NAN;
        all = cells[i].text[0] == '\0' || sqn__header_card_number(&to[i], cells[i].text);
    }
    return all;
}

static sqn_status keep_texts(sqn_survey_column *out, sqn__survey_cell **cells, int64_t n,
                             sqn_error *err)
{
    out->text = sqn__mem_alloc(n, sizeof *out->text);
    if (out->text == NULL) {
        return SQN_RAISE(err, E_MEM, "a column of %" PRId64 " texts", n);
    }
    for (int64_t i = 0; i < n; i++) {
        out->text[i] = (*cells)[i].text;
    }
    out->cells = *cells;
    *cells = NULL;
    return SQN_OK;
}

sqn_status sqn__survey_column_make(sqn_survey_column *out, const char *name,
                                   sqn__survey_cell **cells, int64_t n, sqn_error *err)
{
    *out = (sqn_survey_column){0};
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    out->integer = sqn__mem_alloc(n, sizeof *out->integer);
    out->number = sqn__mem_alloc(n, sizeof *out->number);
    if (out->integer == NULL || out->number == NULL) {
        return SQN_RAISE(err, E_MEM, "a column of %" PRId64 " numbers", n);
    }
    const bool whole = are_integers(out->integer, *cells, n);
    const bool numeric = !whole && are_numbers(out->number, *cells, n);

    if (!whole) {
        sqn__mem_free(out->integer);
        out->integer = NULL;
    }
    if (!numeric) {
        sqn__mem_free(out->number);
        out->number = NULL;
    }
    return whole || numeric ? SQN_OK : keep_texts(out, cells, n, err);
}

void sqn__survey_column_clear(sqn_survey_column *column)
{
    sqn__mem_free(column->integer);
    sqn__mem_free(column->number);
    sqn__mem_free(column->text);
    sqn__mem_free(column->cells);
    *column = (sqn_survey_column){0};
}
