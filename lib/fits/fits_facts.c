/** @file fits_facts.c @brief Date, filter, exposure, unit, flags of a frame. */
#include "fits_facts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "raise.h"
#include "warn.h"

bool sqn__fits_facts_text(char *out, size_t size, const sqn__fits_headers *headers,
                          const char *keyword)
{
    return sqn_header_text(out, size, headers->image, keyword) ||
           sqn_header_text(out, size, headers->primary, keyword);
}

/* The first of the keywords that has a value. */
static void first_text(char *out, size_t size, const sqn__fits_headers *headers,
                       const char *const *keywords)
{
    out[0] = '\0';
    for (; *keywords != NULL && out[0] == '\0'; keywords++) {
        (void)sqn__fits_facts_text(out, size, headers, *keywords);
    }
}

/* yyyy-mm-dd with or without a time, or the dd/mm/yy of old files. */
static bool is_date(const char *text)
{
    const char *form = strchr(text, '/') != NULL ? "00/00/00" : "0000-00-00";

    for (; *form != '\0'; form++, text++) {
        if (*form == '0' ? !isdigit((unsigned char)*text) : *text != *form) {
            return false;
        }
    }
    return *text == '\0' || *text == 'T' || *text == ' ';
}

static void find_date(sqn__fits_facts *facts, const sqn__fits_unit *unit,
                      const sqn__fits_headers *headers, const sqn_log *log)
{
    static const char *const keywords[] = {"DATE-OBS", "DATE-BEG", NULL};
    char date[SQN__CARD + 1], time[SQN__CARD + 1], where[SQN_ERROR_WHERE_MAX];

    first_text(date, sizeof date, headers, keywords);
    if (date[0] == '\0') {
        return;
    }
    if (!is_date(date)) {
        sqn__fits_file_where(where, sizeof where, unit->path, &unit->hdu);
        sqn__log_warn(log, SQN_W_FITS_HEADER, where, "DATE-OBS '%.40s' is not a date",
                      date);
        return;
    }
    if (strchr(date, 'T') == NULL &&
        sqn__fits_facts_text(time, sizeof time, headers, "TIME-OBS")) {
        (void)snprintf(facts->date, sizeof facts->date, "%.10sT%.20s", date, time);
    } else {
        (void)snprintf(facts->date, sizeof facts->date, "%.31s", date);
    }
}

static void find_exposure(sqn__fits_facts *facts, const sqn__fits_headers *headers)
{
    static const char *const keywords[] = {"EXPTIME",  "XPOSURE",     "EFFEXPTM",
                                           "EXPOSURE", "ESO DET DIT", "ESO DET SEQ1 DIT",
                                           NULL};
    char text[SQN__CARD + 1];

    first_text(text, sizeof text, headers, keywords);
    (void)sqn__header_card_number(&facts->exposure, text);
}

/* JWST: bit 0 is DO_NOT_USE. HST: SDQFLAGS are the serious ones. */
static void find_bits(sqn__fits_facts *facts, const sqn__fits_headers *headers)
{
    char text[SQN__CARD + 1];
    int64_t bits = 0;

    if (sqn__fits_facts_text(text, sizeof text, headers, "TELESCOP") &&
        strcasecmp(text, "JWST") == 0) {
        facts->has_bits = true;
        facts->bits = 1;
    } else if (sqn__fits_facts_text(text, sizeof text, headers, "SDQFLAGS") &&
               sqn__header_card_integer(&bits, text) && bits >= 0 && bits <= UINT32_MAX) {
        facts->has_bits = true;
        facts->bits = (uint32_t)bits;
    }
}

static sqn_status find_divisor(sqn__fits_facts *facts, const sqn__fits_unit *unit,
                               const sqn__fits_headers *headers, const char *keyword,
                               sqn_error *err)
{
    char text[SQN__CARD + 1];
    sqn_status status = SQN_OK;

    if (!sqn__fits_facts_text(text, sizeof text, headers, keyword)) {
        status =
            SQN_RAISE(err, E_FITS_HEADER,
                      "divide_by: the keyword is neither here nor in the primary header");
    } else if (!sqn__header_card_number(&facts->divisor, text) || !(facts->divisor > 0.0)) {
        status = SQN_RAISE(err, E_FITS_HEADER,
                           "divide_by: '%.60s' is not a positive number", text);
    }
    if (status != SQN_OK) {
        sqn__fits_file_at(err, unit->path, &unit->hdu, keyword);
    }
    return status;
}

sqn_status sqn__fits_facts_find(sqn__fits_facts *out, const sqn__fits_unit *unit,
                                const sqn__fits_headers *headers,
                                const sqn_fits_source *source, const sqn_log *log,
                                sqn_error *err)
{
    static const char *const filters[] = {"FILTER", "FILTER1", "ESO INS FILT1 NAME",
                                          "ESO INS OPTI6 NAME", NULL};
    char filter[SQN__CARD + 1];

    *out = (sqn__fits_facts){
        .exposure = NAN, .divisor = 1.0, .angle = {NAN, NAN}, .sense = 1.0};
    first_text(filter, sizeof filter, headers, filters);
    (void)snprintf(out->filter, sizeof out->filter, "%.31s", filter);
    (void)sqn__fits_facts_text(out->unit, sizeof out->unit, headers, "BUNIT");
    find_date(out, unit, headers, log);
    find_exposure(out, headers);
    find_bits(out, headers);
    return source->divide_by == NULL
               ? SQN_OK
               : find_divisor(out, unit, headers, source->divide_by, err);
}
