/** @file wcs_parts.h @brief A celestial WCS taken apart: the numbers of its header cards. */
#ifndef SQN_WCS_PARTS_H
#define SQN_WCS_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <wcslib/wcs.h>

#include "sequin/wcs.h"

enum {
    SQN__WCS_ORDER = 9,   /* the highest order of SIP */
    SQN__WCS_PV = 40,     /* parameters 0 .. 39 of each axis */
    SQN__WCS_CARDS = 240, /* more than any WCS of two axes has */
    SQN__WCS_TYPE = 8     /* characters of CTYPE without -SIP */
};

/** A polynomial of two offsets: sum of term[i][j] u^i v^j, i + j <= 9. */
typedef struct sqn__wcs_polynomial {
    double term[SQN__WCS_ORDER + 1][SQN__WCS_ORDER + 1];
} sqn__wcs_polynomial;

/**
 * x = matrix (u + f(u)), u = pixel - reference pixel, f = SIP; x is projected to the sky about
 * `value`. Everything in degrees and FITS pixels; index 0 and 1 are axes 1 and 2.
 */
typedef struct sqn__wcs_parts {
    char type[2][SQN__WCS_TYPE + 1]; /* RA---TAN and its like */
    double pixel[2], value[2];       /* CRPIX, CRVAL */
    bool has_cd;                     /* written as CD; else as CDELT and PC */
    double scale[2];                 /* CDELT; 1 with CD */
    double matrix[2][2];             /* CD, or CDELT PC */
    double pole[2];                  /* LONPOLE, LATPOLE; NaN: default */
    double pv[2][SQN__WCS_PV];       /* NaN: absent */
    char frame[9];                   /* RADESYS, "" = none */
    double equinox;                  /* NaN: none */
    int order;                       /* of SIP; 0: none */
    sqn__wcs_polynomial sip[2];      /* A and B */
} sqn__wcs_parts;

struct sqn_wcs {
    sqn__wcs_parts parts;
    int64_t nx, ny;
    int n_prm;          /* what wcspih() made, ... */
    struct wcsprm *prm; /* ... the first is ours. Owned, by WCSLIB. */
};

/** What sqn__wcs_read_parts() says of a header. */
typedef enum sqn__wcs_read_result {
    SQN__WCS_NONE,
    SQN__WCS_UNUSABLE,
    SQN__WCS_GOOD
} sqn__wcs_read_result;

/** Take the celestial WCS of a header apart; `why` [256] says why it is not usable. */
sqn__wcs_read_result sqn__wcs_read_parts(sqn__wcs_parts *out, char *why,
                                         const sqn_header *header);

/** Position of the longitude axis (0 or 1) of two CTYPEs, or -1 if they make no pair. */
int sqn__wcs_read_longitude(char type[2][SQN__WCS_TYPE + 1]);

/**
 * Give parts to WCSLIB. The result has no size.
 *
 * @param[out] out  New; NULL with SQN_OK when WCSLIB refuses them: `why` [256].
 */
SQN_NODISCARD sqn_status sqn__wcs_build_parts(sqn_wcs **out, char *why,
                                              const sqn__wcs_parts *parts, sqn_error *err);

/** u + f(u): an offset with its distortion. */
void sqn__wcs_sip_apply(double out[2], const sqn__wcs_parts *parts, const double offset[2]);

/**
 * The polynomials seen from another pixel and another orientation.
 *
 * With u = shift + turn^T w:  u + f(u) = const + linear (w + h(w)), h without terms of
 * order 0 and 1.
 *
 * @param[out] out     h.
 * @param[out] linear  [2][2].
 * @retval false  `linear` is singular.
 */
bool sqn__wcs_sip_turn(sqn__wcs_polynomial out[2], double linear[2][2],
                       const sqn__wcs_parts *in, const double shift[2],
                       const double turn[2][2]);

#endif
