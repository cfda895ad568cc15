/** @file fits_product_table.c @brief A binary table HDU of a product. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_product.h"
#include "mem.h"
#include "raise.h"

enum { FORM = 24, CHUNK = 4096 /* rows converted at a time */ };

/* Names, forms and units as CFITSIO wants them. */
typedef struct layout {
    char **name, **form, **unit; /* [n_column] owned; the texts of form lie in `forms` */
    char *forms;                 /* [n_column * FORM] owned */
    int64_t *width;              /* [n_column] characters of a text column, owned */
} layout;

static void clear_layout(layout *at)
{
    sqn__mem_free(at->name);
    sqn__mem_free(at->form);
    sqn__mem_free(at->unit);
    sqn__mem_free(at->forms);
    sqn__mem_free(at->width);
}

/* CFITSIO's prototypes lack const; it only reads names and units. */
static char *borrow(const char *text)
{
    union {
        const char *text;
        char *argument;
    } borrowed = {text != NULL ? text : ""};

    return borrowed.argument;
}

static int64_t longest(const char *const *text, int64_t n)
{
    size_t width = 1;

    for (int64_t i = 0; i < n; i++) {
        const size_t length = text[i] != NULL ? strlen(text[i]) : 0;

        width = length > width ? length : width;
    }
    return (int64_t)width;
}

/* Why a column cannot be written, or NULL. Readers know columns by letters and digits only. */
static const char *wrong_column(const sqn_fits_column *columns, int i)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const sqn_fits_column *c = &columns[i];

    if ((c->number != NULL) + (c->integer != NULL) + (c->text != NULL) != 1) {
        return "needs values of exactly one kind";
    }
    if (c->name == NULL || c->name[0] == '\0' ||
        c->name[strspn(c->name, allowed)] != '\0' || strlen(c->name) > 60) {
        return "needs a name of letters, digits and _";
    }
    for (int j = 0; j < i; j++) {
        if (strcasecmp(columns[j].name, c->name) == 0) {
            return "has the name of another column";
        }
    }
    return NULL;
}

static sqn_status init_layout(layout *at, const sqn_fits_column *columns, int n_column,
                              int64_t n_row, sqn_error *err)
{
    *at = (layout){.name = sqn__mem_alloc(n_column, sizeof *at->name),
                   .form = sqn__mem_alloc(n_column, sizeof *at->form),
                   .unit = sqn__mem_alloc(n_column, sizeof *at->unit),
                   .forms = sqn__mem_alloc(n_column, FORM),
                   .width = sqn__mem_alloc(n_column, sizeof *at->width)};
    if (at->name == NULL || at->form == NULL || at->unit == NULL || at->forms == NULL ||
        at->width == NULL) {
        return SQN_RAISE(err, E_MEM, "%d columns", n_column);
    }
    for (int i = 0; i < n_column; i++) {
        at->name[i] = borrow(columns[i].name);
        at->unit[i] = borrow(columns[i].unit);
        at->form[i] = at->forms + (size_t)i * FORM;
        at->width[i] = columns[i].text != NULL ? longest(columns[i].text, n_row) : 1;
        (void)snprintf(at->form[i], FORM, "%" PRId64 "%c", at->width[i],
                       columns[i].text != NULL      ? 'A'
                       : columns[i].integer != NULL ? 'K'
                                                    : 'D');
    }
    return SQN_OK;
}

/* Text columns hold printable ASCII only; other bytes become '?'. */
static void clean(char *to, const char *text)
{
    for (; text != NULL && *text != '\0'; text++, to++) {
        *to = *text;
        if (*text < ' ' || *text > '~') {
            *to = '?';
        }
    }
    *to = '\0';
}

static int write_text(fitsfile *file, int column, const char *const *text, int64_t n_row,
                      int64_t width)
{
    char *buffer = sqn__mem_alloc(width + 1, 1);
    int code = buffer != NULL ? 0 : MEMORY_ALLOCATION;

    for (int64_t i = 0; i < n_row && code == 0; i++) {
        clean(buffer, text[i]);
        fits_write_col_str(file, column, i + 1, 1, 1, &buffer, &code);
    }
    sqn__mem_free(buffer);
    return code;
}

/** A few rows on their way into the file, as CFITSIO takes them. */
typedef union chunk {
    double number[CHUNK];
    LONGLONG integer[CHUNK];
} chunk;

/* Rows first .. first + n - 1 of a column of numbers or integers. */
static void write_rows(fitsfile *file, int i, const sqn_fits_column *column, int64_t first,
                       int64_t n, chunk *rows, int *code)
{
    if (column->integer != NULL) {
        for (int64_t j = 0; j < n; j++) {
            rows->integer[j] = column->integer[first + j];
        }
        fits_write_col_lnglng(file, i + 1, first + 1, 1, n, rows->integer, code);
    } else {
        for (int64_t j = 0; j < n; j++) { /* one NaN for all */
            const double number = column->number[first + j];

            rows->number[j] = isnan(number) ? (double)NAN : number;
        }
        fits_write_col_dbl(file, i + 1, first + 1, 1, n, rows->number, code);
    }
}

static int write_values(fitsfile *file, int i, const sqn_fits_column *column, int64_t n_row)
{
    chunk *rows = sqn__mem_alloc(1, sizeof *rows);
    int code = rows != NULL ? 0 : MEMORY_ALLOCATION;

    for (int64_t first = 0; first < n_row && code == 0; first += CHUNK) {
        write_rows(file, i, column, first, n_row - first < CHUNK ? n_row - first : CHUNK,
                   rows, &code);
    }
    sqn__mem_free(rows);
    return code;
}

static int write_column(fitsfile *file, int i, const sqn_fits_column *column, int64_t n_row,
                        int64_t width)
{
    return column->text != NULL ? write_text(file, i + 1, column->text, n_row, width)
                                : write_values(file, i, column, n_row);
}

static sqn_status write_table(sqn_fits_product *product, const char *extname,
                              const sqn_fits_column *columns, int n_column, int64_t n_row,
                              sqn_error *err)
{
    layout at = {0};
    sqn_status status = SQN_OK;
    int code = 0;

    SQN_TRY(init_layout(&at, columns, n_column, n_row, err));
    fits_create_tbl(product->file, BINARY_TBL, n_row, n_column, at.name, at.form, at.unit,
                    extname, &code);
    if (code != 0) {
        status = sqn__fits_product_fail(err, code, extname);
        goto cleanup;
    }
    SQN_TRY(sqn__fits_product_seal(product, err));
    for (int i = 0; i < n_column && code == 0; i++) {
        code = write_column(product->file, i, &columns[i], n_row, at.width[i]);
    }
    if (code != 0) {
        status = sqn__fits_product_fail(err, code, extname);
    }

cleanup:
    clear_layout(&at);
    return status;
}

sqn_status sqn_fits_product_table(sqn_fits_product *product, const char *extname,
                                  const sqn_fits_column *columns, int n_column,
                                  int64_t n_row, sqn_error *err)
{
    if (product == NULL || product->file == NULL || extname == NULL || extname[0] == '\0' ||
        n_column < 1 || n_column > 999 || n_row < 0) {
        return SQN_RAISE(err, E_ARG, "a table needs an open product, a name and columns");
    }
    for (int i = 0; i < n_column; i++) {
        const char *why = wrong_column(columns, i);

        if (why != NULL) {
            return SQN_RAISE(err, E_ARG, "%s: column %d %s", extname, i + 1, why);
        }
    }
    return write_table(product, extname, columns, n_column, n_row, err);
}
