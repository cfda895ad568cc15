/** @file survey_wave.c @brief Wavelengths of an HDU, a column or a WCS, in Angstrom. */
#include "survey_wave.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fits_table.h"
#include "mem.h"
#include "raise.h"
#include "survey_matrix.h"
#include "survey_tab.h"

/** What a header says of its first axis. */
typedef struct axis {
    double crpix, crval, cdelt;
    bool has_value; /* crval and a step are there */
    char ctype[72], cunit[72];
} axis;

void sqn__survey_wave_clear(sqn__survey_wave *wave)
{
    sqn__mem_free(wave->value);
    *wave = (sqn__survey_wave){0};
}

static bool find_text(char *out, size_t size, const sqn__fits_file *file,
                      const sqn__fits_hdu *hdu, const char *keyword)
{
    out[0] = '\0';
    return sqn__fits_preflight_text(out, size, hdu, file->bytes, keyword);
}

static bool find_number(double *out, const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                        const char *keyword)
{
    char text[SQN__CARD + 1];

    return find_text(text, sizeof text, file, hdu, keyword) &&
           sqn__header_card_number(out, text);
}

/* Angstrom per unit of this name; 0 for others. */
static double unit_of(const char *name)
{
    static const struct {
        const char *name;
        double angstrom;
    } units[] = {{"Angstrom", 1.0}, {"Angstroms", 1.0}, {"Ang", 1.0},    {"A", 1.0},
                 {"nm", 10.0},      {"um", 1e4},        {"micron", 1e4}, {"m", 1e10}};

    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++) {
        if (strcasecmp(units[k].name, name) == 0) {
            return units[k].angstrom;
        }
    }
    return 0.0;
}

/* The unit that was asked for, else that of the header, else Angstrom. */
static double choose_unit(const sqn_survey_source *source, const char *name)
{
    const double found = unit_of(name);

    return source->unit > 0.0 ? source->unit : found > 0.0 ? found : 1.0;
}

static bool holds_log(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strncasecmp(c, "log", 3) == 0) {
            return true;
        }
    }
    return false;
}

/* Values to Angstrom, and the words for it. */
static void convert(sqn__survey_wave *w, sqn_survey_scale scale, double unit,
                    const char *from)
{
    static const char *const words[] = {"", "linear", "log10", "ln"};

    for (int64_t i = 0; i < w->n; i++) {
        const double v = w->value[i];

        w->value[i] = unit * (scale == SQN_SURVEY_LOG10 ? pow(10.0, v)
                              : scale == SQN_SURVEY_LN  ? exp(v)
                                                        : v);
    }
    (void)snprintf(w->origin, sizeof w->origin, "%.60s, %s, %g Angstrom", from,
                   words[scale], unit);
}

static sqn_survey_scale choose_scale(const sqn_survey_source *source, bool is_log)
{
    return source->scale != SQN_SURVEY_AUTO ? source->scale
           : is_log                         ? SQN_SURVEY_LOG10
                                            : SQN_SURVEY_LINEAR;
}

sqn_status sqn__survey_wave_of_image(sqn__survey_wave *out, const sqn__fits_file *file,
                                     const sqn__fits_hdu *hdu,
                                     const sqn_survey_source *source, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_matrix matrix = {0};
    char from[96], unit[72];

    *out = (sqn__survey_wave){0};
    SQN_TRY(sqn__survey_matrix_open(&matrix, file, hdu, err));
    if (matrix.n_row > 1) {
        status = SQN_RAISE(err, E_WAVELENGTH,
                           "wavelengths are [%" PRId64 ", %" PRId64
                           "]: one list for all spectra of a file is understood",
                           matrix.n_row, matrix.n_col);
        sqn__fits_file_at(err, file->path, hdu, NULL);
        goto cleanup;
    }
    out->n = matrix.n_col;
    out->datasum = matrix.datasum;
    out->value = sqn__mem_alloc(out->n, sizeof *out->value);
    if (out->value == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " wavelengths", out->n);
        goto cleanup;
    }
    SQN_TRY(sqn__survey_matrix_read(out->value, &matrix, 0, err));
    (void)find_text(unit, sizeof unit, file, hdu, "BUNIT");
    (void)snprintf(from, sizeof from, "HDU %d (%.40s)", hdu->number, hdu->name);
    convert(out, choose_scale(source, holds_log(hdu->name) || holds_log(unit)),
            choose_unit(source, unit), from);

cleanup:
    sqn__survey_matrix_close(&matrix);
    if (status != SQN_OK) {
        sqn__survey_wave_clear(out);
    }
    return status;
}

/* TUNITn of a column; "" without. */
static void column_unit(char *out, size_t size, const sqn__fits_file *file,
                        const sqn__fits_hdu *hdu, const char *column)
{
    char keyword[32], name[72];
    int64_t n_field = 0;

    out[0] = '\0';
    (void)sqn__fits_preflight_integer(&n_field, hdu, file->bytes, "TFIELDS", 0);
    for (int64_t f = 1; f <= n_field && f <= 999; f++) {
        (void)snprintf(keyword, sizeof keyword, "TTYPE%" PRId64, f);
        if (find_text(name, sizeof name, file, hdu, keyword) &&
            strcasecmp(name, column) == 0) {
            (void)snprintf(keyword, sizeof keyword, "TUNIT%" PRId64, f);
            (void)find_text(out, size, file, hdu, keyword);
            return;
        }
    }
}

sqn_status sqn__survey_wave_of_column(sqn__survey_wave *out, const sqn__fits_file *file,
                                      const sqn__fits_hdu *hdu, const char *column,
                                      const sqn_survey_source *source, sqn_error *err)
{
    char from[96], unit[72];
    const sqn_status status =
        sqn__fits_table_column(&out->value, &out->n, file, hdu, column, err);

    out->datasum = 0; /* that of the table, which holds the flux too */
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
        return status;
    }
    column_unit(unit, sizeof unit, file, hdu, column);
    (void)snprintf(from, sizeof from, "column %.40s", column);
    convert(out, choose_scale(source, holds_log(column) || holds_log(unit)),
            choose_unit(source, unit), from);
    return SQN_OK;
}

static axis read_axis(const sqn__fits_file *file, const sqn__fits_hdu *hdu)
{
    axis a = {.crpix = 1.0};

    (void)find_number(&a.crpix, file, hdu, "CRPIX1");
    a.has_value = find_number(&a.crval, file, hdu, "CRVAL1") &&
                  (find_number(&a.cdelt, file, hdu, "CD1_1") ||
                   find_number(&a.cdelt, file, hdu, "CDELT1"));
    (void)find_text(a.ctype, sizeof a.ctype, file, hdu, "CTYPE1");
    (void)find_text(a.cunit, sizeof a.cunit, file, hdu, "CUNIT1");
    return a;
}

/* DC-FLAG = 1 (IRAF), LOGLAM not 0 (templates of redrock), or a CTYPE that says so. */
static bool is_log_linear(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                          const axis *a)
{
    double flag = 0.0, loglam = 0.0;
    char text[72];

    (void)find_number(&flag, file, hdu, "DC-FLAG");
    if (!find_number(&loglam, file, hdu, "LOGLAM")) {
        loglam = find_text(text, sizeof text, file, hdu, "LOGLAM") && text[0] == 'T';
    }
    return flag == 1.0 || loglam != 0.0 || holds_log(a->ctype);
}

/* Frequencies and energies are other axes. */
static bool is_spectral(const axis *a)
{
    return strncasecmp(a->ctype, "FREQ", 4) != 0 && strncasecmp(a->ctype, "ENER", 4) != 0 &&
           strncasecmp(a->ctype, "WAVN", 4) != 0 && strncasecmp(a->ctype, "RA--", 4) != 0;
}

static sqn_status refuse_axis(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                              const axis *a, sqn_error *err)
{
    const sqn_status status = SQN_RAISE(
        err, E_WAVELENGTH, "the header has no wavelengths (CTYPE1 = '%.20s', %s)", a->ctype,
        a->has_value ? "not a wavelength" : "no CRVAL1 with CDELT1 or CD1_1");

    sqn__error_mend(err, "name their HDU in spectra.wavelength_hdu");
    sqn__fits_file_at(err, file->path, hdu, NULL);
    return status;
}

sqn_status sqn__survey_wave_of_axis(sqn__survey_wave *out, const sqn__fits_file *file,
                                    const sqn__fits_hdu *hdu, int64_t n,
                                    const sqn_survey_source *source, sqn_error *err)
{
    const axis a = read_axis(file, hdu);
    const bool is_tab = strncasecmp(a.ctype, "WAVE-TAB", 8) == 0 ||
                        strncasecmp(a.ctype, "AWAV-TAB", 8) == 0;
    const bool is_exponential = strncasecmp(a.ctype, "WAVE-LOG", 8) == 0 ||
                                strncasecmp(a.ctype, "AWAV-LOG", 8) == 0;
    double start = a.crval, step = a.cdelt, coeff[2];
    bool is_log = !is_exponential && is_log_linear(file, hdu, &a);

    *out = (sqn__survey_wave){.n = n};
    if (!a.has_value && find_number(&coeff[0], file, hdu, "COEFF0") &&
        find_number(&coeff[1], file, hdu, "COEFF1")) {
        start = coeff[0];
        step = coeff[1];
        is_log = true;
    } else if ((!a.has_value && !is_tab) || !is_spectral(&a)) {
        return refuse_axis(file, hdu, &a, err);
    }
    out->value = sqn__mem_alloc(n, sizeof *out->value);
    if (out->value == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " wavelengths", n);
    }
    for (int64_t i = 0; i < n; i++) {
        const double along = step * ((double)(i + 1) - a.crpix);

        out->value[i] = is_exponential ? start * exp(along / start) : start + along;
    }
    if (is_tab) {
        const sqn_status status = sqn__survey_tab_apply(out->value, n, file, hdu, err);

        if (status != SQN_OK) {
            sqn__survey_wave_clear(out);
            return status;
        }
    }
    convert(out, choose_scale(source, is_log && !is_tab), choose_unit(source, a.cunit),
            is_tab           ? "WCS, look-up table"
            : is_exponential ? "WCS, -LOG"
                             : "WCS");
    return SQN_OK;
}
