/** @file wcs_cards.c @brief WCS cards taken out of a header, and put in. */
#include "wcs_cards.h"

#include <math.h>
#include <stdio.h>

#include "fits_rule.h"
#include "raise.h"

enum { KEYWORD = 32 };

void sqn__wcs_cards_remove(sqn_header *header)
{
    sqn__fits_card card;

    for (int64_t i = sqn_header_n_card(header) - 1; i >= 0; i--) {
        if (i < sqn_header_n_card(header)) {
            sqn__fits_card_read(&card, sqn_header_card(header, i));
            if (sqn__fits_rule_is_wcs(card.name)) {
                (void)sqn_header_remove(header, card.name);
            }
        }
    }
}

/* A number under root + index; NaN is not set. */
static sqn_status set(sqn_header *header, const char *root, int index, double value,
                      const char *comment, sqn_error *err)
{
    char keyword[KEYWORD];

    (void)snprintf(keyword, sizeof keyword, "%s%d", root, index);
    return isfinite(value) ? sqn_header_set_number(header, keyword, value, comment, err)
                           : SQN_OK;
}

static sqn_status set_two(sqn_header *header, const char *root, const int index[2],
                          double value, const char *comment, sqn_error *err)
{
    char keyword[KEYWORD];

    (void)snprintf(keyword, sizeof keyword, "%s%d_%d", root, index[0], index[1]);
    return isfinite(value) ? sqn_header_set_number(header, keyword, value, comment, err)
                           : SQN_OK;
}

static sqn_status set_words(sqn_header *header, const char *root, int index,
                            const char *value, const char *comment, sqn_error *err)
{
    char keyword[KEYWORD];

    (void)snprintf(keyword, sizeof keyword, "%s%d", root, index);
    return sqn_header_set_text(header, keyword, value, comment, err);
}

static sqn_status set_axis(sqn_header *header, const sqn__wcs_parts *parts, int i,
                           sqn_error *err)
{
    char type[16];
    sqn_status status = SQN_OK;

    (void)snprintf(type, sizeof type, "%s%s", parts->type[i],
                   parts->order > 0 ? "-SIP" : "");
    SQN_TRY(set_words(header, "CTYPE", i + 1, type, "coordinate and projection", err));
    SQN_TRY(set_words(header, "CUNIT", i + 1, "deg", "unit of the coordinate", err));
    SQN_TRY(set(header, "CRPIX", i + 1, parts->pixel[i], "reference pixel", err));
    SQN_TRY(set(header, "CRVAL", i + 1, parts->value[i], "its coordinate (deg)", err));
    if (!parts->has_cd) {
        SQN_TRY(set(header, "CDELT", i + 1, parts->scale[i], "step (deg)", err));
    }
    for (int j = 0; j < 2; j++) {
        const int index[2] = {i + 1, j + 1};

        SQN_TRY(set_two(header, parts->has_cd ? "CD" : "PC", index,
                        parts->matrix[i][j] / (parts->has_cd ? 1.0 : parts->scale[i]),
                        parts->has_cd ? "linear part (deg per pixel)" : "linear part",
                        err));
    }
    for (int m = 0; m < SQN__WCS_PV; m++) {
        const int index[2] = {i + 1, m};

        SQN_TRY(set_two(header, "PV", index, parts->pv[i][m], "of the projection", err));
    }

cleanup:
    return status;
}

static sqn_status set_sip(sqn_header *header, const sqn__wcs_parts *parts, int i,
                          sqn_error *err)
{
    const char *root = i == 0 ? "A_" : "B_";
    sqn_status status =
        sqn_header_set_integer(header, i == 0 ? "A_ORDER" : "B_ORDER", parts->order,
                               "order of the distortion", err);

    for (int p = 0; p <= parts->order; p++) {
        for (int q = 0; p + q <= parts->order && status == SQN_OK; q++) {
            const int index[2] = {p, q};
            const double term = parts->sip[i].term[p][q];

            status =
                set_two(header, root, index, term != 0.0 ? term : NAN, "distortion", err);
        }
    }
    return status;
}

sqn_status sqn__wcs_cards_set(sqn_header *header, const sqn__wcs_parts *parts,
                              sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(set_axis(header, parts, 0, err));
    SQN_TRY(set_axis(header, parts, 1, err));
    if (isfinite(parts->pole[0])) {
        SQN_TRY(sqn_header_set_number(header, "LONPOLE", parts->pole[0],
                                      "native longitude of the pole (deg)", err));
    }
    if (isfinite(parts->pole[1])) {
        SQN_TRY(sqn_header_set_number(header, "LATPOLE", parts->pole[1],
                                      "native latitude of the pole (deg)", err));
    }
    if (parts->frame[0] != '\0') {
        SQN_TRY(sqn_header_set_text(header, "RADESYS", parts->frame,
                                    "reference frame of the coordinates", err));
    }
    if (isfinite(parts->equinox)) {
        SQN_TRY(sqn_header_set_number(header, "EQUINOX", parts->equinox,
                                      "equinox of the coordinates", err));
    }
    if (parts->order > 0) {
        SQN_TRY(set_sip(header, parts, 0, err));
        SQN_TRY(set_sip(header, parts, 1, err));
    }

cleanup:
    return status;
}

static sqn_status set_plane(sqn_header *header, int axis, bool has_cd, sqn_error *err)
{
    const int index[2] = {axis, axis};
    sqn_status status = set_words(header, "CTYPE", axis, "INDEX", "counted from 1", err);

    if (status == SQN_OK) {
        status = set(header, "CRPIX", axis, 1.0, "first plane", err);
    }
    if (status == SQN_OK) {
        status = set(header, "CRVAL", axis, 1.0, "its number", err);
    }
    if (status == SQN_OK) {
        status = has_cd ? set_two(header, "CD", index, 1.0, "step", err)
                        : set(header, "CDELT", axis, 1.0, "step", err);
    }
    return status;
}

sqn_status sqn__wcs_cards_set_planes(sqn_header *header, int n_axis, bool has_cd,
                                     sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int axis = 3; axis <= n_axis && status == SQN_OK; axis++) {
        status = set_plane(header, axis, has_cd, err);
    }
    return status;
}
