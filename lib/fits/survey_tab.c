/** @file survey_tab.c @brief Wavelengths out of a look-up table (Greisen et al. 2006). */
#include "survey_tab.h"

#include <inttypes.h>
#include <math.h>
#include <strings.h>

#include "fits_table.h"
#include "mem.h"
#include "raise.h"

/** The table of an axis. */
typedef struct tab {
    char hdu[72], coordinates[72], indices[72]; /* names; indices "" = 1, 2, 3 ... */
    int64_t extver;
    int64_t n;
    double *coordinate; /* [n] owned */
    double *index;      /* [n] owned, NULL without */
} tab;

static const sqn__fits_hdu *find_table(const sqn__fits_file *file, const tab *t)
{
    for (int64_t i = 0; i < file->n_hdu; i++) {
        if (file->hdu[i].kind == SQN__FITS_TABLE && file->hdu[i].extver == t->extver &&
            strcasecmp(file->hdu[i].name, t->hdu) == 0) {
            return &file->hdu[i];
        }
    }
    return NULL;
}

static sqn_status read_tab(tab *t, const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t n_index = 0;

    (void)sqn__fits_preflight_text(t->hdu, sizeof t->hdu, hdu, file->bytes, "PS1_0");
    (void)sqn__fits_preflight_text(t->coordinates, sizeof t->coordinates, hdu, file->bytes,
                                   "PS1_1");
    (void)sqn__fits_preflight_text(t->indices, sizeof t->indices, hdu, file->bytes,
                                   "PS1_2");
    (void)sqn__fits_preflight_integer(&t->extver, hdu, file->bytes, "PV1_1", 1);
    const sqn__fits_hdu *table = find_table(file, t);

    if (table == NULL) {
        return SQN_RAISE(err, E_WAVELENGTH,
                         "CTYPE1 asks for a table '%s', EXTVER %" PRId64
                         ", which is not there",
                         t->hdu, t->extver);
    }
    SQN_TRY(
        sqn__fits_table_column(&t->coordinate, &t->n, file, table, t->coordinates, err));
    if (t->indices[0] != '\0') {
        SQN_TRY(sqn__fits_table_column(&t->index, &n_index, file, table, t->indices, err));
    }
    if (t->n < 1 || (t->index != NULL && n_index != t->n)) {
        status = SQN_RAISE(err, E_WAVELENGTH,
                           "the table has %" PRId64 " coordinates and %" PRId64 " indices",
                           t->n, n_index);
    }

cleanup:
    return status;
}

/* Where psi lies in the table, from 1: its own position, or by the indices, which rise or fall. */
static double position(const tab *t, double psi)
{
    const double *x = t->index;

    if (x == NULL || t->n < 2) {
        return psi;
    }
    const bool falls = x[1] < x[0];

    for (int64_t k = 0; k + 1 < t->n; k++) {
        const double low = falls ? x[k + 1] : x[k], high = falls ? x[k] : x[k + 1];

        if (psi >= low && psi <= high && high > low) {
            return (double)(k + 1) + (psi - x[k]) / (x[k + 1] - x[k]);
        }
    }
    return NAN;
}

/* Coordinate at a position; half a step beyond the ends is extrapolated. */
static double coordinate(const tab *t, double at)
{
    if (!(at >= 0.5 && at <= (double)t->n + 0.5)) {
        return NAN;
    }
    if (t->n == 1) {
        return t->coordinate[0];
    }
    const double last = (double)(t->n - 1);
    const double base = floor(fmin(fmax(at, 1.0), last));
    const int64_t k = (int64_t)base - 1;

    return t->coordinate[k] + (at - base) * (t->coordinate[k + 1] - t->coordinate[k]);
}

sqn_status sqn__survey_tab_apply(double *value, int64_t n, const sqn__fits_file *file,
                                 const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char text[72];
    tab t = {0};

    SQN_TRY(read_tab(&t, file, hdu, err));
    const bool has_value =
        sqn__fits_preflight_text(text, sizeof text, hdu, file->bytes, "CRVAL1");

    for (int64_t i = 0; i < n && status == SQN_OK; i++) {
        const double psi = has_value ? value[i] : (double)(i + 1);

        value[i] = coordinate(&t, position(&t, psi));
        if (isnan(value[i])) {
            status = SQN_RAISE(err, E_WAVELENGTH,
                               "pixel %" PRId64 " (%g) lies outside its look-up table",
                               i + 1, psi);
        }
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
    }
    sqn__mem_free(t.coordinate);
    sqn__mem_free(t.index);
    return status;
}
