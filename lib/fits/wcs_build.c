/** @file wcs_build.c @brief Parts of a WCS given to WCSLIB, as clean cards of our own. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wcslib/wcshdr.h>

#include "mem.h"
#include "raise.h"
#include "wcs_parts.h"

enum { CARD = 80, WHY = 256 };

/* Cards one after the other, without separators. */
typedef struct deck {
    char text[SQN__WCS_CARDS * CARD + 1];
    int n;
} deck;

static void add_number(deck *d, const char *keyword, double value)
{
    if (isfinite(value) && d->n < SQN__WCS_CARDS) {
        (void)snprintf(d->text + (ptrdiff_t)d->n++ * CARD, CARD + 1, "%-8.8s= %-70.17G",
                       keyword, value);
    }
}

static void add_text(deck *d, const char *keyword, const char *value, const char *suffix)
{
    if (d->n < SQN__WCS_CARDS) {
        char quoted[32];

        (void)snprintf(quoted, sizeof quoted, "'%.8s%.4s'", value, suffix);
        (void)snprintf(d->text + (ptrdiff_t)d->n++ * CARD, CARD + 1, "%-8.8s= %-70.70s",
                       keyword, quoted);
    }
}

static void add_polynomial(deck *d, const char *root, const sqn__wcs_parts *parts,
                           const sqn__wcs_polynomial *sip)
{
    char keyword[32];

    (void)snprintf(keyword, sizeof keyword, "%s_ORDER", root);
    add_number(d, keyword, parts->order);
    for (int i = 0; i <= parts->order; i++) {
        for (int j = 0; i + j <= parts->order; j++) {
            (void)snprintf(keyword, sizeof keyword, "%s_%d_%d", root, i, j);
            add_number(d, keyword, sip->term[i][j] != 0.0 ? sip->term[i][j] : NAN);
        }
    }
}

static void add_axis(deck *d, const sqn__wcs_parts *parts, int i)
{
    char keyword[32];

    (void)snprintf(keyword, sizeof keyword, "CTYPE%d", i + 1);
    add_text(d, keyword, parts->type[i], parts->order > 0 ? "-SIP" : "");
    (void)snprintf(keyword, sizeof keyword, "CRPIX%d", i + 1);
    add_number(d, keyword, parts->pixel[i]);
    (void)snprintf(keyword, sizeof keyword, "CRVAL%d", i + 1);
    add_number(d, keyword, parts->value[i]);
    for (int j = 0; j < 2; j++) {
        (void)snprintf(keyword, sizeof keyword, "CD%d_%d", i + 1, j + 1);
        add_number(d, keyword, parts->matrix[i][j]);
    }
    for (int m = 0; m < SQN__WCS_PV; m++) {
        (void)snprintf(keyword, sizeof keyword, "PV%d_%d", i + 1, m);
        add_number(d, keyword, parts->pv[i][m]);
    }
}

static void deal(deck *d, const sqn__wcs_parts *parts)
{
    d->n = 0;
    add_number(d, "WCSAXES", 2.0);
    add_axis(d, parts, 0);
    add_axis(d, parts, 1);
    add_number(d, "LONPOLE", parts->pole[0]);
    add_number(d, "LATPOLE", parts->pole[1]);
    if (parts->order > 0) {
        add_polynomial(d, "A", parts, &parts->sip[0]);
        add_polynomial(d, "B", parts, &parts->sip[1]);
    }
}

sqn_status sqn__wcs_build_parts(sqn_wcs **out, char *why, const sqn__wcs_parts *parts,
                                sqn_error *err)
{
    sqn_wcs *wcs = sqn__mem_alloc(1, sizeof *wcs);
    deck d;
    int n_reject = 0, code = 0;

    *out = NULL;
    why[0] = '\0';
    if (wcs == NULL) {
        return SQN_RAISE(err, E_MEM, "a WCS");
    }
    wcs->parts = *parts;
    deal(&d, parts);
    code = wcspih(d.text, d.n, WCSHDR_all, 0, &n_reject, &wcs->n_prm, &wcs->prm);
    if (code == 0 && wcs->n_prm > 0) {
        code = wcsset(wcs->prm);
        if (code != 0) {
            (void)snprintf(why, WHY, "WCSLIB: %s", wcs_errmsg[code]);
        } else if (wcs->prm->lng < 0 || wcs->prm->lat < 0) {
            (void)snprintf(why, WHY, "WCSLIB knows no projection %s", parts->type[0] + 5);
        }
    } else {
        (void)snprintf(why, WHY, "WCSLIB: %s", code == 0 ? "no WCS" : wcshdr_errmsg[code]);
    }
    if (code == WCSERR_MEMORY) { /* the same number in both tables */
        sqn_wcs_destroy(&wcs);
        return SQN_RAISE(err, E_MEM, "WCSLIB");
    }
    if (why[0] != '\0') {
        sqn_wcs_destroy(&wcs);
    }
    *out = wcs;
    return SQN_OK;
}
