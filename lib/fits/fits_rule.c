/** @file fits_rule.c @brief Which header cards pass `fitsverify`, and which are obsolete. */
#include "fits_rule.h"

#include <fitsio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* True when `name` is one of the roots followed by a digit. */
static bool is_indexed(const char *name, const char *const *roots, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sqn__fits_rule_axis(name, roots[i]) >= 0) {
            return true;
        }
    }
    return false;
}

static bool begins_with_one_of(const char *name, const char *const *starts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strncmp(name, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

int sqn__fits_rule_axis(const char *name, const char *root)
{
    const size_t n = strlen(root);

    if (strncmp(name, root, n) != 0 || name[n] < '0' || name[n] > '9') {
        return -1;
    }
    return (int)strtol(name + n, NULL, 10);
}

/* Second index of PCi_j and its like; 0 when there is none. */
static int second_axis(const char *name)
{
    const char *bar = strchr(name, '_');

    return bar != NULL ? (int)strtol(bar + 1, NULL, 10) : 0;
}

bool sqn__fits_rule_is_matrix(const char *name, const char *root)
{
    const size_t n = strlen(name);

    return sqn__fits_rule_axis(name, root) >= 0 && strchr(name, '_') != NULL &&
           name[n - 1] >= '0' && name[n - 1] <= '9';
}

/* Structure, scaling, checksums, dates of the input file; also what we write ourselves. */
static bool describes_file(const char *name)
{
    static const char *const names[] = {
        "SIMPLE",   "XTENSION", "BITPIX",   "NAXIS",    "EXTEND",   "PCOUNT",   "GCOUNT",
        "GROUPS",   "BLOCKED",  "INHERIT",  "TFIELDS",  "THEAP",    "END",      "BSCALE",
        "BZERO",    "BLANK",    "BUNIT",    "DATAMIN",  "DATAMAX",  "CHECKSUM", "DATASUM",
        "CHECKVER", "DATE",     "EXTNAME",  "LONGSTRN", "ZIMAGE",   "ZSIMPLE",  "ZTENSION",
        "ZEXTEND",  "ZBLOCKED", "ZPCOUNT",  "ZGCOUNT",  "ZHECKSUM", "ZDATASUM", "ZCMPTYPE",
        "ZBITPIX",  "ZNAXIS",   "ZMASKCMP", "ZQUANTIZ", "ZDITHER0", "ZBLANK",   "ZSCALE",
        "ZZERO",    "ZLEVEL",   "ZTABLE",   "ZTILELEN", "ZTHEAP"};
    static const char *const roots[] = {
        "NAXIS", "PTYPE", "PSCAL", "PZERO", "TBCOL", "TFORM", "TSCAL", "TZERO",
        "TNULL", "TTYPE", "TUNIT", "TDISP", "TDIM",  "TCTYP", "TCUNI", "TCRVL",
        "TCDLT", "TCRPX", "TCROT", "TDMIN", "TDMAX", "TLMIN", "TLMAX", "ZNAXIS",
        "ZTILE", "ZNAME", "ZVAL",  "ZFORM", "ZCTYP"};

    return is_one_of(name, names, COUNT(names)) || is_indexed(name, roots, COUNT(roots)) ||
           strncmp(name, "WCSAXES", 7) == 0; /* NAXIS says the same, wherever it stands */
}

/* A_ORDER, AP_1_2 and their like. */
static bool is_sip(const char *name)
{
    const char *p = name + (name[0] == 'A' || name[0] == 'B' ? 1 : 0);

    if (p == name) {
        return false;
    }
    p += *p == 'P' ? 1 : 0;
    return *p == '_' && (strcmp(p, "_ORDER") == 0 || strcmp(p, "_DMAX") == 0 ||
                         (strlen(p) == 4 && p[1] >= '0' && p[1] <= '9' && p[2] == '_'));
}

static const char *const wcs_numbers[] = {"CRPIX", "CRVAL", "CDELT", "CROTA",
                                          "CRDER", "CSYER", "PV"};
static const char *const wcs_texts[] = {"CTYPE", "CUNIT", "PS", "CNAME"};
static const char *const wcs_matrices[] = {"PC", "CD"};

static bool is_matrix(const char *name)
{
    return is_indexed(name, wcs_matrices, COUNT(wcs_matrices)) && strchr(name, '_') != NULL;
}

bool sqn__fits_rule_is_wcs(const char *name)
{
    static const char *const names[] = {"LONPOLE", "LATPOLE", "WCSNAME", "WCSAXES"};

    return is_indexed(name, wcs_numbers, COUNT(wcs_numbers)) ||
           is_indexed(name, wcs_texts, COUNT(wcs_texts)) || is_matrix(name) ||
           begins_with_one_of(name, names, COUNT(names)) || is_sip(name);
}

/* The first index of a WCS keyword. */
static int first_axis(const char *name)
{
    const char *digit = strpbrk(name, "0123456789");

    return digit != NULL ? (int)strtol(digit, NULL, 10) : 0;
}

static bool is_number(const sqn__fits_card *card)
{
    return card->kind == SQN__FITS_INTEGER || card->kind == SQN__FITS_REAL;
}

/* True for ROOTi, ROOTi_j, and both with the letter of an alternate. */
static bool is_well_formed(const char *name)
{
    static const char digits[] = "0123456789";
    const char *p = strpbrk(name, digits);

    if (p == NULL) {
        return false;
    }
    p += strspn(p, digits);
    if (*p == '_') {
        const size_t n = strspn(p + 1, digits);

        p += n > 0 ? 1 + n : 0;
    }
    p += *p >= 'A' && *p <= 'Z' ? 1 : 0;
    return *p == '\0';
}

static const char *wrong_index(const sqn__fits_card *card, int n_axis)
{
    const bool matrix = is_matrix(card->name);
    const int first = first_axis(card->name);
    const int second = matrix ? second_axis(card->name) : 1;

    if (!matrix && !is_indexed(card->name, wcs_numbers, COUNT(wcs_numbers)) &&
        !is_indexed(card->name, wcs_texts, COUNT(wcs_texts))) {
        return NULL;
    }
    if (!is_well_formed(card->name)) {
        return "it looks like a keyword of coordinates, but is none";
    }
    return first < 1 || first > n_axis || second < 1 || second > n_axis
               ? "it describes an axis that the image has not"
               : NULL;
}

/* Types and values that the standard and `fitsverify` prescribe for coordinates. */
static const char *wrong_coordinate(const sqn__fits_card *card)
{
    static const char *const numbers[] = {"RESTFRQ",  "RESTFREQ", "RESTWAV", "OBSGEO-X",
                                          "OBSGEO-Y", "OBSGEO-Z", "VELOSYS", "ZSOURCE",
                                          "VELANGL",  "LONPOLE",  "LATPOLE"};
    const char *name = card->name;

    if (is_indexed(name, wcs_numbers, COUNT(wcs_numbers)) || is_matrix(name) ||
        begins_with_one_of(name, numbers, COUNT(numbers))) {
        if (!is_number(card)) {
            return "it must be a number";
        }
    }
    if (is_indexed(name, wcs_texts, COUNT(wcs_texts)) && card->kind != SQN__FITS_TEXT) {
        return "it must be text";
    }
    if (sqn__fits_rule_axis(name, "CDELT") >= 0 && strtod(card->value, NULL) == 0.0) {
        return "it must not be 0";
    }
    if ((sqn__fits_rule_axis(name, "CRDER") >= 0 ||
         sqn__fits_rule_axis(name, "CSYER") >= 0) &&
        strtod(card->value, NULL) < 0.0) {
        return "it must not be negative";
    }
    return NULL;
}

static const char *wrong_frame(const sqn__fits_card *card)
{
    static const char *const frames[] = {"ICRS", "FK5", "FK4", "FK4-NO-E", "GAPPT"};
    static const char *const rests[] = {"TOPOCENT", "GEOCENTR", "BARYCENT", "HELIOCEN",
                                        "LSRK",     "LSRD",     "GALACTOC", "LOCALGRP",
                                        "CMBDIPOL", "SOURCE"};
    static const char *const frame_names[] = {"RADESYS", "RADECSYS"};
    static const char *const rest_names[] = {"SPECSYS", "SSYSOBS", "SSYSSRC"};
    const bool is_frame = begins_with_one_of(card->name, frame_names, COUNT(frame_names));
    const bool is_rest = begins_with_one_of(card->name, rest_names, COUNT(rest_names));

    if (!is_frame && !is_rest) {
        return NULL;
    }
    if (card->kind != SQN__FITS_TEXT ||
        (is_frame && !is_one_of(card->value, frames, COUNT(frames))) ||
        (is_rest && !is_one_of(card->value, rests, COUNT(rests)))) {
        return "its value is not one that the standard knows";
    }
    return NULL;
}

static const char *wrong_date(const sqn__fits_card *card)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, status = 0;
    double second = 0.0;
    char text[sizeof card->value];

    if (strncmp(card->name, "DATE", 4) != 0) {
        return NULL;
    }
    memcpy(text, card->value, sizeof text);
    if (card->kind != SQN__FITS_TEXT ||
        fits_str2time(text, &year, &month, &day, &hour, &minute, &second, &status) != 0) {
        return "it is not a date of the standard's form";
    }
    return strchr(text, '/') != NULL && year <= 1910 ? "its century is doubtful" : NULL;
}

static const char *wrong_type(const sqn__fits_card *card)
{
    static const char *const texts[] = {"ORIGIN",   "AUTHOR",   "CREATOR",  "REFERENC",
                                        "TELESCOP", "INSTRUME", "OBSERVER", "OBJECT"};
    static const char *const numbers[] = {"EQUINOX", "MJD-OBS", "MJD-AVG"};
    static const char *const integers[] = {"EXTVER", "EXTLEVEL"};

    if (is_one_of(card->name, texts, COUNT(texts)) && card->kind != SQN__FITS_TEXT) {
        return "it must be text";
    }
    if (is_one_of(card->name, numbers, COUNT(numbers)) && !is_number(card)) {
        return "it must be a number";
    }
    if (is_one_of(card->name, integers, COUNT(integers)) &&
        card->kind != SQN__FITS_INTEGER) {
        return "it must be an integer";
    }
    return strcmp(card->name, "EPOCH") == 0 ? "it is deprecated" : NULL;
}

sqn__fits_rule_verdict sqn__fits_rule_judge(const char **why, const sqn__fits_card *card,
                                            int n_axis)
{
    *why = NULL;
    if (describes_file(card->name) ||
        (n_axis == 0 &&
         (sqn__fits_rule_is_wcs(card->name) || strcmp(card->name, "EXTVER") == 0 ||
          strcmp(card->name, "EXTLEVEL") == 0))) {
        return SQN__FITS_ARRAY;
    }
    *why = card->fault;
    if (*why == NULL && !sqn__fits_card_is_remark(card->name)) {
        *why = wrong_index(card, n_axis);
        *why = *why != NULL ? *why : wrong_coordinate(card);
        *why = *why != NULL ? *why : wrong_frame(card);
        *why = *why != NULL ? *why : wrong_date(card);
        *why = *why != NULL ? *why : wrong_type(card);
    }
    return *why != NULL ? SQN__FITS_REJECT : SQN__FITS_KEEP;
}
