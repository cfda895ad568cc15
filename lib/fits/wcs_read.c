/** @file wcs_read.c @brief The celestial WCS of a header, checked number by number. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wcs_parts.h"

enum { WHY = 256, KEYWORD = 40 };

/* A header being read; `why` tells of the first thing that is wrong. */
typedef struct reading {
    const sqn_header *header;
    char *why;
} reading;

static bool is_present(const reading *r, const char *keyword)
{
    char text[72];

    return sqn_header_text(text, sizeof text, r->header, keyword);
}

static void blame(const reading *r, const char *keyword, const char *what)
{
    if (r->why[0] == '\0') {
        (void)snprintf(r->why, WHY, "%s %s", keyword, what);
    }
}

/* A keyword's number; `absent` where there is none. */
static double number(const reading *r, const char *keyword, double absent)
{
    double value = NAN;

    if (!is_present(r, keyword)) {
        return absent;
    }
    if (!sqn_header_number(&value, r->header, keyword)) {
        blame(r, keyword, "is not a finite number");
    }
    return value;
}

static double number_of(const reading *r, const char *root, int axis, double absent)
{
    char keyword[KEYWORD];

    (void)snprintf(keyword, sizeof keyword, "%s%d", root, axis + 1);
    return number(r, keyword, absent);
}

static double number_of_two(const reading *r, const char *root, int i, int j, double absent)
{
    char keyword[KEYWORD + 24]; /* room for any two integers behind any root */

    (void)snprintf(keyword, sizeof keyword, "%s%d_%d", root, i, j);
    return number(r, keyword, absent);
}

/* 1 for longitude, 2 for latitude, 0 for anything else: xLON, xyLN, RA--, and so on. */
static int kind_of(const char *type)
{
    if (strlen(type) < SQN__WCS_TYPE || type[4] != '-') {
        return 0;
    }
    if (strncmp(type, "RA--", 4) == 0 || strncmp(type + 1, "LON", 3) == 0 ||
        strncmp(type + 2, "LN", 2) == 0) {
        return 1;
    }
    return strncmp(type, "DEC-", 4) == 0 || strncmp(type + 1, "LAT", 3) == 0 ||
                   strncmp(type + 2, "LT", 2) == 0
               ? 2
               : 0;
}

int sqn__wcs_read_longitude(char type[2][SQN__WCS_TYPE + 1])
{
    const int first = kind_of(type[0]), second = kind_of(type[1]);

    if (first + second != 3 || strcmp(type[0] + 4, type[1] + 4) != 0) {
        return -1;
    }
    return first == 1 ? 0 : 1;
}

/* CTYPE of the first two axes; false when they are not celestial at all. */
static bool read_types(sqn__wcs_parts *out, bool *has_sip, const reading *r)
{
    int n_celestial = 0, n_sip = 0;

    for (int i = 0; i < 2; i++) {
        char keyword[KEYWORD];
        char text[72];

        (void)snprintf(keyword, sizeof keyword, "CTYPE%d", i + 1);
        (void)sqn_header_text(text, sizeof text, r->header, keyword);
        n_celestial += kind_of(text) != 0 ? 1 : 0;
        if (strcmp(text + (strlen(text) > SQN__WCS_TYPE ? SQN__WCS_TYPE : 0), "-SIP") ==
            0) {
            n_sip++;
        } else if (strlen(text) > SQN__WCS_TYPE) {
            blame(r, keyword, "names a distortion that Sequin does not know");
        }
        (void)snprintf(out->type[i], sizeof out->type[i], "%.8s", text);
    }
    *has_sip = n_sip == 2;
    if (n_celestial > 0 && sqn__wcs_read_longitude(out->type) < 0) {
        blame(r, "CTYPE",
              "of axes 1 and 2 is not a longitude and a latitude of one projection");
    }
    return n_celestial > 0;
}

/* Degrees in one CUNIT; 0 if it is no angle. */
static double degrees_in(const char *unit)
{
    static const struct {
        const char *name;
        double degrees;
    } units[] = {{"", 1.0},
                 {"deg", 1.0},
                 {"degree", 1.0},
                 {"degrees", 1.0},
                 {"DEG", 1.0},
                 {"DEGREE", 1.0},
                 {"DEGREES", 1.0},
                 {"Degrees", 1.0},
                 {"arcmin", 1.0 / 60.0},
                 {"arcsec", 1.0 / 3600.0},
                 {"mas", 1.0 / 3.6e6},
                 {"rad", 180.0 / 3.14159265358979323846}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            return units[i].degrees;
        }
    }
    return 0.0;
}

/* CDELT and PC, or CDELT and CROTA: x = matrix p. */
static void read_deltas(sqn__wcs_parts *out, const reading *r, int longitude)
{
    const int latitude = 1 - longitude;
    const double rho =
        number_of(r, "CROTA", latitude, 0.0) * 3.14159265358979323846 / 180.0;
    const bool has_pc = is_present(r, "PC1_1") || is_present(r, "PC1_2") ||
                        is_present(r, "PC2_1") || is_present(r, "PC2_2");
    const double sign =
        longitude == 0 ? 1.0 : -1.0; /* x_lng = d_lng p_lng cos - d_lat p_lat sin */

    for (int i = 0; i < 2; i++) {
        out->scale[i] = number_of(r, "CDELT", i, 1.0);
    }
    if (!has_pc && !is_present(r, "CDELT1") && !is_present(r, "CDELT2")) {
        blame(r, "CDELT, CD and PC", "are all missing");
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            const double turned = i == j
                                      ? out->scale[j] * cos(rho)
                                      : out->scale[j] * sin(rho) * (i == 0 ? -sign : sign);

            out->matrix[i][j] = has_pc
                                    ? out->scale[i] * number_of_two(r, "PC", i + 1, j + 1,
                                                                    i == j ? 1.0 : 0.0)
                                    : turned;
        }
    }
}

static void read_matrix(sqn__wcs_parts *out, const reading *r, int longitude)
{
    out->has_cd = is_present(r, "CD1_1") || is_present(r, "CD1_2") ||
                  is_present(r, "CD2_1") || is_present(r, "CD2_2");
    if (!out->has_cd) {
        read_deltas(out, r, longitude);
        return;
    }
    for (int i = 0; i < 2; i++) {
        out->scale[i] = 1.0;
        for (int j = 0; j < 2; j++) {
            out->matrix[i][j] = number_of_two(r, "CD", i + 1, j + 1, 0.0);
        }
    }
}

/* Everything to degrees. */
static void apply_units(sqn__wcs_parts *out, const reading *r)
{
    for (int i = 0; i < 2; i++) {
        char keyword[KEYWORD];
        char text[72];
        double degrees = 0.0;

        (void)snprintf(keyword, sizeof keyword, "CUNIT%d", i + 1);
        (void)sqn_header_text(text, sizeof text, r->header, keyword);
        degrees = degrees_in(text);
        if (degrees == 0.0) {
            blame(r, keyword, "is not a unit of angle");
        }
        out->value[i] *= degrees;
        out->scale[i] *= out->has_cd ? 1.0 : degrees;
        out->matrix[i][0] *= degrees;
        out->matrix[i][1] *= degrees;
    }
}

static void read_polynomial(sqn__wcs_polynomial *out, int *order, const reading *r,
                            const char *root)
{
    char keyword[KEYWORD];
    double value = 0.0;
    int highest = 0;

    (void)snprintf(keyword, sizeof keyword, "%s_ORDER", root);
    value = number(r, keyword, 0.0);
    if (!(value >= 0.0 && value <= SQN__WCS_ORDER) || value != floor(value)) {
        blame(r, keyword, "is not 0 .. 9");
        return;
    }
    highest = (int)value;
    (void)snprintf(keyword, sizeof keyword, "%s_", root);
    for (int i = 0; i <= highest; i++) {
        for (int j = 0; i + j <= highest; j++) {
            out->term[i][j] = number_of_two(r, keyword, i, j, 0.0);
        }
    }
    *order = highest > *order ? highest : *order;
}

static void read_rest(sqn__wcs_parts *out, const reading *r)
{
    static const char *const frames[] = {"ICRS", "FK5", "FK4", "FK4-NO-E", "GAPPT"};
    char text[72];

    out->pole[0] = number(r, "LONPOLE", NAN);
    out->pole[1] = number(r, "LATPOLE", NAN);
    for (int i = 0; i < 2; i++) {
        for (int m = 0; m < SQN__WCS_PV; m++) {
            out->pv[i][m] = number_of_two(r, "PV", i + 1, m, NAN);
        }
    }
    if (!sqn_header_text(text, sizeof text, r->header, "RADESYS")) {
        (void)sqn_header_text(text, sizeof text, r->header, "RADECSYS");
    }
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        if (strcmp(text, frames[i]) == 0) {
            (void)snprintf(out->frame, sizeof out->frame, "%s", frames[i]);
        }
    }
    if (!sqn_header_number(&out->equinox, r->header, "EQUINOX")) {
        (void)sqn_header_number(&out->equinox, r->header, "EPOCH");
    }
}

/* The determinant decides, as WCSLIB does not: it takes singular matrices and gives NaN. */
static void check_matrix(const sqn__wcs_parts *parts, const reading *r)
{
    const double(*m)[2] = parts->matrix;
    const double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    const double size =
        m[0][0] * m[0][0] + m[0][1] * m[0][1] + m[1][0] * m[1][0] + m[1][1] * m[1][1];

    if (!isfinite(det) || !isfinite(size) || !(fabs(det) > 1e-12 * size)) {
        blame(r, "the matrix of CD, or CDELT and PC,", "is singular");
    }
}

sqn__wcs_read_result sqn__wcs_read_parts(sqn__wcs_parts *out, char *why,
                                         const sqn_header *header)
{
    const reading r = {header, why};
    bool has_sip = false;

    *out = (sqn__wcs_parts){.equinox = NAN};
    why[0] = '\0';
    if (!read_types(out, &has_sip, &r)) {
        return SQN__WCS_NONE;
    }
    for (int i = 0; i < 2; i++) {
        out->pixel[i] = number_of(&r, "CRPIX", i, 0.0);
        out->value[i] = number_of(&r, "CRVAL", i, 0.0);
    }
    read_matrix(out, &r, sqn__wcs_read_longitude(out->type));
    apply_units(out, &r);
    if (has_sip) {
        read_polynomial(&out->sip[0], &out->order, &r, "A");
        read_polynomial(&out->sip[1], &out->order, &r, "B");
    }
    read_rest(out, &r);
    check_matrix(out, &r);
    return why[0] == '\0' ? SQN__WCS_GOOD : SQN__WCS_UNUSABLE;
}
