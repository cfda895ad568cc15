/** @file fits_table.c @brief Numeric columns of binary tables. */
#include "fits_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_bytes.h"
#include "mem.h"
#include "raise.h"

enum { FIELDS_MAX = 999 };

int64_t sqn__fits_table_width(char type)
{
    switch (type) {
    case 'L':
    case 'B':
    case 'A':
        return 1;
    case 'I':
        return 2;
    case 'J':
    case 'E':
        return 4;
    case 'K':
    case 'D':
    case 'C':
    case 'P':
        return 8;
    case 'M':
    case 'Q':
        return 16;
    default:
        return 0;
    }
}

/* TFORMn: repeat count, letter, and for variable fields the letter of the element. */
static bool parse_form(sqn__fits_field *field, const char *form)
{
    bool counted = false;

    field->repeat = 0;
    while (*form >= '0' && *form <= '9' && field->repeat < INT32_MAX) {
        field->repeat = 10 * field->repeat + (*form++ - '0');
        counted = true;
    }
    if (!counted) {
        field->repeat = 1;
    }
    field->type = *form;
    field->element = '\0';
    if (*form == 'P' || *form == 'Q') {
        field->element = form[1];
    }
    return *form == 'X' || sqn__fits_table_width(*form) > 0;
}

static int64_t bytes_of(const sqn__fits_field *field)
{
    return field->type == 'X' ? (field->repeat + 7) / 8
                              : field->repeat * sqn__fits_table_width(field->type);
}

/** Where the cards of a field stand in the header, -1 = nowhere. */
typedef enum stem { STEM_FORM, STEM_TYPE, STEM_SCALE, STEM_ZERO, STEM_NULL, N_STEM } stem;

typedef struct places {
    int64_t at[N_STEM];
} places;

/* The field that a keyword such as TFORM12 is of, or 0. */
static int64_t field_of(const char *keyword, const char *name)
{
    const size_t n = strlen(name);
    int64_t index = 0;

    if (strncmp(keyword, name, n) != 0 || keyword[n] == '0') {
        return 0;
    }
    for (const char *c = keyword + n; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || index > FIELDS_MAX) {
            return 0;
        }
        index = 10 * index + (*c - '0');
    }
    return index;
}

/* All fields in one pass: a table of hundreds has a header of thousands of cards. */
static void find_places(places *place, int64_t n_field, const sqn_header *header)
{
    static const char *const names[N_STEM] = {[STEM_FORM] = "TFORM",
                                              [STEM_TYPE] = "TTYPE",
                                              [STEM_SCALE] = "TSCAL",
                                              [STEM_ZERO] = "TZERO",
                                              [STEM_NULL] = "TNULL"};
    char keyword[SQN__CARD + 1];

    for (int64_t i = 0; i < n_field * N_STEM; i++) {
        place[i / N_STEM].at[i % N_STEM] = -1;
    }
    for (int64_t i = 0; i < sqn_header_n_card(header); i++) {
        sqn__header_card_keyword(keyword, sqn_header_card(header, i));
        for (int s = 0; s < N_STEM; s++) {
            const int64_t field = field_of(keyword, names[s]);

            if (field > 0 && field <= n_field && place[field - 1].at[s] < 0) {
                place[field - 1].at[s] = i;
            }
        }
    }
}

static double find_number(const sqn_header *header, int64_t at, double missing)
{
    char text[SQN__CARD + 1];
    double value = missing;

    return sqn__header_text_at(text, sizeof text, header, at) &&
                   sqn__header_card_number(&value, text)
               ? value
               : missing;
}

/* Field `index` (from 1). */
static sqn_status read_field(sqn__fits_field *field, const sqn_header *header,
                             const places *place, int64_t index, sqn_error *err)
{
    char text[SQN__CARD + 1];

    if (!sqn__header_text_at(text, sizeof text, header, place->at[STEM_FORM]) ||
        !parse_form(field, text)) {
        return SQN_RAISE(err, E_FITS_HEADER,
                         "TFORM%" PRId64 " is absent or wrong ('%.20s')", index, text);
    }
    (void)sqn__header_text_at(field->name, sizeof field->name, header,
                              place->at[STEM_TYPE]);
    field->scale = find_number(header, place->at[STEM_SCALE], 1.0);
    field->zero = find_number(header, place->at[STEM_ZERO], 0.0);
    field->has_null =
        sqn__header_text_at(text, sizeof text, header, place->at[STEM_NULL]) &&
        sqn__header_card_integer(&field->null, text);
    return SQN_OK;
}

/* All cards, those of the table included, which sqn__fits_file_header() leaves out. */
static sqn_status full_header(sqn_header **out, const sqn__fits_file *file,
                              const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn__fits_hdu table = *hdu;

    table.kind = SQN__FITS_TABLE;
    return sqn__fits_file_header(out, file, &table, err);
}

sqn_status sqn__fits_table_fields(sqn__fits_field **out, int64_t *n,
                                  const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_field *fields = NULL;
    sqn_header *header = NULL;
    places *place = NULL;
    int64_t n_field = 0, offset = 0;

    *out = NULL;
    *n = 0;
    if (!sqn__fits_preflight_integer(&n_field, hdu, file->bytes, "TFIELDS", -1) ||
        n_field < 0 || n_field > FIELDS_MAX) {
        status = SQN_RAISE(err, E_FITS_HEADER, "TFIELDS is not an integer from 0 to 999");
        goto cleanup;
    }
    SQN_TRY(full_header(&header, file, hdu, err));
    fields = sqn__mem_alloc(n_field, sizeof *fields);
    place = sqn__mem_alloc(n_field, sizeof *place);
    if (fields == NULL || place == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " fields", n_field);
        goto cleanup;
    }
    find_places(place, n_field, header);
    for (int64_t i = 0; i < n_field; i++) {
        fields[i].offset = offset;
        SQN_TRY(read_field(&fields[i], header, &place[i], i + 1, err));
        offset += bytes_of(&fields[i]);
    }
    if (offset != hdu->row_bytes) {
        status = SQN_RAISE(err, E_FITS_HEADER,
                           "the fields take %" PRId64 " bytes, NAXIS1 says %" PRId64,
                           offset, hdu->row_bytes);
        goto cleanup;
    }
    *out = fields;
    *n = n_field;
    fields = NULL;

cleanup:
    sqn_header_destroy(&header);
    sqn__mem_free(place);
    sqn__mem_free(fields);
    return status;
}

int64_t sqn__fits_table_integer(const unsigned char *at, int64_t width)
{
    uint64_t bits = width > 1 && at[0] > 127 ? UINT64_MAX : 0;
    int64_t value = 0;

    for (int64_t i = 0; i < width; i++) {
        bits = bits << 8 | at[i];
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool is_numeric(const sqn__fits_field *field)
{
    return strchr("BIJKED", field->type) != NULL && field->repeat > 0;
}

/* One element; NaN where TNULL says so. */
static double element_value(const sqn__fits_field *field, const unsigned char *at)
{
    const int64_t width = sqn__fits_table_width(field->type);
    const int64_t integer = sqn__fits_table_integer(at, width);
    double value = (double)integer;

    if (field->type == 'D') {
        memcpy(&value, &integer, sizeof value);
    } else if (field->type == 'E') {
        const uint32_t bits = (uint32_t)((uint64_t)integer & UINT32_MAX);
        float single = 0.0F;

        memcpy(&single, &bits, sizeof single);
        value = (double)single;
    } else if (field->has_null && integer == field->null) {
        value = NAN;
    }
    return field->zero + field->scale * value;
}

static const sqn__fits_field *find_field(const sqn__fits_field *fields, int64_t n,
                                         const char *column)
{
    for (int64_t i = 0; i < n; i++) {
        if (column != NULL ? strcasecmp(fields[i].name, column) == 0
                           : is_numeric(&fields[i])) {
            return &fields[i];
        }
    }
    return NULL;
}

sqn_status sqn__fits_table_column(double **out, int64_t *n, const sqn__fits_file *file,
                                  const sqn__fits_hdu *hdu, const char *column,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_field *fields = NULL;
    int64_t n_field = 0;

    *out = NULL;
    *n = 0;
    SQN_TRY(sqn__fits_table_fields(&fields, &n_field, file, hdu, err));

    SQN_TRY(sqn__fits_bytes_need(file, hdu->data, hdu->n_byte, err));

    const sqn__fits_field *field = find_field(fields, n_field, column);

    if (field == NULL || !is_numeric(field)) {
        status = SQN_RAISE(err, E_FITS_HDU, "the table has no numeric column%s%s",
                           column != NULL ? " " : "", column != NULL ? column : "");
        sqn__error_mend(err, "name a column of numbers");
        goto cleanup;
    }
    if (hdu->n_row > 1 && field->repeat > 1) {
        status = SQN_RAISE(err, E_FITS_HDU,
                           "column %s holds %" PRId64 " values a row in %" PRId64 " rows",
                           field->name, field->repeat, hdu->n_row);
        sqn__error_mend(err, "name a column of one number a row, or a table of one row");
        goto cleanup;
    }

    const int64_t n_value = hdu->n_row * field->repeat;
    const int64_t step =
        hdu->n_row > 1 ? hdu->row_bytes : sqn__fits_table_width(field->type);
    double *values = sqn__mem_alloc(n_value, sizeof *values);

    if (values == NULL) {
        status = SQN_RAISE(err, E_MEM, "a column of %" PRId64 " values", n_value);
        goto cleanup;
    }
    for (int64_t i = 0; i < n_value; i++) {
        values[i] =
            element_value(field, file->bytes + hdu->data + field->offset + i * step);
    }
    *out = values;
    *n = n_value;

cleanup:
    sqn__mem_free(fields);
    return status;
}
