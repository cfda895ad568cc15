/** @file sqn_skies.h @brief Headers with celestial coordinates of every kind. */
#ifndef SQN_SKIES_H
#define SQN_SKIES_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "sequin/wcs.h"
#include "sqn_check.h"

static sqn_error err;

/* Warnings and remarks, counted; the last one kept. */
typedef struct heard {
    int n_warning, n_note;
    char last[512];
} heard;

static inline void hear_warning(void *context, const sqn_error *warning)
{
    heard *h = context;

    ck_assert_int_eq(warning->id, SQN_W_WCS);
    h->n_warning++;
    (void)snprintf(h->last, sizeof h->last, "%s", warning->message);
}

static inline void hear_note(void *context, const char *line)
{
    heard *h = context;

    h->n_note++;
    (void)snprintf(h->last, sizeof h->last, "%s", line);
}

/* A header of cards "KEYWORD value" on lines; text values are quoted. */
static inline sqn_header *header_of(const char *lines)
{
    sqn_header *header = NULL;
    char keyword[16], value[64], card[160];
    int used = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    while (sscanf(lines, "%15s %63[^\n]%n", keyword, value, &used) == 2) {
        (void)snprintf(card, sizeof card, "%-8s= %-70s", keyword, value);
        SQN_ASSERT_OK(sqn__header_append(header, card, &err), err);
        lines += used;
    }
    return header;
}

static inline sqn_wcs *wcs_of(const char *lines, int64_t nx, int64_t ny)
{
    sqn_header *header = header_of(lines);
    sqn_wcs *wcs = NULL;
    heard h = {0};
    const sqn_log log = {hear_warning, hear_note, &h};

    SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, nx, ny, "test", &log, &err), err);
    ck_assert_msg(wcs != NULL, "%s", h.last);
    ck_assert_int_eq(h.n_warning, 0);
    sqn_header_destroy(&header);
    return wcs;
}

static const char tan_cd[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                             "CRPIX1 150.5\nCRPIX2 174.25\nCRVAL1 237.49\nCRVAL2 -3.92\n"
                             "CD1_1 -4.3e-6\nCD1_2 -1.69e-5\nCD2_1 -1.69e-5\nCD2_2 4.3e-6\n"
                             "RADESYS 'ICRS'\n";
static const char tan_mirrored[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                                   "CRPIX1 51\nCRPIX2 51\nCRVAL1 0.001\nCRVAL2 60\n"
                                   "CD1_1 7.5e-6\nCD1_2 0\nCD2_1 0\nCD2_2 7.5e-6\n";
static const char pc_cdelt[] =
    "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
    "CRPIX1 30\nCRPIX2 -10.5\nCRVAL1 86.8\nCRVAL2 -51.07\n"
    "CDELT1 -7.6e-6\nCDELT2 8.1e-6\n"
    "PC1_1 0.8\nPC1_2 -0.6\nPC2_1 0.6\nPC2_2 0.8\nEQUINOX 2000.0\n";
static const char crota[] = "CTYPE1 'RA---SIN'\nCTYPE2 'DEC--SIN'\n"
                            "CRPIX1 226\nCRPIX2 147\nCRVAL1 50.19\nCRVAL2 -37.38\n"
                            "CDELT1 -1.9444e-3\nCDELT2 1.9444e-3\nCROTA2 32.5\n";
static const char sip[] =
    "CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\n"
    "CRPIX1 120.5\nCRPIX2 99.5\nCRVAL1 280.5\nCRVAL2 0.11\n"
    "CD1_1 -1.5e-4\nCD1_2 2.5e-5\nCD2_1 2.4e-5\nCD2_2 1.6e-4\n"
    "A_ORDER 3\nB_ORDER 2\nA_2_0 3e-5\nA_1_1 -2e-5\nA_0_2 1e-5\nA_3_0 2e-8\nA_1_2 -3e-8\n"
    "B_2_0 -1e-5\nB_1_1 2.5e-5\nB_0_2 -2e-5\n";
static const char azp[] = "CTYPE1 'RA---AZP'\nCTYPE2 'DEC--AZP'\n"
                          "CRPIX1 -254.11\nCRPIX2 -11.35\nCRVAL1 0\nCRVAL2 -90\n"
                          "CDELT1 -0.066666667\nCDELT2 0.066666667\nLONPOLE 180\n"
                          "PV2_1 2\nPV2_2 30\n";
static const char polar[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                            "CRPIX1 20.0\nCRPIX2 40.0\nCRVAL1 10\nCRVAL2 89.9995\n"
                            "CD1_1 -1e-5\nCD1_2 0\nCD2_1 0\nCD2_2 1e-5\n";
static const char rolled[] = "CTYPE1 'RA---ARC'\nCTYPE2 'DEC--ARC'\n"
                             "CRPIX1 200.0\nCRPIX2 40.0\nCRVAL1 10\nCRVAL2 -40\n"
                             "LONPOLE 123.5\nPC1_1 1.0\nPC1_2 0.25\n"
                             "CDELT1 -1e-4\nCDELT2 1e-4\n";
static const char galactic[] = "CTYPE1 'GLAT-CAR'\nCTYPE2 'GLON-CAR'\n"
                               "CRPIX1 20.0\nCRPIX2 40.0\nCRVAL1 0\nCRVAL2 120\n"
                               "CDELT1 0.01\nCDELT2 -0.01\n";

/* Every input, with its size; some odd, some even. */
static const struct {
    const char *name, *lines;
    int64_t nx, ny;
    int on_star; /* whether a star far from it can be the reference pixel */
} inputs[] = {
    {"CD", tan_cd, 320, 320, 1},
    {"mirrored", tan_mirrored, 101, 101, 1},
    {"PC", pc_cdelt, 101, 64, 1},
    {"CROTA2", crota, 440, 300, 0},
    {"SIP", sip, 240, 201, 1},
    {"AZP", azp, 192, 192, 0},
    {"near the pole", polar, 101, 100, 1},
    {"LONPOLE", rolled, 90, 61, 1},
    {"galactic", galactic, 60, 61, 1},
};
enum { N_INPUT = sizeof inputs / sizeof inputs[0] };

static inline int has(const sqn_header *header, const char *keyword)
{
    char text[72];

    return sqn_header_text(text, sizeof text, header, keyword) ? 1 : 0;
}

static inline double value_of(const sqn_header *header, const char *keyword)
{
    double value = 0.0;

    ck_assert_msg(sqn_header_number(&value, header, keyword), "%s", keyword);
    return value;
}

/* A plain image: +y points to `angle` East of North, `scale` arcsec, East left or right. */
static inline sqn_wcs *planted(double angle, double scale, int east_left)
{
    const double a = angle * 3.14159265358979323846 / 180.0, d = scale / 3600.0;
    const double side = east_left ? -1.0 : 1.0;
    char lines[400];

    (void)snprintf(lines, sizeof lines,
                   "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCRPIX1 50\nCRPIX2 50\n"
                   "CRVAL1 120\nCRVAL2 -65\nCD1_1 %.17g\nCD1_2 %.17g\n"
                   "CD2_1 %.17g\nCD2_2 %.17g\n",
                   side * d * cos(a), d * sin(a), -side * d * sin(a), d * cos(a));
    return wcs_of(lines, 99, 99);
}

#endif
