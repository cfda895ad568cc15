/** @file product_frame_table.c @brief The table FRAMES: a row for every science frame. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "product.h"
#include "raise.h"

enum { FRAME, HDU, EXTVER, PLANE, N_VALID, MISSING, AT_EDGE, USED, N_INTEGER };
enum {
    EXPOSURE,
    WAVELENGTH,
    ANGLE,
    ANGLE_APPLIED,
    MEDIAN,
    SIGMA,
    CHI2_REDUCED,
    FACTOR,
    BACKGROUND,
    SHIFT_X,
    SHIFT_Y,
    N_NUMBER
};
enum { FILE_NAME, DATE, FILTER, N_TEXT };

typedef struct row {
    int64_t integer[N_INTEGER];
    double number[N_NUMBER];
    const char *text[N_TEXT];
} row;

/** A column, and where in a row its values are. */
static const struct {
    const char *name;
    enum { INTEGER, NUMBER, TEXT } kind;
    int at;
    const char *unit;
    bool in_unit; /* of the data */
} layout[] = {
    {"frame", INTEGER, FRAME, NULL, false},
    {"file", TEXT, FILE_NAME, NULL, false},
    {"hdu", INTEGER, HDU, NULL, false},
    {"extver", INTEGER, EXTVER, NULL, false},
    {"plane", INTEGER, PLANE, NULL, false},
    {"date", TEXT, DATE, NULL, false},
    {"exposure", NUMBER, EXPOSURE, "s", false},
    {"filter", TEXT, FILTER, NULL, false},
    {"wavelength", NUMBER, WAVELENGTH, NULL, false},
    {"angle", NUMBER, ANGLE, "deg", false},
    {"angle_applied", NUMBER, ANGLE_APPLIED, "deg", false},
    {"median", NUMBER, MEDIAN, NULL, true},
    {"n_valid", INTEGER, N_VALID, NULL, false},
    {"missing", INTEGER, MISSING, NULL, false},
    {"sigma", NUMBER, SIGMA, NULL, true},
    {"chi2_reduced", NUMBER, CHI2_REDUCED, NULL, false},
    {"factor", NUMBER, FACTOR, NULL, false},
    {"at_edge", INTEGER, AT_EDGE, NULL, false},
    {"background", NUMBER, BACKGROUND, NULL, true},
    {"shift_x", NUMBER, SHIFT_X, "pixel", false},
    {"shift_y", NUMBER, SHIFT_Y, "pixel", false},
    {"used", INTEGER, USED, NULL, false},
};
enum { N_COLUMN = sizeof layout / sizeof layout[0] };

static row row_of(const result *r, int64_t i)
{
    const sqn_fits_frame *f = &r->obs.science.frames[i];
    const target_frame *t = &r->last.frames[i];
    const double unit = ldexp(1.0, r->obs.science.exponent);
    const char *slash = strrchr(f->file, '/');

    return (row){
        .integer = {[FRAME] = i + 1,
                    [HDU] = f->hdu,
                    [EXTVER] = f->extver,
                    [PLANE] = f->plane,
                    [N_VALID] = t->n_valid,
                    [MISSING] = f->n_missing,
                    [AT_EDGE] = t->at_edge,
                    [USED] = t->n_valid > 0},
        .number = {[EXPOSURE] = f->exposure,
                   [WAVELENGTH] = f->wavelength,
                   [ANGLE] = f->angle,
                   [ANGLE_APPLIED] = r->obs.derotate ? f->theta : 0.0,
                   [MEDIAN] = t->median * unit,
                   [SIGMA] = t->sigma * unit,
                   [CHI2_REDUCED] = t->chi2_reduced,
                   [FACTOR] = t->factor,
                   [BACKGROUND] = t->background * unit,
                   [SHIFT_X] = NAN, /* frames come aligned: nothing measures shifts */
                   [SHIFT_Y] = NAN},
        .text = {[FILE_NAME] = slash != NULL ? slash + 1 : f->file,
                 [DATE] = f->date,
                 [FILTER] = f->filter},
    };
}

/** Values by column, [N][n]. */
typedef struct values {
    int64_t *integer;
    double *number;
    const char **text;
} values;

static sqn_status values_create(values *v, const result *r, sqn_error *err)
{
    const int64_t n = r->obs.science.n_frame;

    v->integer = sqn__mem_alloc(sqn__mem_product(N_INTEGER, n), sizeof *v->integer);
    v->number = sqn__mem_alloc(sqn__mem_product(N_NUMBER, n), sizeof *v->number);
    v->text = sqn__mem_alloc(sqn__mem_product(N_TEXT, n), sizeof *v->text);
    return v->integer != NULL && v->number != NULL && v->text != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "table of %" PRId64 " frames", n);
}

static void values_clear(values *v)
{
    sqn__mem_free(v->integer);
    sqn__mem_free(v->number);
    sqn__mem_free(v->text);
}

static void fill(values *v, const result *r)
{
    const int64_t n = r->obs.science.n_frame;

    for (int64_t i = 0; i < n; i++) {
        const row one = row_of(r, i);

        for (int64_t k = 0; k < N_INTEGER; k++) {
            v->integer[k * n + i] = one.integer[k];
        }
        for (int64_t k = 0; k < N_NUMBER; k++) {
            v->number[k * n + i] = one.number[k];
        }
        for (int64_t k = 0; k < N_TEXT; k++) {
            v->text[k * n + i] = one.text[k];
        }
    }
}

sqn_status product_add_frames(sqn_fits_product *product, const result *r, sqn_error *err)
{
    const sqn_fits_stack *sci = &r->obs.science;
    sqn_fits_column columns[N_COLUMN] = {0};
    sqn_status status = SQN_OK;
    values v = {0};

    SQN_TRY(values_create(&v, r, err));
    fill(&v, r);
    for (int c = 0; c < N_COLUMN; c++) {
        const int64_t first = layout[c].at * sci->n_frame;

        columns[c].name = layout[c].name;
        columns[c].unit = layout[c].in_unit ? sci->unit : layout[c].unit;
        columns[c].integer = layout[c].kind == INTEGER ? v.integer + first : NULL;
        columns[c].number = layout[c].kind == NUMBER ? v.number + first : NULL;
        columns[c].text = layout[c].kind == TEXT ? v.text + first : NULL;
    }
    SQN_TRY(
        sqn_fits_product_table(product, "FRAMES", columns, N_COLUMN, sci->n_frame, err));

cleanup:
    values_clear(&v);
    return status;
}
